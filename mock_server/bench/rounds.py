"""Measure servers in interleaved rounds (A B C, A B C, …), so that a slow moment of the machine affects all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from mock_server.bench.load import load, send_many
from mock_server.bench.processes import NotServed, Running, free_port, running, wait_for_success
from mock_server.bench.requests import BRIEF, CREATE, LONG, Request
from mock_server.bench.results import Growth, Sample, Start
from mock_server.bench.servers import Server
from mock_server.bench.tools import Tools

SETTLE_S = 0.3  # after the first response, before memory is read
PAUSE_S = 0.1  # between two servers: the garbage collection of one must not slow the next
LONG_EVERY = 3  # load with the long body in every third round: its figure hardly varies
LONG_SHARE = 10  # of the warm-up: a long body takes as long as many short ones
CREATES = 100_000  # ten times as many as the mock keeps

Tell = Callable[[str], None]


class Rounds:
    """Measure servers. Leave out a server after its first failure; `left_out` maps its name to the reason."""

    def __init__(self, servers: Sequence[Server], tools: Tools, tell: Tell) -> None:
        self.left_out: dict[str, str] = {}
        self._servers = servers
        self._tools = tools
        self._tell = tell

    def starts(self, rounds: int) -> list[Start]:
        """Start each server alone, once per round."""
        measured = []
        for number in range(rounds):
            self._tell(f"cold starts, round {number + 1} of {rounds}")
            for server in self.present():
                with self._leaving_out(server), started(server, self._tools) as one:
                    cpu_s = wait_for_success(one, CREATE)
                    time.sleep(SETTLE_S)
                    measured.append(Start(server.name, number, cpu_s, one.pss_mib()))
        return measured

    def loads(self, rounds: int, slice_s: int = 1) -> list[Sample]:
        """Load all servers in turn with each request, once per round."""
        measured = []
        with ExitStack() as stack, TemporaryDirectory() as folder:
            all_running = self._start_all(stack, Path(folder))
            for number in range(rounds):
                self._tell(f"load, round {number + 1} of {rounds}")
                for request in (*BRIEF, LONG) if number % LONG_EVERY == 0 else BRIEF:
                    for server in self.present():
                        with self._leaving_out(server):
                            time.sleep(PAUSE_S)
                            one, expected = all_running[server.name], server.expected(request)
                            slice_ = load(one, request, expected, Path(folder), duration_s=slice_s)
                            measured.append(Sample(server.name, request.name, number, slice_))
        return measured

    def growth(self, server: Server) -> Growth | None:
        """Create CREATES lead lists on a new server; return its memory after the first and after the last."""
        self._tell(f"memory of {server.title} over {CREATES:,} creates")
        with self._leaving_out(server), started(server, self._tools) as one, TemporaryDirectory() as folder:
            wait_for_success(one, CREATE)
            time.sleep(SETTLE_S)
            before_mib = one.pss_mib()
            send_many(one, CREATE, server.expected(CREATE), Path(folder), CREATES)
            after_mib = one.pss_mib()
            return Growth(CREATES, after_mib, after_mib - before_mib)
        return None

    def present(self) -> list[Server]:
        """Return the servers that are not left out."""
        return [server for server in self._servers if server.name not in self.left_out]

    def _start_all(self, stack: ExitStack, folder: Path) -> dict[str, Running]:
        all_running = {}
        for server in self.present():
            with self._leaving_out(server):
                self._tell(f"warming up {server.title}")
                one = stack.enter_context(started(server, self._tools))
                wait_for_success(one, CREATE)
                check_responses(server, one, (*BRIEF, LONG))
                for request in (*BRIEF, LONG):
                    count = server.warm_up // (LONG_SHARE if request is LONG else 1)
                    send_many(one, request, server.expected(request), folder, count)
                all_running[server.name] = one
        return all_running

    @contextmanager
    def _leaving_out(self, server: Server) -> Iterator[None]:
        try:
            yield
        except NotServed as error:
            self.left_out[server.name] = str(error)
            self._tell(f"leaving out {server.title}: {error}")


@contextmanager
def started(server: Server, tools: Tools) -> Iterator[Running]:
    """Run a server in its own folder until the block ends."""
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        command = server.command(tools, port, folder)
        with running(command, server.environment(tools), port, folder / "output.txt") as one:
            yield one


def check_responses(server: Server, one: Running, requests: Iterable[Request]) -> None:
    """Raise NotServed unless each request gets the response that the server table expects."""
    for request in requests:
        try:
            status, body = one.send(request)
        except (OSError, HTTPException) as error:
            raise NotServed(f"{request.name}: {error}") from None
        if objection := server.objection(request, status, body):
            raise NotServed(objection)
