"""Echo defects of ID arrays: IDs lost, capped, repeated, coerced or changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.defects import text
from mock_server.defects.changes import Change, answered, field
from mock_server.defects.conditions import every, only
from mock_server.defects.defect import Group

echo = Group("echo")


def _swapped(left: str, right: str) -> Change:
    return answered(lambda value: {**value, left: value[right], right: value[left]})


def _people(change: Callable[[list[str]], list[Any]]) -> Change:
    return field("personIds", change)


def _each_person(change: Callable[[str], Any]) -> Change:
    return _people(lambda ids: [change(each) for each in ids])


def _companies(change: Callable[[list[str]], list[Any]]) -> Change:
    return field("companyIds", change)


def _once_in_any_case(ids: list[str]) -> list[str]:
    return list({each.lower(): each for each in reversed(ids)}.values())[::-1]


# fmt: off
DEFECTS = (
    echo.medium("people-last-lost", "response.personIds.echo", "The last of several person IDs is lost.",
        _people(lambda ids: ids[:-1] if len(ids) > 1 else ids)),
    echo.medium("people-first-lost", "response.personIds.echo", "The first of several person IDs is lost.",
        _people(lambda ids: ids[1:] if len(ids) > 1 else ids)),
    echo.medium("people-capped-at-10", "response.personIds.echo", "Only the first 10 person IDs are kept.",
        _people(lambda ids: ids[:10])),
    echo.medium("people-capped-at-100", "response.personIds.echo", "Only the first 100 person IDs are kept.",
        _people(lambda ids: ids[:100])),
    echo.hard("people-capped-at-1000", "response.personIds.echo", "Only the first 1,000 person IDs are kept.",
        _people(lambda ids: ids[:1000])),
    echo.medium("people-first-repeated", "response.personIds.echo", "Every person ID becomes the first one.",
        _people(lambda ids: ids[:1] * len(ids))),
    echo.medium("people-upper-case", "response.personIds.echo", "Person IDs come back in upper case.",
        _each_person(str.upper)),
    echo.medium("people-prefix-lost", "response.personIds.echo", "Person IDs lose the part before the underscore.",
        _each_person(lambda each: each.rpartition("_")[2])),
    echo.medium("people-underscore-to-hyphen", "response.personIds.echo",
        "Person IDs come back with hyphens instead of underscores.",
        _each_person(lambda each: each.replace("_", "-"))),
    echo.hard("people-zeros-lost", "response.personIds.echo", "Person IDs lose leading zeros.",
        _each_person(text.matched(r"(?<![0-9])0+(?=\d)", ""))),
    echo.hard("people-digits-number", "response.personIds.type", "Person IDs of digits become numbers.",
        _each_person(text.number_if_digits)),
    echo.hard("people-cut-at-36", "response.personIds.echo", "Person IDs are truncated to 36 characters.",
        _each_person(text.cut(36))),
    echo.hard("people-split-at-commas", "response.personIds.echo", "A person ID with a comma becomes two.",
        _people(lambda ids: ",".join(ids).split(",") if ids else ids)),
    echo.hard("people-once-in-any-case", "response.personIds.echo", "Person IDs that differ only in case become one.",
        _people(_once_in_any_case)),
    echo.hard("people-latin-1", "response.personIds.echo",
        "Person IDs get question marks for characters that Latin-1 lacks.",
        _each_person(text.narrow("latin-1"))),
    echo.medium("people-empty-split", "response.personIds.echo", "An empty personIds becomes one empty ID.",
        _people(lambda ids: ids or [""])),
    echo.medium("people-nested", "response.personIds.type", "personIds is an array in an array.",
        _people(lambda ids: [ids] if ids else ids)),
    echo.medium("companies-last-lost", "response.companyIds.echo", "The last of several company IDs is lost.",
        _companies(lambda ids: ids[:-1] if len(ids) > 1 else ids)),
    echo.medium("companies-digit-changed", "response.companyIds.echo", "The last digit of a company ID changes.",
        _companies(lambda ids: [f"{each[:-1]}{'1' if each[-1] == '0' else '0'}" for each in ids])),
    echo.medium("companies-first-repeated", "response.companyIds.echo", "Every company ID becomes the first one.",
        _companies(lambda ids: ids[:1] * len(ids))),
    echo.hard("companies-capped-at-50", "response.companyIds.echo", "Only the first 50 company IDs are kept.",
        _companies(lambda ids: ids[:50])),
    echo.hard("companies-bytes-turned", "response.companyIds.echo",
        "The second company ID comes back with swapped byte order.",
        _companies(lambda ids: [*ids[:1], *map(text.mixed_endian, ids[1:])])),
    echo.medium("ids-swapped", "response.personIds.echo", "personIds and companyIds are swapped.",
        _swapped("personIds", "companyIds")),
    echo.hard("people-lost-now-and-then", "response.personIds.echo", "Every third response has empty personIds.",
        only(every(3), _people(lambda ids: []))),
)
# fmt: on
