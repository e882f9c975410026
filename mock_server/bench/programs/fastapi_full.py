"""The contract as a user of FastAPI and pydantic would write it, with the documented error bodies."""

from __future__ import annotations

from collections import deque
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

SESSIONS = {"xyz789-session": "user_xyz789", "abc123-session": "user_abc123"}
MAX_LISTS = 10_000


class NotSignedIn(Exception):
    """The request has no valid session."""


def _only_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    return value


def _instant(value: datetime | date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is None:
        raise ValueError("must have a time zone")
    return value.astimezone(UTC)


def _as_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    datetime | date, BeforeValidator(_only_text), AfterValidator(_instant), PlainSerializer(_as_text, return_type=str)
]
Id = Annotated[UUID, BeforeValidator(_only_text)]


class NewLeadList(BaseModel):
    """The request body."""

    model_config = ConfigDict(strict=False, extra="ignore")

    name: Annotated[str, Field(strict=True)]
    type: Literal["person", "company"] = "person"
    icpId: Id | None
    startDate: Instant
    endDate: Instant
    personIds: list[Annotated[str, Field(strict=True)]]
    companyIds: list[Id] = []


class LeadList(NewLeadList):
    """The response body."""

    id: UUID
    userIds: list[str]
    createdAt: Instant
    updatedAt: Instant


app = FastAPI()
stored: deque[LeadList] = deque(maxlen=MAX_LISTS)
bearer = HTTPBearer(auto_error=False)
cookie = APIKeyCookie(name="__session", auto_error=False)


async def signed_in_user(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    session: Annotated[str | None, Depends(cookie)],
) -> str:
    """Return the id of the signed-in user."""
    for token in (credentials.credentials if credentials else None, session):
        if token in SESSIONS:
            return SESSIONS[token]
    raise NotSignedIn


def error(status: int, code: str, message: str, **more: Any) -> JSONResponse:
    """Make an error response of the contract."""
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status_code=status)


@app.exception_handler(NotSignedIn)
async def refuse_stranger(request: Request, exception: NotSignedIn) -> JSONResponse:
    """Respond 401."""
    return error(401, "UNAUTHORIZED", "User is not authenticated")


@app.exception_handler(RequestValidationError)
async def refuse_body(request: Request, exception: RequestValidationError) -> JSONResponse:
    """Respond 400 with every problem."""
    details = [
        {"path": "/" + "/".join(map(str, each["loc"][1:])), "rule": each["type"], "message": each["msg"]}
        for each in exception.errors()
    ]
    return error(400, "BAD_REQUEST", "Request body validation failed", details=details)


@app.post("/api/v1/entities/leadlists", status_code=201)
async def create_lead_list(body: NewLeadList, user: Annotated[str, Depends(signed_in_user)]) -> LeadList:
    """Create a lead list."""
    now = datetime.now(UTC)
    made = LeadList.model_construct(**dict(body), id=uuid4(), userIds=[user], createdAt=now, updatedAt=now)
    stored.append(made)
    return made
