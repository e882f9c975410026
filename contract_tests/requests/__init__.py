"""Make requests from the contract alone: the covering set of any operation, its variants, the cases of Schemathesis.

Nothing here sends or judges, and nothing knows a field of a lead list.

May import: contract, settings, target
"""
