"""Judge servers with known defects and correct servers; count detected defects and false positives.

This package lists those servers, starts them, and runs the engine against each. Their code is in tests/servers/ and in
the mock. Nothing here has a rule of the contract or formats results (see report/).

May import: composition, contract, judging, results, settings
"""
