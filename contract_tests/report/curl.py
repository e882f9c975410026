"""Write a request of a run as a curl command that sends the same bytes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from urllib.parse import urlsplit

from contract_tests.results.views import RequestView

PART_PAUSE_S = 0.03  # as the suite pauses
LONGEST_ARGUMENT = 100_000  # Linux allows 128 KiB for an argument of a program; a shell's own printf has no limit


def as_curl(
    request: RequestView,
    *,
    variables: Collection[str] = (),
    body_file: str | None = None,
    ascii_only: bool = False,
) -> str:
    """Return the request as one line for a POSIX shell, byte for byte.

    variables: the names in the parameter expansions `${NAME}` (possibly with an operator) that replace secrets in the
    request. body_file: the file with the body, if it is too long to print. ascii_only: for a terminal that does not
    write UTF-8, where the command would send other bytes.
    """
    secrets = frozenset(f"${{{variable}}}" for variable in variables)
    if request.wire is not None:
        line = _as_message(request, secrets)
        return _derived(line, variables) + line
    if request.in_parts:
        line = _as_parts(request, secrets, body_file)
        return _derived(line, variables) + line
    body = request.body.data
    command = ["curl", "-sS", "-i", *(["--head"] if request.method == "HEAD" else ["-X", request.method])]
    if set("[]{}") & set(request.url):
        command.append("--globoff")
    if "/." in request.url:
        command.append("--path-as-is")
    for name, value in request.headers:
        # curl drops a header `Name:`; `Name;` sends it with an empty value.
        command += ["-H", f"{name}: {value}" if value else f"{name};"]
    has_body = bool(request.body.size_bytes) or request.method in {"POST", "PUT", "PATCH"}
    command += _unasked_headers(request, has_body)
    if request.chunked:
        command += ["-H", "Transfer-Encoding: chunked"]
    words = [_quote(word, secrets) if word.isascii() else _quote_latin(word, secrets) for word in command]
    pipe = ""
    if body_file is not None:
        words += ["--data-binary", shlex.quote(f"@{body_file}")]
    elif has_body:
        text = _plain_text(body)
        if text is None or text.startswith("@") or (ascii_only and not text.isascii()):
            pipe = f"{_printf(body, secrets)} | "
            text = "@-"
        words += ["--data-binary", _quote(text, secrets)]
    line = pipe + " ".join([*words, _quote(request.url, secrets)])
    return _derived(line, variables) + line


def _as_message(request: RequestView, secrets: frozenset[str]) -> str:
    """Return a pipe that sends the bytes of a message and prints the response."""
    wire = request.wire
    assert wire is not None
    ends = "" if wire.is_last else "; sleep 1"
    return (
        f"{{ {_printf(wire.sent.data, secrets)}{ends}; }} | {_connection(request.url, '-N ' if wire.is_last else '')}"
    )


def _as_parts(request: RequestView, secrets: frozenset[str], body_file: str | None) -> str:
    """Return a pipe that sends the body in two parts, which curl cannot, and prints the response."""
    parts, middle = urlsplit(request.url), request.first_part
    lines = [
        f"{request.method} {parts.path or '/'}{f'?{parts.query}' if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc}",
        *(f"{name}: {value}" for name, value in request.headers),
        f"Content-Length: {request.body.size_bytes}",
        "Connection: close",  # otherwise the command would not end
    ]
    head = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
    first, rest = _printf(head + request.body.data[:middle], secrets), _printf(request.body.data[middle:], secrets)
    if body_file is not None:
        file = shlex.quote(body_file)
        first, rest = f"{_printf(head, secrets)}; head -c {middle} {file}", f"tail -c +{middle + 1} {file}"
    return f"{{ {first}; sleep {PART_PAUSE_S}; {rest}; }} | {_connection(request.url)}"


def _connection(url: str, options: str = "") -> str:
    """Return the command that sends its input to the host of the URL and prints what comes back."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https":
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"openssl s_client -quiet -connect {shlex.quote(address)}"
    return f"nc {options}{shlex.quote(host)} {port}"


def _derived(line: str, variables: Collection[str]) -> str:
    """Return assignments for the variables in the line that are derived from others."""
    found = ""
    for name in sorted({variable.removesuffix("%?") for variable in variables}):
        if f"${{{name}" not in line:
            continue
        if name.endswith("_OTHER_CASE"):
            found += f'{name}=$(printf %s "${name.removesuffix("_OTHER_CASE")}" | tr A-Za-z a-zA-Z); '
        elif name.endswith("_CREDENTIALS"):
            found += f"{name}=${{{name.removesuffix('_CREDENTIALS')}#* }}; "
        elif name.endswith("COOKIE_VALUE"):
            found += f"{name}=${{{name.removesuffix('_VALUE')}#*=}}; "
    return found


def _unasked_headers(request: RequestView, has_body: bool) -> list[str]:
    """Return arguments that keep curl from adding its own headers."""
    sent = {name.lower() for name, _ in request.headers}
    own = ["User-Agent", "Accept", *(["Content-Type"] if has_body else [])]
    if request.body.size_bytes > 1024:
        own.append("Expect")  # curl sends Expect: 100-continue from that size on
    return [word for name in own if name.lower() not in sent for word in ("-H", f"{name}:")]


def _quote(text: str, secrets: frozenset[str]) -> str:
    """Return the text as one word of a shell command; other characters than ASCII are UTF-8, as in terminals."""
    return "".join(f'"{part}"' if part in secrets else shlex.quote(part) for part in _parts(text, secrets)) or "''"


def _quote_latin(text: str, secrets: frozenset[str]) -> str:
    """Return a header that is not ASCII as one word of a shell command, in Latin-1 as it is sent."""
    return f'"$({_printf(text.encode("latin-1"), secrets)})"'


def _printf(body: bytes, secrets: frozenset[str]) -> str:
    """Return a printf(1) that writes the body: printable ASCII unchanged, all other bytes as three octal digits."""
    form, arguments = "", ""
    for part in _parts(body.decode("latin-1"), secrets):
        if part in secrets:
            form += "%s"
            arguments += f' "{part}"'
        else:
            form += "".join(_PRINTF.get(char, f"\\{ord(char):03o}") for char in part)
    if form.startswith("-"):
        form = f"\\{ord('-'):03o}{form[1:]}"  # otherwise it would be an option
    return f"printf {shlex.quote(form)}{arguments}"


_PRINTF = {chr(b): chr(b) for b in range(0x20, 0x7F) if chr(b) != "\\"} | {"%": "%%"}


def _parts(text: str, secrets: frozenset[str]) -> list[str]:
    """Split the text before and after each secret, the longest secrets first."""
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
