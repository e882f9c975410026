"""Requests of other programs that a right server may refuse for their form alone, whatever they ask for. Pure."""

from __future__ import annotations

from contract_tests.live.seen import Seen

LONG_HEAD_BYTES = 8000  # RFC 9112 §3 asks servers for a request line of this length; many accept no more headers
MANY_HEADERS = 100  # the limit of many servers
_CONDITIONS = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})


def is_refused_for_its_form(seen: Seen) -> bool:
    """Return whether an exchange shows nothing: a refusal, or no response, that the form of the request can explain."""
    is_refusal = seen.status is None or 400 <= seen.status < 500 or seen.status in {501, 505}
    return is_refusal and (not seen.is_plain or _has_odd_headers(seen))


def _has_odd_headers(seen: Seen) -> bool:
    values: dict[str, list[str]] = {}
    for name, value in seen.request_headers:
        values.setdefault(name.lower(), []).append(value)
    codings, lengths = values.get("transfer-encoding", []), values.get("content-length", [])
    return (
        len(seen.request_headers) > MANY_HEADERS
        or sum(len(name) + len(value) + 4 for name, value in seen.request_headers) + len(seen.target) > LONG_HEAD_BYTES
        or not _CONDITIONS.isdisjoint(values)
        or any(value.lower() != "100-continue" for value in values.get("expect", []))
        or any(coding.lower() != "chunked" for coding in codings)
        or len(codings) + len(lengths) > 1
    )
