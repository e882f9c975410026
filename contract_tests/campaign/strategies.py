"""The strategies of cells: each yields the requests of one cell, made from its seed and from what was new so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.campaign.cells import Cell
from contract_tests.campaign.corpus import Corpus
from contract_tests.campaign.json_bytes import json_bytes
from contract_tests.campaign.messages import unusual_message
from contract_tests.campaign.sequences import Parts, Sent, sequences
from contract_tests.campaign.variation import mutated, sent_like, signed_in_as
from contract_tests.engine.exploration import draw
from contract_tests.operation_suite import RequestGroup
from contract_tests.requests.plan import Plan, Sender, Step
from contract_tests.requests.schema_driving import fuzzed_cases
from contract_tests.requests.transport import VARIATIONS
from contract_tests.settings.values import Session
from contract_tests.target.exchange import Request

DRAWN_AT_ONCE = 40  # by Hypothesis, before any is sent


@dataclass(frozen=True, slots=True)
class Ground:
    """What every cell starts from.

    groups: of the operation, by name. sessions: the users who may sign in. writes_messages: whether the bytes of a
    message reach the server as they are. is_rude: whether malformed messages may be sent. corpus: of this cell; it
    grows meanwhile.
    """

    sender: Sender
    plan: Plan
    groups: Mapping[str, RequestGroup]
    sessions: tuple[Session, ...]
    writes_messages: bool = True
    is_rude: bool = False
    corpus: Corpus = field(default_factory=Corpus)

    def as_anyone(self, request: Request, random: Random) -> Request:
        """Return the request by one of the users, if it carries a login."""
        if len(self.sessions) < 2 or not {"authorization", "cookie"} & {name.lower() for name, _ in request.headers}:
            return request
        return signed_in_as(request, random.choice(self.sessions), self.sessions)


def requests_of(cell: Cell, ground: Ground) -> Iterator[Sent]:
    """Yield the requests of a cell, without end; each is made only when the one before has been judged."""
    return _STRATEGIES[cell.strategy](Random(cell.seed), ground)


def _swarm(random: Random, ground: Ground) -> Iterator[Sent]:
    """Draw from some kinds of requests, send them in some of the ways as some of the users: another mix each time.

    Leaving features out finds what their presence hides (Groce et al., Swarm Testing, 2012).
    """
    while True:
        groups = _some(random, sorted(ground.groups))
        ways = [way for way in VARIATIONS if random.random() < 0.2]
        mutates, varies = random.choice((0.0, 0.2, 0.5)), random.choice((0.0, 0.3, 0.8))
        drawn = _drawn(random, ground, groups)
        for request in drawn:
            label = f"drawn by {' and '.join(groups) or 'the schema'}"
            if random.random() < mutates:
                request, label = mutated(request, drawn, random), f"{label}, mutated"
            if ways and random.random() < varies:
                way = random.choice(ways)
                request, label = sent_like(request, way), f"{label}, {way}"
            yield (Step(label, ground.as_anyone(request, random)),)


def _mutation(random: Random, ground: Ground) -> Iterator[Sent]:
    """Mutate the requests that made the server behave in a new way, the newest the most."""
    while True:
        request = mutated(ground.corpus.pick(random), ground.corpus.requests, random)
        if random.random() < 0.1:
            request = sent_like(request, random.choice(list(VARIATIONS)))
        yield (Step("a mutation of what was new", ground.as_anyone(request, random)),)


def _sequence(random: Random, ground: Ground) -> Iterator[Sent]:
    """Sequences over one state: users in turn, refusals in between, repetitions of earlier requests, bursts."""
    while True:
        parts = Parts(
            ground.plan.first.request,
            _of_groups(ground, sorted(ground.groups)),
            ground.corpus.requests or [ground.plan.first.request],
            ground.as_anyone,
        )
        for sequence in sequences(parts, seed=random.randrange(2**32)):
            yield from sequence


def _schema(random: Random, ground: Ground) -> Iterator[Sent]:
    """Schemathesis draws from the schema; some are mutated."""
    strategy = fuzzed_cases(ground.sender.terms, ground.sender.operation)
    while True:
        drawn = draw(strategy, examples=DRAWN_AT_ONCE, seed=random.randrange(2**32))
        for request in drawn:
            if random.random() < 0.2:
                yield (Step("fuzzed from the schema, mutated", mutated(request, drawn, random)),)
            else:
                yield (Step("fuzzed from the schema", request),)


def _bytes(random: Random, ground: Ground) -> Iterator[Sent]:
    """Send JSON and HTTP byte by byte as few clients do; after each message that is odd, a plain request.

    The plain request shows whether the server is still well.
    """
    while True:
        for request in _drawn(random, ground, sorted(ground.groups)):
            request = random.choice((request, ground.plan.first.request, random.choice(ground.corpus.requests)))
            label, is_json = "", random.random() < 0.5
            if is_json:
                kind, body = json_bytes(request.body, random)
                request, label = replace(request, body=body, wire=None), f"bytes of JSON: {kind}"
            if ground.writes_messages and not (is_json and random.random() < 0.8):
                kind, request = unusual_message(request, random, is_rude=ground.is_rude)
                yield (Step(f"{label}, {kind}".removeprefix(", "), request),)
                yield (Step("a plain request after that", ground.plan.first.request),)
            else:
                yield (Step(label or "as drawn", request),)


_STRATEGIES = {"swarm": _swarm, "mutation": _mutation, "sequence": _sequence, "schema": _schema, "bytes": _bytes}


def _some(random: Random, names: list[str]) -> list[str]:
    """Some of the names, at least one if there is one."""
    return [name for name in names if random.random() < 0.5] or names[:1]


def _of_groups(ground: Ground, names: list[str]) -> list[SearchStrategy[Request]]:
    """Strategies for requests of these kinds, or from the schema where the operation has none."""
    found = [ground.groups[name].strategy(ground.sender) for name in names]
    return found or [fuzzed_cases(ground.sender.terms, ground.sender.operation)]


def _drawn(random: Random, ground: Ground, groups: list[str]) -> list[Request]:
    """Requests of these kinds that Hypothesis draws."""
    return draw(st.one_of(_of_groups(ground, groups)), examples=DRAWN_AT_ONCE, seed=random.randrange(2**32))
