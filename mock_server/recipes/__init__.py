"""Templates for the tests of a frontend; a command prints each with the address of the mock.

Nothing here starts a mock or responds to a request.

May import: settings, connections
"""
