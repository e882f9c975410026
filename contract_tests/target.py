"""The server under test: sends one request, to the byte, and gives back the exchange."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from types import TracebackType

import httpx2

from contract_tests.exchange import Exchange, Request, Response

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # an answer longer than any request of ours could cause
MAX_RATE_LIMIT_WAIT_S = 60.0  # all the time that a request may spend on being told to come again later
MAX_RATE_LIMIT_TRIES = 8


class Target:
    """Sends requests over kept-alive connections; safe to use from several threads at once."""

    def __init__(self, *, timeout_s: float, connections: int) -> None:
        self.timeout_s = timeout_s
        self.connections = connections
        limits = httpx2.Limits(
            max_connections=connections + 1, max_keepalive_connections=connections, keepalive_expiry=2
        )
        self._client = httpx2.Client(limits=limits, timeout=timeout_s, follow_redirects=False, trust_env=True)
        self.requests_sent = 0
        self._count = threading.Lock()

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, request: Request, label: str = "") -> Exchange:
        """Send once; only a 429 is repeated, as its Retry-After says (RFC 6585 §4)."""
        waited_s = 0.0
        for attempt in range(MAX_RATE_LIMIT_TRIES):
            exchange = self._send_once(request, label)
            if exchange.response is None or exchange.response.status != 429:
                return exchange
            pause_s = _retry_after_s(exchange.response, default_s=0.2 * 2**attempt)
            if waited_s + pause_s > MAX_RATE_LIMIT_WAIT_S:
                return exchange
            time.sleep(pause_s)
            waited_s += pause_s
        return exchange

    def send_all(self, requests: Iterable[tuple[Request, str]]) -> Iterator[Exchange]:
        """Send many at once, in no order, over at most `connections` connections; answers come as they arrive."""
        with ThreadPoolExecutor(self.connections) as pool:
            yield from pool.map(lambda pair: self.send(*pair), requests)

    def send_together(self, requests: Iterable[tuple[Request, str]]) -> list[Exchange]:
        """Send all at the same moment, each on a connection of its own."""
        batch = list(requests)
        barrier = threading.Barrier(len(batch))

        def send(pair: tuple[Request, str]) -> Exchange:
            barrier.wait(self.timeout_s)
            return self.send(*pair)

        with ThreadPoolExecutor(len(batch)) as pool:
            return list(pool.map(send, batch))

    def _send_once(self, request: Request, label: str) -> Exchange:
        with self._count:
            self.requests_sent += 1
        sent_at_s = time.time()
        connected: list[str] = []
        response, failure = self._attempt(request, connected)
        if response is None and failure == HUNG_UP and not connected:
            # The server may close an idle connection at any time (RFC 9112 §9.5): that is no answer to this request.
            response, failure = self._attempt(request, connected, fresh=True)
        return Exchange(request, response, failure, sent_at_s, time.time(), label)

    def _attempt(
        self, request: Request, connected: list[str], fresh: bool = False
    ) -> tuple[Response | None, str | None]:
        def trace(event: str, _: object) -> None:
            if event.startswith("connection.connect_tcp"):
                connected.append(event)

        deadline = time.monotonic() + self.timeout_s
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        if fresh:
            headers.append((b"Connection", b"close"))
        content = _in_chunks(request.body) if request.chunked else request.body
        wire = httpx2.Request(
            request.method,
            request.url,
            headers=headers,
            content=content,
            extensions={"trace": trace, "timeout": _timeouts(self.timeout_s)},
        )
        try:
            answer = self._client.send(wire, stream=True)
            try:
                body = _read(answer, deadline)
            finally:
                answer.close()
        except httpx2.ConnectError as error:
            return None, f"{UNREACHABLE}: {error}"
        except (httpx2.TimeoutException, TimeoutError):
            return None, f"no whole answer within {self.timeout_s:g} s"
        except httpx2.RemoteProtocolError as error:
            if "without sending a response" in str(error):
                return None, HUNG_UP
            return None, f"the answer is not HTTP or not whole: {error}"
        except httpx2.DecodingError as error:
            return None, f"the answer's content coding cannot be undone: {error}"
        except (httpx2.ReadError, httpx2.WriteError):
            return None, HUNG_UP
        except httpx2.HTTPError as error:
            return None, f"{type(error).__name__}: {error}"
        raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
        return Response(answer.status_code, raw, body), None


HUNG_UP = "the server closed the connection without an answer"
UNREACHABLE = "no connection"


def _timeouts(timeout_s: float) -> dict[str, float]:
    return {"connect": timeout_s, "read": timeout_s, "write": timeout_s, "pool": timeout_s * 4}


def _in_chunks(body: bytes) -> Iterator[bytes]:
    middle = len(body) // 2
    yield from (part for part in (body[:middle], body[middle:]) if part)


def _read(answer: httpx2.Response, deadline: float) -> bytes:
    parts = bytearray()
    for part in answer.iter_bytes():
        parts += part
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(parts) > MAX_ANSWER_BYTES:
            raise httpx2.RemoteProtocolError(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
    return bytes(parts)


def _retry_after_s(response: Response, default_s: float) -> float:
    """The pause that Retry-After asks for, in seconds or as a date (RFC 9110 §10.2.3)."""
    value = (response.header("Retry-After") or "").strip()
    if value.isdigit():
        return min(float(value), MAX_RATE_LIMIT_WAIT_S + 1)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return default_s
