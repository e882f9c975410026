"""One request with its answer: immutable values, printable as the curl command that repeats the request."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """What is sent, to the byte; header values are text in latin-1."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    chunked: bool = False

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in any case; None if there is none."""
        return _header(self.headers, name)


@dataclass(frozen=True)
class Response:
    """What came back whole; the body is freed of its content coding."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in any case; None if there is none."""
        return _header(self.headers, name)

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or NOT_JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return NOT_JSON


class _NotJson:
    def __repr__(self) -> str:
        return "NOT_JSON"


NOT_JSON = _NotJson()


@dataclass(frozen=True)
class Exchange:
    """A request, and its answer or the failure that came in place of one; times are seconds of the Unix epoch."""

    request: Request
    response: Response | None
    failure: str | None
    sent_at_s: float
    received_at_s: float
    label: str = field(default="", compare=False)

    @property
    def elapsed_s(self) -> float:
        return self.received_at_s - self.sent_at_s


def as_curl(request: Request, *, body_file: str | None = None, secrets: Mapping[str, str] | None = None) -> str:
    """The request as one line for a POSIX shell, byte for byte.

    A long body comes from body_file if that is given. secrets maps each secret text to the name of the environment
    variable that stands in its place.
    """
    command = ["curl", "-sS", "-i", "-X", request.method]
    sent = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        # curl drops a header that is written `Name:`; `Name;` sends it empty.
        command += ["-H", f"{name}: {value}" if value else f"{name};"]
    if request.body and "content-type" not in sent:
        command += ["-H", "Content-Type:"]  # or curl adds its own
    if request.chunked:
        command += ["-H", "Transfer-Encoding: chunked"]
    pipe = ""
    if body_file is not None:
        command += ["--data-binary", f"@{body_file}"]
    elif request.body:
        text = _plain_text(request.body)
        if text is None or text.startswith("@"):
            pipe = f"printf {shlex.quote(_octal(request.body))} | "
            command += ["--data-binary", "@-"]
        else:
            command += ["--data-binary", text]
    return pipe + " ".join(_quote(word, secrets or {}) for word in [*command, request.url])


def _quote(word: str, secrets: Mapping[str, str]) -> str:
    for secret, variable in secrets.items():
        if secret in word:
            return f'"${variable}"'.join(_quote(part, secrets) if part else "" for part in word.split(secret))
    return shlex.quote(word)


def _plain_text(body: bytes) -> str | None:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _octal(body: bytes) -> str:
    """The body for printf(1): printable ASCII as it is, every other byte as a three-digit octal escape."""
    plain = {b: chr(b) for b in range(0x20, 0x7F) if b not in b"%\\"}
    return "".join(plain.get(b, f"\\{b:03o}") if b != 0x25 else "%%" for b in body)


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
