"""Files that a frontend's tests start from; a command prints each with the address of the mock in it.

May import: settings, connections
"""
