"""Attribute a refusal or a loss to a clause, where only other exchanges show the cause.

The principle, for a valid request that the server refuses:

1. The suspects are the permitted variations that it uses and no accepted request does; without any, what it repeats,
   or the one field in which it differs from the nearest accepted request.
2. The details of the response are evidence: a suspect on another field than they name is none, and where they name a
   field, neither Accept nor the login is.
3. One suspect: its clause is broken. Several: the general clause is, with the list of them if it is short.
4. One clause for one cause: a refusal that a named suspect explains names no other clause.
5. What an accepted request used is never a suspect; nor is anything in a request that the server accepts when it is
   sent again. Once the server has done that, only a request that it has refused twice has suspects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cache

from contract_tests.contract.schema import short
from contract_tests.judging.case import PERMITTING, VIOLATIONS, Case, HistoryOracle, envelope, overlap, strings_in
from contract_tests.judging.details import details_of, refused_fields
from contract_tests.judging.formats import id_form
from contract_tests.judging.meaning import IdField
from contract_tests.judging.oracles.connections import is_out_of_step
from contract_tests.judging.verdict import Judgement, broken

LISTED = 4  # suspects; a longer list narrows nothing down
SIZE_STEP_BYTES = 10_000  # no field of a request that must be accepted is nearly as long
NOT_OF_FIELDS = ("http.request.accept", "access.")  # begin the variations that leave the reading of a body as it is
MANY = 1000  # more clauses than any request could be refused for


def refused_though_valid(cases: Sequence[Case]) -> Iterator[Judgement]:
    """Attribute each refusal of a valid request to the permitted variation that no accepted request used."""
    granted = _granted(cases)
    forms = cache(lambda: _forms_of_accepted_ids(cases))  # takes long, and few servers refuse such a request
    refused = [
        case
        for case in cases
        if case.decides
        and not case.succeeded
        and case.status != 401
        and not case.is_open_on_group("login")  # the login oracle answers those
        and not _reuses_a_key(case, cases)
        and not is_out_of_step(case, cases)
        and (case.must_accept or _nothing_is_open(case, cases, forms))
    ]
    again = Counter(case.exchange.request for case in refused)
    is_unsteady = any(_is_accepted_later(case, cases) for case in refused)
    suspects = [
        (set() if is_unsteady and again[case.exchange.request] == 1 else _suspected(case, cases, granted), case)
        for case in refused
    ]
    attributed: dict[str, Case] = {}
    several: dict[str, set[str]] = {}
    for clauses, case in sorted(suspects, key=lambda suspect: len(suspect[0]) or MANY):
        if len(clauses) == 1:
            attributed.setdefault(next(iter(clauses)), case)
        elif clauses.isdisjoint(attributed) and not _shares_a_cause(case, attributed):
            # None or several could be the cause: a statement of the API page is broken either way.
            general = case.clause("success.created") or "http.answer.complete"
            if attributed.setdefault(general, case) is case:
                several[general] = clauses
    for clause, case in attributed.items():
        actual = f"{case.status_text}, although nothing is wrong with the request{_own_words(case)}"
        if 1 < len(one_of := several.get(clause, ())) <= LISTED:
            actual += f"; the cause is one of: {', '.join(sorted(one_of))}"
        if is_unsteady and clause == case.clause("success.created"):
            actual += "; sent again, it is accepted, so that the cause is another request before it"
        hint = "The second part of the body came a moment after the first." if case.exchange.request.in_parts else ""
        yield broken(clause, case.exchange, expected=case.success_text, actual=actual, hint=hint)


def _is_accepted_later(case: Case, cases: Sequence[Case]) -> bool:
    """Return whether the server has accepted the same request, but never before or at the same time."""
    twins = [c for c in cases if c.exchange.request == case.exchange.request and c.succeeded]
    return bool(twins) and all(twin.exchange.sent_at_s >= case.exchange.received_at_s for twin in twins)


def _reuses_a_key(case: Case, cases: Sequence[Case]) -> bool:
    """Return whether an earlier request sent another body with the same Idempotency-Key, which a server can refuse."""
    key = case.exchange.request.header("Idempotency-Key")
    return key is not None and any(
        other.exchange.request.header("Idempotency-Key") == key
        and other.expectation.caller.session == case.expectation.caller.session
        and other.exchange.request.body != case.exchange.request.body
        for other in cases
        if other.exchange.sent_at_s < case.exchange.sent_at_s
    )


def _own_words(case: Case) -> str:
    """Return the details or the message of the server, for the verdict."""
    response = case.exchange.response
    found = envelope(response) if response is not None else None
    if response is None or found is None:
        return ""
    return f"; the server says: {short(details_of(response, found[0]) or found[0].get('message'), 160)}"


def _granted(cases: Sequence[Case]) -> Set[tuple[str, str]] | None:
    """Return the permitted variations that accepted requests used.

    None where most requests are refused that use no other: then something else is wrong with them and with the rest.
    """
    granted = {variation for case in cases if case.succeeded for variation in case.expectation.variations}
    plain = [c for c in cases if c.must_accept and c.decides and c.expectation.variations <= granted]
    return granted if 2 * sum(case.succeeded for case in plain) >= len(plain) else None


def _shares_a_cause(case: Case, attributed: Mapping[str, Case]) -> bool:
    """Return whether a request uses, among others, the variation for which another request was refused."""
    denied = {
        variation
        for clause, other in attributed.items()
        for variation in other.expectation.variations
        if other.clause(variation[0]) == clause
    }
    return not denied.isdisjoint(case.expectation.variations)


def _suspected(case: Case, cases: Sequence[Case], granted: Set[tuple[str, str]] | None) -> set[str]:
    """Return the clauses that the refusal can break."""
    new = set() if granted is None else case.expectation.variations - granted
    rules = {rule for rule, _ in new} or _repetition(case, cases)
    rules = rules or _only_difference(case, cases, names_count=granted is None)
    if named := refused_fields(case):
        # The details are evidence: a refusal that names fields is never attributed to another field.
        of_field = case.meaning.variation_of_field
        if rules and all(rule.startswith(NOT_OF_FIELDS) for rule in rules):
            rules = {of_field[field] for field in named if field in of_field}
        rules = {rule for rule in rules if rule.split(".")[1] in named or not rule.startswith("request.")}
    return {clause for rule in rules if (clause := case.clause(rule))}


def _forms_of_accepted_ids(cases: Sequence[Case]) -> Set[tuple[object, ...]]:
    """Return every ID that the server accepted, and the form of each possibly unknown one: (field, either, …)."""
    return {
        (ids.name, accepted, *_deciding_values(case, ids))
        for case in cases
        if case.succeeded and case.signed_in
        for ids in case.meaning.id_fields
        for accepted in (*case.unknown_id_forms[ids.name], *map(_itself, strings_in(case.sent.get(ids.name))))
    }


def _itself(text: str) -> tuple[str]:
    return (text,)  # distinct from every form


def _deciding_values(case: Case, ids: IdField) -> list[str]:
    return [repr(case.sent.get(name)) for name in ids.deciding]


def _nothing_is_open(case: Case, cases: Sequence[Case], forms: Callable[[], Set[tuple[object, ...]]]) -> bool:
    """Return whether a request is open only because of a size, or forms of IDs, that the server accepts elsewhere."""
    asked = {reading.id for reading in case.readings if reading.refusals}
    if _accepts_as_much(case, cases):
        asked.discard("oversized-body")
    fields = [ids for ids in case.meaning.id_fields if asked & ids.readings]
    if not case.is_unspecified or not asked <= {reading for ids in fields for reading in ids.readings}:
        return False
    return all(
        any((ids.name, known, *_deciding_values(case, ids)) in forms() for known in (id_form(text), _itself(text)))
        for ids in fields
        for text in strings_in(case.sent.get(ids.name))
    )


def _accepts_as_much(case: Case, cases: Sequence[Case]) -> bool:
    """Return whether the server has accepted a body that is at least as long."""
    length = len(case.exchange.request.body)
    return any(len(other.exchange.request.body) >= length and other.succeeded and other.signed_in for other in cases)


def _repetition(case: Case, cases: Sequence[Case]) -> set[str]:
    """Return the clause on repetition, if a refused request repeats an accepted one or its name."""
    accepted = [other for other in cases if other.succeeded and other.signed_in]
    twins = [other for other in accepted if other.exchange.request == case.exchange.request]
    if twins:
        return {"success.concurrent" if any(overlap(case, twin) for twin in twins) else "success.repeatable"}
    return {rule for field, rule in case.meaning.repeatable.items() if _is_repeated(field, case, accepted)}


def _is_repeated(field: str, case: Case, accepted: Sequence[Case]) -> bool:
    value = case.sent.get(field)
    others = [other for other in accepted if isinstance(value, str) and other.sent.get(field) == value]
    of_others = all(other.expectation.caller.session != case.expectation.caller.session for other in others)
    return bool(others) and (len(others) == 1 or of_others)


def _only_difference(case: Case, cases: Sequence[Case], *, names_count: bool) -> set[str]:
    """Return the one field in which a refused request differs from an accepted one, fields that always differ last."""
    nearest: set[str] | None = None
    for other in cases:
        if not other.succeeded or not other.signed_in or not other.sent or set(other.sent) != set(case.sent):
            continue
        if _sending(other) != _sending(case):
            continue
        differing = {field for field, value in case.sent.items() if other.sent[field] != value}
        if nearest is None or len(differing) < len(nearest):
            nearest = differing
    if nearest and len(nearest) > 1:
        accepted = [other.sent for other in cases if other.succeeded and other.signed_in]
        nearest -= {field for field in nearest if any(sent.get(field) == case.sent[field] for sent in accepted)}
    if nearest and len(nearest) > 1 and not names_count:
        nearest -= set(case.meaning.repeatable)
    clauses = case.meaning.variation_of_field
    return {clauses[field] for field in nearest or () if field in clauses}


def _sending(case: Case) -> object:
    """Return how a request was sent, apart from the fields of its body: a server can limit the size of some bodies."""
    request = case.exchange.request
    return request.headers, request.chunked, request.in_parts, len(request.body) // SIZE_STEP_BYTES


def unguarded_media_type(cases: Sequence[Case]) -> Iterator[Judgement]:
    """A violation that gets refused with the plain media type is refused with any media type.

    It must be the same value at the same place: a server can refuse one value and accept another that is as wrong. What
    the server also accepts with JSON's own media type has another cause.
    """
    alone = [
        case
        for case in cases
        if case.must_reject
        and len(case.expectation.violations) == 1
        and 400 <= case.status < 500
        # With another media type, a refusal need not be one of the violation.
        and not (len(cases) > 1 and case.is_open_on_group("media-type"))
    ]
    refused = {case.expectation.violations[0] for case in alone}
    accepted = {
        violation
        for case in cases
        if case.must_reject and case.succeeded and not case.is_open_on_group("media-type")
        for violation in case.expectation.violations
    }
    for case in cases:
        if not (case.must_reject and case.succeeded and case.is_open_on_group("media-type")):
            continue
        violations = case.expectation.violations
        if len(cases) == 1 or not (refused - accepted).isdisjoint(violations):
            what = "; ".join(map(str, violations))
            actual = f"{case.status}, although {what}"
            yield broken("http.request.media-type", case.exchange, expected="400 or 415", actual=actual)
        else:
            for violation in violations:
                actual = f"{case.status}, although {violation}"
                yield broken(violation.clause, case.exchange, expected="400", actual=actual)


_REPETITIONS = ("success.created", "success.repeatable", "success.concurrent")
ORACLES = (
    HistoryOracle((*PERMITTING, *_REPETITIONS, "http.answer.complete"), refused_though_valid, of_variations=True),
    HistoryOracle((*VIOLATIONS, "http.request.media-type"), unguarded_media_type),
)
