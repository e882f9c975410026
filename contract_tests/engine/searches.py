"""The searches beyond the covering set, once for suite and selfcheck: three zones of requests, and the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis.strategies import SearchStrategy

from contract_tests.engine.exploration import Exploration
from contract_tests.engine.run import Run
from contract_tests.lead_lists import strategies
from contract_tests.requests.plan import Sender
from contract_tests.requests.schema_driving import drive
from contract_tests.target.exchange import Request

Zone = Callable[[Sender], SearchStrategy[Request]]
# A zone by its name: its strategy, and what its requests are called.
ZONES: Mapping[str, tuple[Zone, str]] = {
    "valid": (strategies.requests_to_accept, "a valid lead list"),
    "one-fault": (strategies.requests_to_refuse, "a lead list with one fault"),
    "open-questions": (strategies.requests_left_open, "a lead list with open questions"),
}


def search_zone(run: Run, name: str, examples: int) -> Exploration:
    """Search one zone; the exploration holds the smallest request for each clause that it found broken."""
    exploration = Exploration(run)
    zone, label = ZONES[name]
    for operation in run.operations:
        if operation.id == "createLeadList":
            sender = Sender(run.judge.terms, operation)
            exploration.search(zone(sender), label, examples=examples, seed=run.judge.terms.settings.seed)
    return exploration


def search_schema(run: Run, examples: int) -> Exploration:
    """Search from the schema of every operation."""
    exploration = Exploration(run)
    terms = run.judge.terms
    for operation in run.operations:
        drive(exploration, terms, operation, examples=examples // 2, seed=terms.settings.seed)
    return exploration
