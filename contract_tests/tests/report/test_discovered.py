"""The findings of a campaign and its curve, in every report that shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest
from markdown_it import MarkdownIt

from contract_tests.composition.start import first_event
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.verdict import Outcome
from contract_tests.report import html, junit, markdown
from contract_tests.report import json as json_report
from contract_tests.report.curve import HEIGHT, WIDTH, curve_of
from contract_tests.report.failure import describe as describe_failure
from contract_tests.report.summary import summary_line
from contract_tests.results.discoveries import KEPT_POINTS, Discoveries
from contract_tests.results.events import Ending, Event, ExchangeSeen, FailureRepeated, Part, RunEnded, VerdictGiven
from contract_tests.results.result import RunResult
from contract_tests.results.summing import sum_up
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView, VerdictView, WireView
from contract_tests.tests.conftest import settings_for

STARTED = first_event(Terms.of(load_specification(), settings_for("http://127.0.0.1:1")))
HOSTILE = "<script>alert(1)</script>`|"


def seen(number: int, status: int) -> ExchangeView:
    request = RequestView("POST", "http://127.0.0.1/", (), BodyView(b"{}", 2))
    return ExchangeView(number, "", 1000.0 + number, 0.0, request, ResponseView(status, (), BodyView()))


def broken(view: ExchangeView, actual: str) -> VerdictGiven:
    return VerdictGiven(VerdictView("request.name.text", Outcome.BROKEN, (view,), "200 or 201", actual))


def campaign(*more: Event) -> RunResult:
    views = [seen(1, 201), seen(2, 201), seen(3, 500), seen(4, 400)]
    events: list[Event] = [replace(STARTED, part=Part("campaign of 900 requests")), *map(ExchangeSeen, views)]
    events += [broken(views[2], "500"), broken(views[3], HOSTILE), FailureRepeated("request.name.text", 2, 3, 3)]
    return sum_up([*events, *more, RunEnded("", Ending.COMPLETE, "", 4, 4.0)])


@pytest.mark.parametrize(("requests", "words"), [(1, "1 request in"), (2, "2 requests in")])
def test_the_summary_counts_requests(requests: int, words: str) -> None:
    assert words in summary_line(sum_up([STARTED, RunEnded("", Ending.COMPLETE, "", requests, 1.0)]))


def test_a_campaign_has_findings_and_a_curve_and_a_run_has_none() -> None:
    discovered = campaign().discovered
    assert discovered is not None
    assert [(found.main.key.place, found.main.same, found.main.times) for found in discovered.findings] == [
        ("POST, 500", 2, 3),
        ("POST, 400", 0, 0),
    ]
    assert [(point.requests, point.behaviours) for point in discovered.curve[:3]] == [(1, 1), (3, 2), (4, 3)]
    assert (discovered.behaviours, discovered.curve[-1].findings) == (3, 2)
    assert sum_up([STARTED]).discovered is None


def test_the_terminal_cuts_the_command_of_a_long_raw_message_with_a_mark() -> None:
    view = seen(9, 500)
    view = replace(view, request=replace(view.request, wire=WireView(BodyView(b"x" * 60_000, 60_000))))
    result = sum_up([STARTED, ExchangeSeen(view), broken(view, "500")])
    text = describe_failure(result, result.broken[0])
    assert len(text) < 3000
    assert "cut: 60" in text


def test_the_curve_rises_from_left_to_right_and_marks_findings() -> None:
    discovered = campaign().discovered
    assert discovered is not None
    curve = curve_of(discovered.curve)
    assert curve is not None
    points = [tuple(map(float, pair.split(","))) for pair in curve.line.split()]
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    assert (points[0], points[-1]) == ((0, HEIGHT), (WIDTH, 0))
    assert len(curve.marks) == 2
    assert curve_of(()) is None


def test_a_long_curve_is_thinned_out() -> None:
    discoveries = Discoveries()
    for number in range(3 * KEPT_POINTS):
        body = BodyView(json.dumps({f"key{chr(97 + number % 26)}{chr(97 + number // 26)}": 1}).encode())
        view = replace(seen(number, 201), response=ResponseView(201, (), body))
        discoveries.add(ExchangeSeen(view))
    curve = discoveries.view().curve
    assert len(curve) <= KEPT_POINTS + 1
    assert [point.behaviours for point in curve] == sorted(point.behaviours for point in curve)
    assert curve[-1].behaviours == 3 * KEPT_POINTS


def test_every_report_shows_each_finding_and_escapes_it() -> None:
    result = campaign()
    page = html.write(result, None)
    assert page.count('class="discovery"') == 2
    assert HOSTILE not in page
    assert "sent again 3 times, 2 the same" in page
    assert page.count("once, at ") == 2
    svg = Xml.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert len(svg.findall("circle")) == 2
    told = json.loads(json_report.write(result, None))["campaign"]
    assert [found["repeated"] for found in told["findings"]] == [{"same": 2, "times": 3}, {"same": 0, "times": 0}]
    assert told["curve"][-1] == {"atS": 3.0, "requests": 4, "behaviours": 3, "findings": 2}
    text = markdown.write(result, None)
    assert "<script>" not in MarkdownIt().render(text)
    assert text.count("sent again 3 times, 2 the same") == 1
    assert "request.name.text" in junit.write(result, None)


def test_the_reports_of_a_run_have_no_campaign() -> None:
    result = sum_up([STARTED, RunEnded("", Ending.COMPLETE, "", 0, 0.0)])
    assert 'id="campaign"' not in html.write(result, None)
    assert "campaign" not in json.loads(json_report.write(result, None))
