"""What readings make of the body of createLeadList: forgiven, refused or adjusted, a small function for each option.

Three tables, keyed by reading and option. A body is forgiven before the schema judges it, refused beside the schema,
and adjusted once it is known to be right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from mock_server.contract.readings import Readings
from mock_server.lead_lists.record import Payload
from mock_server.lead_lists.refusals import REFUSE, Facts, ids_in, is_control
from mock_server.pipeline.errors import Problem, Refused, problem, shorten

Change = Callable[[Payload, Facts], None]


class Rules:
    """The functions that the readings in force ask for; by default hardly any."""

    def __init__(self, readings: Readings, facts: Facts) -> None:
        self._facts = facts
        self._forgive = readings.pick(_FORGIVE)
        self._refuse = readings.pick(REFUSE)
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
    ids = ids_in(payload, "personIds")
    ids[:] = [str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each for each in ids]


_FORGIVE: dict[tuple[str, str], Change] = {
    ("type-null", "default"): _type_by_default,
    ("company-ids-null", "default"): _companies_by_default,
    ("person-ids-missing-on-company-list", "default"): _people_by_default,
    ("number-ids", "text"): _numbers_as_text,
}


_REFERENCES = {"unknown-icp": "icpId", "unknown-people": "personIds", "unknown-companies": "companyIds"}


# -- adjusted


def _change_name(change: Callable[[str], str]) -> Change:
    def adjust(payload: Payload, facts: Facts) -> None:
        payload["name"] = change(payload["name"])

    return adjust


def _without_controls(payload: Payload, facts: Facts) -> None:
    def clean(text: str) -> str:
        return "".join(character for character in text if not is_control(character))

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
