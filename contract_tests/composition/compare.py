"""Send the same requests to two servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.comparison.comparing import COMPARABLE, Comparison, Heard, compare
from contract_tests.composition.run import open_run
from contract_tests.composition.suites import load_suites
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.operation_suite import judge_with
from contract_tests.results.events import Event
from contract_tests.results.views import RequestView
from contract_tests.settings.values import Settings
from contract_tests.target.exchange import Exchange, Request


def compare_servers(
    a: Settings, b: Settings, *, folder: Path, listen: Callable[[str, Event], None] = lambda server, event: None
) -> Comparison:
    """Send the same requests to two servers, one after the other, and compare the responses.

    folder: gets the records of both runs, in `a` and `b`. listen: gets each event with `A` or `B`. If A cannot be
    judged, nothing is sent to B. Raises RecordError.
    """
    specification = load_specification(a.spec_folder)
    heard = (Heard(), Heard())
    for name, settings, own in zip("AB", (a, b), heard, strict=True):

        def keep(event: Event, name: str = name, own: Heard = own) -> None:
            own.add(event)
            listen(name, event)

        with open_run(settings, specification=specification, folder=folder / name.lower(), shrinks=False) as run:
            own.result = run.conduct(keep)
        if name == "A" and own.result.ending not in COMPARABLE:
            return Comparison((own.result.started.url, b.url), own.result, None)
    terms = Terms.of(specification, a)
    judge = judge_with(terms, load_suites(a.suites))
    sent = [operation.request_schema or {} for operation in specification.operations]

    def open_readings(request: RequestView) -> frozenset[str]:
        if request.body.is_cut:
            return frozenset()
        seen = Request(request.method, request.url, request.headers, request.body.data, request.chunked)
        return judge.case(Exchange(seen, None, None, 0.0, 0.0)).expectation.open_readings

    echoed = {field for schema in sent for field in schema.get("properties", {})}
    return compare(*heard, echoed=echoed, open_readings=open_readings)
