"""The operations of lead lists: operationId -> function. `mock_server/operations.py` says what a function receives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.lead_lists.record import Payload
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import shorten
from mock_server.pipeline.responders import Function
from mock_server.pipeline.responses import Outcome
from mock_server.pipeline.stages import Stages
from mock_server.worlds.worlds import World

CreateLeadList = Callable[[Payload, str, Headers, World], Outcome]


def table(stages: Stages, readings: Readings, path: str) -> dict[str, Function]:
    """Return the operation that creates a lead list; `path` is the path of lead lists."""
    names_place = readings.follows("location-header", "present")

    def create_lead_list(payload: Payload, user: str, headers: Headers, world: World) -> Outcome:
        # success.repeatable, request.name.repeatable: each list has a new ID, and nothing else identifies a list.
        lead_list = stages.build(payload, user, world.clock(), world.ids())
        # success.created; success.concurrent: nothing awaits between id and store.
        text = world.store.add(lead_list)
        location = {"location": f"{path}/{lead_list['id']}"} if names_place else {}  # http.answer.location
        return Outcome(lead_list, location, text)

    create = _replaying(create_lead_list) if readings.follows("idempotency-key", "honoured") else create_lead_list
    return {"createLeadList": create}


def reading_operations(contract: Contract, path: str) -> dict[str, Function]:
    """Return operations for a custom spec that reads lead lists: `GET path/{any name}` and `GET path`.

    A user sees the lists with this user in `userIds`. The bundled spec has neither operation.
    """
    found: dict[str, Function] = {}
    for operation in contract.operations.values():
        if operation.method != "GET" or not operation.success_statuses:
            continue
        schema = contract.resolve(operation.responses[min(operation.success_statuses)].schema or {})
        if match := re.fullmatch(re.escape(path) + r"/\{([^/}]+)\}", operation.path):
            found[operation.id] = _reading_one(
                re.sub("[^0-9A-Za-z_]", "", match[1].replace("-", "_"))
            )  # the name that Connexion gives it
        elif operation.path == path and schema.get("type") == "array":
            found[operation.id] = _read_all
    return found


def _reading_one(parameter: str) -> Function:
    def read(*, world: World, user: str | None = None, **parameters: Any) -> dict[str, Any]:
        list_id = str(parameters[parameter])
        stored = world.store.find(list_id)
        value = stored.to_json() if stored else {}
        if not stored or (user is not None and user not in value["userIds"]):
            raise Refused(404, message=f"There is no lead list {shorten(list_id)}")
        return value

    return read


def _read_all(*, world: World, user: str | None = None, **_: Any) -> list[dict[str, Any]]:
    values = [each.to_json() for each in world.store]
    return [each for each in values if user is None or user in each["userIds"]]


def _replaying(run: CreateLeadList) -> CreateLeadList:
    """Wrap `run` to repeat the first outcome for the same user and Idempotency-Key."""

    def replay(payload: Payload, user: str, headers: Headers, world: World) -> Outcome:
        key = headers.get("idempotency-key")
        if key is None:
            return run(payload, user, headers, world)
        outcome: Outcome | None = world.store.outcome(user, key)
        if outcome is None:
            outcome = run(payload, user, headers, world)
            stored = world.store.find(outcome.value.get("id", ""))
            world.store.remember(user, key, outcome, stored.size_bytes if stored else 0)
        return outcome

    return replay
