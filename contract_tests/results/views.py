"""The views of exchanges for reports: masked secrets, shortened bodies, plain values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.results.handed_out import without_cookie_values
from contract_tests.target.exchange import Exchange, Headers, Response, Wire, first_part

KEPT_BODY_BYTES = 64 * 1024  # or of a message; no field of the API page needs more, and 400 of them fit into an e-mail

Mask = Callable[[str], str]


class Secrets(Protocol):
    """Removes secrets from texts."""

    def mask(self, text: str) -> str:
        """Return the text with all secrets masked."""

    def mask_excerpt(self, text: str) -> str:
        """Return an excerpt of a longer text with all secrets, and parts of secrets, masked."""

    def learn(self, texts: Iterable[str]) -> None:
        """Also mask these texts from now on: secrets from responses of the server."""


@dataclass(frozen=True, slots=True)
class BodyView:
    """The start of a body.

    data: its first bytes, with masked secrets. size_bytes: the size of the whole body on the wire. sha256: of the whole
    body, in hexadecimal digits; empty if data is the whole body. id: in the JSON of a response, if data is not whole.
    """

    data: bytes = b""
    size_bytes: int = 0
    sha256: str = ""
    id: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether data is only a part of the body."""
        return bool(self.sha256)

    @property
    def text(self) -> str:
        """The bytes as text, with replacements for bytes that are not UTF-8."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class WireView:
    """The bytes of a message that usual HTTP clients do not write; the other fields are those of `Wire`."""

    sent: BodyView
    violation: str = ""
    is_complete: bool = True
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with each secret replaced by `${VARIABLE}`."""

    method: str
    url: str
    headers: Headers
    body: BodyView
    chunked: bool = False
    in_parts: bool = False
    wire: WireView | None = None

    @property
    def first_part(self) -> int:
        """The number of bytes of the body that are sent first, if it is sent in two parts."""
        return first_part(self.body.data)


@dataclass(frozen=True, slots=True)
class ResponseView:
    """A response with masked secrets."""

    status: int
    headers: Headers
    body: BodyView


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """One exchange of a run. number: its place in the order of the plan, from 1 on; see `Budget.new_number`."""

    number: int
    label: str
    sent_at_s: float
    elapsed_s: float
    request: RequestView
    response: ResponseView | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict with the exchanges that show it; the decisive one is the last."""

    clause: str
    outcome: Outcome
    exchanges: tuple[ExchangeView, ...]
    expected: str = ""
    actual: str = ""
    reading: str | None = None
    hint: str = ""


def were_at_once(exchanges: Sequence[ExchangeView]) -> bool:
    """Return whether the server had all requests at the same time."""
    sent_s = [each.sent_at_s for each in exchanges]
    return len(exchanges) > 1 and max(sent_s) < min(each.sent_at_s + each.elapsed_s for each in exchanges)


def view_exchange(exchange: Exchange, number: int, mask: Mask) -> ExchangeView:
    """Return the view of an exchange for reports."""
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
            request.in_parts,
            None if request.wire is None else view_wire(request.wire, mask),
        ),
        response=None
        if response is None
        else ResponseView(
            response.status, _headers(without_cookie_values(response.headers), mask), _response_body(response, mask)
        ),
        failure=exchange.failure and mask(exchange.failure),
    )


def view_wire(wire: Wire, mask: Mask) -> WireView:
    """Return the view of the bytes of a message for reports."""
    return WireView(_body(wire.data, mask), wire.violation, wire.is_complete, wire.is_last)


def view_verdict(verdict: Verdict, exchanges: tuple[ExchangeView, ...], mask: Mask) -> VerdictView:
    """Return the view of a verdict for reports, with the views of its exchanges."""
    return VerdictView(
        verdict.clause,
        verdict.outcome,
        exchanges,
        mask(verdict.expected),
        mask(verdict.actual),
        verdict.reading,
        mask(verdict.hint),
    )


def unmasked(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text of a record with the secrets in it. secrets: secret -> variable that replaces it."""
    for secret, name in secrets.items():
        text = text.replace(f"${{{name}}}", secret)
    return text


def mask_bytes(data: bytes, mask: Mask) -> bytes:
    """Mask every secret in the bytes; they are decoded as Latin-1, which keeps all other bytes."""
    text = data.decode("latin-1")
    masked = mask(text)
    return data if masked == text else masked.encode("latin-1", "replace")


def _headers(headers: Headers, mask: Mask) -> Headers:
    return tuple((name, mask(value)) for name, value in headers)


def id_in(response: Response) -> str | None:
    """Return the id in the JSON of a response; None if it has none."""
    found = response.json.get("id") if isinstance(response.json, dict) else None
    return str(found) if isinstance(found, str | int) else None


def _response_body(response: Response, mask: Mask) -> BodyView:
    view = _body(response.body, mask)
    return replace(view, id=mask(id_in(response) or "")) if view.is_cut else view


def _body(data: bytes, mask: Mask) -> BodyView:
    if len(data) <= KEPT_BODY_BYTES:
        return BodyView(mask_bytes(data, mask), len(data))
    # Mask before the cut, otherwise a part of a secret could remain at its end.
    start = mask_bytes(data[: 2 * KEPT_BODY_BYTES], mask)[:KEPT_BODY_BYTES]
    return BodyView(start, len(data), hashlib.sha256(data).hexdigest())
