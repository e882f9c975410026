"""Compare two servers by their responses to the same requests. Pure.

Here live the pairing of two runs, the forms of values that may differ (ids, times, words), and the one value that says
where the servers differ. Nothing here sends, and nothing is formatted.

May import: contract, engine, judging
"""
