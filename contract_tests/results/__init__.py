"""What a run found: its frozen events, their record in `run.ndjson`, and their sum, the result.

Every report, table and exit code is a function of the result (`result`), which `summing` derives from the events and
`record_reading` from a record. For campaigns: the groups of what broke (`findings`). Nothing here sends a request,
judges a response or formats a report.

May import: contract, judging, target
"""
