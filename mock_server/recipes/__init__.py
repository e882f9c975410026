"""Templates for the tests of a frontend; a command prints each with the address of the mock.

May import: settings, connections
"""
