"""The operation suite for creating a lead list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract_tests.judging.judge import OperationRules
from contract_tests.lead_lists import echo, echo_of_ids, history, server_made
from contract_tests.lead_lists.ids import ID_OPTIONS
from contract_tests.lead_lists.meaning import MEANING
from contract_tests.lead_lists.plan import lead_list_plan
from contract_tests.operation_suite import OperationSuite, RequestGroup
from contract_tests.requests.plan import Sender
from contract_tests.target.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _to_accept(sender: Sender) -> SearchStrategy[Request]:
    from contract_tests.lead_lists import strategies  # needs Hypothesis

    return strategies.requests_to_accept(sender)


def _to_refuse(sender: Sender) -> SearchStrategy[Request]:
    from contract_tests.lead_lists import strategies

    return strategies.requests_to_refuse(sender)


def _left_open(sender: Sender) -> SearchStrategy[Request]:
    from contract_tests.lead_lists import strategies

    return strategies.requests_left_open(sender)


LEAD_LISTS = OperationSuite(
    rules=OperationRules(
        operation="createLeadList",
        meaning=MEANING,
        oracles=(*echo.ORACLES, *echo_of_ids.ORACLES, *server_made.ORACLES),
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
    id_options=ID_OPTIONS,
    groups={
        "must-accept": RequestGroup(_to_accept, "a valid lead list"),
        "must-reject": RequestGroup(_to_refuse, "a lead list with one violation"),
        "unspecified": RequestGroup(_left_open, "a lead list with open questions"),
    },
)
