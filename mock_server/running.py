"""Run mocks in threads of the current process, each on its own free port."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mock_server.app import Mock, create_app
from mock_server.connections.listening import Listener, listen
from mock_server.readiness import connection_to
from mock_server.server import Server
from mock_server.settings.values import Settings

START_S = 10.0


class NotHeld(AssertionError):
    """The expected requests did not arrive; the text shows the nearest ones."""


@dataclass(frozen=True, slots=True)
class RunningMock:
    """A mock that serves at `url`. Its methods call the control API for one world."""

    url: str
    endpoint: str
    users: dict[str, str]  # id -> token
    mock: Mock
    world: str = "default"

    def in_world(self, name: str) -> RunningMock:
        """Return the same mock, with methods that call the control API for another world."""
        return RunningMock(self.url, self.endpoint, self.users, self.mock, name)

    def set_faults(self, *faults: dict[str, Any], seed: int | None = None) -> None:
        """Set faults and remove all others: `mock.set_faults({"status": 500, "times": 1})`."""
        self.control("PUT", "faults", {"faults": list(faults)} | ({} if seed is None else {"seed": seed}))

    def requests(self, **filters: Any) -> list[dict[str, Any]]:
        """Return the exchanges in the journal, newest first; the filters are those of the control API."""
        query = "&".join(f"{name}={quote(str(value))}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.control("GET", f"requests?{query}")["requests"]
        return found

    def verify(self, **question: Any) -> None:
        """Raise NotHeld unless the expected requests arrived: `mock.verify(times=1, body={"name": "Q1"})`."""
        outcome = self.control("POST", "verify", question, timeout_s=START_S + question.get("withinMs", 0) / 1000)
        if not outcome["held"]:
            raise NotHeld(_in_words(outcome, question.get("withinMs")))

    def reset(self) -> None:
        """Reset the world to its state at the start."""
        self.control("POST", "reset")

    def lists(self) -> list[dict[str, Any]]:
        """Return the stored lead lists, oldest first."""
        lists: list[dict[str, Any]] = self.control("GET", "lists")["lists"]
        return lists

    def set_lists(self, *lists: dict[str, Any]) -> None:
        """Store these lead lists and remove all others."""
        self.control("PUT", "lists", {"lists": list(lists)})

    def control(self, method: str, call: str, body: Any = None, *, timeout_s: float = START_S) -> Any:
        """Call the control API, as in `control("PUT", "clock", {"offsetS": 60})`; return the JSON, or None."""
        connection = connection_to(self.url, timeout_s=timeout_s)
        headers = {"X-Mock-Control": self.mock.control_token or "1", "X-Mock-World": self.world}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"/__mock__/{call}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400 and answer.status != 409:
            raise ValueError(json.loads(text)["error"]["message"])
        return json.loads(text) if text else None


def _in_words(outcome: dict[str, Any], within_ms: int | None) -> str:
    within = f" within {within_ms} ms" if within_ms else ""
    lines = [f"expected {outcome['expected']} of these requests, got {outcome['count']}{within}"]
    lines += [outcome["reason"]] if "reason" in outcome else []
    for near in outcome["nearest"]:
        lines.append(f"  request {near['id']}: {near['method']} {near['path']} {near['status']}")
        lines += [f"    {each['path']}: want {each['want']}, got {each['got']}" for each in near["differences"]]
    return "\n".join(lines)


@contextmanager
def running_mock(settings: Settings | None = None, **parts: Any) -> Iterator[RunningMock]:
    """Run a mock on a free port until the block ends; `parts` are the keyword arguments of `create_app`."""
    settings = settings or Settings(port=0)
    mock = create_app(settings, **parts)
    listener = listen(settings.host, 0)
    url = listener.url(settings.scheme)
    ready = threading.Event()
    server = Server(mock, settings, on_ready=ready.set)
    thread = threading.Thread(target=_run, args=(server, listener, ready), name="leadlists-mock", daemon=True)
    thread.start()
    try:
        if not ready.wait(START_S) or not server.started:
            raise RuntimeError("the mock did not start")
        operation = next(iter(mock.contract.operations.values()))
        yield RunningMock(url, url + operation.path, dict(settings.user), mock)
    finally:
        server.should_exit = True
        thread.join()


def _run(server: Server, listener: Listener, ready: threading.Event) -> None:
    try:
        server.run(sockets=[*listener.sockets])
    finally:
        ready.set()  # also if the start failed
