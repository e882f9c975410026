"""Wait until a mock in another process accepts requests."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from mock_server.settings.values import SettingError

POLL_S = 0.05
ANSWER_S = 2.0  # for one response; a mock that takes longer is not ready


@dataclass(frozen=True, slots=True)
class NotReady:
    """Why a mock is not ready. If `is_final`, waiting longer does not help; if `is_odd`, something else responds."""

    reason: str
    is_final: bool = False
    is_odd: bool = False


def wait_until_ready(url: str, *, timeout_s: float) -> NotReady | None:
    """Wait until the mock at a base URL is ready; return None, or the reason of the last failed attempt."""
    connection = connection_to(url, timeout_s=ANSWER_S)
    deadline_s = time.monotonic() + timeout_s
    while (failure := _ask(connection)) is not None and not failure.is_final and time.monotonic() < deadline_s:
        if failure.is_odd and _ask(connection_to(other := _other_scheme(url), timeout_s=ANSWER_S)) is None:
            return NotReady(f"the mock there serves {other}", is_final=True)
        time.sleep(POLL_S)
    return failure


def _other_scheme(url: str) -> str:
    scheme, rest = url.split(":", 1)
    return f"{'http' if scheme.lower() == 'https' else 'https'}:{rest}"


def connection_to(url: str, *, timeout_s: float) -> http.client.HTTPConnection:
    """Return an unopened connection to the mock at a base URL; it accepts any certificate."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=timeout_s)
        if parts.scheme == "https" and parts.hostname:
            # The certificate of --tls is self-signed, and the request has no secret.
            unverified = ssl._create_unverified_context()
            return http.client.HTTPSConnection(parts.hostname, parts.port or 443, timeout=timeout_s, context=unverified)
    except (ValueError, http.client.InvalidURL):
        pass
    raise SettingError(f"{url!r} is not a URL to wait for; write one such as http://localhost:8080")


def _ask(connection: http.client.HTTPConnection) -> NotReady | None:
    try:
        connection.request("GET", "/__mock__/ready")
        answer = connection.getresponse()
        body = answer.read(10_000)
        # The dev server of a frontend responds to any path with 200 and its web page.
        if answer.status == 200 and answer.getheader("content-type") == "application/json":
            return None
        response = f"it answers {answer.status} {answer.getheader('content-type', '')}".rstrip()
        if answer.status == 403:
            return NotReady(f"it answers 403: {_message(body)}", is_final=True)
        return NotReady(response, is_odd=answer.status == 400)  # as of a port that serves https
    except (ssl.SSLError, http.client.HTTPException, ConnectionResetError) as error:
        return NotReady(str(getattr(error, "reason", None) or error or type(error).__name__), is_odd=True)
    except (OSError, ValueError) as error:
        return NotReady(str(getattr(error, "strerror", None) or error or type(error).__name__))
    finally:
        connection.close()


def _message(body: bytes) -> str:
    """Return the message of the mock's error body, or the first line of any other body."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip().partition("\n")[0][:200] or "no reason given"
