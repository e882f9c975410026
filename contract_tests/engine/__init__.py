"""Conduct a run: plan, send, judge, search, shrink, repeat; yield frozen events and write them to `run.ndjson`.

Here live the order of a run (`conduct`), its bounds (`budget`), what it keeps (`history`), its events and the one value
that they add up to (`result`). No verdict is made here (see judging/) and nothing is formatted (see report/).

May import: contract, judging, operation_suite, requests, target
"""
