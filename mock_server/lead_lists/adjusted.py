"""Changes of a valid body before it is stored, one per reading and option."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from mock_server.lead_lists.accepted import BodyChange
from mock_server.lead_lists.facts import Facts, is_control
from mock_server.lead_lists.record import Payload


def _change_name(change: Callable[[str], str]) -> BodyChange:
    def adjust(payload: Payload, facts: Facts) -> None:
        payload["name"] = change(payload["name"])

    return adjust


def _change_texts(change: Callable[[str], str]) -> BodyChange:
    def apply(payload: Payload, facts: Facts) -> None:
        payload["name"] = change(payload["name"])
        payload["personIds"] = [change(each) for each in payload["personIds"]]

    return apply


def _without_controls(text: str) -> str:
    return "".join(character for character in text if not is_control(character))


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


def _change_ids(change: Callable[[list[str], Facts], list[str]], *fields: str, on: str = "") -> BodyChange:
    """Return a change of the IDs in `fields`, for lists of the type `on` or of both types."""

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


ADJUST: dict[tuple[str, str], BodyChange] = {
    ("surrounding-blanks", "trimmed"): _change_name(str.strip),
    ("unicode-form", "composed"): _change_name(lambda name: unicodedata.normalize("NFC", name)),
    ("markup-in-text", "sanitised"): _change_name(lambda name: re.sub(r"<[a-zA-Z/!][^>]*>", "", name)),
    ("nul-in-text", "removed"): _change_texts(_without_nul),
    ("control-characters", "removed"): _change_texts(_without_controls),
    ("unknown-people", "dropped"): _change_ids(_known, "personIds"),
    ("unknown-companies", "dropped"): _change_ids(_known, "companyIds"),
    ("person-ids-on-company-list", "dropped"): _change_ids(_none, "personIds", on="company"),
    ("company-ids-on-person-list", "dropped"): _change_ids(_none, "companyIds", on="person"),
    ("duplicate-ids", "removed"): _change_ids(_each_once, "personIds", "companyIds"),
    ("id-order", "changed"): _change_ids(_reversed, "personIds", "companyIds"),
}
