"""Judge servers whose defects are known: is each one detected, and is no right server accused?

Here live the list of those servers, how they are served, and how the engine is driven against each. Their code lives in
tests/servers/ and in the mock.

May import: composition, contract, engine, judging, settings
"""
