"""Create requests from the contract: the planned requests of any operation, variants, and cases of Schemathesis.

This package sends and judges nothing, and knows no field of a lead list.

May import: contract, settings, target
"""
