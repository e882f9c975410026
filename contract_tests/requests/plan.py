"""The planned requests as data: each violates one rule, or uses one permitted variation or open reading."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.settings.values import Session
from contract_tests.target.exchange import Headers, Request

USER_AGENT = ("User-Agent", "leadlists-contract")
ACCEPT = ("Accept", "application/json")
JSON_TYPE = ("Content-Type", "application/json")
BURST = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the plan, with a label for reports."""

    label: str
    request: Request


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned requests of one operation.

    first: the request that checks whether the target can be judged. concurrent: sent in any order, several at once.
    chains: sent at the same time as those, but the steps of a chain one after the other. sequential: sent one after the
    other, with nothing else between them. about: returns the requests that name a created object, sent after those.
    burst: sent all at the same time. last: sent last_after_s seconds after the first. base: the body on which the
    requests are based. others: the same requests with other bases, for a server that refuses the first.
    """

    first: Step
    concurrent: tuple[Step, ...] = ()
    chains: tuple[tuple[Step, ...], ...] = ()
    sequential: tuple[Step, ...] = ()
    about: Callable[[Mapping[str, Any]], Iterable[Step]] = lambda created: ()
    burst: tuple[Step, ...] = ()
    last: Step | None = None
    last_after_s: float = 0.0
    base: Mapping[str, Any] | None = None
    others: Callable[[], Iterable[Plan]] | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        chained = chain.from_iterable(self.chains)
        last = [self.last] if self.last else []
        return (self.first, *chained, *self.concurrent, *self.sequential, *self.burst, *last)


@dataclass(frozen=True)
class Sender:
    """Writes requests of one operation for one target.

    base: a body that this server accepts; None unless it has refused the usual one. tag: ends the names of created
    objects, so that they can be found, except where a request is about its name.
    """

    terms: Terms
    operation: Operation
    base: Mapping[str, Any] | None = None
    tag: str = ""

    def request(
        self,
        body: Any = None,
        *,
        raw: bytes | None = None,
        login: Headers | None = None,
        session: Session | None = None,
        media_type: str | None = JSON_TYPE[1],
        more: Headers = (),
        method: str | None = None,
        path_end: str = "",
        chunked: bool = False,
        in_parts: bool = False,
        without: Collection[str] = (),
    ) -> Request:
        """Return a request like that of a plain client, with the given differences."""
        data = raw if raw is not None else b"" if body is None else encode(body)
        if login is None:
            login = (session or self.terms.settings.first).login() if self.operation.secured else ()
        accept = () if any(name == "Accept" for name, _ in more) else (ACCEPT,)
        typed = (("Content-Type", media_type),) if media_type is not None and (data or raw is not None) else ()
        headers = (USER_AGENT, *accept, *typed, *login, *self.terms.settings.headers, *more)
        headers = tuple(header for header in headers if header[0] not in without)
        url = self.terms.url(self.operation) + path_end
        return Request(method or self.operation.method, url, headers, data, chunked, in_parts)


def encode(body: Any) -> bytes:
    """Encode JSON like browsers: compact, with unescaped text."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
