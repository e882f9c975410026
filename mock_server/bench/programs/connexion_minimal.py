"""A mock built as at the start of Connexion's documentation: the spec, one function, both validations on."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import connexion
import yaml
from connexion.resolver import Resolver

USERS = {"xyz789-session": {"sub": "user_xyz789"}}


def check_token(token: str, **_: Any) -> dict[str, str] | None:
    """Return the user of a session token, or None."""
    return USERS.get(token)


async def create_lead_list(body: dict[str, Any], user: str) -> tuple[dict[str, Any], int]:
    """Return the created lead list."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made = {"id": str(uuid.uuid4()), "userIds": [user], "createdAt": now, "updatedAt": now}
    return {"type": "person", "companyIds": [], **body, **made}, 201


spec = yaml.safe_load((Path(os.environ["BENCH_SPEC"]) / "openapi.yaml").read_text(encoding="utf-8"))
schemes = spec["components"]["securitySchemes"]
schemes["sessionCookie"]["x-apikeyInfoFunc"] = "connexion_minimal.check_token"
schemes["sessionBearer"]["x-bearerInfoFunc"] = "connexion_minimal.check_token"
app = connexion.AsyncApp(__name__)
app.add_api(spec, resolver=Resolver(lambda name: create_lead_list), strict_validation=True, validate_responses=True)
