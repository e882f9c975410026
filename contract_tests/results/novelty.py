"""Find exchanges in which the server behaves in a new way: status, error, body, latency, readings, breaches."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from contract_tests.results.causes import shape_of
from contract_tests.results.events import ExchangeSeen
from contract_tests.results.views import ExchangeView
from contract_tests.target.exchange import first_values

KEPT_BEHAVIOURS = 20_000  # only a server whose messages repeat the request has more; then none is new any more
_SLOW_S = (1.0, 4.0)  # bounds of the classes of latency; finer ones would make noise look new

Behaviour = tuple[object, ...]


def behaviour_of(seen: ExchangeSeen, broken: Iterable[str] = ()) -> Behaviour:
    """Return how the server behaved in one exchange. broken: the clauses that it breaks."""
    exchange = seen.exchange
    slow = sum(exchange.elapsed_s >= limit_s for limit_s in _SLOW_S)
    if exchange.response is None:
        return "no response", shape_of(exchange.failure or ""), slow
    status, media_type = exchange.response.status, _media_type(exchange)
    return status, media_type, *_body_shape(exchange), slow, seen.observed, tuple(sorted(set(broken)))


class Novelty:
    """The behaviours of the server so far; bounded, and kept as hashes, since most of a behaviour is text."""

    def __init__(self, known: Iterable[Behaviour] = ()) -> None:
        self._known = set(map(hash, known))

    def __len__(self) -> int:
        return len(self._known)

    def is_new(self, behaviour: Behaviour) -> bool:
        """Return whether the server has not behaved like this before, and remember it."""
        if hash(behaviour) in self._known or len(self._known) >= KEPT_BEHAVIOURS:
            return False
        self._known.add(hash(behaviour))
        return True


def _media_type(exchange: ExchangeView) -> str:
    headers = exchange.response.headers if exchange.response else ()
    return first_values(headers).get("content-type", "").partition(";")[0].strip().lower()


def _body_shape(exchange: ExchangeView) -> tuple[object, ...]:
    """The error code and the form of the message, or the keys of another object."""
    data = exchange.response.body.data if exchange.response else b""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return ("text", shape_of(data[:1000].decode("utf-8", "replace")))
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict) and "code" in error:
        return str(error["code"])[:60], shape_of(str(error.get("message", "")))
    if isinstance(body, dict):
        return ("object", tuple(sorted(f"{key[:40]}:{type(value).__name__}" for key, value in body.items()))[:40])
    return (type(body).__name__,)
