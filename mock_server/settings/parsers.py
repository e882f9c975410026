"""Parse the text of one setting. Each parser raises ValueError with what the text must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

EXPIRED_TOKEN = "expired"  # reserved: a session that has expired (clause access.session.expired)

# A UUID of version 7 counts from 1970; with 9999, a lead list could be changed after the last year of a date.
FIRST_YEAR, LAST_YEAR = 1970, 9998

Pair = tuple[str, str]


def number(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(-1)
        if not least <= number <= most:
            raise ValueError(f"must be {'an integer' if kind is int else 'a number'} from {least} to {most}")
        return number

    return parse


def seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be an integer") from None


def instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time with a UTC offset, such as 2024-01-02T10:30:00Z") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def pair(example: str) -> Callable[[str], Pair]:
    def parse(text: str) -> Pair:
        left, equals, right = text.partition("=")
        if not (left and equals and right):
            raise ValueError(f"must have the form {example}")
        return left, right

    return parse


def user(text: str) -> Pair:
    user, token = pair("ID=TOKEN")(text)
    if not re.fullmatch(r"[!-~]+", user):
        raise ValueError("the user id must consist of visible ASCII characters")
    # RFC 6750 §2.1 (token68) and RFC 6265 §4.1.1 (cookie-value) both allow these characters.
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise ValueError("the token must consist of letters, digits and . _ ~ + / - (the characters of a bearer token)")
    if token == EXPIRED_TOKEN:
        raise ValueError(f'the token "{EXPIRED_TOKEN}" is reserved for the expired session; choose another one')
    return user, token


def cookie_name(text: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", text):  # RFC 6265 §4.1.1
        raise ValueError("must be a cookie name, such as __session")
    return text


def origin(text: str) -> str:
    if text == "null":
        return text
    if "," in text:
        raise ValueError("must be one origin; repeat the flag, or separate several in a variable with spaces")
    if (sent := _origin_sent(text)) != text:  # it would never match
        raise ValueError(f"must be written as browsers send it: {sent}")
    if "*" in text and not ORIGIN_PATTERN.fullmatch(text):
        raise ValueError(
            "may have * only for the port, and at the start of a host name that has two or more labels after it, such "
            "as https://*.preview.example.com"
        )
    return text


_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^/?#@:\s]+)(:(?P<port>[0-9]{1,5}|\*))?([/?#].*)?",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def _origin_sent(text: str) -> str:
    """Return the origin of a URL as browsers send it (RFC 6454 §6.2); raise ValueError if it has none."""
    match = _URL.fullmatch(text)
    port = match["port"] if match else None
    if match is None or (port not in (None, "*") and int(port) > 65535):
        raise ValueError("must be an origin: scheme, host and port, such as https://app.test:3000")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    host = host if host.isascii() else host.encode("idna").decode()
    port = port if port in (None, "*") else str(int(port))
    return f"{scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}")


# The name after the * must have one owner: https://*.com would let every web page in. RFC 2606, RFC 6762.
ORIGIN_PATTERN = re.compile(
    r"[a-z+.-]+://([a-z0-9.-]+|[a-z0-9.*-]*\*(\.[a-z0-9-]+)*\.([a-z0-9-]+\.[a-z0-9-]+|test|localhost|local|internal))"
    r"(:([0-9]+|\*))?"
)


def host_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", text):
        raise ValueError("must be a host name without a port, such as mock.test")
    return text


def control_token(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", text):
        raise ValueError("must consist of letters, digits and . _ ~ - (it is sent in a header or a query)")
    return text


def one_of(*options: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(f"must be one of {', '.join(options)}")
        return text

    return parse


def switch(text: str) -> bool:
    if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
        raise ValueError("must be true or false")
    return text.lower() in ("1", "true", "yes", "on")
