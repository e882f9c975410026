"""What readings make of the body of createLeadList: forgiven, refused or adjusted, a small function for each option.

Three tables, keyed by reading and option. A body is forgiven before the schema judges it, refused beside the schema
(so a check sees wrong types too), and adjusted once it is known to be right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mock_server.dates import Dates, Instant, NotADate
from mock_server.errors import Problem, Refused, problem, shorten
from mock_server.lead_list import FIELDS, Payload
from mock_server.readings import Readings
from mock_server.uuids import Uuids

NAME_CHARACTERS = 80  # a name of up to 80 characters must be taken under every reading
IDS_AT_ONCE = 100  # the smallest cap that a sibling page names


@dataclass(frozen=True, slots=True)
class Facts:
    """What the functions look at beside the body."""

    dates: Dates
    uuids: Uuids
    known: frozenset[str]  # the ids that exist: those of the page's request example


Change = Callable[[Payload, Facts], None]
Check = Callable[[Payload, Facts], Iterable[Problem]]


class Rules:
    """The functions that the readings in force ask for; by default hardly any."""

    def __init__(self, readings: Readings, facts: Facts) -> None:
        self._facts = facts
        self._forgive = readings.pick(_FORGIVE)
        self._refuse = readings.pick(_REFUSE)
        self._adjust = readings.pick(_ADJUST)
        self._missing = [
            (int(readings[reading]), field) for reading, field in _REFERENCES.items() if readings[reading].isdigit()
        ]

    def forgive(self, payload: Any) -> Any:
        """The body that the schema judges, in place of one that only a reading takes."""
        if isinstance(payload, dict):
            for change in self._forgive:
                change(payload, self._facts)
        return payload

    def check(self, payload: Any) -> list[Problem]:
        """What is wrong with the body beside the schema's opinion of it."""
        if not isinstance(payload, dict):
            return []
        problems = [each for check in self._refuse for each in check(payload, self._facts)]
        for status, field in self._missing:
            if status == 400:
                problems += self._unknown(payload, field)
        return problems

    def check_references(self, payload: Payload) -> None:
        """Refuse a right body whose ids do not exist, where a reading gives that a status of its own."""
        for status, field in self._missing:
            if status != 400 and (problems := self._unknown(payload, field)):
                raise Refused(status, problems)

    def adjust(self, payload: Payload) -> None:
        """Change a right body into what is stored of it."""
        for change in self._adjust:
            change(payload, self._facts)

    def _unknown(self, payload: Payload, field: str) -> list[Problem]:
        value = payload.get(field)
        entries = (
            [((field, i), each) for i, each in enumerate(value)] if isinstance(value, list) else [((field,), value)]
        )
        return [
            problem("known", path, got=shorten(each))
            for path, each in entries
            if isinstance(each, str) and self._facts.uuids.plain(each) not in self._facts.known
        ]


# -- what the fields hold, if they hold what they should


def _name(payload: Payload) -> str | None:
    name = payload.get("name")
    return name if isinstance(name, str) else None


def _ids(payload: Payload, field: str) -> list[Any]:
    ids = payload.get(field)
    return ids if isinstance(ids, list) else []


def _texts(payload: Payload) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The free texts of a body with their places."""
    if (name := _name(payload)) is not None:
        yield ("name",), name
    for i, each in enumerate(_ids(payload, "personIds")):
        if isinstance(each, str):
            yield ("personIds", i), each


def _instants(payload: Payload, dates: Dates) -> tuple[Instant, Instant] | None:
    try:
        return dates.read(payload["startDate"]), dates.read(payload["endDate"])
    except (KeyError, TypeError, NotADate):
        return None


def _is_control(character: str) -> bool:
    """Cc, Cf, Zl and Zp, but not the joiners, without which Persian and many emoji cannot be written."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in "\0\u200c\u200d"


# -- forgiven


def _type_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("type", "") is None:
        del payload["type"]


def _companies_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("companyIds", ()) is None:
        del payload["companyIds"]


def _people_by_default(payload: Payload, facts: Facts) -> None:
    if payload.get("type") == "company":
        payload.setdefault("personIds", [])


def _numbers_as_text(payload: Payload, facts: Facts) -> None:
    ids = _ids(payload, "personIds")
    ids[:] = [str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each for each in ids]


_FORGIVE: dict[tuple[str, str], Change] = {
    ("type-null", "default"): _type_by_default,
    ("company-ids-null", "default"): _companies_by_default,
    ("person-ids-missing-on-company-list", "default"): _people_by_default,
    ("number-ids", "text"): _numbers_as_text,
}


# -- refused


def _unknown_fields(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for name in payload:
        if name not in FIELDS:
            yield problem("unknown", (name,), got=shorten(payload[name]))


def _server_made(*names: str) -> Check:
    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        for name in names:
            if name in payload:
                yield problem("server_made", (name,), got=shorten(payload[name]))

    return check


def _name_that(rule: str, objects: Callable[[str], object], **words: object) -> Check:
    """A check of the name: `objects` tells whether the rule objects to it."""

    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        name = _name(payload)
        if name is not None and objects(name):
            yield problem(rule, ("name",), got=shorten(name), **words)

    return check


def _long_name(payload: Payload, facts: Facts) -> Iterator[Problem]:
    name = _name(payload)
    if name is not None and len(name) > NAME_CHARACTERS:
        yield problem("length", ("name",), got=f"{len(name)} characters", limit=NAME_CHARACTERS)


def _nul(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for path, text in _texts(payload):
        if "\0" in text:
            yield problem("no_nul", path, got=shorten(text))


def _control_characters(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for path, text in _texts(payload):
        if character := next(filter(_is_control, text), ""):
            yield problem("no_control", path, got=f"U+{ord(character):04X}")


def _end_before_start(payload: Payload, facts: Facts) -> Iterator[Problem]:
    instants = _instants(payload, facts.dates)
    if instants and instants[1].order < instants[0].order:
        got = f"{shorten(payload['endDate'])} before {shorten(payload['startDate'])}"
        yield problem("order", ("endDate",), got=got)


def _equal_dates(payload: Payload, facts: Facts) -> Iterator[Problem]:
    instants = _instants(payload, facts.dates)
    if instants and instants[1].order == instants[0].order:
        yield problem("not_equal", ("endDate",), got=shorten(payload["endDate"]))


def _empty_ids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for i, each in enumerate(_ids(payload, "personIds")):
        if each == "":
            yield problem("not_empty", ("personIds", i), got='""')


def _people_as_uuids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for i, each in enumerate(_ids(payload, "personIds")):
        if isinstance(each, str) and not facts.uuids.takes(each):
            yield problem("uuid", ("personIds", i), got=shorten(each), want="a UUID")


def _unused(field: str, list_type: str) -> Check:
    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        ids = _ids(payload, field)
        if ids and payload.get("type", "person") == list_type:
            yield problem("unused", (field,), got=f"{len(ids)} ids", type=list_type)

    return check


def _duplicates(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for field in ("personIds", "companyIds"):
        seen: set[str] = set()
        for i, each in enumerate(_ids(payload, field)):
            if isinstance(each, str):
                if each in seen:
                    yield problem("once", (field, i), got=shorten(each))
                seen.add(each)


def _many_ids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for field in ("personIds", "companyIds"):
        count = len(_ids(payload, field))
        if count > IDS_AT_ONCE:
            yield problem("items", (field,), got=f"{count} ids", limit=IDS_AT_ONCE)


_REFUSE: dict[tuple[str, str], Check] = {
    ("unknown-properties", "refused"): _unknown_fields,
    ("server-made-fields-sent", "refused"): _server_made("id", "createdAt", "updatedAt"),
    ("user-ids-sent", "refused"): _server_made("userIds"),
    ("empty-name", "refused"): _name_that("not_empty", lambda name: name == ""),
    ("blank-name", "refused"): _name_that("not_blank", str.isspace),
    ("surrounding-blanks", "refused"): _name_that(
        "no_outer_blanks", lambda name: name != name.strip() and not name.isspace()
    ),
    ("long-name", "refused"): _long_name,
    ("unicode-form", "refused"): _name_that("composed", lambda name: not unicodedata.is_normalized("NFC", name)),
    ("markup-in-text", "refused"): _name_that("no_markup", re.compile(r"<[a-zA-Z/!]").search),
    ("nul-in-text", "refused"): _nul,
    ("control-characters", "refused"): _control_characters,
    ("end-before-start", "refused"): _end_before_start,
    ("equal-dates", "refused"): _equal_dates,
    ("empty-ids", "refused"): _empty_ids,
    ("person-id-form", "refused"): _people_as_uuids,
    ("person-ids-on-company-list", "refused"): _unused("personIds", "company"),
    ("company-ids-on-person-list", "refused"): _unused("companyIds", "person"),
    ("duplicate-ids", "refused"): _duplicates,
    ("many-ids", "refused"): _many_ids,
}
_REFERENCES = {"unknown-icp": "icpId", "unknown-people": "personIds", "unknown-companies": "companyIds"}


# -- adjusted


def _change_name(change: Callable[[str], str]) -> Change:
    def adjust(payload: Payload, facts: Facts) -> None:
        payload["name"] = change(payload["name"])

    return adjust


def _without_controls(payload: Payload, facts: Facts) -> None:
    def clean(text: str) -> str:
        return "".join(character for character in text if not _is_control(character))

    payload["name"] = clean(payload["name"])
    payload["personIds"] = [clean(each) for each in payload["personIds"]]


def _change_ids(change: Callable[[list[str], Facts], list[str]], *fields: str, on: str = "") -> Change:
    """A change of the ids in `fields`, on lists of the type `on` or of either."""

    def adjust(payload: Payload, facts: Facts) -> None:
        if on in ("", payload.get("type", "person")):
            for field in fields:
                payload[field] = change(payload.get(field, []), facts)

    return adjust


def _known(ids: list[str], facts: Facts) -> list[str]:
    return [each for each in ids if facts.uuids.plain(each) in facts.known]


def _none(ids: list[str], facts: Facts) -> list[str]:
    return []


def _each_once(ids: list[str], facts: Facts) -> list[str]:
    return list(dict.fromkeys(ids))


def _reversed(ids: list[str], facts: Facts) -> list[str]:
    return ids[::-1]


_ADJUST: dict[tuple[str, str], Change] = {
    ("surrounding-blanks", "trimmed"): _change_name(str.strip),
    ("unicode-form", "composed"): _change_name(lambda name: unicodedata.normalize("NFC", name)),
    ("markup-in-text", "sanitised"): _change_name(lambda name: re.sub(r"<[a-zA-Z/!][^>]*>?", "", name)),
    ("control-characters", "removed"): _without_controls,
    ("unknown-people", "dropped"): _change_ids(_known, "personIds"),
    ("unknown-companies", "dropped"): _change_ids(_known, "companyIds"),
    ("person-ids-on-company-list", "dropped"): _change_ids(_none, "personIds", on="company"),
    ("company-ids-on-person-list", "dropped"): _change_ids(_none, "companyIds", on="person"),
    ("duplicate-ids", "removed"): _change_ids(_each_once, "personIds", "companyIds"),
    ("id-order", "changed"): _change_ids(_reversed, "personIds", "companyIds"),
}
