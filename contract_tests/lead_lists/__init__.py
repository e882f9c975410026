"""All that the suite knows of creating a lead list: its plan, bodies, strategies, meaning and oracles. Pure.

May import: contract, judging, operation_suite, requests, settings, target
"""
