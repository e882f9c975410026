"""Read the exchanges of a HAR file (HTTP Archive 1.2), as browsers, Playwright and mitmproxy write it.

A recorder can omit bodies, logins and failed requests; entries that cannot be judged are counted by reason.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract_tests.live.passive import LOGIN_HEADER
from contract_tests.live.seen import NOT_WHOLE, Counts, Seen
from contract_tests.target.exchange import Headers

NO_REQUEST_BODY = "without the body of the request"
NO_RESPONSE_BODY = "without the body of the response"
NO_TIME = "without the time of the request"
LOSSY = "with a body that the recorder changed"
WORKER = "answered by a service worker or from a cache"
TWICE = "recorded twice"
WRONG = "not as HAR 1.2 has it"
LATEST_S = 32_503_680_000  # the year 3000; a later time is a mistake of the recorder


class HarError(Exception):
    """A HAR file cannot be read, or has requests to several servers; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The entries of one HAR file. folder: the folder of the files that its entries name."""

    entries: tuple[Mapping[str, Any], ...]
    folder: Path

    @classmethod
    def read(cls, path: Path) -> Archive:
        """Read a file; raise HarError with its name."""
        try:
            entries = json.loads(path.read_bytes())["log"]["entries"]
            if not isinstance(entries, list) or not all(isinstance(entry["request"]["url"], str) for entry in entries):
                raise TypeError("entries without a URL")
        except OSError as error:
            raise HarError(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise HarError(f"{path} is not a HAR file: {error!r}") from None
        return cls(tuple(entries), path.parent)

    def base_url(self, paths: Collection[str]) -> str:
        """Return the base URL of the only server with requests to the paths; raise HarError."""
        bases = set()
        for entry in self.entries:
            with suppress(ValueError):
                parts = urlsplit(entry["request"]["url"])
                path = parts.path.rstrip("/")
                bases |= {f"{parts.scheme}://{parts.netloc}{path.removesuffix(p)}" for p in paths if path.endswith(p)}
        if len(bases) != 1:
            found = f"requests to {len(bases)} servers: {', '.join(sorted(bases))}" if bases else "no request to it"
            raise HarError(f"the file has {found}; name the server with --upstream URL")
        return bases.pop()

    def traffic(self, base_url: str, paths: Collection[str]) -> Iterator[Seen | Counts]:
        """Yield the exchanges with the paths below the base URL, in the order of sending, then the counts."""
        counts = Counts(forwarded=len(self.entries))
        ours = [entry for entry in self.entries if _is_of(entry["request"]["url"], base_url, paths)]
        counts.of_operation = len(ours)
        has_logins = any(map(_has_login, ours))
        seen_before: set[tuple[object, ...]] = set()
        found: list[Seen] = []
        for entry in ours:
            try:
                seen = self._seen(entry, has_logins, counts.left_out)
            except (AttributeError, KeyError, OverflowError, TypeError, ValueError):  # of a recorder with a mistake
                counts.left_out[WRONG] += 1
                continue
            if seen is None:
                continue
            key = (entry.get("startedDateTime"), seen.method, seen.target, seen.request_body, seen.response_body)
            if key in seen_before:
                counts.left_out[TWICE] += 1
            else:
                seen_before.add(key)
                found.append(seen)
        yield from sorted(found, key=lambda seen: seen.sent_at_s)
        yield counts

    def _seen(self, entry: Mapping[str, Any], has_logins: bool, left_out: Counter[str]) -> Seen | None:
        request, response = entry["request"], entry.get("response") or {}
        status = response.get("status")
        if not isinstance(status, int) or not 100 <= status <= 999:
            left_out[NOT_WHOLE] += 1
            return None
        if entry.get("_fetchedViaServiceWorker") or entry.get("_fromCache"):
            left_out[WORKER] += 1
            return None
        sent, why = self._request_body(request)
        received, why_not = self._response_body(request, response)
        if sent is None or received is None:
            left_out[why or why_not] += 1
            return None
        parts = urlsplit(request["url"])
        begun_s = _moment_s(entry.get("startedDateTime"))
        if begun_s is None:
            left_out[NO_TIME] += 1
            return None
        took_s = max(0.0, float(entry.get("time") or 0)) / 1000
        if not 0 <= begun_s <= begun_s + took_s < LATEST_S:
            raise ValueError("a time that no recorder has measured")
        return Seen(
            str(request.get("method", "")),
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            _headers(request),
            sent,
            status,
            _headers(response),
            received,
            begun_s,
            begun_s + took_s,
            is_coded=False,
            is_login_shown=has_logins,
        )

    def _request_body(self, request: Mapping[str, Any]) -> tuple[bytes | None, str]:
        posted = request.get("postData") or {}
        body = self._content(posted)
        if body is None and (request.get("bodySize") or 0) <= 0 and not _length(request):
            body = b""
        if body is None:
            return None, NO_REQUEST_BODY
        return (None, LOSSY) if "\ufffd".encode() in body else (body, "")

    def _response_body(self, request: Mapping[str, Any], response: Mapping[str, Any]) -> tuple[bytes | None, str]:
        content = response.get("content") or {}
        body = self._content(content)
        has_none = request.get("method") == "HEAD" or response["status"] in {204, 304}
        if not body and not has_none and (content.get("size") or 0) > 0:
            return None, NO_RESPONSE_BODY
        if body is None:
            if not has_none and content.get("size") != 0:
                return None, NO_RESPONSE_BODY
            body = b""
        return (None, LOSSY) if "\ufffd".encode() in body and not content.get("encoding") else (body, "")

    def _content(self, content: Mapping[str, Any]) -> bytes | None:
        """Return the bytes of a body; None if the file does not have them."""
        if name := content.get("_file"):  # of Playwright, next to the HAR file
            path = self.folder / Path(str(name)).name
            return path.read_bytes() if path.is_file() else None
        text = content.get("text")
        if not isinstance(text, str):
            return None
        if content.get("encoding") != "base64":
            return text.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(text)
        except binascii.Error:
            return None


def _headers(message: Mapping[str, Any]) -> Headers:
    """Return the headers of a message without the pseudo-headers of HTTP/2, which browsers record."""
    given = message.get("headers") or ()
    pairs = ((str(each.get("name", "")), str(each.get("value", ""))) for each in given)
    return tuple((name, value) for name, value in pairs if name and not name.startswith(":"))


def _has_login(entry: Mapping[str, Any]) -> bool:
    with suppress(AttributeError, TypeError):
        return any(LOGIN_HEADER.search(name) for name, _ in _headers(entry["request"]))
    return False


def _length(request: Mapping[str, Any]) -> int:
    values = [value for name, value in _headers(request) if name.lower() == "content-length" and value.isdigit()]
    return int(values[0]) if values else 0


def _is_of(url: str, base_url: str, paths: Collection[str]) -> bool:
    plain = url.partition("#")[0].partition("?")[0].rstrip("/")
    return plain in {base_url.rstrip("/") + path.rstrip("/") for path in paths}


def _moment_s(text: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
