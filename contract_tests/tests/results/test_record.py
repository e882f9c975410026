"""Test the record of a run: complete lines, no secrets, and an equal result when read back."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.composition.run import open_run
from contract_tests.composition.start import first_event
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import (
    Breaches,
    CreatedByWorker,
    CreatedView,
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    Part,
    ReadingObserved,
    RunEnded,
    RunStarted,
    Stage,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.record import FILE_NAME, Record, RecordError, new_folder, to_line
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.summing import sum_up
from contract_tests.results.views import (
    KEPT_BODY_BYTES,
    BodyView,
    ExchangeView,
    RequestView,
    ResponseView,
    VerdictView,
    WireView,
    view_exchange,
)
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Depth
from contract_tests.tests.conftest import USERS, judged, settings_for, with_fewer_requests
from contract_tests.tests.corpus.exchanges import exchange, request
from contract_tests.tests.servers.right_core import Fields, Request, RightCore
from contract_tests.tests.servers.serving import serve

STARTED = first_event(Terms.of(load_specification(), settings_for("http://127.0.0.1:1")))
CAMPAIGN = replace(STARTED, part=Part("campaign of 900 requests"))
CLAUSES = [clause.id for clause in STARTED.clauses[:5]]

TEXTS = st.text(max_size=20) | st.sampled_from(("\ud800", "a\nb", "${LEADLISTS_BEARER}"))
HEADERS = st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=3).map(tuple)
NUMBERS = st.floats(0, 1e10).map(lambda number: round(number, 6))
COUNTS = st.integers(1, 300)
BODIES = st.binary(max_size=40).flatmap(
    lambda data: st.sampled_from((BodyView(data, len(data)), BodyView(data, len(data) + 9, "ab" * 32, "id-1")))
)
CREATED = st.lists(st.builds(CreatedView, TEXTS, NUMBERS, COUNTS, TEXTS), max_size=2).map(tuple)


@st.composite
def views(draw: st.DrawFn, number: int) -> ExchangeView:
    response = draw(st.none() | st.builds(ResponseView, st.integers(100, 599), HEADERS, BODIES))
    wire = st.none() | st.builds(WireView, BODIES, TEXTS, st.booleans(), st.booleans())
    sent = draw(st.builds(RequestView, TEXTS, TEXTS, HEADERS, BODIES, st.booleans(), st.booleans(), wire))
    return ExchangeView(number, draw(TEXTS), draw(NUMBERS), draw(NUMBERS), sent, response, draw(st.none() | TEXTS))


@st.composite
def counts(draw: st.DrawFn) -> ExchangesCounted:
    def several(*parts: st.SearchStrategy[object]) -> tuple[Any, ...]:
        return tuple(draw(st.lists(st.tuples(*parts), max_size=2)))

    clauses = st.sampled_from(CLAUSES)
    return ExchangesCounted(
        draw(COUNTS),
        draw(NUMBERS),
        several(clauses, COUNTS),
        several(st.just("success-status"), st.sampled_from(("200", "201")), COUNTS),
        several(clauses, st.sampled_from(Outcome), COUNTS),
        tuple(draw(st.lists(st.builds(Breaches, clauses, TEXTS, TEXTS, COUNTS, NUMBERS), max_size=2))),
        draw(CREATED),
        several(st.integers(-150, 50), COUNTS),
    )


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """Generate the events of a run in a possible order."""
    seen = [draw(views(number)) for number in range(1, draw(st.integers(2, 6)))]
    clauses = st.sampled_from(CLAUSES)
    verdicts = st.builds(
        VerdictView,
        clauses,
        st.sampled_from(Outcome),
        st.lists(st.sampled_from(seen), min_size=1, max_size=3).map(tuple),
        TEXTS,
        TEXTS,
        st.none() | st.just("success-status"),
        TEXTS,
    )
    later = st.one_of(
        st.builds(VerdictGiven, verdicts, st.booleans()),
        st.builds(StageStarted, TEXTS, st.sampled_from(Stage), st.none() | st.integers(0, 10**6)),
        st.builds(FailureRepeated, clauses, st.integers(0, 3), st.just(3), st.integers(0, 6), st.integers(0, 9)),
        st.builds(ReadingObserved, st.just("success-status"), st.sampled_from(("200", "201"))),
        counts(),
        st.builds(CreatedByWorker, CREATED),
    )
    held = st.lists(clauses, max_size=3, unique=True).map(tuple)
    observed = (("success-status", "201"),)
    events: list[Event] = [ExchangeSeen(view, draw(held), observed, draw(st.booleans())) for view in seen]
    ended = st.builds(RunEnded, TEXTS, st.sampled_from(Ending), TEXTS, st.integers(0, 9), NUMBERS)
    started = draw(st.sampled_from((STARTED, CAMPAIGN)))
    return [started, *events, *draw(st.lists(later, max_size=6)), *draw(st.lists(ended, max_size=1))]


@settings(deadline=None)
@given(runs())
def test_a_record_read_back_gives_the_same_events_and_an_equal_result(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / FILE_NAME).write_bytes(b"".join(map(to_line, events)))
    assert list(read_events(folder)) == events
    assert read_result(folder) == sum_up(events)


@settings(deadline=None)
@given(runs(), st.data())
def test_a_record_that_is_cut_off_at_any_byte_gives_the_result_of_its_complete_lines(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("run")
    lines = [to_line(event) for event in events]
    whole = b"".join(lines)
    kept = whole[: data.draw(st.integers(len(lines[0]), len(whole)))]
    (folder / FILE_NAME).write_bytes(kept)
    assert read_result(folder) == sum_up(events[: kept.count(b"\n")])


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each value in JSON, as its container and its key."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places_in(inner)


@settings(deadline=None, max_examples=25)
@given(runs(), st.integers(0, 1000))
def test_a_record_with_a_changed_value_is_read_or_refused_with_its_name(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], seed: int
) -> None:
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("run")
    lines = [to_line(event) for event in events]
    for changed in range(1, len(lines)):
        fields = json.loads(lines[changed])
        container, key = chance.choice(list(places_in(fields)))
        container[key] = chance.choice((None, [], {}, 7, -1.5, "x", True, [[7]], 10**400, {"number": {}}))
        damaged = [*lines[:changed], json.dumps(fields).encode() + b"\n", *lines[changed + 1 :]]
        (folder / FILE_NAME).write_bytes(b"".join(damaged))
        with suppress(RecordError):
            read_result(folder)


@pytest.mark.parametrize(
    "line",
    [b'{"event":"exchange","exchange":[]}', b'{"event":"stage","name":' + b"[" * 99999 + b"]" * 99999 + b"}", b"[1]"],
    ids=["no exchange", "deep", "a list"],
)
def test_an_error_names_the_line_that_is_no_event(tmp_path: Path, line: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(to_line(STARTED) + line + b"\n")
    with pytest.raises(RecordError, match=f"{FILE_NAME}, line 2: not "):
        read_result(tmp_path)


@pytest.mark.parametrize("kept_bytes", [0, 1, -1])
def test_a_record_without_a_complete_first_line_contains_no_run(tmp_path: Path, kept_bytes: int) -> None:
    (tmp_path / FILE_NAME).write_bytes(to_line(STARTED)[:kept_bytes])
    with pytest.raises(RecordError, match="no complete first line"):
        read_result(tmp_path)


def test_the_record_of_a_real_run_reads_back_equal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Depth, "examples", 2)  # of each search; more make the record longer, not different

    class NameDoubled(RightCore):
        def build(self, request: Request, user: str, fields: Fields) -> Fields:
            created = super().build(request, user, fields)
            return {**created, "name": created["name"].replace("'", "''")}

    with serve(NameDoubled(USERS)) as url:
        suites = with_fewer_requests(lambda sent: b"'" in sent.body)
        result = judged(settings_for(url), folder=tmp_path / "run", suites=suites)
    assert [found.clause.id for found in result.broken] == ["response.name.echo"]
    assert read_result(tmp_path / "run") == result
    assert b"token-1" not in (tmp_path / "run" / FILE_NAME).read_bytes()


def test_a_run_that_was_killed_is_read_as_interrupted(right_url: str, tmp_path: Path) -> None:
    with open_run(settings_for(right_url), folder=tmp_path / "run") as run:
        for event in run.events():
            if isinstance(event, ExchangeSeen) and event.exchange.number > 20:
                break
        lines = (tmp_path / "run" / FILE_NAME).read_bytes().splitlines(keepends=True)
    (tmp_path / "cut.ndjson").write_bytes(b"".join(lines[:-1])[:-30])
    result = read_result(tmp_path / "cut.ndjson")
    assert result.ending is Ending.INTERRUPTED
    assert result.exit_code() == 130
    assert result.is_judged


def test_a_folder_with_a_record_takes_no_second_run(right_url: str, tmp_path: Path) -> None:
    few = with_fewer_requests(lambda request: False)
    result = judged(settings_for(right_url, depth=Depth.QUICK), folder=tmp_path, suites=few)
    with pytest.raises(RecordError, match=f"{re.escape(str(tmp_path))} holds the record of another run; name a new"):
        judged(settings_for(right_url), folder=tmp_path)
    assert read_result(tmp_path) == result
    Record(tmp_path, continues=True).close()


def test_secrets_are_masked_in_every_part_of_an_exchange() -> None:
    mask = Masker({"bearer-one": "LEADLISTS_BEARER"}).mask
    sent = request(raw=b'{"name":"bearer-one"}')
    view = view_exchange(exchange(replace(sent, url=sent.url + "?t=bearer-one"), failure="no bearer-one"), 1, mask)
    assert b"bearer-one" not in to_line(ExchangeSeen(view))
    assert ("Authorization", "Bearer ${LEADLISTS_BEARER}") in view.request.headers
    assert view_exchange(exchange(raw=b"\xff bearer-one"), 1, mask).response is not None


def test_a_long_body_is_truncated_with_its_size_and_hash() -> None:
    body = b'{"name":"' + b"n" * (2 * KEPT_BODY_BYTES) + b'"}'
    view = view_exchange(exchange(raw=body), 1, str)
    assert view.response is not None
    assert view.response.body.is_cut
    assert len(view.response.body.data) == KEPT_BODY_BYTES
    assert view.response.body.size_bytes == len(body)
    assert len(to_line(ExchangeSeen(view))) < 3 * KEPT_BODY_BYTES


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (b"nonsense\n", "line 1: not JSON"),
        (b'{"event":"weather"}\n', "line 1: not an event"),
        (b'{"event":"stage","title":"x"}\n', "line 1: not an event"),
        (b'{"event":"run","format":0}\n', "another version"),
    ],
)
def test_an_error_names_an_unreadable_record(tmp_path: Path, lines: bytes, says: str) -> None:
    (tmp_path / FILE_NAME).write_bytes(lines)
    with pytest.raises(RecordError, match=says):
        read_result(tmp_path)


def test_an_error_names_a_missing_record(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="nowhere"):
        read_result(tmp_path / "nowhere")


def test_the_users_folder_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    Record(tmp_path).close()
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    made = new_folder(tmp_path)
    Record(made).close()
    assert (made / ".gitignore").read_text() == "*\n"


def test_every_line_is_json_with_the_kind_of_its_event(tmp_path: Path, right_url: str) -> None:
    suites = with_fewer_requests(lambda sent: False)
    judged(settings_for(right_url, depth=Depth.QUICK), folder=tmp_path / "run", suites=suites)
    kinds = [json.loads(line)["event"] for line in (tmp_path / "run" / FILE_NAME).read_bytes().split(b"\n")[:-1]]
    assert kinds[0] == "run"
    assert kinds[-1] == "end"
    assert {"stage", "exchange", "verdict"} <= set(kinds)
    assert isinstance(next(iter(read_events(tmp_path / "run"))), RunStarted)
