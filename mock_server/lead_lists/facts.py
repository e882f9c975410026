"""Inputs of the rules: the fields of a body that have the right type, and facts that are not in the body."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mock_server.contract.schema import JsonPath
from mock_server.lead_lists.dates import Dates, Instant
from mock_server.lead_lists.record import Payload
from mock_server.lead_lists.uuids import Uuids


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that rules use in addition to the body."""

    dates: Dates
    uuids: Uuids
    known: frozenset[str]  # the existing IDs: those of the API page's request example


def existing_ids(example: Payload) -> frozenset[str]:
    """Return the IDs of the API page's request example."""
    return frozenset([example.get("icpId"), *example.get("personIds", ()), *example.get("companyIds", ())])


def name_in(payload: Payload) -> str | None:
    name = payload.get("name")
    return name if isinstance(name, str) else None


def ids_in(payload: Payload, field: str) -> list[Any]:
    ids = payload.get(field)
    return ids if isinstance(ids, list) else []


def texts_in(payload: Payload) -> Iterator[tuple[JsonPath, str]]:
    """Yield the free texts of a body with their paths."""
    if (name := name_in(payload)) is not None:
        yield ("name",), name
    for i, each in enumerate(ids_in(payload, "personIds")):
        if isinstance(each, str):
            yield ("personIds", i), each


def instants_in(payload: Payload, dates: Dates) -> tuple[Instant, Instant] | None:
    start, end = payload.get("startDate"), payload.get("endDate")
    if not isinstance(start, str) or not isinstance(end, str):
        return None  # the schema reports the problem
    first, last = dates.find(start), dates.find(end)
    return (first, last) if isinstance(first, Instant) and isinstance(last, Instant) else None


def is_control(character: str) -> bool:
    """Return whether a character is Cc, Cf, Zl or Zp, except the joiners, which Persian and many emoji need."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in "\0\u200c\u200d"
