"""Judge whether a created lead list returns the sent texts and instants, complete and unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from contract_tests.contract.schema import short
from contract_tests.judging import formats, text
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.verdict import Judgement, Observation, broken, held, warned
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
    sent_texts = [sent for sent in sent_values(case, "name") if isinstance(sent, str)]
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
        yield broken(clause, case.exchange, expected=shown(sent), actual=shown(got), hint=hint)


def _observe_text(case: Case, sent: str, got: str) -> Iterator[Observation]:
    """Observe the options that the server follows for the open readings of a text."""
    if sent != sent.strip():
        trimmed = len(got) - len(got.strip()) < len(sent) - len(sent.strip())
        yield Observation("surrounding-blanks", "trimmed" if trimmed else "kept", case.exchange)
    elif unprinted := text.count_unprinted(sent) - sent.count("\0"):
        removed = text.count_unprinted(got) - got.count("\0") < unprinted
        yield Observation("control-characters", "removed" if removed else "kept", case.exchange)
    if "\0" in sent:
        yield Observation("nul-in-text", "accepted" if "\0" in got else "removed", case.exchange)
    if "unicode-form" in formats.read_text(sent):
        yield Observation("unicode-form", "composed" if got == text.composed(got) else "kept", case.exchange)
    if case.is_open_on("invalid-utf-8") and "\ufffd" in got:
        yield Observation("invalid-utf-8", "replaced", case.exchange)
    if "lone-surrogate" in formats.read_text(sent) and "\ufffd" in got:
        yield Observation("lone-surrogate", "replaced", case.exchange)
    if "markup-in-text" in formats.read_text(sent) and got == sent:
        yield Observation("markup-in-text", "kept", case.exchange)


def sent_values(case: Case, field: str) -> list[Any]:
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
    clause, sent = "response.type.echo", [value for value in sent_values(case, "type") if value is not None]
    if not sent:
        clause, sent = "request.type.default", ["person"]
    if created["type"] in sent:
        yield held(clause, case.exchange)
    else:
        yield broken(clause, case.exchange, expected=short(sent[0]), actual=short(created["type"]))


def icp(case: Case) -> Iterator[Judgement]:
    """icpId is the sent one, in upper or lower case."""
    created = lead_list(case)
    if created is None or "icpId" not in created or not (variants := sent_values(case, "icpId")):
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
        got, variants = created.get(field), sent_values(case, field)
        sent = variants[0] if variants else None
        if isinstance(sent, str) and isinstance(got, str) and all(variant == sent for variant in variants):
            yield from _date(case, f"response.{field}.echo", sent, got)
    yield from _format_of_dates(case, created)


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
    if fraction := re.search(r"\.\d{3}(\d+)", sent):
        if sent == got:
            yield Observation("date-fraction", "kept", case.exchange)
        elif fraction[1][0] >= "5" and len(got) == len(canonical):
            yield Observation("date-fraction", "cut" if got == canonical else "rounded", case.exchange)


def _format_of_dates(case: Case, created: dict[str, Any]) -> Iterator[Observation]:
    """Observe in which format the server returns dates: they may be sent in its own, without needless zeros."""
    variants = [sent_values(case, field) for field in ("startDate", "endDate")]
    sent = [texts[0] for texts in variants if len(texts) == 1 and isinstance(texts[0], str)]
    got = [created.get(field) for field in ("startDate", "endDate")]
    instants = [formats.instant(text) for text in sent if not formats.read_date(text).open_readings & _OPEN_SPELLINGS]
    canonical = [formats.normalised(instant) for instant in instants if instant]
    if len(canonical) < len(got) or sent == canonical:
        return
    if got == canonical:
        yield Observation("date-echo", "normalised", case.exchange)
    elif got == sent and len({re.sub(r"\d", "0", text) for text in sent}) > 1 and re.search(r"\.0+\D", str(sent)):
        yield Observation("date-echo", "verbatim", case.exchange)


def _shift(wanted: datetime, found: datetime) -> str:
    seconds = (found - wanted).total_seconds()
    hours = seconds / 3600
    return (
        f"It is {hours:+g} h off: a time zone was added or lost." if hours % 0.25 == 0 else f"It is {seconds:+g} s off."
    )


# -- words ------------------------------------------------------------------------------------------------------------


def shown(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 160 else f"{text[:110]}… ({len(value)} in all) …{text[-30:]}"


def _difference(sent: str, got: str) -> str:
    if len(got) < len(sent) and sent.startswith(got):
        return f"It was cut after {len(got)} of {len(sent)} characters."
    at = next((i for i, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), min(len(sent), len(got)))
    return f"They differ from character {at} on: {sent[at : at + 12]!a} became {got[at : at + 12]!a}."


ORACLES = (
    Oracle(
        (
            "response.name.echo",
            "request.name.text",
            "http.request.utf-8",
            "http.request.chunked",
            "http.answer.utf-8",
        ),
        name,
    ),
    Oracle(("request.body.json",), duplicate_keys),
    Oracle(("response.type.echo", "request.type.default"), kind),
    Oracle(("response.icpId.echo", "request.icpId.format"), icp),
    Oracle(("response.startDate.echo", "response.endDate.echo", "request.startDate.format"), dates),
)
