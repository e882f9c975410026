"""All that the suite knows of creating a lead list: plan, bodies, strategies, meaning, oracles, as one value.

Only this room knows a field of a lead list; what holds for any operation lives in requests/ and judging/. Pure.

May import: contract, judging, operation_suite, requests, settings, target
"""

from contract_tests.lead_lists.suite import LEAD_LISTS

__all__ = ["LEAD_LISTS"]
