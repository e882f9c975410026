"""Test that the order of two dates is that of their instants, and open where servers read one of them differently."""

from __future__ import annotations

import pytest

from contract_tests.lead_lists.meaning import MEANING
from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import USERS, judged, settings_for
from contract_tests.tests.corpus.exchanges import case, exchange, observed, request, sent_body, terms
from contract_tests.tests.servers.right_core import Fields, to_utc
from contract_tests.tests.servers.right_dates import EndBeforeStartRefused, LocalDatesTaken, Problems
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.trait import Strict

BEFORE, EQUAL = "end-before-start", "equal-dates"
NONE: set[str] = set()


@pytest.mark.parametrize(
    ("start", "end", "certain", "doubtful"),
    [
        ("2030-01-01T00:00:00.000Z", "2030-03-31T23:59:59.000Z", NONE, NONE),
        ("2030-03-31T00:00:00.000Z", "2030-01-01T00:00:00.000Z", {BEFORE}, NONE),
        ("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00Z", {EQUAL}, NONE),
        ("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.500Z", NONE, {EQUAL}),
        ("2030-01-01T00:00:00.500Z", "2030-01-01T00:00:00.000Z", NONE, {BEFORE, EQUAL}),
        ("2030-01-01T00:00:00.1234567Z", "2030-01-01T00:00:00.1234561Z", NONE, {BEFORE, EQUAL}),
        ("2030-01-01T00:00:00.1234567Z", "2030-01-01T00:00:00.1234567Z", NONE, {BEFORE, EQUAL}),
        # As texts, these are the other way round.
        ("5696-10-15T06:03:52.000+05:51", "5696-10-15T06:03:52.000+05:15", NONE, NONE),
        ("2030-01-01T10:00:00.000+09:00", "2030-01-01T09:00:00.000+01:00", NONE, NONE),
        ("2030-01-01T09:00:00.000-05:00", "2030-01-01T10:00:00.000+05:00", {BEFORE}, NONE),
        ("2030-01-01T10:00:00.000+01:00", "2030-01-01T09:00:00.000Z", {EQUAL}, NONE),
        # Some parsers read these as another instant, or as none.
        ("2030-01-01T00:00:00.000", "2030-03-31T23:59:59.000Z", NONE, {BEFORE, EQUAL}),
        ("0001-01-01T00:00:00.000+14:00", "9999-12-31T23:59:59.999-14:00", NONE, {BEFORE, EQUAL}),
        ("2030-W01-1", "2030-03-31T23:59:59.000Z", NONE, {BEFORE, EQUAL}),
        ("2030-01-01", "2030-01-01T12:00:00.000Z", NONE, {BEFORE, EQUAL}),
        ("2030-01-09", "2030-01-01", {BEFORE}, NONE),
        ("2016-12-31T23:59:60.000Z", "2017-01-01T00:00:00.000Z", NONE, {BEFORE, EQUAL}),
        ("not a date", "2030-01-01T00:00:00.000Z", NONE, NONE),
        ("2030-01-01T00:00:00.000Z", "2029-02-30T00:00:00.000Z", NONE, NONE),
    ],
)
def test_the_instants_decide_the_order(start: str, end: str, certain: set[str], doubtful: set[str]) -> None:
    meant = MEANING.of_body(sent_body(startDate=start, endDate=end), terms())
    orders = {BEFORE, EQUAL}
    assert meant.doubtful & orders == doubtful
    assert meant.open_readings & orders == certain | doubtful


def test_a_success_shows_nothing_where_the_order_is_in_doubt() -> None:
    zoneless = sent_body(startDate="2030-01-01T00:00:00.000")
    assert BEFORE not in observed(exchange(request(zoneless)))
    assert EQUAL not in observed(exchange(request(zoneless)))
    assert observed(exchange(request(sent_body(endDate="2029-01-01T00:00:00.000Z"))))[BEFORE] == {"accepted"}


def test_dates_whose_order_is_in_doubt_may_be_accepted_where_the_user_demands_a_refusal() -> None:
    zoneless = exchange(request(sent_body(startDate="2030-01-01T00:00:00.000")))
    certain = exchange(request(sent_body(endDate="2029-01-01T00:00:00.000Z")))
    assert not case(zoneless, end_before_start="refused").expectation.violations
    assert case(certain, end_before_start="refused").expectation.violations


def test_a_server_that_always_refuses_an_end_before_the_start_is_never_seen_to_accept_one() -> None:
    class Server(EndBeforeStartRefused, LocalDatesTaken):
        pass

    with serve(Server(USERS)) as url:
        result = judged(settings_for(url, depth=Depth.QUICK))
    seen = {found.reading.id: set(found.seen) for found in result.readings}
    assert seen[BEFORE] == {"refused"}
    assert "accepted" in seen["date-without-zone"]
    assert [found.clause.id for found in result.broken] == []


class TextsCompared(Strict):
    """The server compares the two dates as texts: "59Z" is more than "59.500Z"."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if sent["endDate"] < sent["startDate"] and sent["endDate"][:19] == sent["startDate"][:19]:
            yield "/endDate", "must not lie before the start"


class WholeSecondsCompared(Strict):
    """The server wants an end in a later second than the start."""

    def objections(self, sent: Fields, fields: Fields) -> Problems:
        yield from super().objections(sent, fields)
        if int(to_utc(fields["endDate"]).timestamp()) == int(to_utc(fields["startDate"]).timestamp()):
            yield "/endDate", "must lie after the start"


@pytest.mark.parametrize(("server", "broken"), [(TextsCompared, ["request.endDate.order"]), (WholeSecondsCompared, [])])
def test_a_server_that_takes_an_end_at_the_start_takes_a_later_one(server: type[Strict], broken: list[str]) -> None:
    with serve(server(USERS)) as url:
        result = judged(settings_for(url, depth=Depth.QUICK))
    assert [found.clause.id for found in result.broken] == broken
