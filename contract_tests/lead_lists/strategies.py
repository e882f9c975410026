"""Hypothesis strategies for requests that create a lead list: must-accept, must-reject and unspecified.

A strategy aims at one class, but `expectation` classifies each request from its bytes, so a request of another class
wastes an example but never causes a wrong verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.judging import formats
from contract_tests.lead_lists.bodies import base, without
from contract_tests.lead_lists.ids import ID_FIELDS
from contract_tests.lead_lists.meaning import MUST_ACCEPT_NAME_LENGTH
from contract_tests.requests.plan import Sender, encode
from contract_tests.target.exchange import Request

Fields = dict[str, Any]
_JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.floats(-1e6, 1e6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def requests_to_accept(sender: Sender) -> SearchStrategy[Request]:
    """Return a strategy for requests that every correct server accepts."""
    return st.builds(_sent, st.just(sender), bodies_to_accept(sender), _spellings())


def requests_to_refuse(sender: Sender) -> SearchStrategy[Request]:
    """Return a strategy for requests with exactly one violation: in one field, or in the JSON itself."""
    faulty = st.builds(lambda body, violate: violate(body), bodies_to_accept(sender), _violations())
    raw = st.builds(_damaged, bodies_to_accept(sender), st.integers(1, 400), st.sampled_from(sorted(_DAMAGES)))
    return st.one_of(  # fields twice as often; one_of counts the same object only once
        st.builds(lambda body: sender.request(body), faulty),
        st.builds(lambda body: sender.request(body), faulty),
        st.builds(lambda data: sender.request(raw=data), raw),
    )


def requests_left_open(sender: Sender) -> SearchStrategy[Request]:
    """Return a strategy for requests that a correct server can accept or refuse, but must not fail on."""
    return st.builds(_sent, st.just(sender), _open_bodies(sender), _spellings())


# -- to accept --------------------------------------------------------------------------------------------------------


def names() -> SearchStrategy[str]:
    """Draw names that must be accepted: printable, NFC, 1 to 80 characters, no spaces around them, no markup."""
    letters = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="<>&") | st.just(" ")
    ascii_letters = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="<>&")
    lengths = _lengths(MUST_ACCEPT_NAME_LENGTH).filter(bool)
    return _texts(lengths, st.one_of(letters, ascii_letters)).filter(
        lambda name: bool(name.strip()) and name == name.strip() and not formats.read_text(name)
    )


def _texts(lengths: SearchStrategy[int], letters: SearchStrategy[str]) -> SearchStrategy[str]:
    """Draw a length, then a text of that length. Making a text strategy takes longer than drawing from it."""
    of_length = cache(lambda length: st.text(letters, min_size=length, max_size=length))
    return lengths.flatmap(lambda length: of_length(length))  # Hypothesis reads the code of the function


def _lengths(most: int) -> SearchStrategy[int]:
    """Return a strategy for lengths of texts: text() alone draws short ones, and columns cut longer ones."""
    return st.one_of(st.integers(0, 12), st.integers(0, most))


def _instants() -> SearchStrategy[datetime]:
    years = formats.MUST_ACCEPT_YEARS  # without the last one, in which a campaign may end
    return st.datetimes(datetime(years[0], 1, 1), datetime(years[-2], 12, 31)).map(  # noqa: DTZ001 - time zone follows
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    )


def bodies_to_accept(sender: Sender) -> SearchStrategy[Fields]:
    """Return a strategy for bodies without violation or open reading."""
    known = {ids.name: sorted({*ids.known(sender.terms.settings)}) for ids in ID_FIELDS}
    # Made once: making a strategy takes longer than drawing from it.
    some_names, instants = names(), _instants()
    seconds, milliseconds = st.integers(1, 90 * 24 * 3600), st.integers(0, 999)
    types = st.sampled_from(("person", "company"))
    omitted = st.sets(st.sampled_from(("type", "companyIds")), max_size=2)
    icps = st.none() | st.sampled_from(known["icpId"] or [""])
    ids = {name: st.lists(st.sampled_from(known[name] or [""]), unique=True, max_size=5) for name in known}

    @st.composite
    def draw_body(draw: st.DrawFn) -> Fields:
        start = draw(instants)
        end = start + timedelta(seconds=draw(seconds), milliseconds=draw(milliseconds))
        body = base(draw(some_names), sender.base)
        body["startDate"], body["endDate"] = formats.normalised(start), formats.normalised(end)
        if sender.base is None:
            body["type"] = draw(types)
        if known["icpId"]:
            body["icpId"] = draw(icps)
        field = "personIds" if body["type"] == "person" else "companyIds"
        if known[field]:
            body[field] = draw(ids[field])
        left_out = draw(omitted)
        if body["type"] == "company" or body["companyIds"]:
            left_out = left_out - {"type"} if body["type"] == "company" else left_out
            left_out = left_out - {"companyIds"} if body["companyIds"] else left_out
        return without(body, *left_out)

    return draw_body()


def _spellings() -> SearchStrategy[Callable[[Fields], bytes]]:
    """Return a strategy for encodings of the same JSON (RFC 8259 §2, §4)."""
    indented: Callable[[Fields], bytes] = lambda body: json.dumps(body, indent=1).encode()  # noqa: E731
    reordered: Callable[[Fields], bytes] = lambda body: encode(dict(reversed(body.items())))  # noqa: E731
    return st.sampled_from((encode, encode, encode, indented, reordered))


def _sent(sender: Sender, body: Fields, spell: Callable[[Fields], bytes]) -> Request:
    return sender.request(raw=spell(body))


# -- to refuse --------------------------------------------------------------------------------------------------------

_REQUIRED = ("name", "icpId", "startDate", "endDate", "personIds")
_NO_STRING: SearchStrategy[Any] = (
    st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.just([]) | st.just({}) | st.just(["text"])
)
_NO_ARRAY: SearchStrategy[Any] = (
    st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.just({}) | st.just({"0": "x"})
)
_NO_ID: SearchStrategy[Any] = st.none() | st.booleans() | st.just([]) | st.just({})
_DIGITS = st.integers(0, 9)
_OPAQUE_IDS = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=9)


def _near_uuids() -> SearchStrategy[str]:
    """Return a strategy for UUIDs with one character lost, doubled or out of its range."""

    def corrupt(text: str, at: int, how: int) -> str:
        return (text[:at] + text[at + 1 :], text[: at + 1] + text[at:], text[:at] + "g" + text[at + 1 :])[how]

    return st.builds(corrupt, st.uuids(version=4).map(str), st.integers(0, 35), st.integers(0, 2))


def _near_dates() -> SearchStrategy[str]:
    """Return a strategy for dates in the form of the example that do not exist."""

    def write(month: int, day: int, hour: int, minute: int) -> str:
        return f"2030-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00.000Z"

    numbers = st.integers(0, 99)
    return st.one_of(
        st.builds(write, st.sampled_from((2, 4, 6, 9, 11)), st.just(31), st.just(0), st.just(0)),
        st.builds(write, st.just(2), st.sampled_from((29, 30)), st.integers(0, 23), st.just(0)),
        st.builds(write, st.integers(13, 99), st.integers(1, 28), st.just(0), st.just(0)),
        st.builds(write, st.integers(1, 12), st.integers(32, 99), st.just(0), st.just(0)),
        st.builds(write, st.integers(1, 12), st.integers(1, 28), st.integers(25, 99), numbers),
        st.builds(write, st.integers(1, 12), st.integers(1, 28), st.integers(0, 23), st.integers(60, 99)),
        st.text(st.characters(exclude_categories=("N", "C")), max_size=12),
    )


def _violations() -> SearchStrategy[Callable[[Fields], Fields]]:
    """Return a strategy for functions that add one violation to a body."""

    def put(field: str, values: SearchStrategy[Any]) -> SearchStrategy[Callable[[Fields], Fields]]:
        return values.map(lambda value: lambda body: {**body, field: value})

    def put_item(
        field: str, good: SearchStrategy[Any], bad: SearchStrategy[Any]
    ) -> SearchStrategy[Callable[[Fields], Fields]]:
        lists = st.tuples(st.lists(good, max_size=12), bad, st.lists(good, max_size=3))
        return put(field, lists.map(lambda parts: [*parts[0], parts[1], *parts[2]]))

    dates = st.none() | _NO_STRING | _near_dates()
    return st.one_of(
        st.sampled_from(_REQUIRED).map(lambda field: lambda body: without(body, field)),
        put("name", st.none() | _NO_STRING),
        put("type", _NO_STRING | st.text(max_size=8).filter(lambda text: text not in {"person", "company"})),
        put("icpId", _NO_STRING | _near_uuids() | st.text(max_size=8)),
        st.sampled_from([put("startDate", dates), put("endDate", dates)]).flatmap(lambda chosen: chosen),
        put("personIds", st.none() | _NO_ARRAY),
        put("companyIds", _NO_ARRAY),
        put_item("personIds", _OPAQUE_IDS, _NO_ID),
        put_item("companyIds", st.uuids(version=4).map(str), _NO_ID | _near_uuids() | _DIGITS),
    )


_DAMAGES: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda data, at: data[: at % len(data)],
    "comma": lambda data, at: data[:-1] + b",}",
    "quote": lambda data, at: data.replace(b'"', b"", 1),
    "twice": lambda data, at: data + data,
    "array": lambda data, at: b"[" + data + b"]",
    "string": lambda data, at: json.dumps(data.decode()).encode(),
    "number": lambda data, at: str(at).encode(),
}


def _damaged(body: Fields, at: int, how: str) -> bytes:
    return _DAMAGES[how](encode(body), at)


# -- left open --------------------------------------------------------------------------------------------------------


def _any_dates() -> SearchStrategy[str]:
    moments = st.datetimes()
    forms = (
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "%Y-%m-%d %H:%M:%SZ",
        "%d/%m/%Y",
        "%Y%m%dT%H%M%SZ",
    )
    offsets = st.builds(
        lambda sign, hours, minutes: f"{sign}{hours:02d}:{minutes:02d}",
        st.sampled_from("+-"),
        st.integers(0, 23),
        st.integers(0, 59),
    )
    return st.one_of(
        st.builds(lambda moment, form: moment.strftime(form), moments, st.sampled_from(forms)),
        st.builds(lambda moment, offset: moment.isoformat(timespec="milliseconds") + offset, moments, offsets),
        st.text(max_size=20),
    )


_UUIDS = st.one_of([st.uuids(version=version) for version in (1, 3, 4, 5)]) | st.uuids(allow_nil=True)
_MORE_FIELDS = ("id", "userIds", "createdAt", "persons", "orgId", "__proto__", "colour")


def _open_bodies(sender: Sender) -> SearchStrategy[Fields]:
    """Return a strategy for bodies with several open readings at once."""
    texts = _texts(_lengths(300), st.characters(codec="utf-8"))
    any_id = texts | _UUIDS.map(str)
    full = st.fixed_dictionaries(
        {
            "name": texts,
            "type": st.sampled_from(("person", "company")),
            "icpId": st.none() | _UUIDS.map(str) | _UUIDS.map(lambda uuid: str(uuid).upper()),
            "startDate": _any_dates() | _instants().map(formats.normalised),
            "endDate": _any_dates() | _instants().map(formats.normalised),
            "personIds": st.lists(any_id, max_size=40),
            "companyIds": st.lists(_UUIDS.map(str), max_size=10),
        },
        optional=dict.fromkeys(_MORE_FIELDS, _JSON),
    )
    usual = base(f"Lead list, {sender.tag}".removesuffix(", "), sender.base)
    lightly = st.builds(
        lambda body, extra: {**usual, **{k: v for k, v in body.items() if k in extra}},
        full,
        st.sets(st.sampled_from((*base(""), "userIds", "colour")), max_size=3),
    )
    return lightly | full
