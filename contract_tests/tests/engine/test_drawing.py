"""Test that searches are drawn ahead: the same requests, in order, and no longer than the run lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import strategies as st

from contract_tests.engine.drawing import Drawing
from contract_tests.engine.exploration import draw
from contract_tests.engine.searches import Search
from contract_tests.requests.plan import Step
from contract_tests.target.exchange import Request

PATIENCE_S = 10.0
REQUESTS = st.text().map(lambda text: Request("GET", text))


def search(name: str, strategy: st.SearchStrategy[Request] | None = REQUESTS, examples: int = 30) -> Search:
    prepared = (Step("prepared", Request("GET", name)),)
    return Search(name, f"drawn for {name}", prepared, strategy, examples, seed=3)


def always() -> bool:
    return True


@pytest.mark.parametrize("ahead", [True, False])
def test_searches_are_drawn_in_order_and_the_same_ahead_or_not(ahead: bool) -> None:
    wanted = [
        search("one"),
        search("two", None),
        search("three", st.binary().map(lambda b: Request("POST", "", (), b))),
    ]
    with Drawing(wanted, always, ahead=ahead) as drawing:
        alone = draw(REQUESTS, examples=30, seed=3)  # at the same time
        drawn = list(drawing.finished())
    assert [found for found, _ in drawn] == wanted
    assert [steps[0].request.url for _, steps in drawn] == ["one", "two", "three"]
    assert [step.request for step in drawn[0][1][1:]] == alone
    assert {step.label for step in drawn[0][1][1:]} == {"drawn for one"}
    assert len(drawn[1][1]) == 1


@pytest.mark.parametrize("ahead", [True, False])
def test_an_error_of_a_strategy_is_raised_where_the_run_waits_for_it(ahead: bool) -> None:
    def broken(text: str) -> Request:
        raise KeyError(text)

    with Drawing([search("one"), search("two", st.text().map(broken))], always, ahead=ahead) as drawing:
        finished = drawing.finished()
        assert next(finished)[0].name == "one"
        with pytest.raises(KeyError):
            next(finished)


@pytest.mark.parametrize("ends", ["by the run", "by its budget"])
def test_drawing_ends_with_the_run(ends: str) -> None:
    drawn: list[str] = []
    has_begun = threading.Event()

    def slowly(text: str) -> Request:
        drawn.append(text)
        has_begun.set()
        time.sleep(0.01)
        return Request("GET", text)

    def searches() -> Iterator[Search]:
        while True:
            yield search("endless", st.text().map(slowly), examples=100_000)

    stopped = threading.Event()
    going_on: Callable[[], bool] = lambda: not stopped.is_set()  # noqa: E731
    with Drawing(searches(), going_on, ahead=True) as drawing:
        assert has_begun.wait(PATIENCE_S)
        if ends == "by its budget":
            threading.Timer(0.05, stopped.set).start()
            assert list(drawing.finished()) == []
            drawing.join(PATIENCE_S)
            assert "drawing" not in {thread.name for thread in threading.enumerate()}
    drawing.join(PATIENCE_S)
    count = len(drawn)
    time.sleep(0.05)
    assert len(drawn) == count < 10_000
