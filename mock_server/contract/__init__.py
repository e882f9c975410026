"""Load the spec folder into frozen values: the OpenAPI document, its compiled schemas, the current readings.

This package loads and checks spec data, and creates example values from schemas. It handles no request, and knows no
field of a lead list.

May import: nothing
"""
