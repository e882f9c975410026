"""The operation suite for creating a lead list."""

from __future__ import annotations

from contract_tests.judging.judge import OperationRules
from contract_tests.lead_lists import echo, history, server_made, strategies
from contract_tests.lead_lists.meaning import MEANING
from contract_tests.lead_lists.plan import lead_list_plan
from contract_tests.operation_suite import OperationSuite, Zone

LEAD_LISTS = OperationSuite(
    rules=OperationRules(
        operation="createLeadList",
        meaning=MEANING,
        oracles=(*echo.ORACLES, *server_made.ORACLES),
        history_oracles=history.ORACLES,
        clauses=(
            "request.name.text",
            "request.*.optional",
            "request.type.enum",
            "request.icpId.nullability",
            "request.*.format",
            "request.*.any-time",
            "request.*.empty",
            "request.*.exist",
            "request.personIds.type",
            "request.companyIds.type",
            "request.name.repeatable",
        ),
    ),
    plan=lead_list_plan,
    zones={
        "must-accept": Zone(strategies.requests_to_accept, "a valid lead list"),
        "one-violation": Zone(strategies.requests_to_refuse, "a lead list with one violation"),
        "unspecified": Zone(strategies.requests_left_open, "a lead list with open questions"),
    },
)
