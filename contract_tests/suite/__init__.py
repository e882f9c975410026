"""The pytest items of the product: one for each clause, all from the result of one run.

May import: engine, judging, report
"""
