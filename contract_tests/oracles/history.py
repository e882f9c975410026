"""What only several exchanges show: fresh ids, one list for each request, a clock that runs, what is refused and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from contract_tests import formats
from contract_tests.case import LOGIN_READINGS, MEDIA_TYPE_READINGS, Case, HistoryOracle, refusing_option
from contract_tests.verdict import Finding, Observation, broken, held

FROZEN_CLOCK_S = 1.5  # two timestamps to the second, this far apart, differ on a clock that runs


def refused_though_valid(cases: Sequence[Case]) -> Iterator[Finding]:
    """A request that must be accepted is; where it is not, the freedom that no accepted request used is the cause."""
    granted = {feature for case in cases if case.succeeded for feature in case.expectation.features}
    accepted_names = {_name(case) for case in cases if case.succeeded}
    blamed: dict[str, Case] = {}
    for case in sorted(cases, key=lambda c: len(c.expectation.features - granted)):
        if not case.must_be_accepted or case.succeeded or not case.status:
            continue
        if case.status == 401 or case.status >= 500:
            continue
        rules = {rule for rule, _ in case.expectation.features - granted}
        if not rules and case.exchange.label == "the same name again" and _name(case) in accepted_names:
            rules = {"request.name.repeatable"}
        clauses = {clause for rule in rules if (clause := case.clause(rule))}
        if len(clauses) != 1:
            # None or several could be the cause: the page's promise is broken either way.
            clauses = {case.clause("success.created") or "http.answer.complete"} if clauses.isdisjoint(blamed) else set()
        for clause in clauses:
            blamed.setdefault(clause, case)
    statements = cases[0].terms.specification.clauses if cases else {}
    for clause, case in blamed.items():
        yield broken(
            clause,
            case.exchange,
            expected="200 or 201",
            actual=f"{case.status}, although nothing is wrong with the request",
            hint="" if clause != "success.created" else f"({statements[clause].statement})",
        )


def unguarded_media_type(cases: Sequence[Case]) -> Iterator[Finding]:
    """A fault that is refused under the plain media type is refused however the body is labelled."""
    alone = [c for c in cases if c.must_be_refused and len(c.expectation.faults) == 1 and 400 <= c.status < 500]
    refused = {case.expectation.faults[0].clause for case in alone}
    for case in cases:
        if not (case.must_be_refused and case.succeeded and case.touches(*MEDIA_TYPE_READINGS)):
            continue
        faults = case.expectation.faults
        if len(cases) == 1 or any(fault.clause in refused for fault in faults):
            what = "; ".join(f"{f.path or 'the body'} is {f.got}" for f in faults)
            actual = f"{case.status}, although {what}"
            yield broken("http.request.media-type", case.exchange, expected="400 or 415", actual=actual)
        else:
            for fault in faults:
                yield broken(fault.clause, case.exchange, expected="400", actual=f"{case.status}")


def fresh_ids(cases: Sequence[Case]) -> Iterator[Finding]:
    """Every lead list has an id of its own; requests that carry an Idempotency-Key are left out."""
    seen: dict[str, Case] = {}
    told: dict[str, tuple[Case, Case, str]] = {}
    for case in cases:
        created = case.created
        if created is None or not isinstance(text := created.get("id"), str) or case.touches("idempotency-key"):
            continue
        first = seen.setdefault(text.lower(), case)
        if first is case:
            continue
        if clause := _repeat_clause(first, case):
            told.setdefault(clause, (first, case, text))
    if len(told) > 1:
        told.pop("success.concurrent", None)  # ids that repeat without any race have another cause
    for clause, (first, case, text) in told.items():
        wanted = "two lead lists with two ids"
        yield broken(clause, first.exchange, case.exchange, expected=wanted, actual=f"{text} twice")
    yield from _held_repeats(list(seen.values()), set(told))


def _repeat_clause(first: Case, second: Case) -> str | None:
    """Two answers with one id and one createdAt are one list; with another createdAt it is the id that is not fresh."""
    same_list = first.created is not None and second.created is not None and (
        first.created.get("id") != second.created.get("id")
        or first.created.get("createdAt") == second.created.get("createdAt")
    )
    if same_list and first.exchange.request == second.exchange.request:
        return first.clause("success.concurrent" if _overlap(first, second) else "success.repeatable")
    return first.clause("response.id.unique")


def _overlap(first: Case, second: Case) -> bool:
    return second.exchange.sent_at_s < first.exchange.received_at_s and first.exchange.sent_at_s < second.exchange.received_at_s


def _held_repeats(cases: Sequence[Case], told: set[str]) -> Iterator[Finding]:
    """What distinct ids show: for different requests, for equal ones, and for equal ones at the same moment."""
    by_request: dict[object, list[Case]] = defaultdict(list)
    for case in cases:
        by_request[case.exchange.request].append(case)
    shown: dict[str, tuple[Case, Case]] = {}
    if len(cases) > 1 and (clause := cases[0].clause("response.id.unique")):
        shown[clause] = (cases[0], cases[1])
    for group in by_request.values():
        for first, second in zip(group, group[1:], strict=False):
            if clause := _repeat_clause(first, second):
                shown.setdefault(clause, (first, second))
    for clause, pair in shown.items():
        if clause not in told:
            yield held(clause, pair[0].exchange, pair[1].exchange)


def same_name(cases: Sequence[Case]) -> Iterator[Finding]:
    """Two lists may have the same name."""
    names: Counter[str | None] = Counter()
    for case in cases:
        if not case.succeeded or not (name := _name(case)):
            continue
        names[name] += 1
        if names[name] == 2 and (clause := case.clause("request.name.repeatable")):
            yield held(clause, case.exchange)


def steady_creator(cases: Sequence[Case]) -> Iterator[Finding]:
    """One user's lists have that user in common, even where the user's id is not known; two users have no such id in common."""
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
        own = set(users) - set(invited if isinstance(invited, list) else ())
        before = common.setdefault(session.name, own)
        if before and not before & own and session.user_id is None:
            yield broken(
                clause,
                shown[session.name].exchange,
                case.exchange,
                expected="the same creator in both lists of one user",
                actual=f"{sorted(before)} and then {sorted(own)}",
            )
            return
        common[session.name] = before & own
        shown[session.name] = case
    for name, case in shown.items():
        if common[name]:
            yield held("response.userIds.includes-creator", case.exchange)
    if len(common) == 2 and (shared := set.intersection(*common.values())):
        if all(len(ids) == 1 for ids in common.values()):
            first, second = shown.values()
            yield broken(
                "response.userIds.includes-creator",
                first.exchange,
                second.exchange,
                expected="a creator of its own for each of the two users",
                actual=f"{sorted(shared)} for both",
            )


def running_clock(cases: Sequence[Case]) -> Iterator[Finding]:
    """createdAt moves on from call to call."""
    first: Case | None = None
    for case in cases:
        created = case.created
        if created is None or case.terms.settings.clock_allowance_s is None or case.touches("idempotency-key"):
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
                expected="a clock that runs",
                actual=f"{text} for two calls that are {gap_s:.1f} s apart",
            )
        else:
            yield held(clause, first.exchange, case.exchange)
        return


def idempotency(cases: Sequence[Case]) -> Iterator[Finding]:
    """Whether the same request with the same Idempotency-Key is answered with the same list."""
    seen: dict[object, Case] = {}
    for case in cases:
        if not case.touches("idempotency-key") or case.created is None:
            continue
        first = seen.setdefault(case.exchange.request, case)
        if first is not case and first.created is not None:
            same = first.created.get("id") == case.created.get("id")
            yield Observation("idempotency-key", "honoured" if same else "ignored", case.exchange)


def joint_questions(cases: Sequence[Case]) -> Iterator[Finding]:
    """A refusal that could have several open questions for its cause has the one that the server never lets pass."""
    passed = {
        reading.id
        for case in cases
        if case.succeeded and case.signed_in
        for touch in case.expectation.touches
        if (reading := case.terms.specification.readings[touch]).refusals
    }
    for case in cases:
        if not case.is_open or not 400 <= case.status < 500 or case.status == 401:
            continue
        readings = [case.terms.specification.readings[t] for t in case.expectation.touches]
        asked = [r for r in readings if r.refusals]
        left = [r for r in asked if r.id not in passed and r.id not in LOGIN_READINGS]
        if len(asked) > 1 and len(left) == 1 and (option := refusing_option(left[0], case.status)):
            yield Observation(left[0].id, option, case.exchange)


def carriers(cases: Sequence[Case]) -> Iterator[Finding]:
    """Where the session token is taken from; told only where the user gave both logins."""
    first = cases[0].terms.settings.first if cases else None
    taken = {case.expectation.caller.carrier for case in cases if case.succeeded}
    if first and first.bearer and first.cookie and {"bearer", "cookie"} <= taken:
        yield Observation("session-carrier", "either", cases[0].exchange)


def _name(case: Case) -> str | None:
    name = case.sent.get("name")
    return name if isinstance(name, str) else None


_FREEDOMS = ("success.created", "request.*", "http.request.*", "access.carrier.*")
ORACLES = (
    HistoryOracle(_FREEDOMS, refused_though_valid),
    HistoryOracle(("http.request.media-type",), unguarded_media_type),
    HistoryOracle(("response.id.unique", "success.repeatable", "success.concurrent"), fresh_ids),
    HistoryOracle(("request.name.repeatable",), same_name),
    HistoryOracle(("response.userIds.includes-creator",), steady_creator),
    HistoryOracle(("response.createdAt.clock",), running_clock),
    HistoryOracle(("success.repeatable",), idempotency),
    HistoryOracle(("request.*", "response.*"), joint_questions),
    HistoryOracle(("access.session.valid",), carriers),
)
