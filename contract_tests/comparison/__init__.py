"""Compare two servers by their responses to the same requests. Pure.

This package pairs the exchanges of two runs, reduces values that can differ (IDs, times, words) to their form, and
lists the differences as one value. It sends and formats nothing.

May import: judging, results
"""
