"""The spec folder, read into frozen values: the OpenAPI document, its schemas compiled, the readings in force.

Lives here: loading and checking spec data. Not here: requests, responses, any field of a lead list.
May import: nothing
"""
