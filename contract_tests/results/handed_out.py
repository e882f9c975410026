"""Find the secrets that a server hands out in a response: values of cookies, and tokens in headers and bodies. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import unquote

from contract_tests.judging.formats import is_uuid
from contract_tests.target.exchange import Exchange, Headers

LOOK_ALIKE_LENGTH = 20  # a shorter login has the shape of ordinary words
SEARCHED_BYTES = 256 * 1024  # of a body; views keep less

_SECRET_WORDS = (
    "token", "secret", "session", "passw", "jwt", "apikey", "api-key", "api_key", "credential", "authorization",
)  # fmt: skip
_SECRET_NAME = f"(?:{'|'.join(_SECRET_WORDS)})"
# With bounds, so that no body of a server takes long to search.
_NAMED = re.compile(
    rf'"[^"\\]{{0,40}}{_SECRET_NAME}[^"\\]{{0,40}}"\s{{0,9}}:\s{{0,9}}"(?P<value>(?:[^"\\\s]|\\[^\s]){{8,4096}})"',
    re.IGNORECASE,
)
_IN_URL = re.compile(
    rf"[?&#;][^=&#;?\s\"<>]{{0,40}}{_SECRET_NAME}[^=&#;?\s\"<>]{{0,40}}=(?P<value>[^&#;\s\"'<>\\]{{8,4096}})",
    re.IGNORECASE,
)
_SECRET_HEADER = re.compile(_SECRET_NAME, re.IGNORECASE)
# RFC 7519 §3: three parts, the first two are JSON in base64url
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")


def handed_out(exchange: Exchange) -> set[str]:
    """Find the texts in a response that are, or look like, secrets of the server; none that the request contains."""
    response = exchange.response
    if response is None:
        return set()
    body = response.body[:SEARCHED_BYTES].decode("utf-8", "replace")
    found = {value for _, value in _cookies(response.headers)}
    for name, value in response.headers:
        found |= _in_urls(value)
        if _is_secret_header(name):
            found.add(value.rpartition(" ")[2])
    if _may_name_secret(body):
        found |= {_unescaped(match["value"]) for match in _NAMED.finditer(body)}
    found |= _in_urls(body)
    if "eyJ" in body:
        found |= set(_JWT.findall(body))
    found |= {unquote(value) for value in found}
    for login in _logins(exchange.request.headers):
        found |= set(_shape(login).findall(body))
    if not found:
        return found
    sent = exchange.request.body.decode("utf-8", "replace")
    return {text for text in found if text and text not in sent}


@lru_cache(maxsize=64)  # responses repeat the names of their headers
def _is_secret_header(name: str) -> bool:
    return _SECRET_HEADER.search(name) is not None and not name.lower().startswith("access-control-")


def _may_name_secret(text: str) -> bool:
    """Return whether a search with a pattern, which takes long, can find a secret by its name."""
    lower = text.lower()
    return not text.isascii() or any(word in lower for word in _SECRET_WORDS)  # in any case, ſ (U+017F) is an s


def _in_urls(text: str) -> set[str]:
    return {match["value"] for match in _IN_URL.finditer(text)} if "=" in text and _may_name_secret(text) else set()


def _unescaped(text: str) -> str:
    """Return a JSON string without its escapes: some servers escape every slash."""
    with suppress(ValueError):
        return str(json.loads(f'"{text}"'))
    return text


def without_cookie_values(headers: Headers) -> Headers:
    """Return the headers of a response with the value of each cookie replaced, however short it is."""
    return tuple(
        (name, re.sub(r"=[^;]*", "=[cookie of the server]", value, count=1) if name.lower() == "set-cookie" else value)
        for name, value in headers
    )


def _cookies(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name.lower() == "set-cookie":
            cookie, _, text = value.partition(";")[0].partition("=")
            yield cookie.strip(), text.strip().strip('"')


def _logins(headers: Headers) -> Iterator[str]:
    """The tokens with which the request signs in."""
    for name, value in headers:
        token = value.rpartition("=" if name.lower() == "cookie" else " ")[2]
        if (
            name.lower() in {"authorization", "cookie"}
            and len(token) >= LOOK_ALIKE_LENGTH
            and not is_uuid(token)  # also the form of every ID
        ):
            yield token


def _shape(login: str) -> re.Pattern[str]:
    """A pattern for texts like the login: runs of letters and digits as long, with the same characters between."""
    parts = re.findall(r"[A-Za-z0-9]+|[^A-Za-z0-9]+", login)
    shape = "".join(f"[A-Za-z0-9]{{{len(part)}}}" if part.isalnum() else re.escape(part) for part in parts)
    return re.compile(rf"(?<![A-Za-z0-9]){shape}(?![A-Za-z0-9])")
