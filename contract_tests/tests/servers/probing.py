"""Send what shows the bugs of the foreign sets."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from contract_tests.tests.servers.sending import Send
from contract_tests.tests.servers.test_faulty_servers_behave import kept, status

LATER = {"endDate": "9000-01-01T00:00:00.000Z"}


def start(send: Send, text: str) -> object:
    return kept(send, "startDate", text, **LATER)


def with_header(send: Send, name: str, value: str | None, **how: Any) -> int:
    return status(send, how.pop("body", {}), headers={name: value}, **how)


def together(send: Send, *bodies: Mapping[str, Any]) -> list[httpx2.Response]:
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))
