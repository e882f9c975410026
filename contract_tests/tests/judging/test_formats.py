"""Test how text reads as dates, UUIDs and names: valid, unspecified or invalid; for any text, and fast."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.contract.loading import load_specification
from contract_tests.judging import formats
from contract_tests.tests.conftest import shown

DATES: dict[str, set[str] | None] = {  # None: invalid
    "2030-01-01T00:00:00.000Z": set(),
    "2030-01-01T00:00:00Z": set(),
    "2032-02-29T23:59:59.999Z": set(),
    "1971-01-01T00:00:00.000Z": set(),
    "2030-01-01": {"date-only"},
    "2030-01-01T00:00:00+02:00": {"date-offset"},
    "2030-01-01T00:00:00-00:00": {"date-offset"},
    "2030-01-01T00:00:00.000+14:01": {"date-offset", "large-offsets"},
    "2030-01-01T00:00:00.000+23:59": {"date-offset", "large-offsets"},
    "2030-01-01T00:00:00": {"date-without-zone"},
    "2030-01-01T00:00:00.1Z": {"date-fraction"},
    "2030-01-01T00:00:00.1234567890Z": {"date-fraction"},
    "2016-12-31T23:59:60Z": {"leap-second"},
    "2030-01-01T24:00:00Z": {"hour-24"},
    "2030-01-01t00:00:00z": {"rare-date-forms"},
    "2030-01-01 00:00:00Z": {"rare-date-forms"},
    "2030-01-01T00:00:00+0200": {"rare-date-forms"},
    "2030-01-01T00:00Z": {"rare-date-forms"},
    "2030": {"rare-date-forms"},
    "2030-01": {"rare-date-forms"},
    "2030-W01-1": {"rare-date-forms"},
    "2030-001": {"rare-date-forms"},
    "20300101T000000Z": {"rare-date-forms"},
    "+010000-01-01T00:00:00Z": {"rare-date-forms"},
    "January 1, 2030": {"other-date-texts"},
    "01/02/2030": {"other-date-texts"},
    "0000-01-01T00:00:00Z": {"distant-years"},
    "0999-01-01T00:00:00Z": {"distant-years"},
    "9999-01-01T00:00:00Z": {"distant-years"},
    "2030-01-01T00:00:00.000Z\n": {"date-surrounding-blanks"},
    " 2030-01-01": {"date-only", "date-surrounding-blanks"},
    "": None,
    " ": None,
    "soon": None,
    "null": None,
    "2030-02-29T00:00:00Z": None,
    "2030-02-30": None,
    "2030-13-01T00:00:00Z": None,
    "2030-00-01T00:00:00Z": None,
    "2030-01-32T00:00:00Z": None,
    "2030-01-01T25:00:00Z": None,
    "2030-01-01T24:00:01Z": None,
    "2030-01-01T00:60:00Z": None,
    "2030-01-01T00:00:61Z": None,
    "2030-01-01T00:00:00+24:00": None,
    "2030-01-01T00:00:00+00:60": None,
    "2030-02-30T00:00:00Z\n": None,
}


@pytest.mark.parametrize("text", DATES, ids=shown)
def test_a_date_is_valid_unspecified_or_invalid(text: str) -> None:
    wanted = DATES[text]
    assert formats.read_date(text) == (
        formats.WRONG if wanted is None else formats.Interpretation(open_readings=frozenset(wanted))
    )


V4 = "660e8400-e29b-41d4-a716-446655440001"
UUIDS: dict[str, set[str] | None] = {
    V4: set(),
    V4.upper(): {"uuid-case"},
    "2c1d43b8-e6d7-11ee-bd3d-0242ac120002": {"uuid-versions"},
    "018e3f5a-6b7c-7d8e-9f01-23456789abcd": {"uuid-versions"},
    "00000000-0000-0000-0000-000000000000": {"uuid-versions"},
    "ffffffff-ffff-ffff-ffff-ffffffffffff": {"uuid-versions"},
    "660e8400-e29b-91d4-a716-446655440001": {"uuid-variants"},
    "660e8400-e29b-01d4-a716-446655440001": {"uuid-variants"},
    "660e8400-e29b-41d4-1716-446655440001": {"uuid-variants"},
    V4.replace("-", ""): {"uuid-spellings"},
    "{" + V4 + "}": {"uuid-spellings"},
    "urn:uuid:" + V4: {"uuid-spellings"},
    V4 + "\n": {"uuid-surrounding-blanks"},
    " " + V4: {"uuid-surrounding-blanks"},
    "": None,
    " ": None,
    "lead_abc123": None,
    V4[:-1]: None,
    V4 + "0": None,
    V4[:-1] + "g": None,
    V4.replace("-", "_"): None,
    V4[:-1] + "\u0661": None,
}


@pytest.mark.parametrize("text", UUIDS, ids=shown)
def test_a_uuid_is_valid_unspecified_or_invalid(text: str) -> None:
    wanted = UUIDS[text]
    assert formats.read_uuid(text) == (
        formats.WRONG if wanted is None else formats.Interpretation(open_readings=frozenset(wanted))
    )


TEXTS: dict[str, set[str]] = {
    "Spring 2030": set(),
    "Größe 销售 🚀": set(),
    'O\'Brien & "Sons"; --': set(),
    "a < b": {"markup-in-text"},
    "1 < 2": set(),
    "<b>": {"markup-in-text"},
    "&amp;": {"markup-in-text"},
    "a\0b": {"nul-in-text"},
    "a\u0007b": {"control-characters"},
    "a\u2028b": {"control-characters"},
    "a\u202eb": {"control-characters"},
    "a\u00a0b": {"control-characters"},
    "e\u0301": {"unicode-form"},
    "\ud800": {"lone-surrogate"},
}


@pytest.mark.parametrize("text", TEXTS, ids=shown)
def test_a_text_has_its_open_readings(text: str) -> None:
    assert formats.read_text(text) == TEXTS[text]


INSTANTS = {
    "2030-01-01T01:00:00.500+01:00": datetime(2030, 1, 1, 0, 0, 0, 500_000, UTC),
    "2030-01-01T00:00:00-0530": datetime(2030, 1, 1, 5, 30, tzinfo=UTC),
    "2030-01-01T00:00:00+01": datetime(2029, 12, 31, 23, tzinfo=UTC),
    "2030-01-01": datetime(2030, 1, 1, tzinfo=UTC),
    "2030-12-31T24:00:00Z": datetime(2031, 1, 1, tzinfo=UTC),
    "2016-12-31T23:59:60Z": datetime(2017, 1, 1, tzinfo=UTC),
    "0001-01-01T00:00:00+01:00": None,
    "9999-12-31T23:59:59-01:00": None,
    "0000-01-01T00:00:00Z": None,
    "2030-01-01T00:00:00": None,
    "2030-02-30": None,
    "soon": None,
}


@pytest.mark.parametrize("text", INSTANTS)
def test_the_instant_of_a_text(text: str) -> None:
    assert formats.instant(text) == INSTANTS[text]


@settings(deadline=None)  # no deadline: the machine may be busy
@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_written_and_read_again(moment: datetime) -> None:
    text = formats.normalised(moment)
    assert formats.instant(text) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert formats.is_timestamp(text)
    assert len(text) == 24


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2030-01-01T10:30Z", True),  # Java leaves out seconds that are zero
        ("2030-01-01T10:30+05:30", True),
        ("2030-01-01T10:30:00.5-0330", True),
        ("2030-01-01T10Z", False),
        ("2030-01-01T10:30", False),
        ("2030-01-01T10:30.5Z", False),
        ("2030-02-30T10:30Z", False),
        ("2030-01-01T24:01Z", False),
        ("2030-01-01", False),
    ],
)
def test_a_timestamp_has_a_time_and_a_time_zone(text: str, is_one: bool) -> None:
    assert formats.is_timestamp(text) == is_one


READINGS = load_specification().readings
STRANGE = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=40)
ALMOST = st.text(st.sampled_from("0123456789-+:.TZtzW{}abcdefurn "), max_size=40)


@settings(deadline=None)  # no deadline: the machine may be busy
@given(STRANGE | ALMOST)
def test_any_text_reads_as_something(text: str) -> None:
    known = frozenset(READINGS)
    for read in (formats.read_date(text), formats.read_uuid(text)):
        assert not (read.wrong and read.open_readings)
        assert read.open_readings <= known
    assert formats.read_text(text) <= known
    formats.instant(text)
    formats.is_timestamp(text)


HUGE = 1_000_000


@pytest.mark.parametrize(
    "text",
    ["<" + " " * HUGE, "< " * HUGE, "&" * HUGE, "&a" * HUGE, "e\u0301" * HUGE, "\0" * HUGE,
     "2030-01-01T00:00:00." + "1" * HUGE,
     "2030T" + ":" * HUGE, " " * HUGE + "x", "2030" + "T1+1" * HUGE],
    ids=lambda text: shown(text[:8]),
)  # fmt: skip
def test_a_huge_text_is_read_fast(text: str) -> None:
    begun = time.thread_time()
    formats.read_text(text)
    formats.read_date(text)
    formats.read_uuid(text)
    formats.instant(text)
    assert time.thread_time() - begun < 2  # measured 0.3 s at most; quadratic code takes hours


def test_an_instant_is_written_in_utc_in_any_time_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert formats.normalised(datetime(2030, 1, 1, tzinfo=UTC)) == "2030-01-01T00:00:00.000Z"
    finally:
        monkeypatch.undo()
        time.tzset()
