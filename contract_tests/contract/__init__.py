"""Load the contract data of `spec/` into frozen values, and the terms agreed with a target.

This package has clauses, readings, operations and schema validation. It sends and judges nothing.

May import: settings
"""
