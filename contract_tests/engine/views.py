"""Exchanges as reports show them: secrets masked, long bodies cut; small enough to keep, plain enough to write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from contract_tests.engine.handed_out import without_cookie_values
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.target.exchange import Exchange, Headers

KEPT_BODY_BYTES = 64 * 1024  # no field of the page needs more; a run of 400 such exchanges still is a file one can mail

Mask = Callable[[str], str]


class Secrets(Protocol):
    """Takes secrets out of what is kept and written."""

    def mask(self, text: str) -> str:
        """The text without any secret."""

    def mask_excerpt(self, text: str) -> str:
        """A short text that was cut out of a longer one, without any secret and without the part of one."""

    def learn(self, texts: Iterable[str]) -> None:
        """Take these texts out too from now on: secrets that the server has handed out."""


@dataclass(frozen=True, slots=True)
class BodyView:
    """The beginning of a body.

    data: its first bytes, secrets masked. size_bytes: of the whole as it was on the wire. sha256: of the whole, in
    hexadecimal digits; empty where data is the whole.
    """

    data: bytes = b""
    size_bytes: int = 0
    sha256: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether data is not the whole body."""
        return bool(self.sha256)

    @property
    def text(self) -> str:
        """The bytes as text, those that are not UTF-8 replaced."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request without its secrets; each is replaced by `${VARIABLE}`."""

    method: str
    url: str
    headers: Headers
    body: BodyView
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A response without the secrets that it repeats."""

    status: int
    headers: Headers
    body: BodyView


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One exchange of a run. number: its place in the order of sending, from 1 on."""

    number: int
    label: str
    sent_at_s: float
    elapsed_s: float
    request: RequestView
    response: ResponseView | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict with the exchanges that show it, the decisive one last."""

    clause: str
    outcome: Outcome
    exchanges: tuple[ExchangeView, ...]
    expected: str = ""
    actual: str = ""
    reading: str | None = None
    hint: str = ""


def view_exchange(exchange: Exchange, number: int, mask: Mask) -> ExchangeView:
    """The exchange as reports may show it."""
    request, response = exchange.request, exchange.response
    return ExchangeView(
        number=number,
        label=exchange.label,
        sent_at_s=round(exchange.sent_at_s, 6),
        elapsed_s=round(exchange.elapsed_s, 6),
        request=RequestView(
            request.method,
            mask(request.url),
            _headers(request.headers, mask),
            _body(request.body, mask),
            request.chunked,
        ),
        response=None
        if response is None
        else ResponseView(
            response.status, _headers(without_cookie_values(response.headers), mask), _body(response.body, mask)
        ),
        failure=exchange.failure and mask(exchange.failure),
    )


def view_verdict(verdict: Verdict, exchanges: tuple[ExchangeView, ...], mask: Mask) -> VerdictView:
    """The verdict as reports may show it, with the views of its exchanges."""
    return VerdictView(
        verdict.clause,
        verdict.outcome,
        exchanges,
        mask(verdict.expected),
        mask(verdict.actual),
        verdict.reading,
        mask(verdict.hint),
    )


def mask_bytes(data: bytes, mask: Mask) -> bytes:
    """The bytes with every secret replaced; Latin-1 maps bytes to characters one to one, so the rest stays as it is."""
    text = data.decode("latin-1")
    masked = mask(text)
    return data if masked == text else masked.encode("latin-1", "replace")


def _headers(headers: Headers, mask: Mask) -> Headers:
    return tuple((name, mask(value)) for name, value in headers)


def _body(data: bytes, mask: Mask) -> BodyView:
    if len(data) <= KEPT_BODY_BYTES:
        return BodyView(mask_bytes(data, mask), len(data))
    # Masked before the cut, or half a secret could stay at its end.
    start = mask_bytes(data[: 2 * KEPT_BODY_BYTES], mask)[:KEPT_BODY_BYTES]
    return BodyView(start, len(data), hashlib.sha256(data).hexdigest())
