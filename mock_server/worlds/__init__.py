"""Isolated states of the mock: each world has its own store, journal, faults, clock and ids.

Nothing here knows HTTP or what is stored.

May import: nothing
"""
