"""Test mocks with several defects, and several requests to a defect that keeps state."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from mock_server.defects import catalogue
from mock_server.settings.values import Settings
from mock_server.tests.defects.probes import Probe, run_idle, sent, ticking


def answers(ids: tuple[str, ...], *probes: Probe) -> list[tuple[int, bytes]]:
    """Return status and body of each response of a mock with these defects, one after the other."""
    found = [catalogue.find(each) for each in ids]
    mock = catalogue.create_broken(found, Settings(seed=1), clock=ticking())

    async def one_by_one() -> list[Any]:
        return [await probe.answer(mock) for probe in probes]

    return [(messages[0][1], b"".join(each[3] or b"" for each in messages)) for messages in run_idle(one_by_one())]


@pytest.mark.parametrize("ids", [*permutations(("every-10th-crash", "every-15th-empty"))], ids="+".join)
def test_two_defects_of_some_requests_each_apply_to_their_own(ids: tuple[str, ...]) -> None:
    got = answers(ids, *[Probe()] * 29)
    crashed = [number for number, (status, _) in enumerate(got, 1) if status == 500]
    empty = [number for number, (_, body) in enumerate(got, 1) if not body]
    assert (crashed, empty) == ([10, 20], [15])


DROPPING = [
    ("id-empty", "id-missing"),
    ("id-kept-every-20th", "id-renamed"),
    ("id-missing", "wrapped-in-array"),
    ("json-in-json", "name-missing"),
]


@pytest.mark.parametrize("ids", [each for pair in DROPPING for each in permutations(pair)], ids="+".join)
def test_a_defect_of_a_field_that_another_drops_leaves_the_rest(ids: tuple[str, ...]) -> None:
    ((status, body),) = answers(ids, Probe())
    created = json.loads(body)
    assert (status, isinstance(created, dict) and "id" in created and "name" in created) == (201, False)


def test_a_polluted_prototype_does_not_replace_own_fields() -> None:
    got = answers(("prototype-polluted",), sent(__proto__={"id": ["x"], "admin": True}), Probe())
    for status, body in got:
        created = json.loads(body)
        assert (status, created["admin"], type(created["id"])) == (201, True, str)
