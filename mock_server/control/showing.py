"""Return exchanges as JSON for the dashboard and tests, with verdicts and masked secrets."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from mock_server.control.checks import Checker
from mock_server.middleware.world_selection import WORLD_COOKIE
from mock_server.settings.values import Settings
from mock_server.worlds.journal import Exchange, RawHeaders

MASK = "[masked]"

_SECRET_NAME = re.compile(r"auth|token|secret|passw|session|api[-_]?key|signature|cookie", re.IGNORECASE)
_PLAIN_COOKIES = (WORLD_COOKIE, "mock_fault")
_PAIR = re.compile(r"([^=;\s]+)(\s*=\s*)([^;]*)")  # in a cookie header
_QUERY_PAIR = re.compile(r"([^=&]+)=([^&]*)")


def _encoded(path: str) -> str:
    return quote(path, safe="!$&'()*+,-./:;=@_~")  # characters that a path can have unencoded (RFC 3986 §3.3)


def instant(moment: datetime) -> str:
    """Return a time in UTC as the control API writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Shown:
    """Turns an exchange into the Exchange of the control API; masks every secret that the mock knows."""

    def __init__(self, checker: Checker, settings: Settings) -> None:
        self._checker = checker
        secrets = [token for _, token in settings.user] + [settings.control_token or ""]
        # The longest first: a token can be the start of another one.
        known = "|".join(re.escape(each) for each in sorted(filter(None, secrets), key=len, reverse=True))
        self._known = re.compile(known or r"(?!)")

    def __call__(self, exchange: Exchange) -> dict[str, Any]:
        checked = self._checker(exchange)
        problems = [{"of": "request", **each._asdict()} for each in checked.request_problems]
        problems += [{"of": "answer", **each._asdict()} for each in checked.answer_problems]
        return {
            "id": exchange.id,
            "at": instant(exchange.at),
            "elapsedMs": round(exchange.elapsed_ms, 2),
            "method": exchange.method,
            **self._path(exchange),
            "query": self._query(exchange.query.decode("latin-1")),
            "request": self._message(exchange.headers, exchange.body, exchange.body_bytes),
            "answer": {
                "status": exchange.status,
                "complete": exchange.complete,
                **self._message(exchange.response_headers, exchange.response_body, exchange.response_bytes),
            },
            "user": checked.user,
            "operation": checked.operation,
            "fault": exchange.fault and {"what": str(exchange.fault.fault), "door": exchange.fault.door},
            "verdict": {"request": checked.request, "answer": checked.answer},
            "problems": [{name: self._masked(text) for name, text in each.items()} for each in problems],
        }

    def _path(self, exchange: Exchange) -> dict[str, str]:
        path = self._masked(exchange.path)
        raw = exchange.raw_path.decode("latin-1")
        if path != exchange.path or raw in ("", _encoded(path)):  # the raw path must not show a masked secret
            return {"path": path}
        return {"path": path, "rawPath": raw}

    def _message(self, headers: RawHeaders, body: bytes | bytearray, body_bytes: int) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "headers": [self._header(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            "body": None,
            "bodyBytes": body_bytes,
        }
        if len(body) < body_bytes:
            return shown
        try:
            shown["body"] = self._masked(body.decode())
        except UnicodeDecodeError:
            # Masked as text of one byte per character: a body that is not UTF-8 can still contain a token.
            masked = self._masked(body.decode("latin-1")).encode("latin-1")
            shown["bodyBase64"] = base64.b64encode(masked).decode()
        return shown

    def _header(self, name: str, value: str) -> list[str]:
        if name == "cookie":
            value = _PAIR.sub(lambda pair: pair[0] if pair[1] in _PLAIN_COOKIES else f"{pair[1]}{pair[2]}{MASK}", value)
        elif name == "set-cookie":
            value = _PAIR.sub(lambda pair: f"{pair[1]}{pair[2]}{MASK}", value, count=1)
        elif name == "authorization" and " " in value.strip():
            value = f"{value.split()[0]} {MASK}"
        elif _SECRET_NAME.search(name) and name != "www-authenticate":
            value = MASK
        return [name, self._masked(value)]

    def masked(self, header: str, text: str) -> str:
        """Mask the known secrets in a text, and every secret in the value of a header."""
        return MASK if header and _SECRET_NAME.search(header) else self._masked(text)

    def _query(self, query: str) -> str:
        return self._masked(
            _QUERY_PAIR.sub(lambda pair: f"{pair[1]}={MASK}" if _SECRET_NAME.search(pair[1]) else pair[0], query)
        )

    def _masked(self, text: str) -> str:
        return self._known.sub(MASK, text)
