"""The pytest items of the product: one for each clause, all from the result of one run.

Nothing here sends or judges; the tests of the suite itself are in tests/.

May import: judging, report, results
"""
