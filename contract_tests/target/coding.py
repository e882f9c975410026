"""Undo the content coding of a response body (RFC 9110 §8.4), within a bound."""

from __future__ import annotations

from contract_tests.target.exchange import Headers

DECODED_AT_ONCE_BYTES = 64 * 1024
MOST_CODINGS = 5  # one is usual


def decoded(headers: Headers, body: bytes, *, longest_bytes: int) -> bytes:
    """Return a body without the content codings that the headers name; unknown codings stay.

    Raise ValueError if a coding is invalid, or if the body exceeds longest_bytes before or after one of them. One
    coding is undone after the other: a few bytes that are compressed several times can expand to a terabyte.
    """
    codings = [
        each.strip().lower()
        for name, value in headers
        if name.lower() == "content-encoding"
        for each in value.split(",")
    ]
    if len(codings) > MOST_CODINGS:
        raise ValueError(f"it has {len(codings)} content codings")
    for coding in reversed(codings):
        body = _without(coding, body, longest_bytes)
    return body


def _without(coding: str, body: bytes, longest_bytes: int) -> bytes:
    import httpx2  # imported only where it is needed, since that takes long

    parts = (body[at : at + DECODED_AT_ONCE_BYTES] for at in range(0, len(body), DECODED_AT_ONCE_BYTES))
    found = bytearray()
    try:
        for part in httpx2.Response(200, headers={"Content-Encoding": coding}, content=parts).iter_bytes():
            found += part
            if len(found) > longest_bytes:
                raise ValueError(f"it has more than {longest_bytes // 2**20} MiB without its content coding {coding}")
    except httpx2.DecodingError as error:
        raise ValueError(f"its content coding {coding} is invalid: {error}") from None
    return bytes(found)
