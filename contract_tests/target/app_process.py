"""The process that serves an app for one run: `python -m contract_tests.target.app_process MODULE:NAME SOCKET`.

SOCKET is the number of a listening socket that the process inherits. The first line on standard output is a JSON text:
null as soon as the app is served, or the reason why it cannot be. The process ends when its standard input does.
"""

from __future__ import annotations

import difflib
import inspect
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any, TextIO

import uvicorn

from contract_tests.target.app import AppError

STOP_S = 1  # for requests that the app still answers when the run ends


def load(name: str) -> Callable[..., Any]:
    """Import `module:name` and return the ASGI app that it is or returns; raise AppError.

    A WSGI app is wrapped. name may be dotted: an attribute of an attribute.
    """
    module, colon, attributes = name.partition(":")
    if not (module and colon and attributes):
        raise AppError(f"{name!r} names no app; write it as MODULE:NAME, for example shop.main:create_app")
    found: Any = _imported(module)
    for attribute in attributes.split("."):
        if not hasattr(found, attribute):
            near = difflib.get_close_matches(attribute, dir(found), 1)
            raise AppError(f"{module} has no {attributes!r}{f'; there is {near[0]!r}' if near else ''}")
        found = getattr(found, attribute)
    return _asgi(found, name)


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(f"{error.name}.")):
            raise AppError(f"there is no module {error.name!r}, neither in {os.getcwd()} nor installed") from None
        raise AppError(_failure(f"importing {module}", error)) from None
    except BaseException as error:
        raise AppError(_failure(f"importing {module}", error)) from None


def _asgi(found: Any, name: str, *, is_made: bool = False) -> Callable[..., Any]:
    """Return the app, or what the factory returns; is_made: found is what a factory has returned."""
    shown = f"what {name} returns is" if is_made else f"{name} is"
    if not callable(found):
        if inspect.iscoroutine(found):
            found.close()
        raise AppError(
            f"{shown} of type {type(found).__name__}, not an ASGI or WSGI app or a function that returns one"
        )
    needed = _needed(found)
    if needed == 3 or (_is_coroutine(found) and _takes_three(found)):
        return found  # type: ignore[no-any-return]
    if needed == 2:
        return _from_wsgi(found)
    if is_made or needed != 0:
        raise AppError(f"{shown} of type {type(found).__name__}, which cannot be called as an ASGI or WSGI app")
    try:
        made = found()
    except BaseException as error:
        raise AppError(_failure(f"{name}()", error)) from None
    return _asgi(made, name, is_made=True)


def _needed(found: Callable[..., Any]) -> int | None:
    """Return the number of arguments without a default: 3 of an ASGI app, 2 of a WSGI app, 0 of a factory."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return None
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return sum(each.default is inspect.Parameter.empty and each.kind not in variable for each in parameters)


def _is_coroutine(found: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(type(found).__call__)


def _takes_three(found: Callable[..., Any]) -> bool:
    try:
        inspect.signature(found).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True


def _failure(what: str, error: BaseException) -> str:
    """Return what has failed and where, in one sentence."""
    if isinstance(error, SyntaxError):
        text, file, line = error.msg, error.filename, error.lineno
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        text, file, line = " ".join(str(error).split()), last.filename, last.lineno
    return f"{what} raises {type(error).__name__}{f': {text}' if text else ''} ({file}, line {line})"


def _from_wsgi(app: Callable[..., Any]) -> Callable[..., Any]:
    """Return a WSGI app as an ASGI app that knows the length of every body: many WSGI apps read no other."""
    from a2wsgi import WSGIMiddleware

    inner: Any = WSGIMiddleware(app)

    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        kept = [header for header in scope["headers"] if header[0] not in (b"transfer-encoding", b"content-length")]
        whole = iter([{"type": "http.request", "body": bytes(body), "more_body": False}])

        async def receive_whole() -> Any:
            return next(whole, None) or await receive()

        length = (b"content-length", str(len(body)).encode())
        await inner({**scope, "headers": [*kept, length]}, receive_whole, send)

    return served


class _Server(uvicorn.Server):
    """Says when it serves."""

    def __init__(self, config: uvicorn.Config, say: Callable[[str | None], None]) -> None:
        super().__init__(config)
        self._say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._say(None)


def main() -> None:
    """Serve the app until standard input ends."""
    say = _messages()
    until = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the app prints must not mix with a report
    sys.path.insert(0, os.getcwd())
    name, number = sys.argv[1:]
    try:
        app = load(name)
    except AppError as error:
        say(str(error))
        return
    config = uvicorn.Config(app, ws="none", log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_S)
    server = _Server(config, say)

    def end_with_parent() -> None:
        until.read()
        server.should_exit = True
        threading.Event().wait(2 * STOP_S)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # the app does not let the process end

    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        server.run([socket.socket(fileno=int(number))])
    finally:
        if not server.started:  # uvicorn has raised SystemExit
            say("its own startup (ASGI lifespan) fails; see its messages above")


def _messages() -> Callable[[str | None], None]:
    output: TextIO = os.fdopen(os.dup(1), "w")

    def say(message: str | None) -> None:
        output.write(json.dumps(message) + "\n")
        output.flush()

    return say


if __name__ == "__main__":
    main()
