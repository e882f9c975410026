"""Waits for a mock that somebody else started."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from mock_server.settings import SettingError

POLL_S = 0.05
ANSWER_S = 2.0  # for one answer; what takes longer is not ready


def wait_until_ready(url: str, *, timeout_s: float) -> str | None:
    """Wait until a mock answers at a base URL; None once it does, else why the last attempt did not succeed."""
    connection = _connection(url)
    deadline_s = time.monotonic() + timeout_s
    while (reason := _ask(connection)) is not None and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
    return reason


def _connection(url: str) -> http.client.HTTPConnection:
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_S)
    except (ValueError, http.client.InvalidURL):
        pass
    raise SettingError(f"{url!r} is not a URL to wait for; write one such as http://127.0.0.1:8080")


def _ask(connection: http.client.HTTPConnection) -> str | None:
    try:
        connection.request("GET", "/__mock__/ready")
        answer = connection.getresponse()
        # The dev server of a page answers 200 to any path, with the page.
        is_mock = answer.status == 200 and answer.getheader("content-type") == "application/json"
        return None if is_mock else f"it answers {answer.status} {answer.getheader('content-type', '')}".rstrip()
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(getattr(error, "strerror", None) or error or type(error).__name__)
    finally:
        connection.close()
