"""Judge several created lists together: fresh IDs, one list for each request, the creator, an advancing clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from contract_tests.judging import formats
from contract_tests.judging.case import Case, HistoryOracle, overlap
from contract_tests.judging.verdict import Judgement, broken, held, warned

RUNNING_BACK_S = 1.0  # corrections of a clock, and timestamps in whole seconds, stay below
FROZEN_CLOCK_S = 1.5  # at this distance, even timestamps in whole seconds differ


def fresh_ids(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Every lead list has its own ID, except that requests with one Idempotency-Key may get one list."""
    seen: dict[str, Case] = {}
    told: dict[str, tuple[Case, Case, str]] = {}
    for case in cases:
        created = case.created
        if created is None or not isinstance(text := created.get("id"), str):
            continue
        first = seen.setdefault(text.lower(), case)
        if first is case or _have_one_key(first, case):
            continue
        if clause := _repeat_clause(first, case):
            told.setdefault(clause, (first, case, text))
    if len(told) > 1:
        told.pop("success.concurrent", None)  # IDs that also repeat without concurrency have another cause
    for clause, (first, case, text) in told.items():
        hint = "Both requests were sent at the same time." if overlap(first, case) else ""
        wanted = "two lead lists with different IDs"
        yield broken(clause, first.exchange, case.exchange, expected=wanted, actual=f"{text} twice", hint=hint)
    yield from _held_repeats([case for case in seen.values() if not case.is_open_on("idempotency-key")], set(told))


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


def _held_repeats(cases: Sequence[Case], told: set[str]) -> Iterator[Judgement]:
    """Yield what distinct IDs show: for different requests, for equal ones, and for equal concurrent ones."""
    by_request: dict[object, list[Case]] = defaultdict(list)
    for case in cases:
        by_request[case.exchange.request].append(case)
    shown: dict[str, tuple[Case, Case]] = {}
    if len(cases) > 1 and (clause := cases[0].clause("response.id.unique")):
        shown[clause] = (cases[0], cases[1])
    for group in by_request.values():
        for first, second in pairwise(group):
            if clause := _repeat_clause(first, second):
                shown.setdefault(clause, (first, second))
    for clause, pair in shown.items():
        if clause not in told:
            yield held(clause, pair[0].exchange, pair[1].exchange)


def same_name(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Two lists can have the same name."""
    names: Counter[str | None] = Counter()
    for case in cases:
        if not case.succeeded or not (name := _name(case)):
            continue
        names[name] += 1
        if names[name] == 2 and (clause := case.clause("request.name.repeatable")):
            yield held(clause, case.exchange)


def steady_creator(cases: Sequence[Case]) -> Iterator[Judgement]:
    """The lists of one user have a user in common, even if its ID is unknown; those of two users do not."""
    common: dict[str, set[str]] = {}
    shown: dict[str, Case] = {}
    for case in cases:
        session, created = case.expectation.caller.session, case.created
        users = created.get("userIds") if created else None
        if session is None or not isinstance(users, list) or not all(isinstance(u, str) for u in users):
            continue
        if (clause := case.clause("response.userIds.includes-creator")) is None:
            continue
        invited = case.sent.get("userIds")
        own = set(users) - {user for user in (invited if isinstance(invited, list) else ()) if isinstance(user, str)}
        before = common.setdefault(session.name, own)
        if before and not before & own and session.user_id is None:
            yield broken(
                clause,
                shown[session.name].exchange,
                case.exchange,
                expected="the same creator in both lists of a user",
                actual=f"{sorted(before)} and then {sorted(own)}",
            )
            return
        common[session.name] = before & own
        shown[session.name] = case
    for name, case in shown.items():
        if common[name]:
            yield held("response.userIds.includes-creator", case.exchange)
    shared = set.intersection(*common.values()) if len(common) == 2 else set()
    if shared and all(len(ids) == 1 for ids in common.values()):
        first, second = shown.values()
        yield broken(
            "response.userIds.includes-creator",
            first.exchange,
            second.exchange,
            expected="a different creator for each of the two users",
            actual=f"{sorted(shared)} for both",
        )


def creator_displaced(cases: Sequence[Case]) -> Iterator[Judgement]:
    """userIds that the client sends never replace the creator, who is in all other lists."""
    present: dict[str, set[str]] = {}
    for case in cases:
        session, users = case.expectation.caller.session, (case.created or {}).get("userIds")
        if session and "userIds" not in case.sent and isinstance(users, list) and session.name not in present:
            present[session.name] = {user for user in users if isinstance(user, str)}
    for case in cases:
        session, users = case.expectation.caller.session, (case.created or {}).get("userIds")
        if session is None or "userIds" not in case.sent or not isinstance(users, list):
            continue
        clause = case.clause("request.body.server-made")
        creator = {session.user_id} if session.user_id else present.get(session.name, set())
        if clause and creator and creator <= present.get(session.name, creator):
            if creator.isdisjoint(user for user in users if isinstance(user, str)):
                expected, actual = f"the creator in userIds: {sorted(creator)}", f"{users!r:.80}"
                yield broken(clause, case.exchange, expected=expected, actual=actual)
            else:
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
    for field, reading in (("personIds", "unknown-people"), ("companyIds", "unknown-companies")):
        kept = lost = None
        for case in cases:
            sent, got = case.sent.get(field), (case.created or {}).get(field)
            if not isinstance(sent, list) or not isinstance(got, list) or not case.is_open_on(reading):
                continue
            if case.is_open_on("person-ids-on-company-list", "company-ids-on-person-list", "duplicate-keys"):
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
    HistoryOracle(("response.userIds.includes-creator",), steady_creator),
    HistoryOracle(("request.body.server-made",), creator_displaced),
    HistoryOracle(("request.body.server-made",), null_taken_over),
    HistoryOracle(("response.createdAt.clock",), running_clock),
    HistoryOracle(("response.createdAt.clock",), steady_clock),
    HistoryOracle(("response.personIds.echo", "response.companyIds.echo"), steady_loss),
)
