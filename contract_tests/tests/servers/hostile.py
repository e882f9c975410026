"""A server that breaks many clauses with texts that steer terminals and web pages, and that repeats every secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

from contract_tests.tests.servers.right_core import Answer, Fields, Refusal, Request, RightCore

CANARY = "Cnry7Fq2/Zx9+LmV3~wK-81a"  # the token of the user: a base64 form of it holds `/` and `+`
SECOND_CANARY = "cnrySecond5t/Gh+1~Qp9-Zc"
USERS = {CANARY: "user_1", SECOND_CANARY: "user_2"}

MARKUP = "<img src=http://evil.test/x onerror=alert(1)><script>alert(2)</script></script>{{7*7}}{%x%}"
CLOSERS = "]]> --> </pre></title> ``` | _x_ **b** [a](javascript:alert(3)) ![i](http://evil.test/i) <http://evil.test>"
COMMANDS = "::error::owned%0A::set-output name=x::y\n::error::again\n=cmd|' /C calc'!A0"
STEERING = "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\u2028\x00\x7f\ufffe\ud800"
HOSTILE = f"{MARKUP} {CLOSERS} {COMMANDS} {STEERING}"


def forms(secret: str) -> Iterator[tuple[str, str]]:
    """How a server, or a library that it uses, may write a secret; each form with its name."""
    data = secret.encode()
    yield "plain", secret
    yield "upper case", secret.upper()
    yield "lower case", secret.lower()
    yield "base64", base64.b64encode(data).decode()
    yield "base64 after two bytes", base64.b64encode(b"u:" + data).decode()
    yield "base64 after one byte, URL-safe", base64.urlsafe_b64encode(b":" + data + b";x").decode()
    yield "base64 twice", base64.b64encode(base64.b64encode(data)).decode()
    yield "base64 of a Basic login", base64.b64encode(b"Basic " + base64.b64encode(b"user:" + data)).decode()
    yield "hex with spaces", data.hex(" ")
    yield "hex with colons, upper case", data.hex(":").upper()
    yield "numbers of the bytes", json.dumps(list(data))
    yield "numbers of the bytes without spaces", json.dumps(list(data), separators=(",", ":"))
    yield "hex", data.hex()
    yield "upper-case hex", data.hex().upper()
    yield "percent", quote(secret, safe="")
    yield "percent, every character", "".join(f"%{byte:02x}" for byte in data)
    yield "percent twice", quote(quote(secret, safe=""), safe="")
    yield "upper case, JSON escapes", "".join(f"\\u{byte:04x}" for byte in secret.upper().encode())
    yield "upper case, hex", secret.upper().encode().hex()
    yield "JSON escapes", "".join(f"\\u{byte:04x}" for byte in data)
    yield "JSON in JSON", json.dumps(json.dumps("".join(f"\\u{byte:04X}" for byte in data)))
    yield "escaped slash", secret.replace("/", "\\/")
    yield "HTML", "".join(f"&#{byte};" for byte in data)
    yield "HTML, hexadecimal", "".join(f"&#x{byte:X};" for byte in data)
    yield "Python bytes", "".join(f"\\x{byte:02x}" for byte in data)


class Hostile(RightCore):
    """Repeats the token of each request in every form, and hands out a new session with each response."""

    def __init__(self) -> None:
        super().__init__(USERS)
        self.handed_out: list[str] = []

    def hand_out(self, kind: str) -> str:
        """A new secret of the server."""
        self.handed_out.append(f"srv-{kind}-{len(self.handed_out):04d}-{base64.b16encode(kind.encode()).decode()}/+x")
        return self.handed_out[-1]

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        token = next(iter(self.tokens(request)), CANARY)
        written = dict(forms(token))
        return {
            **super().build(request, user, fields),
            "id": f"{HOSTILE} {written['base64']}",
            "name": f"{HOSTILE} {written['plain']} {written['upper case']}",
            "icpId": written["hex"],
            "createdAt": written["percent"],
            "userIds": [written["JSON escapes"], written["HTML"]],
            "personIds": list(written.values()),
            "echo": written,
            "accessToken": self.hand_out("body"),
            MARKUP: HOSTILE,
        }

    def validate(self, request: Request, sent: Fields) -> Fields:
        if sent.get("endDate", "") is None:
            raise RuntimeError("a crash")
        return super().validate(request, sent)

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        token = next(iter(self.tokens(request)), CANARY)
        if refusal.status == 500:
            refusal = Refusal(200, HOSTILE, f"{HOSTILE} at app.py:7 token={token}")
        return super().refuse(request, refusal)

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        token = next(iter(self.tokens(request)), CANARY)
        body = json.dumps(value).encode()  # ASCII: half a surrogate pair is in it
        headers = {
            "content-type": "application/json",
            "set-cookie": f"sid={self.hand_out('cookie')}; Path=/; HttpOnly",
            "x-echo": " ".join(text for _, text in forms(token) if text.isprintable() and text.isascii()),
            "x-session-token": self.hand_out("header"),
            "x-markup": MARKUP,
        }
        return Answer(status, headers, body)
