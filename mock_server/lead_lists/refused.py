"""Checks that refuse what the schema accepts, one per reading and option.

A check is called with every body, so it must handle wrong types, which the schema reports. An option without a row
in the table REFUSE needs no check: the schema alone decides, or `accepted` or `adjusted` implements the option.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from mock_server.lead_lists.facts import Facts, ids_in, instants_in, is_control, name_in, texts_in
from mock_server.lead_lists.record import FIELDS, SENT_FIELDS, Payload
from mock_server.lead_lists.words import problem
from mock_server.pipeline.errors import PROBLEMS_LISTED
from mock_server.pipeline.problems import Problem, shorten
from mock_server.pipeline.schema_words import remedy_for
from mock_server.pipeline.words import UUID_EXAMPLE

NAME_CHARACTERS = 80  # every reading accepts names of up to 80 characters
IDS_AT_ONCE = 100  # the smallest limit on a sibling page of the API documentation

Check = Callable[[Payload, Facts], Iterable[Problem]]


def _unknown_fields(payload: Payload, facts: Facts) -> Iterator[Problem]:
    unknown = [name for name in payload if name not in FIELDS]
    for i, name in enumerate(unknown):
        known = SENT_FIELDS if i < PROBLEMS_LISTED else ()  # only these are shown
        yield problem("unknown", (name,), got=shorten(payload[name]), remedy=remedy_for(name, known))


def _server_made(*names: str) -> Check:
    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        for name in names:
            if name in payload:
                yield problem("server_made", (name,), got=shorten(payload[name]))

    return check


def _name_that(rule: str, objects: Callable[[str], object], **words: object) -> Check:
    """Return a check of the name; `objects` returns whether a name breaks the rule."""

    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        name = name_in(payload)
        if name is not None and objects(name):
            yield problem(rule, ("name",), got=shorten(name), **words)

    return check


def _long_name(payload: Payload, facts: Facts) -> Iterator[Problem]:
    name = name_in(payload)
    if name is not None and len(name) > NAME_CHARACTERS:
        yield problem("length", ("name",), got=f"{len(name)} characters", limit=NAME_CHARACTERS)


def _nul(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for path, text in texts_in(payload):
        if "\0" in text:
            yield problem("no_nul", path, got=shorten(text))


def _control_characters(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for path, text in texts_in(payload):
        if character := next(filter(is_control, text), ""):
            yield problem("no_control", path, got=f"U+{ord(character):04X}")


def _end_before_start(payload: Payload, facts: Facts) -> Iterator[Problem]:
    instants = instants_in(payload, facts.dates)
    if instants and instants[1].order < instants[0].order:
        got = f"{shorten(payload['endDate'])} before {shorten(payload['startDate'])}"
        yield problem("order", ("endDate",), got=got)


def _equal_dates(payload: Payload, facts: Facts) -> Iterator[Problem]:
    instants = instants_in(payload, facts.dates)
    if instants and instants[1].order == instants[0].order:
        yield problem("not_equal", ("endDate",), got=shorten(payload["endDate"]))


def _empty_ids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for i, each in enumerate(ids_in(payload, "personIds")):
        if each == "":
            yield problem("not_empty", ("personIds", i), got='""')


def _people_as_uuids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for i, each in enumerate(ids_in(payload, "personIds")):
        if isinstance(each, str) and not facts.uuids.takes(each):
            yield problem(
                "uuid", ("personIds", i), got=shorten(each), want="a UUID", example=f', for example "{UUID_EXAMPLE}"'
            )


def _unused(field: str, list_type: str) -> Check:
    def check(payload: Payload, facts: Facts) -> Iterator[Problem]:
        ids = ids_in(payload, field)
        if ids and payload.get("type", "person") == list_type:
            yield problem("unused", (field,), got=f"{len(ids)} ids", type=list_type)

    return check


def _duplicates(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for field in ("personIds", "companyIds"):
        seen: set[str] = set()
        for i, each in enumerate(ids_in(payload, field)):
            if isinstance(each, str):
                if each in seen:
                    yield problem("once", (field, i), got=shorten(each))
                seen.add(each)


def _many_ids(payload: Payload, facts: Facts) -> Iterator[Problem]:
    for field in ("personIds", "companyIds"):
        count = len(ids_in(payload, field))
        if count > IDS_AT_ONCE:
            yield problem("items", (field,), got=f"{count} ids", limit=IDS_AT_ONCE)


REFUSE: dict[tuple[str, str], Check] = {
    ("unknown-properties", "refused"): _unknown_fields,
    ("server-made-fields-sent", "refused"): _server_made("id", "createdAt", "updatedAt"),
    ("user-ids-sent", "refused"): _server_made("userIds"),
    ("empty-name", "refused"): _name_that("not_empty", lambda name: name == ""),
    ("blank-name", "refused"): _name_that("not_blank", str.isspace),
    ("surrounding-blanks", "refused"): _name_that("no_outer_blanks", lambda name: name != name.strip()),
    ("long-name", "refused"): _long_name,
    ("unicode-form", "refused"): _name_that("composed", lambda name: not unicodedata.is_normalized("NFC", name)),
    ("markup-in-text", "refused"): _name_that("no_markup", re.compile(r"<[a-zA-Z/!]").search),
    ("nul-in-text", "refused"): _nul,
    ("control-characters", "refused"): _control_characters,
    ("end-before-start", "refused"): _end_before_start,  # request.endDate.order
    ("equal-dates", "refused"): _equal_dates,
    ("empty-ids", "refused"): _empty_ids,
    ("person-id-form", "refused"): _people_as_uuids,  # request.personIds.items.form
    ("person-ids-on-company-list", "refused"): _unused("personIds", "company"),  # request.personIds.use
    ("company-ids-on-person-list", "refused"): _unused("companyIds", "person"),  # request.companyIds.use
    ("duplicate-ids", "refused"): _duplicates,
    ("many-ids", "refused"): _many_ids,
}
