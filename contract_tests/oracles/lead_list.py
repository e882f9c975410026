"""Whether a created lead list says what was sent, and what only the server can say."""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from contract_tests import formats
from contract_tests.case import Case, Oracle
from contract_tests.verdict import Finding, Observation, broken, held

ECHO_TOLERANCE_S = 0.001  # a fraction may be cut or rounded to milliseconds
TIMESTAMP_GRAIN_S = 1.0  # a server may write whole seconds


def _lead_list(case: Case) -> dict[str, Any] | None:
    """The created lead list, where this is one."""
    created = case.created
    return created if created is not None and case.operation and case.operation.id == "createLeadList" else None


# -- text -------------------------------------------------------------------------------------------------------------


def _without_controls(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == "\0")


def _surrogates_replaced(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


# What an open question lets a server do to a text: reading -> (option, change).
_TEXT_CHANGES: dict[str, tuple[str, Callable[[str], str]]] = {
    "surrounding-blanks": ("trimmed", str.strip),
    "control-characters": ("removed", _without_controls),
    "unicode-form": ("composed", lambda text: unicodedata.normalize("NFC", text)),
    "lone-surrogate": ("replaced", _surrogates_replaced),
}
_TEXT_UNCHANGED = {"surrounding-blanks": "kept", "control-characters": "kept", "unicode-form": "kept"}


def _changes(case: Case) -> list[dict[str, tuple[str, Callable[[str], str]]]]:
    """Every set of changes that the case permits, the empty one first."""
    open_changes = [(r, c) for r, c in _TEXT_CHANGES.items() if case.touches(r)]
    return [dict(subset) for n in range(len(open_changes) + 1) for subset in itertools.combinations(open_changes, n)]


def _changed(text: str, changes: dict[str, tuple[str, Callable[[str], str]]]) -> str:
    for _, change in changes.values():
        text = change(text)
    return text


def _observe_text(case: Case, changes: dict[str, Any]) -> Iterator[Observation]:
    for reading in _TEXT_CHANGES:
        if not case.touches(reading):
            continue
        option = changes[reading][0] if reading in changes else _TEXT_UNCHANGED.get(reading)
        if option:
            yield Observation(reading, option, case.exchange)


def name(case: Case) -> Iterator[Finding]:
    """The name is the text that was sent; never cut, mangled or translated."""
    created = _lead_list(case)
    if created is None or "name" not in case.sent or not isinstance(got := created.get("name"), str):
        return
    for sent in _variants(case, "name"):
        if not isinstance(sent, str):
            continue
        for changes in _changes(case):
            if got == _changed(sent, changes):
                yield held("response.name.echo", case.exchange)
                yield from _observe_text(case, changes) if _tells(case, sent) else ()
                if case.touches("markup-in-text"):
                    yield Observation("markup-in-text", "kept", case.exchange)
                return
        if case.touches("markup-in-text") and _sanitised(sent, got):
            yield Observation("markup-in-text", "sanitised", case.exchange)
            return
    sent = case.sent["name"]
    if case.touches("invalid-utf-8") and _collapse(got) == _collapse(sent):
        return
    yield broken("response.name.echo", case.exchange, expected=_show(sent), actual=_show(got), hint=_difference(sent, got))


def _tells(case: Case, sent: str) -> bool:
    """Whether the name itself holds what the open question is about."""
    return any(change(sent) != sent for r, (_, change) in _TEXT_CHANGES.items() if case.touches(r))


def _sanitised(sent: str, got: str) -> bool:
    """Whether got is sent with its tags or references removed or escaped, the words still there."""
    plain = re.compile(r"<[^>]*>?|&#?\w+;|[<>&\"'`=/;]")
    words = plain.sub(" ", html.unescape(got)).split()
    return all(word in plain.sub(" ", html.unescape(sent)).split() for word in words)


def _collapse(text: str) -> str:
    return re.sub("\ufffd+", "\ufffd", text)


def _variants(case: Case, field: str) -> list[Any]:
    """The values that were sent for a field: two if its key stands twice."""
    other = case.expectation.body.other_value
    values = [case.sent.get(field)]
    if isinstance(other, dict) and other.get(field) != values[0]:
        values.append(other.get(field))
    return values


def duplicate_keys(case: Case) -> Iterator[Finding]:
    """Which of two equal keys counted."""
    created, other = _lead_list(case), case.expectation.body.other_value
    if created is None or not isinstance(other, dict):
        return
    for field in ("name", "type"):
        first, last, got = other.get(field), case.sent.get(field), created.get(field)
        if first != last and got in {first, last}:
            yield Observation("duplicate-keys", "last" if got == last else "first", case.exchange)


# -- type and ICP -----------------------------------------------------------------------------------------------------


def kind(case: Case) -> Iterator[Finding]:
    """The type is the one that was sent, "person" where none was."""
    created = _lead_list(case)
    if created is None or "type" not in created or not case.expectation.readable:
        return
    sent = [value for value in _variants(case, "type")]
    clause = "response.type.echo"
    if sent == [None]:
        clause, sent = "request.type.default", ["person"]
    if created["type"] in sent:
        yield held(clause, case.exchange)
    else:
        yield broken(clause, case.exchange, expected=repr(sent[0]), actual=repr(created["type"]))


def icp(case: Case) -> Iterator[Finding]:
    """icpId is the one that was sent, in any case of its digits."""
    created = _lead_list(case)
    if created is None or "icpId" not in created or "icpId" not in case.sent:
        return
    sent, got = case.sent["icpId"], created["icpId"]
    if sent == got or (isinstance(sent, str) and isinstance(got, str) and formats.plain_uuid(sent) == formats.plain_uuid(got)):
        yield held("response.icpId.echo", case.exchange)
        if isinstance(sent, str) and formats.is_uuid(sent) and sent != sent.lower():
            option = "kept" if got == sent else "lower" if got == sent.lower() else None
            if option:
                yield Observation("uuid-case", option, case.exchange)
    else:
        yield broken("response.icpId.echo", case.exchange, expected=repr(sent), actual=repr(got))


# -- dates ------------------------------------------------------------------------------------------------------------


def dates(case: Case) -> Iterator[Finding]:
    """startDate and endDate are the instants that were sent."""
    created = _lead_list(case)
    for field in ("startDate", "endDate") if created is not None else ():
        sent, got = case.sent.get(field), (created or {}).get(field)
        if isinstance(sent, str) and isinstance(got, str):
            yield from _date(case, f"response.{field}.echo", sent, got)


def _date(case: Case, clause: str, sent: str, got: str) -> Iterator[Finding]:
    wanted, found = formats.instant(sent.strip()), formats.instant(got)
    open_spelling = case.touches("date-without-zone", "rare-date-forms", "other-date-texts", "duplicate-keys")
    if sent != got and (wanted is None or found is None):
        return  # nobody can tell which instant was meant, or the format clause has spoken
    if sent != got and wanted is not None and found is not None:
        tolerance_s = 1.0 if case.touches("leap-second") else ECHO_TOLERANCE_S
        if abs((wanted - found).total_seconds()) > tolerance_s:
            if not open_spelling:
                yield broken(clause, case.exchange, expected=f"the instant {sent}", actual=got, hint=_shift(wanted, found))
            return
    yield held(clause, case.exchange)
    if wanted is None or open_spelling:
        return
    canonical = formats.normalised(wanted)
    if sent == got and sent != canonical:
        yield Observation("date-echo", "verbatim", case.exchange)
    elif got == canonical and sent != canonical:
        yield Observation("date-echo", "normalised", case.exchange)
    if case.touches("date-fraction") and (fraction := re.search(r"\.\d{3}(\d+)", sent)) and found is not None:
        if sent == got:
            yield Observation("date-fraction", "kept", case.exchange)
        elif int(fraction[1][0]) >= 5 and len(got) == len(canonical):
            yield Observation("date-fraction", "cut" if got == canonical else "rounded", case.exchange)


def _shift(wanted: Any, found: Any) -> str:
    seconds = (found - wanted).total_seconds()
    hours = seconds / 3600
    return f"It is {hours:+g} h off: a time zone was added or lost." if hours % 0.25 == 0 else f"It is {seconds:+g} s off."


# -- ids --------------------------------------------------------------------------------------------------------------

_DROPPING = {
    "personIds": ("unknown-people", "person-ids-on-company-list"),
    "companyIds": ("unknown-companies", "company-ids-on-person-list"),
}


def ids(case: Case) -> Iterator[Finding]:
    """personIds and companyIds are the ones that were sent; companyIds is empty where none were."""
    created = _lead_list(case)
    if created is None or not case.expectation.readable or case.touches("duplicate-keys"):
        return
    for field in ("personIds", "companyIds"):
        got = created.get(field)
        if not isinstance(got, list):
            continue
        sent = case.sent.get(field)
        if sent is None:
            clause = "request.companyIds.default" if field == "companyIds" else "response.personIds.echo"
            if got == []:
                yield held(clause, case.exchange)
            else:
                yield broken(clause, case.exchange, expected="[]", actual=_show(got))
        elif isinstance(sent, list):
            yield from _ids(case, field, sent, got)


def _ids(case: Case, field: str, sent: list[Any], got: list[Any]) -> Iterator[Finding]:
    clause = f"response.{field}.echo"
    plain = formats.plain_uuid if field == "companyIds" else str
    found = [plain(value) if isinstance(value, str) else value for value in got]
    for changes in _changes(case):
        texts = [plain(_changed(value, changes)) if isinstance(value, str) else _number(value) for value in sent]
        once = list(dict.fromkeys(texts))
        for wanted, option in ((texts, "kept"), (once, "removed")):
            if found == wanted or sorted(map(str, found)) == sorted(map(str, wanted)):
                yield held(clause, case.exchange)
                yield from _observe_ids(case, field, wanted, found, option, len(once) < len(texts))
                return
    for reading in reversed(_DROPPING[field]):
        # Dropping unusable ids leaves none, dropping unknown ones may leave some of those that were sent.
        if case.touches(reading) and ("dropped" in case.terms.specification.readings[reading].options):
            if not found or (reading.startswith("unknown") and set(found) <= set(texts) and len(found) < len(texts)):
                yield Observation(reading, "dropped", case.exchange)
                return
    yield broken(clause, case.exchange, expected=_show(sent), actual=_show(got), hint=_lost(texts, found))


def _observe_ids(
    case: Case, field: str, wanted: list[Any], found: list[Any], option: str, repeated: bool
) -> Iterator[Observation]:
    if repeated:
        yield Observation("duplicate-ids", option, case.exchange)
    if len(set(map(str, wanted))) > 1:
        yield Observation("id-order", "kept" if found == wanted else "changed", case.exchange)
    if wanted:
        for reading in _DROPPING[field]:
            if case.touches(reading):
                yield Observation(reading, "accepted" if reading.startswith("unknown") else "kept", case.exchange)


def _number(value: Any) -> Any:
    """A number as the string that a coercing server makes of it; the reading number-ids tells whether that passes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _lost(sent: list[Any], got: list[Any]) -> str:
    missing = [value for value in sent if value not in got]
    return f"{len(sent)} were sent and {len(got)} came back; missing: {_show(missing[:3])}" if missing else ""


# -- what only the server can say -------------------------------------------------------------------------------------


def server_made(case: Case) -> Iterator[Finding]:
    """id, createdAt, updatedAt and userIds come from the server, whatever the client sent."""
    created = _lead_list(case)
    if created is None or not case.touches("server-made-fields-sent", "user-ids-sent", "unknown-properties"):
        return
    clause = "request.body.server-made"
    for field in ("id", "createdAt", "updatedAt"):
        sent, got = case.sent.get(field), created.get(field)
        if isinstance(sent, str) and isinstance(got, str):
            same = formats.instant(sent) == formats.instant(got) if field != "id" else sent.lower() == got.lower()
            if same and formats.instant(got) is None and field != "id":
                same = sent == got
            if same:
                yield broken(clause, case.exchange, expected=f"{field} made by the server", actual=f"the client's {got}")
            else:
                yield held(clause, case.exchange)
                yield Observation("server-made-fields-sent", "ignored", case.exchange)
    sent_users, users = case.sent.get("userIds"), created.get("userIds")
    if isinstance(sent_users, list) and isinstance(users, list) and sent_users:
        option = "merged" if any(user in users for user in sent_users) else "ignored"
        yield Observation("user-ids-sent", option, case.exchange)
    known = (case.operation.request_schema or {}).get("properties", {}) if case.operation else {}
    unknown = {key for key in case.sent if key not in known and key not in ("id", "createdAt", "updatedAt", "userIds")}
    if unknown:
        echoed = any(key in created and created[key] == case.sent[key] for key in unknown)
        yield Observation("unknown-properties", "echoed" if echoed else "ignored", case.exchange)


def access(case: Case) -> Iterator[Finding]:
    """The creator stands in userIds; nobody who has nothing to do with the call does."""
    created, session = _lead_list(case), case.expectation.caller.session
    if created is None or session is None or not isinstance(users := created.get("userIds"), list):
        return
    clause = "response.userIds.includes-creator"
    if not users:
        yield broken(clause, case.exchange, expected="the creator's id", actual="[]")
    elif session.user_id is not None:
        if session.user_id in users:
            yield held(clause, case.exchange)
        else:
            yield broken(clause, case.exchange, expected=repr(session.user_id), actual=_show(users))
    invited = case.sent.get("userIds")
    for other in case.terms.settings.sessions:
        if other.user_id is None or other.user_id == session.user_id:
            continue
        if other.user_id in users and not (isinstance(invited, list) and other.user_id in invited):
            actual = f"{other.user_id!r}, who did not call, is in {_show(users)}"
            yield broken("response.userIds.no-stranger", case.exchange, expected="no other user", actual=actual)
        else:
            yield held("response.userIds.no-stranger", case.exchange)


def clock(case: Case) -> Iterator[Finding]:
    """createdAt and updatedAt are the moment of the call, within the allowance; updatedAt is not the earlier one."""
    created = _lead_list(case)
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
    if allowance_s is None or case.touches("idempotency-key"):
        return
    clause, exchange = f"response.{field}.clock", case.exchange
    earliest_s, latest_s = exchange.sent_at_s - TIMESTAMP_GRAIN_S - allowance_s, exchange.received_at_s + allowance_s
    if earliest_s <= moment_s <= latest_s:
        yield held(clause, exchange)
    else:
        off_s = moment_s - (exchange.sent_at_s if moment_s < earliest_s else exchange.received_at_s)
        actual = f"{text}, {off_s:+.0f} s from the moment of the call"
        yield broken(clause, exchange, expected=f"within {allowance_s:g} s of the call", actual=actual)


def identity(case: Case) -> Iterator[Finding]:
    """Which version of UUID the id is (RFC 9562 §4.2)."""
    created = _lead_list(case)
    text = created.get("id") if created else None
    if isinstance(text, str) and formats.is_uuid(text) and text[14] in "47":
        yield Observation("id-version", text[14], case.exchange)


# -- words ------------------------------------------------------------------------------------------------------------


def _show(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 160 else f"{text[:110]}… ({len(value)} in all) …{text[-30:]}"


def _difference(sent: str, got: str) -> str:
    if len(got) < len(sent) and sent.startswith(got):
        return f"It was cut after {len(got)} of {len(sent)} characters."
    at = next((i for i, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), min(len(sent), len(got)))
    return f"They differ from character {at} on: {ascii(sent[at : at + 12])} became {ascii(got[at : at + 12])}."


ORACLES = (
    Oracle(("response.name.echo",), name),
    Oracle(("request.body.json",), duplicate_keys),
    Oracle(("response.type.echo", "request.type.default"), kind),
    Oracle(("response.icpId.echo",), icp),
    Oracle(("response.startDate.echo", "response.endDate.echo"), dates),
    Oracle(("response.personIds.echo", "response.companyIds.echo", "request.companyIds.default"), ids),
    Oracle(("request.body.server-made", "request.body.open"), server_made),
    Oracle(("response.userIds.includes-creator", "response.userIds.no-stranger"), access),
    Oracle(("response.createdAt.clock", "response.updatedAt.clock", "response.updatedAt.order"), clock),
    Oracle(("response.id.format",), identity),
)
