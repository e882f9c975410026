"""Load the spec folder into frozen values: the OpenAPI document, its compiled schemas, the current readings.

This package loads and checks spec data. It does not know requests, responses, or fields of a lead list.
May import: nothing
"""
