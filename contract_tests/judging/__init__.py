"""Judge finished exchanges: what the contract demands of a request, and what its response says. Pure.

Here live the expectation, cases, verdicts and the oracles for any operation. No input or output, no clock, no chance,
and no field of a lead list.

May import: contract, settings, target
"""
