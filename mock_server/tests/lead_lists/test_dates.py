from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.contract import readings
from mock_server.contract.spec_files import find_spec_dir
from mock_server.lead_lists.dates import Dates, NotADate, is_written_as_here
from mock_server.tests.corpus import dates as corpus_dates

CATALOGUE = readings.load(find_spec_dir())


def dates(*choices: tuple[str, str]) -> Dates:
    return Dates(readings.resolve(CATALOGUE, "page", choices))


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("2024-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000Z"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z"),
        ("2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.500Z"),
        ("2024-01-01T00:00:00.123999999999Z", "2024-01-01T00:00:00.123Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00.000Z"),
        ("2024-12-31T23:30:00.250-05:45", "2025-01-01T05:15:00.250Z"),
        ("2024-01-01T00:00:00-00:00", "2024-01-01T00:00:00.000Z"),
        ("2024-01-01T00:00:00+23:59", "2023-12-31T00:01:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_date_is_echoed_as_the_same_instant_in_utc_milliseconds(text: str, echo: str) -> None:
    assert dates().takes(text)
    assert dates().echo(text) == echo


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not have the form"),
        ("2024", "does not have the form"),
        # Of <input type="datetime-local">, which has the user's time.
        ("2024-01-01T10:30", "has no seconds and no time zone (append :00 and the offset from UTC, such as +02:00"),
        ("2024-1-1", "does not have the form"),
        ("2024-01-01 00:00:00Z", "does not have the form"),
        ("2024-01-01t00:00:00z", "does not have the form"),
        ("2024-01-01T00:00Z", "does not have the form"),
        ("2024-01-01T00:00:00+0200", "does not have the form"),
        ("2024-01-01T00:00:00,5Z", "does not have the form"),
        ("2024-01-01T00:00:00.Z", "does not have the form"),
        ("2024-01-01T00:00:00Z\n", "does not have the form"),
        (" 2024-01-01", "does not have the form"),
        ("20240101", "does not have the form"),
        ("2024-W01-1", "does not have the form"),
        ("2024-001", "does not have the form"),
        ("+002024-01-01", "does not have the form"),
        ("٢٠٢٤-01-01", "does not have the form"),
        ("January 1, 2024", "does not have the form"),
        ("2024-02-30", "a day that does not exist (February 30)"),
        ("2023-02-29T00:00:00Z", "a day that does not exist (February 29)"),
        ("2024-13-01", "the month 13"),
        ("2024-01-00", "a day that does not exist (January 0)"),
        ("0000-01-01", "a year outside 0001"),
        ("2024-01-01T25:00:00Z", "the time of day 25:00"),
        ("2024-01-01T24:00:00Z", "the hour 24"),
        ("2024-01-01T24:00:01Z", "the time of day 24:00"),
        ("2024-01-01T23:60:00Z", "the time of day 23:60"),
        ("2016-12-31T23:59:60Z", "a leap second"),
        ("2024-01-01T00:00:61Z", "the second 61"),
        ("2024-01-01T00:00:00", "no time zone"),
        ("2024-01-01T00:00:00+24:00", "the offset +24:00"),
        ("0001-01-01T00:00:00+01:00", "outside the years"),
        ("9999-12-31T23:59:59-01:00", "outside the years"),
    ],
)
def test_another_text_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert not dates().takes(text)
    assert reason in dates().reason(text)
    with pytest.raises(NotADate):
        dates().read(text)


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("2024-01-01t00:00:00z", "2024-01-01T00:00:00.000Z"),
        ("2024-01-01 00:00:00Z", "2024-01-01T00:00:00.000Z"),
        ("2024-01-01T00:00:00+0200", "2023-12-31T22:00:00.000Z"),
        ("2024-01-01T12:30Z", "2024-01-01T12:30:00.000Z"),
        ("2024", "2024-01-01T00:00:00.000Z"),
        ("2024-05", "2024-05-01T00:00:00.000Z"),
        ("2024-W01-1", "2024-01-01T00:00:00.000Z"),
        ("2024-060", "2024-02-29T00:00:00.000Z"),
        ("20240501", "2024-05-01T00:00:00.000Z"),
        ("20240501T010203Z", "2024-05-01T01:02:03.000Z"),
    ],
)
def test_rare_formats_are_accepted_under_their_reading(text: str, echo: str) -> None:
    assert dates(("rare-date-forms", "accepted")).echo(text) == echo
    assert not dates(("rare-date-forms", "accepted")).takes("2024-02-30 00:00:00Z")


@pytest.mark.parametrize("option", ["rounded", "kept", "cut"])
def test_no_fraction_option_exceeds_the_last_valid_instant(option: str) -> None:
    assert dates(("date-fraction", option)).echo("9999-12-31T23:59:59.9999Z").startswith("9999-12-31T23:59:59.999")


def test_instants_compare_by_their_fractions_too() -> None:
    read = dates().read
    assert read("2024-01-01T00:00:00.1Z").order == read("2024-01-01T01:00:00.100+01:00").order
    assert read("2024-01-01T00:00:00.10001Z").order > read("2024-01-01T00:00:00.1Z").order


def test_own_timestamps_have_milliseconds() -> None:
    assert dates().write(datetime(2024, 1, 2, 10, 30, 0, 123999, tzinfo=UTC)) == "2024-01-02T10:30:00.123Z"


@given(
    st.text(alphabet="0123456789-T:.Z", max_size=30)
    | st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
    | st.from_regex(r"[0-9]{4}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]\.[0-9]{3}Z", fullmatch=True)
)
def test_the_short_way_agrees_with_the_long_one_under_every_reading(text: str) -> None:
    if not is_written_as_here(text):
        return
    for profile in readings.PROFILES:
        instant = Dates(readings.resolve(CATALOGUE, profile)).read(text)
        assert text == f"{instant.second:%Y-%m-%dT%H:%M:%S}.{instant.fraction}Z"


def test_dates_of_other_forms_go_the_long_way() -> None:
    for text in ("2024-02-30T00:00:00.000Z", "2024-01-01T24:00:00.000Z", "2016-12-31T23:59:60.000Z", "2024-01-01"):
        assert not is_written_as_here(text)
    assert is_written_as_here("2024-02-29T23:59:59.999Z")


def test_the_short_way_agrees_with_the_long_one_on_the_corpus() -> None:
    texts = [json.loads(case.body or b"")[name] for case in corpus_dates() for name in ("startDate", "endDate")]
    short = [text for text in texts if is_written_as_here(text)]
    assert len(short) > 50
    for text in short:
        instant = dates().read(text)
        assert text == f"{instant.second.isoformat()[:19]}.{instant.fraction}Z"
