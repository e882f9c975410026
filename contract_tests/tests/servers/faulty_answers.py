"""Faulty servers: one defect each in the response of a success or in generated fields."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import Answer, Fields, Request, RightCore, timestamp, to_utc

# -- success


@breaks("success.status")
class Success202(RightCore):
    """The status of a success is 202."""

    success = 202


@breaks("success.status")
class Success204(RightCore):
    """A success is answered 204, without a body."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        return super().render(request, status, value) if status >= 400 else Answer(204, {}, b"")


@breaks("success.bare")
class WrappedInData(RightCore):
    """The lead list is in an object named data."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return {"data": super().build(request, user, fields)}


@breaks("success.bare")
class EncodedTwice(RightCore):
    """The body of a success is a JSON string with the JSON of the list."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer if status >= 400 else answer._replace(body=json.dumps(answer.body.decode()).encode())


@breaks("success.concurrent")
class SameCallsShareAnAnswer(RightCore):
    """Equal concurrent requests get one response, as from a read cache."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.under_way: dict[str, asyncio.Task[Answer]] = {}

    async def answer(self, request: Request) -> Answer:
        key = repr(request)
        if key not in self.under_way:
            self.under_way[key] = asyncio.create_task(self.answer_slowly(request))
            self.under_way[key].add_done_callback(lambda _: self.under_way.pop(key))
        return await asyncio.shield(self.under_way[key])

    async def answer_slowly(self, request: Request) -> Answer:
        await asyncio.sleep(0.02)  # the duration of a database query
        return await super().answer(request)


# -- id and users


@breaks("response.id.format")
class IdWithoutHyphens(Changed):
    """The id is a UUID without hyphens."""

    def new_id(self) -> str:
        return uuid4().hex


@breaks("response.id.format")
class IdWithPrefix(Changed):
    """The id is a UUID with the prefix list_."""

    def new_id(self) -> str:
        return f"list_{uuid4()}"


@breaks("response.id.unique")
class IdFromContent(RightCore):
    """The same body gets the same id again."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields) | {"id": str(uuid5(NAMESPACE_OID, request.body.hex()))}


@breaks("response.id.unique")
class IdsRecycled(RightCore):
    """After fifty lists the IDs repeat."""

    made = 0

    def new_id(self) -> str:
        self.made += 1
        return str(uuid5(NAMESPACE_OID, str(self.made % 50)))


@breaks("response.userIds.includes-creator")
class CreatorMissing(Changed):
    """userIds is empty."""

    def changes(self, created: Fields) -> Fields:
        return {"userIds": []}


@breaks("response.userIds.type")
class UserIdsAsText(Changed):
    """userIds is one ID instead of an array."""

    def changes(self, created: Fields) -> Fields:
        return {"userIds": created["userIds"][0]}


@breaks("response.userIds.no-stranger")
class PreviousCallerStays(RightCore):
    """userIds also holds the previous caller."""

    previous: str | None = None

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        others = [self.previous] if self.previous not in (None, user) else []
        self.previous = user
        return super().build(request, user, fields) | {"userIds": [user, *others]}


# -- timestamps


@breaks("response.createdAt.clock")
class CreatedAtConstant(Changed):
    """createdAt is always that of the API page's example."""

    def changes(self, created: Fields) -> Fields:
        return {"createdAt": "2024-01-02T10:30:00.000Z"}


@breaks("response.createdAt.clock")
class CreatedAtFrozen(Changed):
    """createdAt is the time at which the server started."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.started = self.write(self.now())

    def changes(self, created: Fields) -> Fields:
        return {"createdAt": self.started}


@breaks("response.createdAt.clock")
class ClockHourBehind(RightCore):
    """The server's clock is an hour slow."""

    def now(self) -> datetime:
        return super().now() - timedelta(hours=1)


@breaks("response.updatedAt.clock")
class UpdatedAtInLocalTime(Changed):
    """updatedAt is local time labelled UTC, two hours late."""

    def changes(self, created: Fields) -> Fields:
        return {"updatedAt": timestamp(to_utc(created["updatedAt"]) + timedelta(hours=2))}


@breaks("response.updatedAt.order")
class UpdatedBeforeCreated(Changed):
    """updatedAt is five seconds before createdAt."""

    def changes(self, created: Fields) -> Fields:
        return {"updatedAt": timestamp(to_utc(created["createdAt"]) - timedelta(seconds=5))}


@breaks("response.createdAt.format")
class CreatedAtWithoutZone(Changed):
    """createdAt has no offset from UTC."""

    def changes(self, created: Fields) -> Fields:
        return {"createdAt": created["createdAt"].removesuffix("Z")}


@breaks("response.updatedAt.format")
class UpdatedAtInUnixTime(Changed):
    """updatedAt is a number of milliseconds."""

    def changes(self, created: Fields) -> Fields:
        return {"updatedAt": int(to_utc(created["updatedAt"]).timestamp() * 1000)}
