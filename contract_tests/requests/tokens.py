"""Make invalid session tokens of a valid one that is a JSON Web Token (RFC 7519)."""

from __future__ import annotations

import base64
import json
from typing import Any


def with_changed_payload(token: str) -> str:
    """Return the token with one more claim and the same signature; empty if it is not a JWT.

    Its own claims stay, so that a server that does not check the signature finds the user.
    """
    parts = token.split(".")
    claims = _decoded(parts[1]) if len(parts) == 3 and _decoded(parts[0]) is not None else None
    return "" if claims is None else ".".join((parts[0], _encoded({**claims, "admin": True}), parts[2]))


def without_signature(token: str) -> str:
    """Return the token with the algorithm `none` and no signature (RFC 7518 §3.6); empty if it is not a JWT."""
    parts = token.split(".")
    header = _decoded(parts[0]) if len(parts) == 3 and _decoded(parts[1]) is not None else None
    return "" if header is None else ".".join((_encoded({**header, "alg": "none"}), parts[1], ""))


def unsigned_of(user_id: str) -> str:
    """Return a JWT of the user without signature; its algorithm is `none` to a server that ignores case alone."""
    return ".".join((_encoded({"alg": "nOnE", "typ": "JWT"}), _encoded({"sub": user_id, "exp": 4102444800}), ""))


def _decoded(part: str) -> dict[str, Any] | None:
    """Return the JSON object in a part of a token; None if there is none."""
    try:
        value = json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
