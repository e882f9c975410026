"""What the API page says of a new lead list beyond its schema: readings that bear on it, permitted variations. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from contract_tests.contract.terms import Terms
from contract_tests.judging import formats
from contract_tests.judging.case import strings_in
from contract_tests.judging.meaning import BodyMeaning, Meaning, OpenViolation
from contract_tests.lead_lists.bodies import PAGE_EXAMPLE
from contract_tests.lead_lists.ids import ID_FIELDS, known_ids

PAST_YEAR = "2026"  # a start before this year lies in the past wherever the suite runs
FAR_YEAR = "2040"
MUST_ACCEPT_NAME_LENGTH = 80
MUST_ACCEPT_IDS = 100
ID_COUNTS = (1, 2, 10, 16, 50, 100, 128, 256, 1000)  # at which servers stop to look, to store or to take


def body_meaning(body: Mapping[str, Any], terms: Terms) -> BodyMeaning:
    """Return the readings that affect a lead list, and the permitted variations that it uses."""
    open_readings: set[str] = set()
    variations: set[tuple[str, str]] = set()
    if isinstance(name := body.get("name"), str):
        _name(name, open_readings, variations)
    _kind(body, open_readings, variations)
    doubtful = _dates(body, open_readings, variations)
    _icp_id(body, terms, open_readings, variations)
    _lists_of_ids(body, terms, open_readings, variations)
    doubtful |= open_readings & _perhaps_known(body, terms)
    doubtful |= set() if _repeats_an_id(body) else open_readings & {"duplicate-ids"}
    return BodyMeaning(frozenset(open_readings), frozenset(doubtful), frozenset(variations))


def _name(name: str, open_readings: set[str], variations: set[tuple[str, str]]) -> None:
    if not name:
        open_readings.add("empty-name")
    elif not name.strip():
        open_readings |= {"blank-name", "surrounding-blanks"}
    elif name != name.strip():
        open_readings.add("surrounding-blanks")
    if len(name) > MUST_ACCEPT_NAME_LENGTH:
        open_readings.add("long-name")
    variations.add(("request.name.text", "ascii" if name.isascii() else "other script"))
    if any(char in name for char in "'\"\\;%`$"):
        variations.add(("request.name.text", "punctuation"))
    if len(name) > 40:
        variations.add(("request.name.text", "over 40 characters"))


def _kind(body: Mapping[str, Any], open_readings: set[str], variations: set[tuple[str, str]]) -> None:
    if "type" not in body:
        variations.add(("request.type.optional", "omitted"))
    else:
        variations.add(("request.type.enum", str(body["type"])))
    if "companyIds" not in body:
        variations.add(("request.companyIds.optional", "omitted"))
    of_companies = body.get("type") == "company"
    if of_companies and body.get("personIds") and isinstance(body["personIds"], list):
        open_readings.add("person-ids-on-company-list")
    if not of_companies and body.get("companyIds") and isinstance(body["companyIds"], list):
        open_readings.add("company-ids-on-person-list")


def _dates(body: Mapping[str, Any], open_readings: set[str], variations: set[tuple[str, str]]) -> set[str]:
    """Add the readings and variations of the dates; return the readings that they raise only for some servers."""
    start, end = body.get("startDate"), body.get("endDate")
    if not isinstance(start, str) or not isinstance(end, str):
        return set()
    variations.add(("request.startDate.any-time", _era(start)))
    variations.add(("request.endDate.format", _era(end)))
    for field, text in (("startDate", start), ("endDate", end)):
        variations |= {(f"request.{field}.format", form) for form in _forms(text)}
    if formats.read_date(start).wrong or formats.read_date(end).wrong:
        return set()
    order, doubtful = _order(start, end)
    open_readings |= order | doubtful
    return doubtful


_ORDERS = frozenset({"end-before-start", "equal-dates"})
# Spellings whose instant depends on the parser: of a whole day the time zone, of a second 60 the second.
_UNCERTAIN = frozenset({"date-only", "hour-24", "leap-second"})
UNCERTAIN_DISTANCE = timedelta(days=3)  # a whole day and the largest difference between two time zones
CERTAIN_DISTANCE = timedelta(seconds=1)  # servers that keep whole seconds read smaller differences as none


def _order(start: str, end: str) -> tuple[set[str], set[str]]:
    """Return the readings on the order of the dates: those that a body raises for certain, and only for some servers.

    The instants decide, not the texts: an offset may turn the order of the texts round.
    """
    first, last = formats.instant(start.strip()), formats.instant(end.strip())
    if first is None or last is None:
        return set(), set(_ORDERS)
    spellings = formats.read_date(start).open_readings | formats.read_date(end).open_readings
    distance = UNCERTAIN_DISTANCE if spellings & _UNCERTAIN else CERTAIN_DISTANCE
    if abs(last - first) >= distance:
        return ({"end-before-start"} if last < first else set()), set()
    if last == first and distance == CERTAIN_DISTANCE and "date-fraction" not in spellings:
        return {"equal-dates"}, set()
    if last > first and distance == CERTAIN_DISTANCE:
        return set(), {"equal-dates"}  # cut or rounded to seconds, two instants may become one, never change places
    return set(), set(_ORDERS)


def _era(text: str) -> str:
    ends = (("1971", "distant"), ("2000", "before 2000"), (PAST_YEAR, "past"), (FAR_YEAR, "soon"))
    return next((era for end, era in ends if text[:4] < end), "far ahead")


def _forms(text: str) -> Iterator[str]:
    """Yield the properties of a date on which a server can fail."""
    yield "milliseconds" if "." in text else "no milliseconds"
    if "." in text and not text.endswith(".000Z"):
        yield "milliseconds that count"
    if "T00:00:00" not in text:
        yield "time of day"
    if "-02-29" in text:
        yield "leap day"


def _icp_id(body: Mapping[str, Any], terms: Terms, open_readings: set[str], variations: set[tuple[str, str]]) -> None:
    icp_id = body.get("icpId")
    variations.add(("request.icpId.nullability", "null") if icp_id is None else ("request.icpId.format", "uuid"))
    if isinstance(icp_id, str) and not formats.read_uuid(icp_id).wrong:
        if icp_id.lower() not in {known.lower() for known in known_ids(terms.settings, "icpId")}:
            open_readings.add("unknown-icp")
        if icp_id != icp_id.lower():
            variations.add(("request.icpId.format", "upper case"))


def _lists_of_ids(
    body: Mapping[str, Any], terms: Terms, open_readings: set[str], variations: set[tuple[str, str]]
) -> None:
    people, companies = body.get("personIds"), body.get("companyIds")
    if isinstance(people, list):
        known = known_ids(terms.settings, "personIds")
        open_readings |= set(_open_on(people, known, unknown="unknown-people"))
        open_readings |= set(_open_on_people(people, known))
        variations |= set(_lengths("personIds", people))
        if not people:
            variations.add(("request.personIds.empty", "empty"))
    if isinstance(companies, list):
        open_readings |= set(_open_on(companies, known_ids(terms.settings, "companyIds"), unknown="unknown-companies"))
        variations |= set(_lengths("companyIds", companies))
        if any(formats.is_uuid(text) and text != text.lower() for text in _texts(companies)):
            variations.add(("request.companyIds.items.format", "upper case"))


def _open_on(ids: list[Any], known: Collection[str], *, unknown: str) -> Iterator[str]:
    """Yield the readings that a list of IDs raises. unknown: the one of IDs that the user has not given."""
    texts = _texts(ids)
    if any(text not in known for text in texts):
        yield unknown
    if len({text.lower() if formats.is_uuid(text) else text for text in texts}) < len(texts):
        yield "duplicate-ids"
    if len(ids) > 1:
        yield "id-order"
    if len(ids) > MUST_ACCEPT_IDS:
        yield "many-ids"


def _open_on_people(ids: list[Any], known: Collection[str]) -> Iterator[str]:
    texts = _texts(ids)
    if any(not text.strip() for text in texts):
        yield "empty-ids"
    if any(not formats.is_uuid(text) and text not in known for text in texts):
        yield "person-id-form"


def _perhaps_known(body: Mapping[str, Any], terms: Terms) -> set[str]:
    """Return the readings on unknown IDs that only IDs of the API page's example raise, which may exist."""
    return {
        ids.unknown
        for ids in ID_FIELDS
        if not {*strings_in(body.get(ids.name))}
        - {*ids.known(terms.settings)}
        - {*strings_in(PAGE_EXAMPLE.get(ids.name))}
    }


def _lengths(field: str, ids: list[Any]) -> Iterator[tuple[str, str]]:
    if ids:
        yield f"request.{field}.exist", "given"
    yield from ((f"request.{field}.type", f"over {count}") for count in ID_COUNTS if len(ids) > count)


def _texts(ids: list[Any]) -> list[str]:
    return [text for text in ids if isinstance(text, str)]


def _repeats_an_id(body: Mapping[str, Any]) -> bool:
    """Return whether an ID is repeated exactly: a server that refuses that may accept one UUID in two cases."""
    lists = (body.get(field) for field in ("personIds", "companyIds"))
    spelled = (_texts(ids) for ids in lists if isinstance(ids, list))
    return any(len(set(ids)) < len(ids) for ids in spelled)


MEANING = Meaning(
    of_body=body_meaning,
    open_violations=(
        OpenViolation("request.type.nullability", "type-null"),
        OpenViolation("request.companyIds.nullability", "company-ids-null"),
        OpenViolation(
            "request.personIds.required",
            "person-ids-missing-on-company-list",
            lambda value, body: isinstance(body, dict) and body.get("type") == "company",
        ),
        OpenViolation(
            "request.personIds.items.type",
            "number-ids",
            lambda value, body: isinstance(value, int | float) and not isinstance(value, bool),
        ),
    ),
    id_fields=ID_FIELDS,
    variation_of_field={
        "name": "request.name.text",
        "type": "request.type.enum",
        "startDate": "request.startDate.format",
        "endDate": "request.endDate.format",
        **{ids.name: ids.variation for ids in ID_FIELDS},
    },
    repeatable={"name": "request.name.repeatable"},
    sent_readings={"userIds": "user-ids-sent"},
)
