"""Conduct a run: plan, send, judge, search, shrink, repeat; yield the events and write them to the record.

This package has the order of a run (`conduct`), what sends and judges its requests (`traffic`), its searches
(`drawing`, `reducing`), its limits (`budget`) and the cases that it keeps (`history`). It makes no verdicts (see
judging/), sums nothing up (see results/) and formats nothing (see report/).

May import: contract, judging, operation_suite, requests, results, target
"""
