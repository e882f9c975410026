"""The suite for creating a lead list as one value: plan, bodies, strategies, meaning and oracles. Pure.

Only this package knows the fields of a lead list; requests/ and judging/ have everything for any operation.

May import: contract, judging, operation_suite, requests, settings, target
"""

from contract_tests.lead_lists.suite import LEAD_LISTS

__all__ = ["LEAD_LISTS"]
