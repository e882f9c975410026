"""Echo defects of the other fields: IDs lost or changed, instants shifted, null replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.defects import instants, text
from mock_server.defects.changes import Change, Value, answered, field, stored
from mock_server.defects.defect import Group

NIL = "00000000-0000-0000-0000-000000000000"

echo = Group("echo")


def _dates(change: Callable[[str], str]) -> Change:
    return answered(
        lambda value: {**value, "startDate": change(value["startDate"]), "endDate": change(value["endDate"])}
    )


def _start(change: Callable[[str], str]) -> Change:
    return field("startDate", change)


def _end(change: Callable[[str], str]) -> Change:
    return field("endDate", change)


def _swapped(left: str, right: str) -> Change:
    return answered(lambda value: {**value, left: value[right], right: value[left]})


def _ordered(value: Value) -> Value:
    start, end = sorted([value["startDate"], value["endDate"]])
    return {**value, "startDate": start, "endDate": end}


def _icp(change: Callable[[str], Any]) -> Change:
    return field("icpId", lambda icp: icp and change(icp))


def _upper_case_lost(icp: str | None) -> str | None:
    return None if icp is not None and icp != icp.lower() else icp


# fmt: off
DEFECTS = (
    # -- type and ICP
    echo.medium("type-always-person", "response.type.echo", 'The type is always "person".',
        field("type", lambda _: "person")),
    echo.medium("type-swapped", "response.type.echo", "The two types are swapped.",
        field("type", lambda kind: "company" if kind == "person" else "person")),
    echo.easy("icp-null-word", "response.icpId.type", 'A null icpId becomes the string "null".',
        field("icpId", lambda icp: icp or "null")),
    echo.easy("icp-null-empty", "response.icpId.type", "A null icpId becomes an empty string.",
        field("icpId", lambda icp: icp or "")),
    echo.easy("icp-null-nil", "response.icpId.echo", "A null icpId becomes the nil UUID.",
        field("icpId", lambda icp: icp or NIL)),
    echo.medium("icp-lost", "response.icpId.echo", "icpId is always null.", field("icpId", lambda _: None)),
    echo.medium("icp-digit-changed", "response.icpId.echo", "The last digit of icpId becomes 0.",
        _icp(lambda icp: icp[:-1] + "0")),
    echo.medium("icp-bytes-turned", "response.icpId.echo", "icpId comes back with swapped byte order, as in a GUID.",
        _icp(text.mixed_endian)),
    echo.medium("icp-bare-digits", "response.icpId.type", "icpId loses its hyphens.",
        _icp(lambda icp: icp.replace("-", ""))),
    echo.medium("icp-upper-case-lost", "response.icpId.echo", "An icpId in upper case becomes null.",
        stored("icpId", _upper_case_lost)),
    echo.hard("icp-nil-null", "response.icpId.echo", "The nil UUID becomes null.",
        field("icpId", lambda icp: None if icp == NIL else icp)),
    echo.hard("icp-version-forced", "response.icpId.echo", "icpId becomes a version 4 UUID.",
        _icp(lambda icp: f"{icp[:14]}4{icp[15:]}")),
    # -- dates
    echo.easy("start-five-hours-early", "response.startDate.echo", "startDate comes back as local time labelled UTC.",
        _start(instants.moved(hours=-5))),
    echo.easy("end-day-early", "response.endDate.echo", "endDate comes back a day early.",
        _end(instants.moved(days=-1))),
    echo.easy("end-midnight", "response.endDate.echo", "endDate loses its time of day.",
        _end(instants.with_parts(hour=0, minute=0, second=0, microsecond=0))),
    echo.medium("start-seconds-lost", "response.startDate.echo", "startDate loses its seconds.",
        _start(instants.with_parts(second=0, microsecond=0))),
    echo.medium("end-milliseconds-lost", "response.endDate.echo", "endDate loses its milliseconds.",
        _end(instants.with_parts(microsecond=0))),
    echo.medium("start-milliseconds-lost", "response.startDate.echo", "startDate loses its milliseconds.",
        _start(instants.with_parts(microsecond=0))),
    echo.hard("end-near-millisecond", "response.endDate.echo", "endDate is rounded to 10 ms.",
        _end(instants.changed(lambda m: m.replace(microsecond=m.microsecond // 10000 * 10000)))),
    echo.easy("dates-swapped", "response.startDate.echo", "startDate and endDate are swapped.",
        _swapped("startDate", "endDate")),
    echo.easy("end-from-start", "response.endDate.echo", "endDate is the startDate.",
        answered(lambda value: {**value, "endDate": value["startDate"]})),
    echo.medium("dates-put-in-order", "response.startDate.echo", "An endDate before the startDate is swapped with it.",
        answered(_ordered)),
    echo.medium("day-for-month", "response.endDate.echo", "Day and month of endDate are swapped if that is a date.",
        _end(instants.changed(instants.day_for_month))),
    echo.medium("offset-ignored", "response.startDate.echo", "The offset of startDate is ignored.",
        stored("startDate", instants.without_offset)),
    echo.medium("offset-of-other-sign", "response.endDate.echo",
        "The offset of endDate is added instead of subtracted.", stored("endDate", instants.inverted_sign)),
    echo.hard("offset-whole-hours", "response.endDate.echo", "The minutes of an offset are ignored.",
        stored("endDate", instants.whole_hours)),
    echo.medium("summer-time-added", "response.endDate.echo", "Instants in summer are an hour late.",
        _dates(instants.changed(instants.summer_hour))),
    echo.hard("since-1970", "response.startDate.echo", "Instants before 1970 become the start of 1970.",
        _dates(instants.changed(instants.since_1970))),
    echo.medium("until-2038", "response.endDate.echo", "Instants are 32-bit seconds, which overflow in 2038.",
        _dates(instants.changed(instants.in_32_bits))),
    echo.medium("leap-day-moved", "response.startDate.echo", "29 February becomes 1 March.",
        _dates(instants.changed(instants.no_leap_day))),
    echo.hard("two-digit-year", "response.endDate.echo", "Years are stored with two digits.",
        _dates(instants.changed(instants.two_digit_year))),
    echo.hard("tenths-as-milliseconds", "response.startDate.echo", "A fraction of .5 is read as 5 ms.",
        stored("startDate", instants.fraction_as_milliseconds)),
)
# fmt: on
