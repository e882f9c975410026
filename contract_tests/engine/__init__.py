"""Conduct a run: plan, send, judge, search, shrink, repeat; yield frozen events and write them to `run.ndjson`.

This package has the order of a run (`conduct`), its searches (`drawing`, `reducing`), its limits (`budget`), the cases
that it keeps (`history`), its events, their sum (`summing`, `result`), their record (`record`, `record_reading`), and
for campaigns the groups of what broke (`findings`). It makes no verdicts (see judging/) and formats nothing (see
report/).

May import: contract, judging, operation_suite, requests, target
"""
