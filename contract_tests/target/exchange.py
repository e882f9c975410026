"""One request with its answer: immutable values, printable as the curl command that repeats the request."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

Headers = tuple[tuple[str, str], ...]
UNREACHABLE = "no connection"  # begins a failure of which no server's answer is the cause
NOT_SENT = "not sent"  # begins a failure that is our own doing, not the server's
LONGEST_ARGUMENT = 100_000  # Linux takes 128 KiB for one argument of a command; a shell's own printf has no such limit


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
            return _patient_json(self.body)


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

    A long body comes from body_file if that is given. secrets maps each secret text to the parameter expansion that
    stands in its place: the name of an environment variable, with an operator behind it if need be.
    """
    secrets = secrets or {}
    command = ["curl", "-sS", "-i", *(["--head"] if request.method == "HEAD" else ["-X", request.method])]
    if set("[]{}") & set(request.url):
        command.append("--globoff")
    if "/." in request.url:
        command.append("--path-as-is")
    for name, value in request.headers:
        # curl drops a header that is written `Name:`; `Name;` sends it empty.
        command += ["-H", f"{name}: {value}" if value else f"{name};"]
    has_body = bool(request.body) or request.method in {"POST", "PUT", "PATCH"}
    command += _unasked_headers(request, has_body)
    if request.chunked:
        command += ["-H", "Transfer-Encoding: chunked"]
    words = [_quote(word, secrets) if word.isascii() else _quote_latin(word, secrets) for word in command]
    pipe = ""
    if body_file is not None:
        words += ["--data-binary", shlex.quote(f"@{body_file}")]
    elif has_body:
        text = _plain_text(request.body)
        if text is None or text.startswith("@"):
            pipe = f"{_printf(request.body, secrets)} | "
            text = "@-"
        words += ["--data-binary", _quote(text, secrets)]
    return pipe + " ".join([*words, _quote(request.url, secrets)])


def _unasked_headers(request: Request, has_body: bool) -> list[str]:
    """Arguments that keep curl from adding headers of its own."""
    own = ["User-Agent", "Accept", *(["Content-Type"] if has_body else [])]
    if len(request.body) > 1024:
        own.append("Expect")  # 100-continue, from that size on
    return [word for name in own if request.header(name) is None for word in ("-H", f"{name}:")]


def _quote(text: str, secrets: Mapping[str, str]) -> str:
    """The text as one word of a shell command; what is not ASCII in it is UTF-8, as terminals write it."""
    return (
        "".join(f'"${{{secrets[part]}}}"' if part in secrets else shlex.quote(part) for part in _parts(text, secrets))
        or "''"
    )


def _quote_latin(text: str, secrets: Mapping[str, str]) -> str:
    """A header that is not ASCII as one word of a shell command, in latin-1 as it is sent."""
    return f'"$({_printf(text.encode("latin-1"), secrets)})"'


def _printf(body: bytes, secrets: Mapping[str, str]) -> str:
    """A printf(1) that writes the body: printable ASCII as it is, every other byte as a three-digit octal escape."""
    form, arguments = "", ""
    for part in _parts(body.decode("latin-1"), secrets):
        if part in secrets:
            form += "%s"
            arguments += f' "${{{secrets[part]}}}"'
        else:
            form += "".join(_PRINTF.get(char, f"\\{ord(char):03o}") for char in part)
    if form.startswith("-"):
        form = f"\\{ord('-'):03o}{form[1:]}"  # or it reads as an option
    return f"printf {shlex.quote(form)}{arguments}"


_PRINTF = {chr(b): chr(b) for b in range(0x20, 0x7F) if chr(b) != "\\"} | {"%": "%%"}


def _parts(text: str, secrets: Mapping[str, str]) -> list[str]:
    """The text cut before and behind each secret, the longest ones first."""
    if not secrets:
        return [text] if text else []
    longest_first = sorted(secrets, key=len, reverse=True)
    return [part for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if part]


def _plain_text(body: bytes) -> str | None:
    if len(body) > LONGEST_ARGUMENT:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _patient_json(body: bytes) -> Any:
    """JSON that orjson refuses though RFC 8259 does not: halves of surrogate pairs (§8.2), any number (§6)."""

    def integer(digits: str) -> int | float:
        return int(digits) if len(digits) < 400 else float(digits)  # int() takes long for very many digits

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(body.decode("utf-8"), parse_int=integer, parse_constant=refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def _header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
