"""Load the contract data of `spec/` into frozen values, and the terms agreed with a target.

Here live clauses, readings, operations and what a schema says of a value. Nothing here sends or judges.

May import: settings
"""
