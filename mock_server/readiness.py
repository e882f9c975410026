"""Waits for a mock that somebody else started."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

POLL_S = 0.05
ANSWER_S = 2.0  # for one answer; what takes longer is not ready


def wait_until_ready(url: str, *, timeout_s: float) -> str | None:
    """Wait until a mock answers at a base URL; None once it does, else why the last attempt did not succeed."""
    deadline_s = time.monotonic() + timeout_s
    while (reason := _ask(url)) is not None and time.monotonic() < deadline_s:
        time.sleep(POLL_S)
    return reason


def _ask(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        return f"{url!r} is no URL that begins with http://"
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_S)
    try:
        connection.request("GET", "/__mock__/ready")
        answer = connection.getresponse()
        return None if answer.status == 200 else f"it answers {answer.status}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(getattr(error, "strerror", None) or error or type(error).__name__)
    finally:
        connection.close()
