"""Decompress a request body, with a limit of bytes (reading compressed-body)."""

from __future__ import annotations

import zlib

from mock_server.pipeline.errors import refused

WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def inflate(body: bytes, coding: str, max_bytes: int) -> bytes:
    """Return the decompressed body; coding is a key of WINDOW_BITS. Raises Refused."""
    inflator = zlib.decompressobj(WINDOW_BITS[coding])
    try:
        inflated = inflator.decompress(body, max_bytes + 1)
    except zlib.error:
        raise refused("compressed", got="an incomplete stream", want=coding) from None
    if len(inflated) > max_bytes:
        raise refused("size", got=f"more than {max_bytes} bytes", limit=max_bytes)
    if not inflator.eof:
        raise refused("compressed", got="an incomplete stream", want=coding)
    return inflated
