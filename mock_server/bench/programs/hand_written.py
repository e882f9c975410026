"""The endpoint written by hand for speed: the contract in full, no framework, nothing configurable.

It shows what the contract itself costs on this HTTP server. It has no journal, no faults and no other endpoint.
"""

from __future__ import annotations

import re
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

PATH = "/api/v1/entities/leadlists"
SESSIONS = {"xyz789-session": "user_xyz789", "abc123-session": "user_abc123"}
COOKIE = "__session"
MAX_BODY_BYTES = 1024 * 1024
MAX_LISTS = 10_000
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?")
JSON_HEADER = (b"content-type", b"application/json")

Problem = dict[str, str]

stored: deque[dict[str, Any]] = deque(maxlen=MAX_LISTS)


class Refused(Exception):
    """The request gets an error response."""

    def __init__(self, status: int, code: str, message: str, details: list[Problem] | None = None) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"code": code, "message": message}
        if details:
            error["details"] = details
        self.body = orjson.dumps({"error": error})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Create a lead list, or respond with the error of the contract."""
    if scope["type"] != "http":
        return
    extra: list[tuple[bytes, bytes]] = []
    try:
        status, body = 201, orjson.dumps(await create(scope, receive))
    except Refused as refused:
        status, body = refused.status, refused.body
        if status == 405:
            extra = [(b"allow", b"POST")]
    headers = [JSON_HEADER, (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def create(scope: Scope, receive: Receive) -> dict[str, Any]:
    """Return the stored lead list of a request; raise Refused for any other request."""
    if scope["path"] != PATH:
        raise Refused(404, "NOT_FOUND", "There is no such path")
    if scope["method"] != "POST":
        raise Refused(405, "METHOD_NOT_ALLOWED", "Only POST is allowed here")
    headers = dict(scope["headers"])
    user = find_user(headers)
    check_head(headers)
    try:
        payload = orjson.loads(await read_body(receive))
    except orjson.JSONDecodeError as error:
        raise bad_request([problem("", "json", str(error))]) from None
    if not isinstance(payload, dict):
        raise bad_request([problem("", "type", "the body is not an object")])
    problems, start_date, end_date = check(payload)
    if problems:
        raise bad_request(problems)
    lead_list = build(payload, start_date, end_date, user)
    stored.append(lead_list)
    return lead_list


def find_user(headers: dict[bytes, bytes]) -> str:
    """Return the id of the user whose session the bearer token or the cookie names."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer" and (user := SESSIONS.get(token.strip().decode("latin-1"))):
        return user
    for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == COOKIE and (user := SESSIONS.get(value.strip())):
            return user
    raise Refused(401, "UNAUTHORIZED", "User is not authenticated")


def check_head(headers: dict[bytes, bytes]) -> None:
    """Raise Refused for a body in another media type, character set or encoding."""
    media_type, _, parameters = headers.get(b"content-type", b"application/json").lower().partition(b";")
    if media_type.strip() != b"application/json":
        raise bad_request([problem("", "media_type", "the body is not application/json")])
    charset = parameters.replace(b" ", b"").replace(b'"', b"")
    if charset.startswith(b"charset=") and charset != b"charset=utf-8":
        raise bad_request([problem("", "charset", "the body is not in UTF-8")])
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise bad_request([problem("", "encoding", "the body is compressed")])


async def read_body(receive: Receive) -> bytes:
    """Return the whole body; raise Refused for one larger than MAX_BODY_BYTES."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            break
    if len(body) > MAX_BODY_BYTES:
        raise bad_request([problem("", "size", f"the body has more than {MAX_BODY_BYTES} bytes")])
    return body


def check(payload: dict[str, Any]) -> tuple[list[Problem], str, str]:
    """Return every problem of a payload, and both dates as the response shows them."""
    problems: list[Problem] = []
    if not isinstance(payload.get("name"), str):
        problems.append(wrong(payload, "name", "a string"))
    if payload.get("type", "person") not in ("person", "company"):
        problems.append(wrong(payload, "type", '"person" or "company"'))
    icp_id = payload.get("icpId", "")
    if icp_id is not None and not is_uuid(icp_id):
        problems.append(wrong(payload, "icpId", "a UUID or null"))
    start_date, end_date = (read_date(payload, field, problems) for field in ("startDate", "endDate"))
    check_ids(payload.get("personIds"), "personIds", str, problems)
    check_ids(payload.get("companyIds", []), "companyIds", None, problems)
    return problems, start_date, end_date


def check_ids(ids: object, field: str, kind: type | None, problems: list[Problem]) -> None:
    """Add the problems of a list of ids: of strings if `kind` is str, else of UUIDs."""
    if not isinstance(ids, list):
        problems.append(problem(f"/{field}", "type", f"{field} is not an array"))
        return
    for i, each in enumerate(ids):
        if not (isinstance(each, str) if kind else is_uuid(each)):
            want = "a string" if kind else "a UUID"
            problems.append(problem(f"/{field}/{i}", "type", f"{field}/{i} is not {want}"))


def is_uuid(value: object) -> bool:
    """Return whether a value is a UUID with its hyphens."""
    return isinstance(value, str) and UUID.fullmatch(value) is not None


def read_date(payload: dict[str, Any], field: str, problems: list[Problem]) -> str:
    """Return a date as the response shows it, in UTC with milliseconds; else add the problem."""
    text = payload.get(field)
    try:
        if not isinstance(text, str) or DATE.fullmatch(text) is None:
            raise ValueError
        moment = datetime.fromisoformat(text)
        return in_utc(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError):
        problems.append(wrong(payload, field, "an ISO 8601 date"))
        return ""


def in_utc(moment: datetime) -> str:
    """Write an instant as the API page does."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def build(payload: dict[str, Any], start_date: str, end_date: str, user: str) -> dict[str, Any]:
    """Make the lead list of a valid payload; fields that the server makes are never taken from the client."""
    now = in_utc(datetime.now(UTC))
    icp_id = payload["icpId"]
    return {
        "id": str(uuid.uuid4()),
        "icpId": icp_id and icp_id.lower(),
        "name": payload["name"],
        "type": payload.get("type", "person"),
        "startDate": start_date,
        "endDate": end_date,
        "personIds": payload["personIds"],
        "companyIds": [each.lower() for each in payload.get("companyIds", ())],
        "userIds": [user],
        "createdAt": now,
        "updatedAt": now,
    }


def wrong(payload: dict[str, Any], field: str, want: str) -> Problem:
    """Make the problem of a field that is missing or not `want`."""
    state = f"is not {want}" if field in payload else f"is missing; send {want}"
    return problem(f"/{field}", "value" if field in payload else "required", f"{field} {state}")


def problem(path: str, rule: str, message: str) -> Problem:
    """Make an entry of `details`."""
    return {"path": path, "rule": rule, "message": message}


def bad_request(details: list[Problem]) -> Refused:
    """Make the 400 of the contract."""
    return Refused(400, "BAD_REQUEST", "Request body validation failed", details)
