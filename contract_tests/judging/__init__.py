"""Judge finished exchanges: what the contract requires of the response to a request, and what the response is. Pure.

This package has the expectation, cases, verdicts and the oracles for any operation. It does no I/O, reads no clock,
draws nothing at random, and knows no field of a lead list.

May import: contract, settings, target
"""
