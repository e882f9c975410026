"""The composition root: create the parts of a run from the settings and join them. One module for each kind of run.

Only this package knows the bundled operation suites, which `suites` lists. Everything else gets its parts as arguments.

May import: campaign, comparison, contract, engine, judging, lead_lists, live, operation_suite, requests, results,
settings, target
"""
