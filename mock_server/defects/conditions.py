"""Changes of the app around the stages, and changes that apply to some requests only."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_server.defects.changes import Change
from mock_server.pipeline.stages import Stages

OVERLAP_S = 0.02  # how long a defect that needs two requests at once delays each; a burst arrives in less

# -- the app around the stages


def requests(change: Callable[[Scope], Scope]) -> Change:
    """Change the scope of each request."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            await app(change(scope) if scope["type"] == "http" else scope, receive, send)

        return middleware

    return Change(app=wrap)


def successes(respond: Callable[[list[Message], Send], Any]) -> Change:
    """Send successes in another way; `respond` gets all ASGI messages of the response and `send`."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await app(scope, receive, send)
            messages: list[Message] = []

            async def keep(message: Message) -> None:
                messages.append(message)

            await app(scope, receive, keep)
            if messages[0]["status"] >= 300:
                for message in messages:
                    await send(message)
            else:
                await respond(messages, send)

        return middleware

    return Change(app=wrap)


# -- changes that apply to some requests only

When = Callable[[], Callable[[Scope], bool]]


def only(when: When, change: Change) -> Change:
    """Apply the change to the requests that `when` selects; `when` is called once per app."""
    selected = _selected()

    def wrap(clean: ASGIApp) -> ASGIApp:
        applies, broken = when(), change.app(clean)

        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            selected.set(scope["type"] == "http" and applies(scope))
            await (broken if selected.get() else clean)(scope, receive, send)

        return middleware

    return Change(_switched(change, selected), wrap)


def overlapping(change: Change) -> Change:
    """Apply the change to requests that overlap with another one."""
    selected = _selected()

    def wrap(clean: ASGIApp) -> ASGIApp:
        broken, under_way = change.app(clean), 0

        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal under_way
            if scope["type"] != "http":
                return await clean(scope, receive, send)
            under_way += 1
            try:
                await asyncio.sleep(OVERLAP_S)
                selected.set(under_way > 1)
                await (broken if selected.get() else clean)(scope, receive, send)
            finally:
                under_way -= 1

        return middleware

    return Change(_switched(change, selected), wrap)


def _selected() -> ContextVar[bool]:
    """Return a variable of one change: whether it applies to the request of this task."""
    return ContextVar("selected", default=False)


def _switched(change: Change, selected: ContextVar[bool]) -> Callable[[Stages], Stages]:
    def either(broken: Any, clean: Any) -> Any:
        return lambda *arguments: (broken if selected.get() else clean)(*arguments)

    def stages(clean: Stages) -> Stages:
        broken = change.stages(clean)
        names = [each.name for each in dataclasses.fields(Stages)]
        return Stages(**{name: either(getattr(broken, name), getattr(clean, name)) for name in names})

    return stages


def every(nth: int) -> When:
    return _numbered(lambda number: number % nth == 0)


def after(first: int) -> When:
    """Select every request after the first ones."""
    return _numbered(lambda number: number > first)


def _numbered(test: Callable[[int], bool]) -> When:
    """Select requests by their numbers, from 1 for each app."""

    def when() -> Callable[[Scope], bool]:
        numbers = itertools.count(1)
        return lambda scope: test(next(numbers))

    return when


def headed(test: Callable[[Headers], object]) -> When:
    """Select requests by their headers."""
    return lambda: lambda scope: bool(test(Headers(scope=scope)))
