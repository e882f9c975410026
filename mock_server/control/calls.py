"""The calls of the control API except those of the journal and of sign-in: operationId -> coroutine.

A coroutine returns a JSON value, a whole response, or None for 204.
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from mock_server.contract.openapi import Contract
from mock_server.contract.readings import Readings
from mock_server.control.checks import Checker
from mock_server.control.matchers import WrongMatcher, compile_matcher
from mock_server.control.possible import check_path, check_user
from mock_server.control.showing import instant
from mock_server.control.types_spec import for_types
from mock_server.middleware.preflights import Preflights
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import problem, shorten
from mock_server.settings.parsers import FIRST_YEAR, LAST_YEAR
from mock_server.settings.values import Settings
from mock_server.worlds.faults import FaultError, from_json
from mock_server.worlds.snapshots import SnapshotRefused
from mock_server.worlds.sources import Clock
from mock_server.worlds.worlds import RESET, World, Worlds

CONTROL_SPEC = Path(__file__).with_name("control.yaml")
YAML = "application/yaml"  # RFC 9512

ReadRecords = Callable[[Any, Clock], Iterable[dict[str, Any]]]  # the body of setLists -> its lists; raises Refused


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the mock that the calls use."""

    settings: Settings
    contract: Contract
    readings: Readings
    worlds: Worlds
    checker: Checker
    preflights: Preflights
    read_lists: ReadRecords | None  # None: the spec has no lead lists


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its validated parameters and body."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    headers: Headers
    scheme: str
    port: int  # the mock's


# -- the mock


@functools.cache
def version() -> str:
    """Return the version of the kit."""
    try:
        return importlib.metadata.version("leadlists-contract-kit")
    except importlib.metadata.PackageNotFoundError:  # a copy of the folder that is not installed
        return "unknown"


async def get_ready(parts: Parts, call: Call) -> Any:
    return {"ready": True, "version": version()}


async def get_state(parts: Parts, call: Call) -> Any:
    operations = [
        {
            "id": each.id,
            "method": each.method,
            "path": each.path,
            "example": each.example,
            "statuses": [*each.responses],
        }
        for each in parts.contract.operations.values()
    ]
    readings = [
        {"id": each.id, "question": each.question, "option": parts.readings[each.id], "options": each.options}
        for each in parts.readings
    ]
    return {
        "version": version(),
        "world": call.world.name,
        "now": instant(call.world.clock()),
        "cookieName": parts.settings.cookie_name,
        "operations": operations,
        "users": [user for user, _ in parts.settings.user],
        "profile": parts.settings.profile,
        "readings": readings,
        "scheme": call.scheme,
        "port": call.port,
        "notices": [{"at": instant(at), "text": text} for text, at in call.world.notices],
        "counts": call.world.counts(),
    }


async def get_spec(parts: Parts, call: Call) -> Response:
    return Response(parts.contract.source, media_type=YAML)


async def get_spec_for_types(parts: Parts, call: Call) -> Response:
    return Response(for_types(parts.contract.source), media_type="application/json")


async def get_control_spec(parts: Parts, call: Call) -> Response:
    return Response(CONTROL_SPEC.read_bytes(), media_type=YAML)


async def reset(parts: Parts, call: Call) -> None:
    call.world.reset()
    for of in RESET:
        call.world.journal.notify(of)


# -- faults


async def get_faults(parts: Parts, call: Call) -> Any:
    faults = call.world.faults
    listed = [
        {**fault.to_json(), **({} if remaining is None else {"remaining": remaining})}
        for fault, remaining in faults.in_force
    ]
    return {"faults": listed, "seed": faults.seed}


async def set_faults(parts: Parts, call: Call) -> Any:
    faults = []
    for i, each in enumerate(call.body["faults"]):
        place, match = ("faults", i), each.get("match", {})
        if "path" in match:
            check_path(match["path"], (*place, "match", "path"))
        if "user" in match:
            check_user(match["user"], dict(parts.settings.user), (*place, "match", "user"))
        try:
            faults.append(from_json(each, functools.partial(_body_fits, parts.checker)))
        except WrongMatcher as error:
            path = (*place, "match", *error.path)
            raise Refused(400, [problem("matcher", path, got=shorten(error.got), want=error.want)]) from None
        except FaultError as error:
            path = (*place, error.name) if error.name else place
            raise Refused(400, [problem("range", path, got=error.got, want=error.want)]) from None
    call.world.faults.put(faults, call.body.get("seed"))
    call.world.journal.notify("faults")
    return await get_faults(parts, call)


def _body_fits(checker: Checker, want: Any) -> Callable[[bytes], bool]:
    """Compile a fault's matcher for request bodies; raise WrongMatcher."""
    matcher = compile_matcher(want, ("body",))

    def fits(body: bytes) -> bool:
        try:
            return next(matcher(checker.json_of(body, Headers()), ()), None) is None
        except ValueError:
            return False

    return fits


async def clear_faults(parts: Parts, call: Call) -> None:
    call.world.faults.clear()
    call.world.journal.notify("faults")


# -- state


async def get_lists(parts: Parts, call: Call) -> Any:
    return {"lists": [each.to_json() for each in call.world.store]}


async def get_list(parts: Parts, call: Call) -> Any:
    stored = call.world.store.find(call.path["id"])
    if stored is None:
        raise Refused(404, message=f"There is no lead list {shorten(call.path['id'])}")
    return stored.to_json()


async def set_lists(parts: Parts, call: Call) -> Any:
    if parts.read_lists is None:
        raise Refused(404, message="The spec has no lead lists")
    call.world.store.replace(parts.read_lists(call.body, call.world.clock))
    call.world.journal.notify("lists")
    return await get_lists(parts, call)


async def get_snapshots(parts: Parts, call: Call) -> Any:
    return {"snapshots": [{"name": name, "lists": lists} for name, lists in call.world.snapshots]}


async def take_snapshot(parts: Parts, call: Call) -> None:
    try:
        call.world.snapshots.take(call.path["name"], call.world.store)
    except SnapshotRefused as error:
        raise Refused(400, message=str(error)) from None
    call.world.journal.notify("snapshots")


async def restore_snapshot(parts: Parts, call: Call) -> None:
    call.world.store.replace(stored.to_json() for stored in _snapshot(call))
    call.world.journal.notify("lists")


async def drop_snapshot(parts: Parts, call: Call) -> None:
    _snapshot(call)
    call.world.snapshots.drop(call.path["name"])
    call.world.journal.notify("snapshots")


def _snapshot(call: Call) -> Any:
    name = call.path["name"]
    if (records := call.world.snapshots.find(name)) is None:
        raise Refused(404, message=f"There is no snapshot {shorten(name)}")
    return records


async def get_clock(parts: Parts, call: Call) -> Any:
    return {"now": instant(call.world.clock()), "offsetS": call.world.clock_offset_s}


async def set_clock(parts: Parts, call: Call) -> Any:
    before_s = call.world.clock_offset_s
    try:
        call.world.move_clock(call.body["offsetS"])
        is_usable = FIRST_YEAR <= call.world.clock().year <= LAST_YEAR
    except OverflowError:
        is_usable = False
    if not is_usable:
        call.world.move_clock(before_s)
        want = f"an offset with which the clock shows a year from {FIRST_YEAR} to {LAST_YEAR}"
        raise Refused(400, [problem("range", ("offsetS",), got=shorten(call.body["offsetS"]), want=want)])
    call.world.journal.notify("clock")
    return await get_clock(parts, call)


async def get_worlds(parts: Parts, call: Call) -> Any:
    now_s = monotonic()
    return {
        "worlds": [
            {
                "name": each.name,
                "idleS": round(now_s - each.used_s, 1),
                "newest": each.journal.newest_id,
                "counts": each.counts(),
            }
            for each in parts.worlds
        ]
    }


async def drop_world(parts: Parts, call: Call) -> None:
    if not parts.worlds.drop(call.path["name"]):
        raise Refused(404, message=f"There is no world {shorten(call.path['name'])}")


Handler = Callable[[Parts, Call], Awaitable[Any]]

HANDLERS: Mapping[str, Handler] = {
    "getReady": get_ready,
    "getState": get_state,
    "getSpec": get_spec,
    "getSpecForTypes": get_spec_for_types,
    "getControlSpec": get_control_spec,
    "getFaults": get_faults,
    "setFaults": set_faults,
    "clearFaults": clear_faults,
    "getLists": get_lists,
    "getList": get_list,
    "setLists": set_lists,
    "reset": reset,
    "getSnapshots": get_snapshots,
    "takeSnapshot": take_snapshot,
    "dropSnapshot": drop_snapshot,
    "restoreSnapshot": restore_snapshot,
    "getClock": get_clock,
    "setClock": set_clock,
    "getWorlds": get_worlds,
    "dropWorld": drop_world,
}
