"""Write reports: every writer is a function of finished values, such as a `RunResult` or the events of a run.

A writer also gets the folder of the record, and what the search for secrets found; others get a comparison or the
results of a selfcheck. This package has the terminal output, the failure message and the printed commands. It sends
and judges nothing.

May import: campaign, comparison, contract, judging, results, selfcheck, settings
"""
