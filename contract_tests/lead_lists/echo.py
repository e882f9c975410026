"""Judge whether a created lead list returns the sent values: texts, instants and IDs, complete and unchanged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.judging import formats, text
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.verdict import Judgement, Observation, broken, held, warned
from contract_tests.lead_lists.ids import known_ids
from contract_tests.lead_lists.server_made import lead_list

ECHO_TOLERANCE_S = 0.001  # a server can cut or round a longer fraction to milliseconds
LEAP_SECOND_TOLERANCE_S = 2.0  # a server can return the second before or after second 60, without its fraction
_OPEN_SPELLINGS = frozenset({"date-without-zone", "rare-date-forms", "other-date-texts"})

# -- text -------------------------------------------------------------------------------------------------------------


def name(case: Case) -> Iterator[Judgement]:
    """The name is the text that was sent; never cut, mangled or translated."""
    created = lead_list(case)
    if created is None or not isinstance(got := created.get("name"), str):
        return
    sent_texts = [sent for sent in _variants(case, "name") if isinstance(sent, str)]
    for sent in sent_texts:
        if text.same_text(sent, got):
            yield held("response.name.echo", case.exchange)
            yield from _observe_text(case, sent, got)
            return
    for sent in sent_texts:
        if text.sanitised(sent, got):
            yield Observation("markup-in-text", "sanitised", case.exchange)
            return
        if text.composed(sent) == text.composed(got) or text.lost_with_half(sent, got):
            # Equal text in another normal form (Unicode Annex 15), or damage around text that is none: odd.
            yield warned("response.name.echo", case.exchange, expected=ascii(sent), actual=ascii(got))
            return
    for sent in sent_texts[:1]:
        hint = _difference(sent, got)
        # Who writes U+FFFD has seen that the bytes were wrong.
        misread = case.is_open_on("invalid-utf-8", "other-encodings") and "\ufffd" not in got
        clause = "http.request.utf-8" if misread else "response.name.echo"
        if case.exchange.request.chunked and "\ufffd" in got:
            clause = "http.request.chunked"  # a character was decoded in two parts
        yield broken(clause, case.exchange, expected=_show(sent), actual=_show(got), hint=hint)


def _observe_text(case: Case, sent: str, got: str) -> Iterator[Observation]:
    """Observe the options that the server follows for the open readings of a text."""
    if sent != sent.strip():
        trimmed = len(got) - len(got.strip()) < len(sent) - len(sent.strip())
        yield Observation("surrounding-blanks", "trimmed" if trimmed else "kept", case.exchange)
    elif unprinted := sum(map(text.is_unprinted, sent)):
        removed = sum(map(text.is_unprinted, got)) < unprinted
        yield Observation("control-characters", "removed" if removed else "kept", case.exchange)
    if "unicode-form" in formats.read_text(sent):
        yield Observation("unicode-form", "composed" if got == text.composed(got) else "kept", case.exchange)
    if case.is_open_on("invalid-utf-8") and "\ufffd" in got:
        yield Observation("invalid-utf-8", "replaced", case.exchange)
    if "lone-surrogate" in formats.read_text(sent) and "\ufffd" in got:
        yield Observation("lone-surrogate", "replaced", case.exchange)
    if "markup-in-text" in formats.read_text(sent) and got == sent:
        yield Observation("markup-in-text", "kept", case.exchange)


def _variants(case: Case, field: str) -> list[Any]:
    """Return the sent values of a field: none if omitted, two if the key is duplicated."""
    other = case.expectation.body.other_value
    bodies = [case.sent, *([other] if isinstance(other, dict) else [])]
    return [body[field] for body in bodies if field in body]


def duplicate_keys(case: Case) -> Iterator[Judgement]:
    """Observe which of two equal keys the server used."""
    created, other = lead_list(case), case.expectation.body.other_value
    if created is None or not isinstance(other, dict):
        return
    for field in ("name", "type"):
        first, last, got = other.get(field), case.sent.get(field), created.get(field)
        if first != last and got in (first, last):
            yield Observation("duplicate-keys", "last" if got == last else "first", case.exchange)


# -- type and ICP -----------------------------------------------------------------------------------------------------


def kind(case: Case) -> Iterator[Judgement]:
    """The type is the sent one, or "person" if none was sent."""
    created = lead_list(case)
    if created is None or "type" not in created or not case.expectation.readable:
        return
    clause, sent = "response.type.echo", [value for value in _variants(case, "type") if value is not None]
    if not sent:
        clause, sent = "request.type.default", ["person"]
    if created["type"] in sent:
        yield held(clause, case.exchange)
    else:
        yield broken(clause, case.exchange, expected=short(sent[0]), actual=short(created["type"]))


def icp(case: Case) -> Iterator[Judgement]:
    """icpId is the sent one, in upper or lower case."""
    created = lead_list(case)
    if created is None or "icpId" not in created or not (variants := _variants(case, "icpId")):
        return
    got = created["icpId"]
    for sent in variants:
        texts = isinstance(sent, str) and isinstance(got, str)
        if sent == got or (texts and formats.plain_uuid(sent) == formats.plain_uuid(got)):
            yield held("response.icpId.echo", case.exchange)
            if isinstance(sent, str) and formats.is_uuid(sent) and sent != sent.lower() and got in (sent, sent.lower()):
                yield Observation("uuid-case", "kept" if got == sent else "lower", case.exchange)
            if isinstance(sent, str) and sent != sent.strip() and got == got.strip():
                yield Observation("uuid-surrounding-blanks", "trimmed", case.exchange)
            return
    yield broken("response.icpId.echo", case.exchange, expected=short(variants[0]), actual=short(got))


# -- dates ------------------------------------------------------------------------------------------------------------


def dates(case: Case) -> Iterator[Judgement]:
    """startDate and endDate are the sent instants."""
    created = lead_list(case)
    if created is None:
        return
    for field in ("startDate", "endDate"):
        got, variants = created.get(field), _variants(case, field)
        sent = variants[0] if variants else None
        if isinstance(sent, str) and isinstance(got, str) and all(variant == sent for variant in variants):
            yield from _date(case, f"response.{field}.echo", sent, got)


def _date(case: Case, clause: str, sent: str, got: str) -> Iterator[Judgement]:
    wanted, found = formats.instant(sent.strip()), formats.instant(got)
    open_readings = formats.read_date(sent).open_readings
    # If one is None, the intended instant is unknown, or the format clause is already broken.
    # A day alone has no time zone: a server that uses its own returns the offset and keeps the day; an end may
    # well be its last moment.
    same_day = "date-only" in open_readings and found and got.startswith(sent.strip())
    if sent == got or same_day or (wanted and found and _same_instant(sent, wanted, found)):
        yield held(clause, case.exchange)
        if sent != sent.strip() and got == got.strip():
            yield Observation("date-surrounding-blanks", "trimmed", case.exchange)
        if wanted and not open_readings & _OPEN_SPELLINGS:
            yield from _observe_date(case, sent, got, wanted)
    elif wanted and found and not open_readings & _OPEN_SPELLINGS:
        hint = _shift(wanted, found)
        yield broken(clause, case.exchange, expected=f"the instant {sent}", actual=got, hint=hint)


def _same_instant(sent: str, wanted: datetime, found: datetime) -> bool:
    """Return whether the instants are equal, apart from digits of a fraction with more than three."""
    difference_s = abs((wanted - found).total_seconds())
    if "leap-second" in formats.read_date(sent).open_readings:
        return difference_s <= LEAP_SECOND_TOLERANCE_S
    return difference_s <= (ECHO_TOLERANCE_S if re.search(r"[.,]\d{4}", sent) else 0)


def _observe_date(case: Case, sent: str, got: str, wanted: datetime) -> Iterator[Observation]:
    canonical = formats.normalised(wanted)
    if sent != canonical and got in (sent, canonical):
        yield Observation("date-echo", "verbatim" if got == sent else "normalised", case.exchange)
    if fraction := re.search(r"\.\d{3}(\d+)", sent):
        if sent == got:
            yield Observation("date-fraction", "kept", case.exchange)
        elif fraction[1][0] >= "5" and len(got) == len(canonical):
            yield Observation("date-fraction", "cut" if got == canonical else "rounded", case.exchange)


def _shift(wanted: datetime, found: datetime) -> str:
    seconds = (found - wanted).total_seconds()
    hours = seconds / 3600
    return (
        f"It is {hours:+g} h off: a time zone was added or lost." if hours % 0.25 == 0 else f"It is {seconds:+g} s off."
    )


# -- ids --------------------------------------------------------------------------------------------------------------

_DROPPING = {
    "personIds": ("person-ids-on-company-list", "unknown-people"),
    "companyIds": ("company-ids-on-person-list", "unknown-companies"),
}


def ids(case: Case) -> Iterator[Judgement]:
    """personIds and companyIds are the sent ones; companyIds is empty if none were sent."""
    created = lead_list(case)
    if created is None or not case.expectation.readable:
        return
    for field in ("personIds", "companyIds"):
        got, variants = created.get(field), _variants(case, field)
        if field not in created or any(variant != variants[0] for variant in variants):
            continue
        sent = variants[0] if variants else None
        if sent is not None and not isinstance(got, list):
            continue  # its type is wrong, which another oracle reports
        if sent is None:
            clause = "request.companyIds.default" if field == "companyIds" else "response.personIds.echo"
            if got == []:
                yield held(clause, case.exchange)
            else:
                yield broken(clause, case.exchange, expected="[]", actual=_show(got))
        elif isinstance(sent, list) and isinstance(got, list) and not any(isinstance(value, float) for value in sent):
            # The text of a fraction is unspecified (`number-ids`).
            yield from _ids(case, field, sent, got)


def _ids(case: Case, field: str, sent: list[Any], got: list[Any]) -> Iterator[Judgement]:
    clause = f"response.{field}.echo"
    texts, found = [_id(field, value) for value in sent], [_id(field, value) for value in got]
    once = list(dict.fromkeys(texts))
    once_as_spelled = [_id(field, value) for value in dict.fromkeys(sent)]  # a UUID in other case may count as another
    for wanted, option in ((texts, "kept"), (once, "removed"), (once_as_spelled, "removed")):
        if sorted(found) == sorted(wanted):
            yield held(clause, case.exchange)
            yield from _observe_ids(case, field, wanted, found, option, len(once) < len(texts))
            return
    if _same_texts(texts, found):
        return  # the open questions on text, on ids
    for reading in _DROPPING[field]:
        if case.is_open_on(reading) and _dropped(case, field, reading, texts, found):
            yield Observation(reading, "dropped", case.exchange)
            return
    yield broken(clause, case.exchange, expected=_show(sent), actual=_show(got), hint=_lost(texts, found))


def _id(field: str, value: Any) -> str:
    """Return an ID for comparison: a UUID as its digits in lower case (RFC 9562 §4), a number as its digits."""
    if not isinstance(value, str):
        return short(value)
    return formats.plain_uuid(value) if field != "personIds" or formats.is_uuid(value) else value


def _same_texts(sent: list[str], found: list[str]) -> bool:
    """Return whether the IDs are the sent ones in any order, apart from changes that readings on text permit."""
    missing, left = list((Counter(sent) - Counter(found)).elements()), Counter(found) - Counter(sent)
    loose, wanted = set(map(text.loosely, left)), set(map(text.loosely, missing))
    is_open = all(formats.read_text(one) for one in missing)  # an ID is opaque: its spaces are part of it
    return is_open and loose == wanted


def _dropped(case: Case, field: str, reading: str, sent: list[str], found: list[str]) -> bool:
    """Whether what is missing may have been dropped: all ids that are of no use to such a list, or unknown ones.

    Only the user and the API page's example name ids that may exist; a server that keeps some of the others and
    loses the rest has cut the list.
    """
    known = {_id(field, value) for value in known_ids(case.terms.settings, field)}
    if not reading.startswith("unknown"):
        return not found
    example = case.operation.request_example if case.operation else None
    shown = example.get(field) if isinstance(example, dict) else None
    may_exist = known | {_id(field, value) for value in (shown if isinstance(shown, list) else ())}
    return known & set(sent) <= set(found) <= may_exist and not Counter(found) - Counter(sent)


def _observe_ids(
    case: Case, field: str, wanted: list[str], found: list[str], option: str, repeated: bool
) -> Iterator[Observation]:
    if repeated:
        yield Observation("duplicate-ids", option, case.exchange)
    if len(set(wanted)) > 1:
        yield Observation("id-order", "kept" if found == wanted else "changed", case.exchange)
    for reading in _DROPPING[field]:
        if case.is_open_on(reading):
            yield Observation(reading, "accepted" if reading.startswith("unknown") else "kept", case.exchange)


def _lost(sent: list[str], got: list[str]) -> str:
    missing = list((Counter(sent) - Counter(got)).elements())
    return f"{len(sent)} were sent and {len(got)} came back; missing: {_show(missing[:3])}" if missing else ""


# -- words ------------------------------------------------------------------------------------------------------------


def _show(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 160 else f"{text[:110]}… ({len(value)} in all) …{text[-30:]}"


def _difference(sent: str, got: str) -> str:
    if len(got) < len(sent) and sent.startswith(got):
        return f"It was cut after {len(got)} of {len(sent)} characters."
    at = next((i for i, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), min(len(sent), len(got)))
    return f"They differ from character {at} on: {sent[at : at + 12]!a} became {got[at : at + 12]!a}."


ORACLES = (
    Oracle(("response.name.echo", "http.request.utf-8", "http.request.chunked"), name),
    Oracle(("request.body.json",), duplicate_keys),
    Oracle(("response.type.echo", "request.type.default"), kind),
    Oracle(("response.icpId.echo",), icp),
    Oracle(("response.startDate.echo", "response.endDate.echo"), dates),
    Oracle(("response.personIds.echo", "response.companyIds.echo", "request.companyIds.default"), ids),
)
