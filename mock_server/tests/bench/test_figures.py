"""What the benchmark makes of its measurements."""

from __future__ import annotations

import json

import pytest

from mock_server.bench import guard, records, tables
from mock_server.bench.guard import Comparison
from mock_server.bench.load import Load, parse_count
from mock_server.bench.machine import parse_cpu_model
from mock_server.bench.processes import parse_pss_kib, parse_stat
from mock_server.bench.requests import BRIEF, CREATE, EVERY, INVALID
from mock_server.bench.results import (
    Growth,
    LoadFigures,
    Row,
    Sample,
    Start,
    StartFigures,
    row_from_json,
    row_to_json,
    summarize,
    summarize_starts,
)
from mock_server.bench.sample import SIZE, draw, read_sample
from mock_server.bench.servers import BASELINE, BY_NAME, SERVERS, Server
from mock_server.defects.catalogue import CATALOGUE
from mock_server.tests.conftest import ROOT

WRK = """Running 1s test @ http://127.0.0.1:1/api
  1 threads and 32 connections
  2000 requests in 1.00s, 1.00MB read

{"requests": 2000, "duration_us": 1000500, "p99_us": 7250, "unexpected": 3, "socket_errors": 1, "timeouts": 2}
first unexpected: 500 Internal Server Error
"""
ROW = Row(
    "mock",
    {CREATE.name: LoadFigures(throughput_ratio=0.07345, cpu_ratio=13.512, cpu_us=458.3, p99_ratio=44.12)},
    StartFigures(cpu_ratio=3.3, cpu_s=0.43, pss_mib=54.0),
    Growth(creates=100_000, pss_mib=61.0, grown_mib=7.0),
)


def sample(server: str, number: int, per_s: float, cpu_us: float = 1.0) -> Sample:
    return Sample(server, CREATE.name, number, Load(per_s, cpu_us, p99_ms=1.0))


def test_the_counts_of_wrk_are_read_from_what_the_script_prints() -> None:
    count = parse_count(WRK)
    assert (count.requests, count.duration_s, count.p99_ms) == (2000, 1.0005, 7.25)
    assert (count.unexpected, count.errors) == (3, 3)
    assert count.first_unexpected == "500 Internal Server Error"


def test_output_without_counts_is_an_error_that_shows_the_output() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        parse_count("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_processor_time_includes_children_that_have_ended() -> None:
    stat = parse_stat("77 (a) name) S 5 77 77 0 -1 0 1 1 1 1 100 20 3 4 20 0 1 0 9 9 9\n")
    assert (stat.state, stat.parent, stat.ticks) == ("S", 5, 127)


def test_memory_is_the_proportional_set_size() -> None:
    assert parse_pss_kib("00-ff [rollup]\nRss:  900 kB\nPss:  700 kB\nPss_Anon:  600 kB\n") == 700
    assert parse_pss_kib("") == 0


def test_the_processor_is_named_even_where_cpuinfo_does_not() -> None:
    assert parse_cpu_model("processor\t: 0\nmodel name\t: Some CPU\n") == "Some CPU"
    assert parse_cpu_model("processor\t: 0\n") != ""


def test_a_ratio_compares_one_round_and_the_median_is_over_rounds() -> None:
    samples = [sample(BASELINE, 0, 100), sample(BASELINE, 1, 1000), sample(BASELINE, 2, 10)]
    samples += [sample("mock", 0, 50), sample("mock", 1, 100), sample("mock", 2, 9)]  # 0.5, 0.1, 0.9
    assert summarize(samples, "mock", BASELINE)[CREATE.name].throughput_ratio == 0.5


def test_a_round_without_the_bare_app_does_not_count() -> None:
    samples = [sample(BASELINE, 0, 100), sample("mock", 0, 50), sample("mock", 1, 999)]
    assert summarize(samples, "mock", BASELINE)[CREATE.name].throughput_ratio == 0.5
    assert summarize([sample("mock", 0, 1)], "mock", BASELINE) == {}


def test_starts_are_compared_within_a_round_too() -> None:
    starts = [Start(BASELINE, 0, 0.1, 20.0), Start("mock", 0, 0.4, 50.0), Start("mock", 1, 99.0, 99.0)]
    assert summarize_starts(starts, "mock", BASELINE) == StartFigures(4.0, 0.4, 50.0)
    assert summarize_starts(starts[1:], "mock", BASELINE) is None


def test_a_row_is_written_with_three_digits_and_read_back() -> None:
    written = json.loads(json.dumps(row_to_json(ROW)))
    assert written[CREATE.name] == {"throughput_ratio": 0.0735, "cpu_ratio": 13.5, "cpu_us": 458.0, "p99_ratio": 44.1}
    assert row_to_json(row_from_json("mock", written)) == written


def test_the_table_has_a_cell_for_every_figure_and_a_dash_for_what_was_not_measured() -> None:
    heading, full, empty = tables.server_table([ROW, Row("prism")])
    assert full[:2] == ["leadlists-mock", "0.073 (458 µs)"]
    assert full[5:9] == ["x44", "x3.3 (0.43 s)", "54", "61 (+7)"]
    assert len(heading) == len(full) == len(empty)
    assert set(empty[1:-1]) == {"-"}


def test_tables_are_aligned_in_a_terminal_and_escaped_in_markdown() -> None:
    assert tables.as_text([["a", "b"], ["long", "c"]]) == "a     b\nlong  c"
    assert tables.as_markdown([["a"], ["b|c"]]) == "| a |\n| --- |\n| b\\|c |"


def test_a_table_replaces_only_the_text_between_its_markers() -> None:
    text = "before <!-- servers: begin -->old<!-- servers: end --> after"
    assert tables.put_between(text, "servers", "new") == (
        "before <!-- servers: begin -->\nnew\n<!-- servers: end --> after"
    )
    with pytest.raises(ValueError, match="no place for suites"):
        tables.put_between(text, "suites", "new")


def test_the_readme_shows_the_recorded_results() -> None:
    recorded = json.loads(records.LAST.read_text(encoding="utf-8"))
    readme = records.README.read_text(encoding="utf-8")
    rows = list(records.read_servers().values())
    assert {BASELINE, "mock"} <= {row.server for row in rows}
    assert tables.as_markdown(tables.server_table(rows)) in readme
    for section in recorded.keys() & {"servers", "suites"}:
        assert recorded[section]["machine"]["date"] in readme.partition(f"<!-- {section}: begin -->")[2]


@pytest.mark.parametrize(
    ("now", "is_regression", "is_improvement"),
    [(15.1, True, False), (14.9, False, False), (6.6, False, True)],
)
def test_the_guard_objects_beyond_its_margin_only(now: float, is_regression: bool, is_improvement: bool) -> None:
    comparison = Comparison("CPU time", last=10.0, now=now, margin=1.5)
    assert (comparison.is_regression, comparison.is_improvement) == (is_regression, is_improvement)
    assert guard.verdict([comparison]) == (guard.SLOWER if is_regression else guard.WITHIN)


def test_the_guard_gives_no_verdict_on_nothing() -> None:
    assert guard.verdict([]) == guard.NOT_MEASURED


def test_the_guard_compares_every_request_the_start_and_the_memory_with_the_recorded_ones() -> None:
    recorded = records.read_guarded()
    compared = guard.compare(recorded, recorded)
    assert len(compared) == len(BRIEF) + 2
    assert {each.change for each in compared} == {1.0}


def test_the_sample_holds_defects_that_exist() -> None:
    listed = read_sample()
    assert len(set(listed)) == SIZE
    assert set(listed) <= set(CATALOGUE), "draw the sample again: python -m mock_server.bench.sample"


def test_a_sample_depends_on_neither_order_nor_chance() -> None:
    ids = [f"defect-{number}" for number in range(200)]
    assert draw(ids) == draw(reversed(ids)) == sorted(draw(ids))


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_a_server_is_objected_to_unless_it_responds_as_its_row_says(server: Server) -> None:
    for request in EVERY:
        expected = server.expected(request)
        body = f"{expected.marker} name icpId startDate".encode()
        assert server.objection(request, expected.status, body) is None
        assert "expected" in str(server.objection(request, 500, body))
        assert "expected" in str(server.objection(request, expected.status, b"{}"))


def test_a_400_that_names_one_problem_only_is_objected_to() -> None:
    body = f"{INVALID.expected.marker} name".encode()
    assert "does not name icpId, startDate" in str(BY_NAME["mock"].objection(INVALID, 400, body))


def test_the_verb_of_the_readme_exists() -> None:
    assert "\nbench: " in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make bench" in records.README.read_text(encoding="utf-8")
