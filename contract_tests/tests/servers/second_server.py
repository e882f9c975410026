"""A second correct server: the API page as another good team would build it, in plain Starlette.

It proves that the suite accepts more than one way to keep the contract. Where the API page leaves a question open, it
follows a natural option that is *not* the most literal one. READINGS lists them by the IDs of spec/readings.yaml.
By hand: `python -m contract_tests.tests.servers.second_server --port 8001`.
"""

import argparse
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID, uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

READINGS: Mapping[str, str] = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """
    success-status=200 location-header=present additional-response-fields=present response-charset=present
    request-id-header=present id-version=7 updated-at=equal timestamp-form=offset idempotency-key=ignored

    error-shape=flat details-place=beside-code details-form=map details-name-the-field=named problems-listed=all
    malformed-json-details=absent details-on-other-errors=absent error-media-type=json

    session-carrier=either malformed-login=401 mixed-logins=all-good bearer-scheme-case=insensitive
    login-before-validation=login-first www-authenticate=absent foreign-origin=accepted

    accept-header=ignored content-type-missing=415 media-type-case=accepted other-media-types=415 compressed-body=415
    oversized-body=413 duplicate-keys=refused byte-order-mark=accepted invalid-utf-8=refused lone-surrogate=replaced
    other-encodings=refused json-extensions=refused key-case=refused
    deep-nesting=refused huge-numbers=refused unknown-query-parameters=ignored other-methods=405
    trailing-slash=redirected

    unknown-properties=refused server-made-fields-sent=ignored user-ids-sent=merged
    empty-name=refused blank-name=refused surrounding-blanks=trimmed long-name=refused unicode-form=kept
    markup-in-text=kept nul-in-text=refused control-characters=kept type-null=refused
    uuid-case=kept uuid-versions=any uuid-variants=refused uuid-spellings=refused uuid-surrounding-blanks=refused
    unknown-icp=accepted

    date-only=refused date-offset=refused date-echo=verbatim date-without-zone=refused date-fraction=kept
    leap-second=refused hour-24=refused rare-date-forms=refused other-date-texts=refused distant-years=accepted
    large-offsets=refused date-surrounding-blanks=refused end-before-start=refused equal-dates=accepted

    person-ids-missing-on-company-list=refused number-ids=refused empty-ids=refused person-id-form=any
    unknown-people=accepted unknown-companies=accepted person-ids-on-company-list=dropped
    company-ids-on-person-list=refused company-ids-null=refused duplicate-ids=removed id-order=kept many-ids=refused
        """,
    )
)

PATH = "/api/v1/entities/leadlists"
USERS = {"token-xyz789": "user_xyz789", "token-abc123": "user_abc123"}
EXPIRED = ("token-expired",)
BODY_BYTES, NAME_CHARACTERS, IDS = 1 << 20, 120, 100

CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "CONTENT_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
# RFC 9562 defines eight versions of one variant, and the nil and max UUIDs.
A_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|0{8}(-0{4}){3}-0{12}|f{8}(-f{4}){3}-f{12}",
    re.IGNORECASE,
)
A_DATE_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]+)?Z")


class ApiError(Exception):
    def __init__(self, status: int, message: str, details: Mapping[str, list[str]] | None = None) -> None:
        self.status, self.message, self.details = status, message, details


class Json(JSONResponse):
    media_type = "application/json; charset=utf-8"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        super().init_headers({"X-Request-Id": uuid4().hex, **(headers or {})})


# -- reading the request


def read_user(request: Request, users: Mapping[str, str], expired: Collection[str]) -> str:
    """Return the signed-in user. A client may send a bearer token, a cookie or both; each must be valid."""
    tokens = []
    if (header := request.headers.get("authorization")) is not None:
        scheme, _, token = header.partition(" ")
        tokens.append(token.strip() if scheme.lower() == "bearer" else "")
    if (cookie := request.cookies.get("__session")) is not None:
        tokens.append(cookie)
    found = {None if token in expired else users.get(token) for token in tokens}
    user = found.pop() if len(found) == 1 else None
    if user is None:
        raise ApiError(401, "Sign in to create lead lists.")
    return user


async def read_json(request: Request) -> object:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "Send the body as plain application/json.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES:
                raise ApiError(413, f"The body is larger than {BODY_BYTES} bytes.")
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=unique, parse_constant=no_constant)
    except ClientDisconnect:
        raise ApiError(400, "The body is not complete.") from None
    except (ValueError, RecursionError):  # invalid bytes or JSON, too many digits, or too deep
        raise ApiError(400, "The body is not well-formed JSON.") from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("duplicate key")
    return members


def no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# -- checking the fields: a check returns the value to store or raises ValueError with the problem


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    if "\0" in value:
        raise ValueError("must not contain NUL")
    return well_formed(value)


def well_formed(value: str) -> str:
    """Refuse half surrogate pairs, which JSON can express but UTF-8 cannot."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def display_name(value: object) -> str:
    name = text(value).strip()
    if not 1 <= len(name) <= NAME_CHARACTERS:
        raise ValueError(f"must have 1 to {NAME_CHARACTERS} characters, without spaces around it")
    return name


def list_type(value: object) -> str:
    if value not in ("person", "company"):
        raise ValueError('must be "person" or "company"')
    return str(value)


def uuid(value: object) -> str:
    value = text(value)
    if not A_UUID.fullmatch(value):
        raise ValueError("must be a UUID")
    return value


def uuid_or_null(value: object) -> str | None:
    return None if value is None else uuid(value)


def date_time(value: object) -> str:
    value = text(value)
    match = A_DATE_TIME.fullmatch(value)
    try:
        date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise ValueError("must be a date-time in UTC such as 2024-01-31T00:00:00.000Z") from None
    return value


def moment(value: str) -> tuple[str, str]:
    """Return a key that sorts date-times by time, with any number of fraction digits."""
    return value[:19], value[19:].strip(".Z").rstrip("0")


def opaque_id(value: object) -> str:
    value = text(value)
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def ids_of(check: Callable[[object], str]) -> Callable[[object], list[str]]:
    def ids(value: object) -> list[str]:
        if not isinstance(value, list):
            raise ValueError("must be an array")
        if len(value) > IDS:
            raise ValueError(f"must have at most {IDS} items")
        return list(dict.fromkeys(check(item) for item in value))

    return ids


CHECKS: Mapping[str, Callable[[object], Any]] = {
    "name": display_name,
    "type": list_type,
    "icpId": uuid_or_null,
    "startDate": date_time,
    "endDate": date_time,
    "personIds": ids_of(opaque_id),
    "companyIds": ids_of(uuid),
    "userIds": ids_of(opaque_id),
}
DEFAULTS: Mapping[str, Any] = {"type": "person", "companyIds": (), "userIds": ()}
PASSED_OVER = {"id", "createdAt", "updatedAt"}  # a client may send back an object that this server returned


def validate(sent: object) -> dict[str, Any]:
    if not isinstance(sent, dict):
        raise ApiError(400, "The body is invalid.", {"body": ["must be a JSON object"]})
    fields: dict[str, Any] = {**DEFAULTS}
    problems = {well_formed(key): ["is not a field of a lead list"] for key in sent.keys() - CHECKS - PASSED_OVER}
    for key, check in CHECKS.items():
        if key in sent:
            try:
                fields[key] = check(sent[key])
            except ValueError as problem:
                problems[key] = [str(problem)]
        elif key not in DEFAULTS:
            problems[key] = ["is required"]
    if not problems and moment(fields["endDate"]) < moment(fields["startDate"]):
        problems["endDate"] = ["must not be before startDate"]
    if not problems and fields["type"] == "person" and fields["companyIds"]:
        problems["companyIds"] = ['must be empty when type is "person"']
    if problems:
        raise ApiError(400, "The body is invalid.", problems)
    return fields


# -- responding


def uuid7() -> UUID:
    head = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(12) << 64
    return UUID(int=head | 2 << 62 | secrets.randbits(62))


def lead_list(fields: dict[str, Any], user: str) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    if fields["type"] == "company":
        fields["personIds"] = []
    made = {"id": str(uuid7()), "createdAt": now, "updatedAt": now, "leadCount": len(fields["personIds"])}
    return fields | made | {"userIds": list(dict.fromkeys([user, *fields["userIds"]]))}


async def on_error(_: Request, error: Exception) -> Response:
    if isinstance(error, ApiError):
        body = {"code": CODES[error.status], "message": error.message}
        return Json(body | ({"details": error.details} if error.details else {}), error.status)
    if isinstance(error, HTTPException):  # Starlette's own 404 and 405
        code = CODES.get(error.status_code, "BAD_REQUEST")
        return Json({"code": code, "message": error.detail}, error.status_code, error.headers)
    return Json({"code": "INTERNAL_ERROR", "message": "Something went wrong here."}, 500)


def app(users: Mapping[str, str], expired: Collection[str] = EXPIRED) -> Starlette:
    """Create the server for these session tokens (token -> user ID)."""

    async def create(request: Request) -> Response:
        user = read_user(request, users, expired)
        created = lead_list(validate(await read_json(request)), user)
        return Json(created, 200, {"Location": f"{PATH}/{created['id']}"})

    handlers = dict.fromkeys([ApiError, HTTPException, Exception], on_error)
    return Starlette(routes=[Route(PATH, create, methods=["POST"])], exception_handlers={**handlers})


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A second right server, in plain Starlette.")
    arguments.add_argument("--port", type=int, default=8001)
    for session, who in USERS.items():
        print(f"{who}: Authorization: Bearer {session}, or Cookie: __session={session}")
    uvicorn.run(app(USERS), host="127.0.0.1", port=arguments.parse_args().port)
