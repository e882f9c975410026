"""Traits of the response of a success and of generated fields."""

import json
import secrets
import time
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid1

from contract_tests.tests.servers.right_core import Answer, Fields, Request, RightCore, to_utc
from contract_tests.tests.servers.trait import about

# -- ids and timestamps


@about("id-version")
class IdOfVersion1(RightCore):
    """The id is a UUID of version 1."""

    def new_id(self) -> str:
        return str(uuid1(node=0x0242AC120002))


@about("id-version")
class IdOfVersion7(RightCore):
    """The id is a UUID of version 7."""

    def new_id(self) -> str:
        head = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(12) << 64
        return str(UUID(int=head | 2 << 62 | secrets.randbits(62)))


@about("case of the id")
class IdInUpperCase(RightCore):
    """The id is in upper case, as .NET and Microsoft's databases write it."""

    def new_id(self) -> str:
        return super().new_id().upper()


@about("timestamp-form")
class TimestampsInSeconds(RightCore):
    """createdAt and updatedAt are in whole seconds."""

    def write(self, moment: datetime) -> str:
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@about("timestamp-form")
class TimestampsInMicroseconds(RightCore):
    """createdAt and updatedAt have six fraction digits."""

    def write(self, moment: datetime) -> str:
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


@about("timestamp-form")
class TimestampsInNanoseconds(RightCore):
    """createdAt and updatedAt have nine fraction digits."""

    def write(self, moment: datetime) -> str:
        return moment.isoformat(timespec="microseconds").replace("+00:00", "000Z")


@about("timestamp-form")
class TimestampsWithOffsetZero(RightCore):
    """createdAt and updatedAt end with +00:00."""

    def write(self, moment: datetime) -> str:
        return moment.isoformat(timespec="milliseconds")


@about("timestamp-form")
class TimestampsOfIndia(RightCore):
    """createdAt and updatedAt are local times with the offset +05:30."""

    def write(self, moment: datetime) -> str:
        return moment.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(timespec="milliseconds")


@about("clock")
class ClockAhead(RightCore):
    """The server's clock is 20 s fast."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=20)


@about("clock")
class ClockBehind(RightCore):
    """The server's clock is 20 s slow."""

    def now(self) -> datetime:
        return super().now() - timedelta(seconds=20)


@about("updated-at")
class UpdatedLater(RightCore):
    """updatedAt is 3 ms after createdAt."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return created | {"updatedAt": self.write(to_utc(created["createdAt"]) + timedelta(milliseconds=3))}


@about("idempotency-key")
class IdempotencyKeyHonoured(RightCore):
    """A repeated Idempotency-Key of a user returns the same list."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.made: dict[tuple[str, str], Fields] = {}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        key = request.headers.get("idempotency-key")
        return self.made.setdefault((user, key), created) if key else created


# -- the response


@about("success-status")
class Success200(RightCore):
    """The status of a success is 200."""

    success = 200


@about("location-header")
class LocationOfList(RightCore):
    """Location holds the path of the new list."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        location = {"location": f"{request.path}/{value['id']}"} if status == self.success and "id" in value else {}
        return answer._replace(headers={**answer.headers, **location})


@about("location-header")
class LocationWithHost(RightCore):
    """Location holds the absolute URL of the new list."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        at = f"http://{request.headers.get('host', 'localhost')}{request.path}/{value.get('id')}#top"
        return answer._replace(headers={**answer.headers, "location": at}) if status == self.success else answer


@about("additional-response-fields")
class MoreFields(RightCore):
    """The lead list has more fields: full people and companies, counts, links, a version."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        people = [{"id": text, "name": None} for text in created["personIds"][:5]]
        more = {"persons": people, "companies": [], "orgId": None, "version": 1, "_links": {"self": created["id"]}}
        return created | more | {"deletedAt": None, "createdBy": {"id": user}}


@about("order of fields")
class FieldsReversed(RightCore):
    """The fields are in another order."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        return super().render(request, status, dict(reversed(value.items())))


@about("spelling of JSON")
class JsonIndented(RightCore):
    """The JSON is indented and ends with a newline."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\r\n"
        return super().render(request, status, value)._replace(body=text.encode())


@about("spelling of JSON")
class JsonInAscii(RightCore):
    """The JSON is ASCII: other characters and slashes are escaped."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        text = json.dumps(value, separators=(",", ":")).replace("/", "\\/")
        return super().render(request, status, value)._replace(body=text.encode())


@about("response-charset")
class CharsetTold(RightCore):
    """The media type has a charset parameter in upper case."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer._replace(headers={**answer.headers, "content-type": "Application/JSON;charset=UTF-8"})
