"""Test the warning of a time that is too short for the planned requests."""

from __future__ import annotations

import pytest

from contract_tests.commands.time_notice import TimeNotice
from contract_tests.results.events import Event, ExchangeSeen
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView


def answered(elapsed_s: float, status: int = 201) -> ExchangeSeen:
    response = ResponseView(status, (), BodyView()) if status else None
    return ExchangeSeen(ExchangeView(1, "", 0.0, elapsed_s, RequestView("POST", "/", (), BodyView()), response))


@pytest.mark.parametrize(
    ("time_s", "rate", "at_once", "responses_s", "says"),
    [
        (5, None, 10, (1.5, 1.0, 1.2), "the server takes 1 s for a response; at this speed the 400 planned requests, "
         "10 at once, take 40 s or longer, more than the 5 s allowed, so not all clauses"),
        (60, None, 1, (0.25, 0.25, 0.25), "the server takes 0.25 s for a response; at this speed the 400 planned "
         "requests take 100 s or longer"),
        (60, 5, 1, (), "400 planned requests at 5 in a second take 80 s or longer, more than the 60 s allowed"),
        (60, 5, 1, (9, 9, 9), "400 planned requests at 5 in a second take 80 s"),
        (100, 5, 1, (0.5, 0.5, 0.5), "the server takes 0.5 s for a response"),
        (100, 5, 1, (0.1, 0.1, 0.1), ""),
        (60, None, 1, (3.0, 0.01, 3.0), ""),
        (60, None, 1, (0.01, 3.0), ""),
        (None, None, 1, (9, 9, 9), ""),
    ],
)  # fmt: skip
def test_one_warning_comes_after_the_first_responses(
    time_s: float | None,
    rate: float | None,
    at_once: int,
    responses_s: tuple[float, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[Event] = []
    listen = TimeNotice(400, time_s, rate, at_once).before(seen.append)
    events = [answered(0.0, status=0), *map(answered, responses_s), answered(9.0)]
    for event in events:
        listen(event)
    assert seen == events
    printed = capsys.readouterr().err
    assert says in printed
    assert printed.count("\n") == bool(says)
