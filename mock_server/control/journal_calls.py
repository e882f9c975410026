"""The calls of the control API that read the journal: list, verify, follow live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from time import monotonic
from typing import Any

import orjson
from starlette.responses import JSONResponse, Response, StreamingResponse

from mock_server.control import verification
from mock_server.control.calls import Call, Handler, Parts, version
from mock_server.control.checks import Checker
from mock_server.control.matchers import WrongMatcher
from mock_server.control.possible import check_path, check_user
from mock_server.control.showing import Shown
from mock_server.middleware.cors import is_preflight
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import problem, shorten
from mock_server.worlds.faults import glob_matches
from mock_server.worlds.journal import Exchange
from mock_server.worlds.worlds import World

REQUESTS_LISTED = 100
KEEP_ALIVE_S = 15.0


def _shown(parts: Parts) -> Shown:
    return Shown(parts.checker, parts.settings)


async def get_requests(parts: Parts, call: Call) -> Any:
    if "path" in call.query:
        check_path(call.query["path"])
    if "user" in call.query:
        check_user(call.query["user"], dict(parts.settings.user))
    shown = _shown(parts)
    limit = int(call.query.get("limit", REQUESTS_LISTED))
    found: list[Any] = []
    for exchange in reversed(call.world.journal.since(int(call.query.get("since", 0)))):
        if len(found) == limit:
            break
        if _fits(exchange, call.query, parts.checker):
            found.append(shown(exchange))
    return {"requests": found, "dropped": call.world.journal.dropped}


def _fits(exchange: Exchange, query: Mapping[str, str], checker: Checker) -> bool:
    status = str(exchange.status or "")
    wanted = query.get("status", status)
    return (
        query.get("method", exchange.method) == exchange.method
        and glob_matches(query.get("path", "*"), exchange.path)
        and (status == wanted or (wanted.endswith("xx") and status[:1] == wanted[0]))
        and (query.get("preflights") != "false" or not is_preflight(exchange.method, exchange.headers))
        and ("fault" not in query or (query["fault"] == "true") == (exchange.fault is not None))
        and ("user" not in query or checker.user_of(exchange) == query["user"])
        and ("verdict" not in query or checker(exchange).request == query["verdict"])
    )


async def get_archive(parts: Parts, call: Call) -> Response:
    from mock_server.control.har import archive  # few users need it, and it takes long to import

    shown = map(_shown(parts), call.world.journal.since(int(call.query.get("since", 0))))
    text = archive(shown, scheme=call.scheme, port=call.port, version=version())
    return Response(text, media_type="application/json")


async def get_request(parts: Parts, call: Call) -> Any:
    exchange = call.world.journal.find(int(call.path["id"]))
    if exchange is None:
        raise Refused(404, message=f"The journal has no request {call.path['id']}")
    return _shown(parts)(exchange)


async def clear_requests(parts: Parts, call: Call) -> None:
    call.world.journal.clear()
    call.world.journal.notify("requests")


async def verify(parts: Parts, call: Call) -> Any:
    try:
        question = verification.Question.of(call.body)
    except WrongMatcher as error:
        raise Refused(400, [problem("matcher", error.path, got=shorten(error.got), want=error.want)]) from None
    if isinstance(user := call.body.get("user"), str):
        check_user(user, dict(parts.settings.user))
    journal, within_ms = call.world.journal, call.body.get("withinMs", 0)
    mask = _shown(parts).masked
    deadline_s = monotonic() + within_ms / 1000
    with journal.watched() as watcher:
        while True:
            outcome = verification.verify(question, journal, parts.checker, mask)
            left_s = deadline_s - monotonic()
            if outcome["held"] or left_s <= 0 or journal.is_closed or not await watcher.wait(left_s):
                break
    if outcome["held"]:
        return outcome
    if not outcome["count"] and not outcome["nearest"] and "reason" not in outcome:
        outcome["reason"] = _without_requests(call.world, parts.worlds)
    return JSONResponse(outcome, 409)


def _without_requests(world: World, worlds: Iterable[World]) -> str:
    """Return where the newest request is, for a test that looks for it in a world without requests."""
    newest: dict[str, datetime] = {}
    for each in worlds:  # a preflight names no world
        at = max((e.at for e in each.journal if not is_preflight(e.method, e.headers)), default=None)
        if at is not None:
            newest[each.name] = at
    if not newest:
        return "This mock has no requests; check the address that your app calls"
    other = max(reversed(newest), key=newest.__getitem__)  # of equal ones, the world used last
    return (
        f"The world {shorten(world.name)} has no requests; the newest one is in the world {shorten(other)}: a request "
        "names its world with the header X-Mock-World, the cookie mock_world or its host name"
    )


async def get_events(parts: Parts, call: Call) -> Response:
    journal = call.world.journal
    after = call.headers.get("last-event-id", "")[:18]
    last = int(after) if after.isdecimal() else journal.last_id
    if last > journal.last_id:
        last = 0  # an ID of an earlier mock or world: all exchanges here are new to the client
    if not after and "last" in call.query:
        kept = list(journal)[-int(call.query["last"]) :] if int(call.query["last"]) else []
        last = kept[0].id - 1 if kept else last
    headers = {"x-accel-buffering": "no"}  # for nginx and proxies that follow it
    return StreamingResponse(_events(call.world, last, _shown(parts)), 200, headers, "text/event-stream")


async def _events(world: World, last: int, shown: Shown) -> AsyncIterator[bytes]:
    """Yield server-sent events (HTML Standard §9.2). A slow client misses exchanges that the journal has dropped."""
    with world.journal.watched() as watcher:
        yield b"event: hello\ndata: {}\n\n"  # shows the client that no proxy holds the stream back
        while not world.journal.is_closed:
            # Changes first: an exchange can be newer than the clearing of the journal that is reported here.
            for of in watcher.take():
                yield b"event: change\ndata: %s\n\n" % orjson.dumps({"of": of})
            for exchange in world.journal.since(last):
                last = exchange.id
                yield b"event: request\nid: %d\ndata: %s\n\n" % (last, orjson.dumps(shown(exchange)))
            if not await watcher.wait(KEEP_ALIVE_S):
                yield b": still here\n\n"


HANDLERS: Mapping[str, Handler] = {
    "getRequests": get_requests,
    "clearRequests": clear_requests,
    "getRequest": get_request,
    "getArchive": get_archive,
    "verify": verify,
    "getEvents": get_events,
}
