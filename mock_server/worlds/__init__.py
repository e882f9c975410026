"""Isolated states of the mock: each world has its own store, journal, faults, clock and ids.

The journal keeps exchanges, and a fault names statuses and headers, as plain values. Nothing here reads a request,
sends a response, or knows what is stored.

May import: nothing
"""
