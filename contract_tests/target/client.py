"""The server under test: sends one request, to the byte, and gives back the exchange."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from email.utils import parsedate_to_datetime
from types import TracebackType

import httpx2

from contract_tests.target.exchange import NOT_SENT, UNREACHABLE, Exchange, Request, Response

MAX_ANSWER_BYTES = 32 * 1024 * 1024  # an answer longer than any request of ours could cause
MAX_RATE_LIMIT_WAIT_S = 60.0  # all the time that a request may spend on being told to come again later
MAX_RATE_LIMIT_TRIES = 8
HUNG_UP = "the server closed the connection without an answer"


Outgoing = tuple[Request, str, int]  # with its label and its number


class Target:
    """Sends requests over kept-alive connections; safe to use from several threads at once."""

    def __init__(self, *, timeout_s: float, connections: int, pause: Callable[[float], bool] | None = None) -> None:
        """pause: waits so many seconds and returns whether it did, for whoever bounds the time of a run."""
        self.timeout_s = timeout_s
        self.connections = connections
        self._pause = pause or _sleep
        # No bound on open connections: a burst needs one each, and waiting for one is not the server's doing.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=connections, keepalive_expiry=2)
        self._client = httpx2.Client(limits=limits, timeout=timeout_s, follow_redirects=False, trust_env=True)

    def __enter__(self) -> Target:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, request: Request, label: str = "", number: int = 0) -> Exchange:
        """Send once; only a 429 or 503 with Retry-After is repeated, as that says (RFC 6585 §4, RFC 9110 §10.2.3)."""
        waited_s = 0.0
        for attempt in range(MAX_RATE_LIMIT_TRIES):
            exchange = self._send_once(request, label, number)
            response = exchange.response
            if response is None or not _comes_later(response):
                return exchange
            pause_s = _retry_after_s(response, default_s=0.2 * 2**attempt)
            if waited_s + pause_s > MAX_RATE_LIMIT_WAIT_S or not self._pause(pause_s):
                return exchange
            waited_s += pause_s
        return exchange

    def send_concurrently(self, requests: Iterable[Outgoing]) -> Iterator[Exchange]:
        """Send many over at most `connections` connections; exchanges come as their responses do."""
        pool = ThreadPoolExecutor(self.connections)
        under_way: set[Future[Exchange]] = set()
        try:
            for outgoing in requests:  # taken one by one, so that the caller can end the supply
                if len(under_way) >= self.connections:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
                under_way.add(pool.submit(self.send, *outgoing))
            yield from (future.result() for future in as_completed(under_way))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # at Ctrl-C nothing waits for a server that is slow

    def send_burst(self, requests: Iterable[Outgoing]) -> list[Exchange]:
        """Send all at the same moment, each on a connection of its own."""
        batch = list(requests)
        barrier = threading.Barrier(len(batch))

        def send(outgoing: Outgoing) -> Exchange:
            barrier.wait(self.timeout_s)
            return self.send(*outgoing)

        with ThreadPoolExecutor(len(batch)) as pool:
            return list(pool.map(send, batch))

    def _send_once(self, request: Request, label: str, number: int) -> Exchange:
        sent_at_s = time.time()
        for _ in range(self.connections + 1):
            connected: list[str] = []
            response, failure = self._attempt(request, connected)
            if failure != HUNG_UP or connected:
                break
            # The server may close an idle connection at any time (RFC 9112 §9.5): that is no answer to this request,
            # and the next connection in the pool may be as stale.
        return Exchange(request, response, failure, sent_at_s, time.time(), label, number)

    def _attempt(self, request: Request, connected: list[str]) -> tuple[Response | None, str | None]:
        def trace(event: str, _: object) -> None:
            if event.startswith("connection.connect_tcp"):
                connected.append(event)

        deadline = time.monotonic() + self.timeout_s
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        content = _in_chunks(request.body) if request.chunked else request.body
        extensions = {"trace": trace, "timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.timeout_s)}
        answer: httpx2.Response | None = None
        try:
            wire = httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)
            answer = self._client.send(wire, stream=True)
            body = _read(answer, deadline)
        except (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            return None, f"{NOT_SENT}: {error}"
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            return None, f"{UNREACHABLE}: {error}"
        except (httpx2.TimeoutException, TimeoutError):
            return None, f"no whole answer within {self.timeout_s:g} s"
        except httpx2.DecodingError as error:
            return None, f"the answer's content coding cannot be undone: {error}"
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError) as error:
            cut = not isinstance(error, httpx2.RemoteProtocolError) or "without sending a response" in str(error)
            if cut and answer is None:
                return None, HUNG_UP
            return None, f"the answer is not HTTP or not whole: {error or 'the connection was cut'}"
        finally:
            if answer is not None:
                answer.close()
        raw = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
        return Response(answer.status_code, raw, body), None


def _in_chunks(body: bytes) -> Iterator[bytes]:
    inside = (at for at in range(len(body) // 4, len(body)) if body[at] & 0xC0 == 0x80)  # of a character in UTF-8
    middle = next(inside, len(body) // 2)
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


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def _comes_later(response: Response) -> bool:
    """Whether the server asks to send the request again later."""
    return response.status == 429 or (response.status == 503 and response.header("Retry-After") is not None)


def _retry_after_s(response: Response, default_s: float) -> float:
    """The pause that Retry-After asks for, in seconds or as a date (RFC 9110 §10.2.3)."""
    value = (response.header("Retry-After") or "").strip()
    # No pause at all is what less than a second is rounded to.
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RATE_LIMIT_WAIT_S + 1) or default_s
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time()) or default_s
    except (ValueError, TypeError):
        return default_s
