"""Judge servers with known defects and correct servers; count detected defects and false positives.

Here live the list of those servers, how they are served, and how the engine is driven against each. Their code lives in
tests/servers/ and in the mock.

May import: composition, contract, engine, judging, settings
"""
