"""The deciding parts of a campaign: cells, novelty, strain, mutations, findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import islice
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture.data import STRUCTURAL_COVERAGE_CACHE
from rich.console import Console

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.cells import STRATEGIES, cells
from contract_tests.campaign.conduct import CampaignConductor
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.permit import permit_for
from contract_tests.campaign.sequences import Parts, sequences
from contract_tests.campaign.strain import WINDOW, Strain
from contract_tests.campaign.variation import mutated
from contract_tests.composition.campaign import open_campaign
from contract_tests.judging.verdict import Outcome
from contract_tests.report.campaign import CampaignReport
from contract_tests.results.events import (
    Ending,
    Event,
    ExchangeSeen,
    FailureRepeated,
    Part,
    Stage,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.findings import Findings, Found
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView, VerdictView
from contract_tests.target.exchange import Request
from contract_tests.tests.conftest import settings_for
from contract_tests.tests.report.test_discovered import STARTED


def test_cells_are_a_function_of_the_seed_and_each_round_has_every_strategy() -> None:
    first = list(islice(cells(5), 3 * len(STRATEGIES)))
    assert first == list(islice(cells(5), len(first))) != list(islice(cells(6), len(first)))
    count = len(STRATEGIES)
    for turn in range(3):
        assert {cell.strategy for cell in first[count * turn : count * turn + count]} == set(STRATEGIES)
    assert len({cell.seed for cell in first}) == 3 * count


@pytest.mark.parametrize("requests", [1, 100, 101, 5000])
def test_cells_share_the_requests(requests: int) -> None:
    assert sum(cell.requests for cell in cells(0, requests=requests)) == requests


@pytest.mark.parametrize(
    ("text", "time_s", "requests"),
    [("90s", 90, None), ("2h", 7200, None), ("1h30m", 5400, None), ("500 requests", None, 500), (" 1.5M ", 90, None)],
)
def test_an_allowance_is_a_time_or_a_number_of_requests(text: str, time_s: float, requests: int | None) -> None:
    assert Allowance.parse(text) == Allowance(time_s, requests)


def answered(status: int) -> ExchangeView:
    request = RequestView("POST", "http://127.0.0.1/", (), BodyView())
    return ExchangeView(1, "", 0.0, 0.0, request, ResponseView(status, (), BodyView()))


def test_a_server_is_suspected_to_suffer_where_half_of_the_last_requests_fail() -> None:
    strain = Strain()
    assert not any(strain.is_suspected(answered(201)) for _ in range(WINDOW))
    assert not any(strain.is_suspected(answered(503)) for _ in range(WINDOW // 2 - 1))
    assert strain.is_suspected(answered(503))


def test_the_progress_names_the_last_request_on_which_the_server_behaved_in_a_new_way() -> None:
    log = CampaignLog()
    report = CampaignReport(Console(file=StringIO()), log, Allowance(requests=4))
    log.emit(replace(STARTED, part=Part("campaign of 4 requests")))
    for status, label in ((201, "a list"), (400, "no name"), (400, "no type")):
        seen = ExchangeSeen(replace(answered(status), label=label))
        log.emit(seen)
        report.listen(seen)
    assert "75% of the budget; 2 behaviours, the last new one 0 s ago (400 to no name); 0 findings" in report.counts


def test_what_a_worker_has_found_is_printed_as_it_is() -> None:
    text = StringIO()
    report = CampaignReport(Console(file=text, width=100), CampaignLog(), Allowance(requests=4))
    report.listen(StageStarted("a worker has found response.icpId.type: a number (POST, 201)", Stage.NOTICE))
    assert text.getvalue() == "A worker has found response.icpId.type: a number (POST, 201)\n"


def test_a_campaign_that_ends_before_its_cells_says_so(right_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def confirm(conductor: CampaignConductor, *_: object) -> Iterator[None]:
        conductor._budget.stop()  # as many findings that take the whole budget
        yield

    monkeypatch.setattr(CampaignConductor, "_confirm", confirm)
    settings = settings_for(right_url)
    with open_campaign(settings, Allowance(requests=900), permit_for(settings)) as conductor:
        result = conductor.conduct(lambda event: None)
    assert (result.ending, result.why) == (
        Ending.OUT_OF_TIME,
        "The budget is used up before the cells of the campaign: allow a larger one.",
    )


def test_mutations_are_a_function_of_the_random_source_and_differ() -> None:
    request = Request("POST", "http://127.0.0.1/", (("Content-Type", "application/json"),), b'{"name":"a","ids":["x"]}')
    one, two = ([mutated(request, [request], Random(seed)).body for seed in range(200)] for _ in range(2))
    assert one == two
    assert len(set(one)) > 100


def test_sequences_mix_users_repetitions_and_bursts_and_leave_some_of_them_out() -> None:
    plain, *others = (Request("POST", "http://127.0.0.1/", body=b'{"name":"%d"}' % number) for number in range(20))
    parts = Parts(
        plain,
        [st.sampled_from(others[:9]), st.sampled_from(others[9:])],
        [plain],
        lambda request, random: replace(request, headers=(("Cookie", f"user={random.randrange(2)}"),)),
    )
    drawn = [sequence for seed in range(3) for sequence in sequences(parts, seed=seed)]
    assert drawn == [sequence for seed in range(3) for sequence in sequences(parts, seed=seed)]
    assert len({len(sent) for sequence in drawn for sent in sequence}) == 2
    assert len({sent[0].request for sequence in drawn for sent in sequence}) > 100
    kinds = [{sent[0].label for sent in sequence} for sequence in drawn]
    assert len(set().union(*kinds)) == 6
    assert min(map(len, kinds)) < 4 < max(map(len, kinds))
    assert not STRUCTURAL_COVERAGE_CACHE  # it would grow for as long as a campaign lasts


def breach(number: int, body: bytes) -> VerdictGiven:
    request = RequestView("POST", "http://127.0.0.1/", (), BodyView(body, len(body)))
    exchange = ExchangeView(number, "", float(number), 0.0, request, ResponseView(500, (), BodyView()))
    return VerdictGiven(VerdictView("request.name.text", Outcome.BROKEN, (exchange,), "200 or 201", "500"))


def found_after(*events: Event) -> Found:
    findings = Findings()
    for event in events:
        findings.add(event)
    [found] = findings
    return found


def test_a_finding_counts_its_breaches_and_keeps_the_smallest() -> None:
    found = found_after(breach(3, b"long"), breach(2, b"s"), breach(4, b"longer"))
    assert (found.count, found.first_s, found.last_s, found.smallest.exchanges[0].number) == (3, 2.0, 4.0, 2)


def test_what_was_sent_again_stays_until_a_smaller_request_is() -> None:
    confirmed = (
        breach(1, b"long"),
        StageStarted("again", Stage.CONFIRMING),
        FailureRepeated("request.name.text", 3, 3, 1),
    )
    later = found_after(*confirmed, StageStarted("cell 0", Stage.CELL, 0), breach(NUMBERS_OF_A_CELL + 1, b""))
    assert (later.times, later.smallest.exchanges[0].number) == (3, 1)
    shrunk = found_after(*confirmed, breach(2, b"s"))
    assert (shrunk.times, shrunk.count, shrunk.smallest.exchanges[0].number) == (0, 1, 2)


def test_no_finding_is_new_while_others_are_confirmed() -> None:
    findings = Findings()
    for event in (StageStarted("again", Stage.CONFIRMING), breach(1, b"")):
        findings.add(event)
    assert len(findings) == 0
