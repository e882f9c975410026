"""The requests of the benchmark, with the response that each must get."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

PATH = "/api/v1/entities/leadlists"
AUTHORIZATION = "Bearer xyz789-session"
IDS_IN_LONG_BODY = 2_000  # half of them opaque person ids, half UUIDs of companies

_VALID: dict[str, Any] = {  # the request example of the API page
    "name": "Q1 2024 Tech Startups",
    "type": "person",
    "icpId": "660e8400-e29b-41d4-a716-446655440001",
    "startDate": "2024-01-01T00:00:00.000Z",
    "endDate": "2024-03-31T23:59:59.000Z",
    "personIds": ["lead_abc123", "lead_def456"],
    "companyIds": [],
}
_BROKEN: dict[str, Any] = {"name": 7, "icpId": "none", "startDate": "2024-02-30T00:00:00.000Z"}
BROKEN_FIELDS = tuple(_BROKEN)
_LONG: dict[str, Any] = {
    "personIds": [f"lead_{number:06}" for number in range(IDS_IN_LONG_BODY // 2)],
    "companyIds": [f"660e8400-e29b-41d4-a716-{number:012x}" for number in range(IDS_IN_LONG_BODY // 2)],
}


@dataclass(frozen=True, slots=True)
class Expected:
    """An expected response: its status, and a text in its body."""

    status: int
    marker: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the benchmark repeats."""

    name: str
    title: str
    body: bytes
    authorization: str | None
    expected: Expected  # from a server that keeps the contract


def _request(name: str, title: str, change: dict[str, Any], status: int, marker: str, *, login: bool = True) -> Request:
    body = json.dumps(_VALID | change).encode()
    return Request(name, title, body, AUTHORIZATION if login else None, Expected(status, marker))


CREATE = _request("create", "valid create", {}, 201, '"id"')
INVALID = _request("invalid", "400, all problems", _BROKEN, 400, "BAD_REQUEST")
NO_LOGIN = _request("no-login", "401", {}, 401, "UNAUTHORIZED", login=False)
LONG = _request("long", f"{IDS_IN_LONG_BODY:,} ids", _LONG, 201, f"lead_{IDS_IN_LONG_BODY // 2 - 1:06}")

BRIEF = (CREATE, INVALID, NO_LOGIN)
EVERY = (*BRIEF, LONG)
