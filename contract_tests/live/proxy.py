"""Run the proxy in its own process, so that judging, which is slow, never delays traffic.

The process copies each exchange into a bounded queue; a thread hands them on over a pipe. A full queue drops exchanges
and counts them: traffic does not wait. The proxy ends at a message over the pipe, or when the pipe breaks.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import queue
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from contract_tests.live.relay import Relay, Upstream
from contract_tests.live.seen import Counts, Seen, TrafficLostError
from contract_tests.settings.connection import tls_context
from contract_tests.target.connections import usual_trust

try:
    from uvloop import run as run_loop
except ModuleNotFoundError:  # Windows
    from asyncio import run as run_loop  # type: ignore[assignment]

KEPT_EXCHANGES = 1000  # in the queue; a browser test causes as many in a minute
KEPT_BYTES = 64 * 1024 * 1024  # of bodies in the queue
COUNTS_EVERY_S = 1.0
START_S = 30.0
END_S = 5.0


class ProxyError(Exception):
    """The proxy cannot start; the message says why and names the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of the proxy: where it listens, and where it forwards to.

    upstream: the URL of the server. keeps_host: whether Host is forwarded as the client sent it. paths: of the
    operations, with that of the base URL.
    """

    upstream: str
    paths: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 0
    keeps_host: bool = False
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    def server(self) -> Upstream:
        """Return the server for the relay; raise UsageError with the name of an unusable file."""
        parts = urlsplit(self.upstream)
        is_tls = parts.scheme == "https"
        return Upstream(
            parts.hostname or "",
            parts.port or (443 if is_tls else 80),
            self._tls() if is_tls else None,
            None if self.keeps_host else parts.netloc.encode("ascii"),
        )

    def _tls(self) -> ssl.SSLContext:
        return tls_context(self.ca_file, self.client_cert, self.client_key, usual=usual_trust)


class ProxyProcess:
    """A proxy that runs during a `with` block, and the exchanges that it has seen."""

    def __init__(self, address: Address) -> None:
        self._address = address
        context = multiprocessing.get_context("spawn")  # a fork would inherit threads and signal handlers
        self._pipe, self._other = context.Pipe()
        self._process = context.Process(target=serve, args=(self._other, address), daemon=True)
        self._is_asked_to_end = False
        self.port = 0

    def __enter__(self) -> ProxyProcess:
        """Start the proxy; raise ProxyError, or UsageError with the name of an unusable file."""
        self._address.server()  # reports an unusable file in this process
        self._process.start()
        self._other.close()
        try:
            answer = self._pipe.recv() if self._pipe.poll(START_S) else f"it did not start within {START_S:g} s"
        except EOFError:
            answer = "its process ended at the start"
        if not isinstance(answer, int):
            raise ProxyError(str(answer))
        self.port = answer
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(END_S)
        if self._process.is_alive():
            self._process.kill()

    def stop(self) -> None:
        """Ask the proxy to end; its last exchanges still arrive. Safe to call from a signal handler."""
        self._is_asked_to_end = True
        try:
            self._pipe.send("stop")
        except OSError:
            return  # it has already ended

    def seen(self) -> Iterator[Seen | Counts]:
        """Yield every exchange, and the counts about once a second, until the proxy ends.

        Raises TrafficLostError if `stop` has not asked it to.
        """
        while True:
            try:
                yield self._pipe.recv()
            except (EOFError, OSError):
                break
        if not self._is_asked_to_end:
            self._process.join(END_S)
            raise TrafficLostError(
                f"The proxy ended unexpectedly (exit code {self._process.exitcode}), and its connections with it: the "
                "result is about the traffic before. Look for a lack of memory, and start again."
            )


def serve(pipe: Connection, address: Address) -> None:
    """Run the proxy in this process; send its port, or the reason why it cannot start, then its exchanges."""
    # Ctrl-C goes to both processes: the other one decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    run_loop(_serve(pipe, address))


async def _serve(pipe: Connection, address: Address) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    handoff = Handoff(pipe)
    relay = Relay(address.server(), address.paths, handoff.put)
    handoff.counts = relay.counts
    try:
        # SO_REUSEADDR, otherwise a restart would have to wait for old connections.
        listener = socket.create_server((address.host, address.port), backlog=512)
        listener.setblocking(False)
        server = await loop.create_server(relay.client, sock=listener)
    except OSError as error:
        pipe.send(f"{address.host}:{address.port}: {error.strerror}")
        return
    pipe.send(listener.getsockname()[1])

    def wait_for_the_end() -> None:
        try:
            pipe.recv()
        except (EOFError, OSError):
            handoff.is_over = True
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    handoff.start()
    await stopped.wait()
    server.close()
    await loop.run_in_executor(None, handoff.finish)


class Handoff:
    """A bounded queue to the other process."""

    def __init__(self, pipe: Connection, kept: int = KEPT_EXCHANGES) -> None:
        self.counts = Counts()
        self.is_over = False  # the other process is gone
        self._pipe = pipe
        self._queue: queue.Queue[Seen | None] = queue.Queue(kept)
        self._queued_bytes = 0  # each of the two is written by one thread alone
        self._sent_bytes = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def put(self, seen: Seen) -> None:
        """Queue an exchange, or drop it and count it."""
        size_bytes = len(seen.request_body) + len(seen.response_body)
        if self._queued_bytes - self._sent_bytes + size_bytes > KEPT_BYTES:
            self.counts.dropped += 1
            return
        try:
            self._queue.put_nowait(seen)
            self._queued_bytes += size_bytes
        except queue.Full:
            self.counts.dropped += 1

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def finish(self) -> None:
        """Send the queued exchanges, and the last counts."""
        if not self.is_over:
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        counted_at_s = 0.0
        try:
            while True:
                with suppress(queue.Empty):
                    seen = self._queue.get(timeout=COUNTS_EVERY_S)
                    if seen is None:
                        break
                    self._pipe.send(seen)
                    self._sent_bytes += len(seen.request_body) + len(seen.response_body)
                if time.monotonic() - counted_at_s >= COUNTS_EVERY_S:
                    counted_at_s = time.monotonic()
                    self._send_counts()
            self._send_counts()
        except OSError:
            self.is_over = True

    def _send_counts(self) -> None:
        self._pipe.send(replace(self.counts, left_out=self.counts.left_out.copy()))
