"""Write a request of a run as a Python program that sends the same bytes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from contract_tests.results.views import RequestView, WireView

_IN_PARTS = """\
def in_parts(body, length):
    yield body[:length]
    time.sleep(0.03)
    yield body[length:]
"""


def as_python(request: RequestView, *, variables: Collection[str] = (), body_file: str | None = None) -> str:
    """Return a program for httpx2 (httpx has the same names); it reads secrets from the environment.

    variables: the shell expansions that replace secrets in the request. body_file: the file with the body, if it is too
    long to print.
    """
    if request.wire is not None:
        return _with_sockets(request.url, request.wire, variables, body_file)
    headers = "".join(
        f"        ({as_bytes(name, ())}, {as_bytes(value, variables)}),\n" for name, value in request.headers
    )
    body = as_bytes(request.body.data.decode("latin-1"), variables)
    if body_file is not None:
        body = f"open({body_file!r}, 'rb').read()"
    content, imports = body, "import os\n\nimport httpx2\n\n"
    if request.in_parts:
        headers += f"        (b'Content-Length', b'{request.body.size_bytes}'),\n"
    if request.chunked or request.in_parts:
        content = f"in_parts({body}, {request.first_part})"
        imports = f"import os\nimport time\n\nimport httpx2\n\n\n{_IN_PARTS}\n\n"
    url = as_bytes(request.url, variables)
    return (
        f"{imports}"
        "request = httpx2.Request(\n"
        f"    {request.method!r},\n    ({url}).decode(),\n"
        f"    headers=[\n{headers}    ],\n    content={content},\n)\n"
        "with httpx2.Client() as client:\n"
        "    response = client.send(request)\n"
        "print(response.status_code, response.text)\n"
    )


def _with_sockets(url: str, wire: WireView, variables: Collection[str], file: str | None) -> str:
    parts = urlsplit(url)
    text = wire.sent.data.decode("latin-1")
    message = as_bytes(text, variables)
    if file is not None:
        message = f"open({file!r}, 'rb').read()"
        for name in {part: None for part, is_secret in _parts(text, variables) if is_secret}:
            message += f".replace({f'${{{name}}}'.encode()!r}, {_secret(name)}.encode())"
    is_tls = parts.scheme == "https"
    wrapped = "ssl.create_default_context().wrap_socket(connection, server_hostname=HOST)" if is_tls else "connection"
    ends = "    connection.shutdown(socket.SHUT_WR)\n" if wire.is_last and not is_tls else ""
    return (
        f"import os\nimport socket\n{'import ssl' if is_tls else ''}\n"
        f"HOST, PORT = {parts.hostname!r}, {parts.port or (443 if is_tls else 80)}\n"
        "with socket.create_connection((HOST, PORT), 10) as connection:\n"
        f"    connection = {wrapped}\n"
        f"    connection.sendall({message})\n{ends}"
        "    while part := connection.recv(65536):\n"
        "        print(part.decode('latin-1'), end='')\n"
    )


def as_text(text: str, variables: Collection[str]) -> str:
    """Return an ASCII expression for the text; it reads secrets from the environment."""
    terms = [_secret(part) if is_secret else ascii(part) for part, is_secret in _parts(text, variables)]
    return " + ".join(terms) or "''"


def as_bytes(text: str, variables: Collection[str]) -> str:
    """Return an expression for the bytes of the text; it reads secrets from the environment."""
    terms = [
        f"{_secret(part)}.encode()" if is_secret else repr(part.encode("latin-1"))
        for part, is_secret in _parts(text, variables)
    ]
    return " + ".join(terms) or "b''"


def _parts(text: str, variables: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Yield the parts of the text, with the name instead of `${NAME}`, and whether each is a secret."""
    names = {f"${{{name}}}": name for name in sorted(variables, key=len, reverse=True)}
    for part in re.split(f"({'|'.join(map(re.escape, names))})", text) if names else [text]:
        if part:
            yield names.get(part, part), part in names


def _secret(expansion: str) -> str:
    """Convert a shell expansion such as LEADLISTS_COOKIE#*= or LEADLISTS_BEARER%? to Python."""
    name, cut = expansion.removesuffix("%?"), expansion.endswith("%?")
    ends = ""
    if name.endswith("_OTHER_CASE"):
        name, ends = name.removesuffix("_OTHER_CASE"), ".swapcase()"
    elif name.endswith("COOKIE#*=") or name.endswith("COOKIE_VALUE"):
        name, ends = re.sub(r"(#\*=|_VALUE)$", "", name), '.partition("=")[2]'
    elif name.endswith("_CREDENTIALS"):
        name, ends = name.removesuffix("_CREDENTIALS"), '.partition(" ")[2]'
    return f'os.environ["{name}"]{ends}{"[:-1]" if cut else ""}'
