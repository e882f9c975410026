"""Load the contract data of `spec/` into frozen values, and the terms agreed with a target.

This package has clauses, readings, operations and schema validation, and the file in which a user accepts known
breaches (`deviations`). It sends and judges nothing.

May import: settings
"""
