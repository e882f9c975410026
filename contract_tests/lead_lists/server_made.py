"""Whether a created lead list says what only the server can say: who has access, when it was made, its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.judging import formats
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.verdict import Finding, Observation, broken, held

TIMESTAMP_GRAIN_S = 1.0  # a server may write whole seconds


def lead_list(case: Case) -> dict[str, Any] | None:
    """The created lead list, where this is one."""
    created = case.created
    return created if created is not None and case.operation and case.operation.id == "createLeadList" else None


def server_made(case: Case) -> Iterator[Finding]:
    """id, createdAt, updatedAt and userIds come from the server, whatever the client sent."""
    created = lead_list(case)
    if created is None or not case.is_open_on("server-made-fields-sent", "user-ids-sent", "unknown-properties"):
        return
    clause = "request.body.server-made"
    for field in ("id", "createdAt", "updatedAt"):
        sent, got = case.sent.get(field), created.get(field)
        if field in case.sent and field in created and sent is None and got is None:
            yield broken(clause, case.exchange, expected=f"{field} made by the server", actual="the client's null")
        elif isinstance(sent, str) and isinstance(got, str):
            if _is_taken_over(field, sent, got):
                actual = f"the client's {short(got)}"
                yield broken(clause, case.exchange, expected=f"{field} made by the server", actual=actual)
            else:
                yield held(clause, case.exchange)
                yield Observation("server-made-fields-sent", "ignored", case.exchange)
    for key, field, sent in _other_spellings(case.sent):
        got = created.get(field)
        listed = isinstance(sent, list) and isinstance(got, list) and any(user in got for user in sent)
        if listed or (isinstance(sent, str) and isinstance(got, str) and _is_taken_over(field, sent, got)):
            actual = f"{short(got)}, which the client sent as {key}"
            yield broken(clause, case.exchange, expected=f"{field} made by the server", actual=actual)
    sent_users, users = case.sent.get("userIds"), created.get("userIds")
    if isinstance(sent_users, list) and isinstance(users, list) and sent_users:
        option = "merged" if any(user in users for user in sent_users) else "ignored"
        yield Observation("user-ids-sent", option, case.exchange)
    known = (case.operation.request_schema or {}).get("properties", {}) if case.operation else {}
    unknown = {key for key in case.sent if key not in known and key not in ("id", "createdAt", "updatedAt", "userIds")}
    if unknown:
        echoed = any(key in created and created[key] == case.sent[key] for key in unknown)
        yield Observation("unknown-properties", "echoed" if echoed else "ignored", case.exchange)


def _is_taken_over(field: str, sent: str, got: str) -> bool:
    moment = formats.instant(got) if field != "id" else None
    return sent.lower() == got.lower() or (moment is not None and moment == formats.instant(sent))


def _other_spellings(sent: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Key, field and value of each generated field that the client sent in another spelling, also one level deeper."""
    fields = {field.lower(): field for field in ("id", "createdAt", "updatedAt", "userIds")}
    inner = (
        (f"{key}.{name}", name, value)
        for key, part in sent.items()
        if isinstance(part, dict)
        for name, value in part.items()
    )
    for key, name, value in (*((key, key, value) for key, value in sent.items() if key not in fields.values()), *inner):
        folded = "".join(char for char in name.lower() if char.isalnum())
        if folded in fields:
            yield key, fields[folded], value


def access(case: Case) -> Iterator[Finding]:
    """userIds includes the creator and no user who is unrelated to the call."""
    created, session = lead_list(case), case.expectation.caller.session
    if created is None or session is None or not isinstance(users := created.get("userIds"), list):
        return
    if "" in users:
        statement = case.terms.specification.clauses["response.userIds.type"].statement
        yield broken("response.userIds.type", case.exchange, expected=statement, actual="an empty user id")
    clause = "response.userIds.includes-creator"
    if "userIds" in case.sent:
        pass  # whether the sent value is the cause, only other lists show: history.creator_displaced
    elif not users:
        yield broken(clause, case.exchange, expected="the creator's id", actual="[]")
    elif session.user_id is not None:
        if session.user_id in users:
            yield held(clause, case.exchange)
        else:
            yield broken(clause, case.exchange, expected=repr(session.user_id), actual=short(users))
    invited = case.sent.get("userIds")
    for other in case.terms.settings.sessions:
        if other.user_id is None or other.user_id == session.user_id:
            continue
        if other.user_id in users and not (isinstance(invited, list) and other.user_id in invited):
            actual = f"{other.user_id!r}, who did not call, is in {short(users)}"
            yield broken("response.userIds.no-stranger", case.exchange, expected="no other user", actual=actual)
        else:
            yield held("response.userIds.no-stranger", case.exchange)
    people = case.sent.get("personIds")
    if isinstance(people, list) and (listed := [p for p in people if p in users and p != session.user_id and p]):
        actual = f"{listed[0]!r}, a person on the list, is in {short(users)}"
        yield broken("response.userIds.no-stranger", case.exchange, expected="no other user", actual=actual)


def clock(case: Case) -> Iterator[Finding]:
    """createdAt and updatedAt are the moment of the call, within the allowance; updatedAt is not the earlier one."""
    created = lead_list(case)
    if created is None:
        return
    moments = {}
    for field in ("createdAt", "updatedAt"):
        text = created.get(field)
        if isinstance(text, str) and formats.is_timestamp(text) and (moment := formats.instant(text)):
            moments[field] = moment
            yield from _clock(case, field, text, moment.timestamp())
    if len(moments) < 2:
        return
    later_s = (moments["updatedAt"] - moments["createdAt"]).total_seconds()
    if later_s < 0:
        actual = f"updatedAt is {-later_s:g} s before createdAt"
        yield broken("response.updatedAt.order", case.exchange, expected="updatedAt >= createdAt", actual=actual)
    else:
        yield held("response.updatedAt.order", case.exchange)
        yield Observation("updated-at", "later" if later_s else "equal", case.exchange)


def _clock(case: Case, field: str, text: str, moment_s: float) -> Iterator[Finding]:
    form = re.search(r":\d\d(?:\.(\d+))?(Z|[+-][\d:]+)$", text)
    if field == "createdAt" and form:
        digits = len(form[1] or "")
        option = "offset" if form[2] != "Z" else {3: "milliseconds", 6: "microseconds"}.get(digits)
        if option:
            yield Observation("timestamp-form", option, case.exchange)
    allowance_s = case.terms.settings.clock_allowance_s
    if allowance_s is None or case.is_open_on("idempotency-key"):
        return
    clause, exchange = f"response.{field}.clock", case.exchange
    earliest_s, latest_s = exchange.sent_at_s - TIMESTAMP_GRAIN_S - allowance_s, exchange.received_at_s + allowance_s
    if earliest_s <= moment_s <= latest_s:
        yield held(clause, exchange)
    else:
        off_s = moment_s - (exchange.sent_at_s if moment_s < earliest_s else exchange.received_at_s)
        actual = f"{text}, {off_s:+.0f} s from the moment of the call"
        hint = "A clock that is frozen or off on purpose is not judged with --clock-allowance off."
        yield broken(clause, exchange, expected=f"within {allowance_s:g} s of the call", actual=actual, hint=hint)


def identity(case: Case) -> Iterator[Finding]:
    """Which version of UUID the id is (RFC 9562 §4.2)."""
    created = lead_list(case)
    text = created.get("id") if created else None
    if isinstance(text, str) and formats.is_uuid(text) and text[14] in "47":
        yield Observation("id-version", text[14], case.exchange)


ORACLES = (
    Oracle(("request.body.server-made", "request.body.open"), server_made),
    Oracle(("response.userIds.includes-creator", "response.userIds.no-stranger", "response.userIds.type"), access),
    Oracle(("response.createdAt.clock", "response.updatedAt.clock", "response.updatedAt.order"), clock),
    Oracle(("response.id.format",), identity),
)
