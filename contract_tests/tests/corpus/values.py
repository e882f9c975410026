"""Types of the corpus, and the values that its tables share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from contract_tests.lead_lists.plan import lead_list_plan
from contract_tests.requests.plan import Step
from contract_tests.target.exchange import Exchange, Headers, Request
from contract_tests.tests.corpus.exchanges import (
    OMIT,
    case,
    created,
    exchange,
    request,
    sent_body,
    terms,
)
from contract_tests.tests.judging import test_judge

LARGEST_BODY = 5_000  # bytes; larger ones add nothing and are slow
UUID, UUID_1, UUID_7 = test_judge.UUID, "2c1d43b8-e6d7-11ee-bd3d-0242ac120002", "018e3f5a-6b7c-7d8e-9f01-23456789abcd"
SECOND_LOGIN: Headers = (("Authorization", "Bearer bearer-two"),)
BAD = sent_body(endDate=OMIT)
PLAIN_BODY = json.dumps(sent_body(), separators=(",", ":")).encode()
ICP_ASKED = sent_body(icpId=UUID)
MALFORMED = request(raw=b'{"name":')


class Entry(NamedTuple):
    """Exchanges that are judged together, with the pinned readings."""

    exchanges: Sequence[Exchange]
    pins: Mapping[str, str] = {}


Entries = Iterator[tuple[str, Entry]]


def one(*exchanges: Exchange, **pins: str) -> Entry:
    return Entry(exchanges, pins)


def planned() -> list[Step]:
    """The planned requests, without the largest."""
    plan = lead_list_plan(terms(), terms().specification.operations[0], "tag")
    steps = (plan.first, *plan.concurrent, *chain.from_iterable(plan.chains), *plan.sequential)
    return [step for step in steps if len(step.request.body) < LARGEST_BODY]


def answers_to(asked: Request) -> list[Exchange]:
    """Return the correct responses to a request: a success, a refusal, or both."""
    judged = case(exchange(asked))
    if judged.operation is None:
        return [exchange(asked, 404)]
    if not judged.signed_in:
        return [exchange(asked, 401)]
    if judged.must_reject:
        return [exchange(asked, 400)]
    success = exchange(asked, 201, created(judged.sent or None))
    return [success] if judged.must_accept else [success, exchange(asked, 400)]
