"""What the tests of live traffic send."""

from __future__ import annotations

from typing import Any

PATH = "/api/v1/entities/leadlists"
BODY: dict[str, Any] = {
    "name": "Q1",
    "icpId": None,
    "startDate": "2030-01-01T00:00:00.000Z",
    "endDate": "2030-03-31T23:59:59.000Z",
    "personIds": [],
}
