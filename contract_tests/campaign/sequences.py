"""Draw sequences of requests over one state of the server, as runs of a rule-based state machine of Hypothesis.

The machine only lists requests; the cell sends them. Hypothesis leaves out some of the rules in each run, so that some
sequences are all repetitions and others have no refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import hypothesis
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import SearchStrategy

from contract_tests.campaign.variation import mutated
from contract_tests.engine.exploration import quiet_settings
from contract_tests.engine.same_draws import same_draws
from contract_tests.requests.plan import BURST, Step
from contract_tests.target.exchange import Request

LENGTH = 20  # steps of one sequence
AT_ONCE = 12  # sequences that are drawn before the first one is sent; Hypothesis begins with the simplest ones
MOST_BURSTS = 2  # of one sequence; each takes the requests of four steps
MOST_DRAWN = 6  # in one step; requests that were never sent before find more than repetitions
_SEEDS = st.integers(0, 2**32 - 1)

Sent = tuple[Step, ...]  # one request, or several to be sent at the same moment


@dataclass(frozen=True, slots=True)
class Parts:
    """What sequences consist of.

    plain: the request that every correct server accepts. groups: strategies of valid, invalid and unspecified requests.
    new: requests that made the server behave in a new way. as_anyone: returns a request by one of the users.
    """

    plain: Request
    groups: Sequence[SearchStrategy[Request]]
    new: Sequence[Request]
    as_anyone: Callable[[Request, Random], Request]


def sequences(parts: Parts, *, seed: int) -> list[list[Sent]]:
    """Draw a few sequences; the same seed draws the same ones."""
    drawn: list[list[Sent]] = []
    settings = quiet_settings(AT_ONCE, (Phase.generate,), stateful_step_count=LENGTH)

    def begun() -> _Requests:
        drawn.append([])
        return _Requests(parts, drawn[-1])

    machine: Any = hypothesis.seed(seed)(begun)
    with same_draws():
        run_state_machine_as_test(machine, settings=settings)
    different = dict.fromkeys(map(tuple, reversed(drawn)))  # the simplest ones last
    return [list(steps) for steps in different if len({step.request for sent in steps for step in sent}) > 1]


class _Requests(RuleBasedStateMachine):
    """Lists the steps of one sequence. A single class, because Hypothesis keeps every class of a machine."""

    earlier = Bundle("earlier")

    def __init__(self, parts: Parts, steps: list[Sent]) -> None:
        super().__init__()
        self.parts = parts
        self.some = st.lists(st.one_of(*parts.groups), min_size=1, max_size=MOST_DRAWN)
        self._steps = steps
        self._bursts = 0

    def _send(self, request: Request, label: str = "in a sequence", times: int = 1) -> Request:
        self._steps.append((Step(label, request),) * times)
        return request

    @initialize(target=earlier)
    def start(self) -> Request:
        return self._send(self.parts.plain)

    @rule(target=earlier, requests=st.runner().flatmap(lambda machine: machine.some))
    def others(self, requests: list[Request]) -> Any:
        return multiple(*map(self._send, requests))

    @rule(target=earlier, request=st.runner().flatmap(lambda machine: st.sampled_from(machine.parts.new)))
    def new_before(self, request: Request) -> Request:
        return self._send(request, "in a sequence, what was new")

    @rule(target=earlier, request=earlier, seed=_SEEDS)
    def by_anyone(self, request: Request, seed: int) -> Request:
        return self._send(self.parts.as_anyone(request, Random(seed)), "in a sequence, a request by any user")

    @rule(target=earlier, request=earlier, other=earlier, seed=_SEEDS)
    def changed(self, request: Request, other: Request, seed: int) -> Request:
        return self._send(mutated(request, [other], Random(seed)), "in a sequence, a request changed")

    @rule(request=earlier)
    def again(self, request: Request) -> None:
        self._send(request, "in a sequence, a request again")

    @precondition(lambda self: self._bursts < MOST_BURSTS)
    @rule(request=earlier)
    def at_once(self, request: Request) -> None:
        self._bursts += 1
        self._send(request, "in a sequence, at the same moment", BURST // 2)
