"""Judge several created lists together: fresh IDs, one list for each request, an advancing clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from contract_tests.judging import formats
from contract_tests.judging.case import Case, HistoryOracle, overlap
from contract_tests.judging.verdict import Judgement, broken, held, warned
from contract_tests.lead_lists import creators
from contract_tests.lead_lists.ids import LISTS_OF_IDS
from contract_tests.requests.plan import BURST

RUNNING_BACK_S = 1.0  # corrections of a clock, and timestamps in whole seconds, stay below
FROZEN_CLOCK_S = 1.5  # at this distance, even timestamps in whole seconds differ


def fresh_ids(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Every lead list has its own ID, except that requests with one Idempotency-Key may get one list."""
    seen: dict[str, Case] = {}
    repeated: dict[str, tuple[Case, Case, str]] = {}
    for case in cases:
        created = case.created
        if created is None or not isinstance(text := created.get("id"), str):
            continue
        first = seen.setdefault(text.lower(), case)
        if first is case or _have_one_key(first, case):
            continue
        if clause := _repeat_clause(first, case):
            repeated.setdefault(clause, (first, case, text))
    if len(repeated) > 1:
        repeated.pop("success.concurrent", None)  # IDs that also repeat without concurrency have another cause
    for clause, (first, case, text) in repeated.items():
        hint = "Both requests were sent at the same time." if overlap(first, case) else ""
        wanted = "two lead lists with different IDs"
        yield broken(clause, first.exchange, case.exchange, expected=wanted, actual=f"{text} twice", hint=hint)
    yield from _held_repeats([case for case in seen.values() if not case.is_open_on("idempotency-key")], set(repeated))


def _have_one_key(first: Case, second: Case) -> bool:
    keys = {case.exchange.request.header("Idempotency-Key") for case in (first, second)}
    return second.is_open_on("idempotency-key") and len(keys) == 1


def keys_of_others(cases: Sequence[Case]) -> Iterator[Judgement]:
    """An Idempotency-Key belongs to one user: the same key of another user creates another lead list."""
    seen: dict[object, Case] = {}
    for case in cases:
        created, session = case.created, case.expectation.caller.session
        if created is None or session is None or not case.is_open_on("idempotency-key"):
            continue
        if not isinstance(created.get("id"), str):
            continue  # two lists without an id do not share one
        first = seen.setdefault(created.get("id"), case)
        if first.expectation.caller.session != session and (clause := case.clause("response.id.unique")):
            actual = f"{created.get('id')} for the {session.name} user too"
            yield broken(clause, first.exchange, case.exchange, expected="a lead list for each user", actual=actual)
            return


def _repeat_clause(first: Case, second: Case) -> str | None:
    """Two responses with the same ID and createdAt are one list; with different createdAt, the ID is not fresh."""
    same_list = (
        first.created is not None
        and second.created is not None
        and (
            first.created.get("id") != second.created.get("id")
            or first.created.get("createdAt") == second.created.get("createdAt")
        )
    )
    if same_list and first.exchange.request == second.exchange.request:
        return first.clause("success.concurrent" if overlap(first, second) else "success.repeatable")
    return first.clause("response.id.unique")


def _held_repeats(cases: Sequence[Case], repeated: set[str]) -> Iterator[Judgement]:
    """Yield what distinct IDs show: for different requests, for equal ones, and for equal concurrent ones."""
    by_request: dict[object, list[Case]] = defaultdict(list)
    for case in cases:
        by_request[case.exchange.request].append(case)
    shown: dict[str | None, Sequence[Case]] = {}
    if len(cases) > 1:
        shown[cases[0].clause("response.id.unique")] = cases[:2]
    for group in by_request.values():
        for first, second in pairwise(group):
            if not overlap(first, second):
                shown.setdefault(first.clause("success.repeatable"), (first, second))
        for burst in _bursts(group):
            in_time = sorted(burst, key=lambda case: case.exchange.sent_at_s)
            if any(overlap(first, second) for first, second in pairwise(in_time)):
                # All of them: which ones overlap is chance.
                shown.setdefault(burst[0].clause("success.concurrent"), burst)
    for clause, several in shown.items():
        if clause and clause not in repeated:
            yield held(clause, *(case.exchange for case in several))


def _bursts(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """Yield equal requests whose numbers are as close as in a burst, which several users may send."""
    start = 0
    for end in range(1, len(cases) + 1):
        if end == len(cases) or cases[end].exchange.number - cases[end - 1].exchange.number >= BURST:
            yield cases[start:end]
            start = end


def same_name(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Two lists can have the same name."""
    names: Counter[str | None] = Counter()
    for case in cases:
        if not case.succeeded or not (name := _name(case)):
            continue
        names[name] += 1
        if names[name] == 2 and (clause := case.clause("request.name.repeatable")):
            yield held(clause, case.exchange)


def running_clock(cases: Sequence[Case]) -> Iterator[Judgement]:
    """createdAt advances between requests."""
    first: Case | None = None
    for case in cases:
        created = case.created
        if created is None or case.terms.settings.clock_allowance_s is None or case.is_open_on("idempotency-key"):
            continue
        text = created.get("createdAt")
        clause = case.clause("response.createdAt.clock")
        if clause is None or not isinstance(text, str) or formats.instant(text) is None:
            continue
        if first is None:
            first = case
        gap_s = case.exchange.sent_at_s - first.exchange.received_at_s
        if first.created is None or gap_s < FROZEN_CLOCK_S:
            continue
        if first.created["createdAt"] == text:
            yield broken(
                clause,
                first.exchange,
                case.exchange,
                expected="a clock that advances",
                actual=f"{text} for two requests that are {gap_s:.1f} s apart",
            )
        else:
            yield held(clause, first.exchange, case.exchange)
        return


def steady_clock(cases: Sequence[Case]) -> Iterator[Judgement]:
    """createdAt does not go back from one request to the next; a warning, because the clocks of machines differ."""
    latest: tuple[datetime, Case] | None = None
    for case in sorted(cases, key=lambda c: c.exchange.received_at_s):
        text = case.created.get("createdAt") if case.created else None
        moment = formats.instant(text) if isinstance(text, str) else None
        clause = case.clause("response.createdAt.clock")
        if clause is None or moment is None or case.is_open_on("idempotency-key"):
            continue
        if latest and case.exchange.sent_at_s >= latest[1].exchange.received_at_s:
            back_s = (latest[0] - moment).total_seconds()
            if back_s > RUNNING_BACK_S:
                actual = f"{text}, {back_s:g} s before that of the previous request"
                expected = "no earlier createdAt for a later request"
                yield warned(clause, latest[1].exchange, case.exchange, expected=expected, actual=actual)
                return
        if latest is None or moment > latest[0]:
            latest = moment, case


def steady_loss(cases: Sequence[Case]) -> Iterator[Judgement]:
    """A server that drops unknown IDs drops all of them; if it returned other unknown ones, it has lost these."""
    for ids in LISTS_OF_IDS:
        field = ids.name
        kept = lost = None
        for case in cases:
            sent, got = case.sent.get(field), (case.created or {}).get(field)
            if not isinstance(sent, list) or not isinstance(got, list) or not case.is_open_on(ids.unknown):
                continue
            if case.is_open_on(ids.unused, "duplicate-keys"):
                continue  # the server can drop these for another reason
            strange = case.unknown_id_forms[field]
            if strange and got == sent:
                kept = case
            elif strange and not got:
                lost = case
            if kept and lost and (clause := lost.clause(f"response.{field}.echo")):
                actual = "[], although the server returned equally unknown IDs for another request"
                yield broken(clause, kept.exchange, lost.exchange, expected=f"all {len(sent)} IDs", actual=actual)
                break


def later_end(cases: Sequence[Case]) -> Iterator[Judgement]:
    """A server that accepts an end at the start accepts one less than a second later, too."""
    equal: Case | None = None
    later: list[Case] = []
    usual: set[tuple[str, str]] = set()
    for case in cases:
        doubtful = "equal-dates" in case.expectation.doubtful
        if case.created:
            usual |= case.expectation.variations
            if case.is_open_on("equal-dates") and not doubtful:
                equal = equal or case
        if (
            doubtful
            and case.signed_in
            and {reading.id for reading in case.readings if reading.refusals} == {"equal-dates"}
        ):
            later.append(case)
    for case in later if equal else ():
        clause = case.clause("request.endDate.order")
        if clause and equal and case.status == 400 and case.expectation.variations <= usual:
            expected, actual = "201, as for an end at the start", "400, although the end is later than the start"
            yield broken(clause, equal.exchange, case.exchange, expected=expected, actual=actual)
            break


def null_taken_over(cases: Sequence[Case]) -> Iterator[Judgement]:
    """A generated field that the client sends as null is not null, unless the server never generates it."""
    for field in ("id", "createdAt", "updatedAt"):
        generated = next((case for case in cases if (case.created or {}).get(field) is not None), None)
        for case in cases if generated else ():
            sent_null = field in case.sent and case.sent[field] is None
            clause = case.clause("request.body.server-made")
            if clause and sent_null and case.created and case.created.get(field, "") is None:
                expected = f"{field} generated by the server"
                yield broken(clause, case.exchange, expected=expected, actual="null, as sent by the client")
                break


def _name(case: Case) -> str | None:
    name = case.sent.get("name")
    return name if isinstance(name, str) else None


ORACLES = (
    HistoryOracle(("response.id.unique", "success.repeatable", "success.concurrent"), fresh_ids),
    HistoryOracle(("response.id.unique",), keys_of_others),
    HistoryOracle(("request.name.repeatable",), same_name),
    *creators.ORACLES,
    HistoryOracle(("request.body.server-made",), null_taken_over),
    HistoryOracle(("request.endDate.order",), later_end),
    HistoryOracle(("response.createdAt.clock",), running_clock),
    HistoryOracle(("response.createdAt.clock",), steady_clock),
    HistoryOracle(("response.personIds.echo", "response.companyIds.echo"), steady_loss),
)
