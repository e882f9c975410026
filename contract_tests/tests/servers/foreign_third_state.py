"""The third foreign set, part 3: connections, concurrency, and state that earlier requests leave."""

import asyncio
import json
import re
import unicodedata
from collections import defaultdict
from datetime import datetime
from itertools import count
from typing import Any, cast
from weakref import WeakKeyDictionary

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    Fields,
    Receive,
    Refusal,
    Request,
    RightCore,
    Scope,
)

CRASH = "http.answer.no-server-error"
ANY_SUCCESS = ("success.created", "success.repeatable", "success.concurrent")
FAULTY_BODIES = ("request.body.json", "request.name.type", "request.name.required", "request.type.enum")
ECHOES = ("response.startDate.echo", "response.endDate.echo")


class Connected(RightCore):
    """The right core, which knows the connection of a request: not by its port, which later ones have again."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.connections: WeakKeyDictionary[object, str] = WeakKeyDictionary()
        self.numbers = count()

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        transport = cast(Any, receive).__self__.transport  # of uvicorn; ASGI says nothing about connections
        name = self.connections.setdefault(transport, str(next(self.numbers)))
        request = await super().receive(scope, receive)
        return request._replace(headers={**request.headers, ":connection": name})


# -- connections and concurrency


@breaks("access.login.required", "error.401.status", source="requests/requests-ntlm#71", difficulty="hard")
class LoginOfTheConnection(Connected):
    """A login is valid for the whole connection: later requests on it need none."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.signed_in: dict[str, str] = {}

    def authenticate(self, request: Request) -> str:
        connection = request.headers[":connection"]
        if not self.tokens(request) and connection in self.signed_in:
            return self.signed_in[connection]
        self.signed_in[connection] = super().authenticate(request)
        return self.signed_in[connection]


@breaks("http.answer.complete", source="ninenines/cowboy#128", difficulty="hard")
class UnreadBodyIsNextRequest(Connected):
    """A refusal before the body is read leaves it in the connection, where it starts the next request: 400."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.unread: set[str] = set()

    async def answer(self, request: Request) -> Answer:
        connection = request.headers[":connection"]
        if connection in self.unread:
            self.unread.discard(connection)
            return Answer(400, {"content-type": "text/plain", "connection": "close"}, b"Bad Request")
        answer = await super().answer(request)
        if answer.status == 401 and request.body:
            self.unread.add(connection)
        return answer


@breaks(*ECHOES, "success.concurrent", source="TEAMMATES/teammates#4055", difficulty="hard")
class FormatterIsShared(RightCore):
    """Concurrent requests share a date formatter that keeps the last date."""

    formatted = ""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != self.success:
            return answer
        created = json.loads(answer.body)
        self.formatted = created["startDate"]
        await asyncio.sleep(0.001)
        return self.render(request, self.success, created | {"startDate": self.formatted})


@breaks("error.400.details", source="ajv-validator/ajv#65", difficulty="hard")
class ErrorsAreShared(RightCore):
    """The validator keeps its errors in itself, and a concurrent request overwrites them."""

    errors: Any = None

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != 400:
            return answer
        self.errors = json.loads(answer.body)
        await asyncio.sleep(0.001)
        return self.render(request, 400, self.errors)


@breaks(CRASH, "success.concurrent", source="zulip/zulip#19054", difficulty="hard")
class RowsLockedAsSent(RightCore):
    """The rows of persons are locked in the order of the request: two orders at once are a deadlock, 500."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != self.success:
            return answer
        held: list[asyncio.Lock] = []
        try:
            for person in dict.fromkeys(json.loads(answer.body)["personIds"][:100]):
                await asyncio.wait_for(self.locks[person].acquire(), timeout=1)
                held.append(self.locks[person])
                await asyncio.sleep(0.002)
        except TimeoutError:
            return self.refuse(request, Refusal(500, "INTERNAL_ERROR", "deadlock detected"))
        finally:
            for lock in held:
                lock.release()
        return answer


# -- state that earlier requests leave


@breaks("request.type.default", "request.companyIds.default", source="prebid/prebid-cache#64", difficulty="hard")
class PooledBodies(RightCore):
    """Bodies are decoded into pooled objects that keep the optional fields of an earlier request."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.pool: list[Fields] = [{} for _ in range(4)]
        self.taken = 0

    def validate(self, request: Request, sent: Fields) -> Fields:
        pooled = self.pool[self.taken % len(self.pool)]
        fields = super().validate(request, pooled | sent)
        self.taken += 1
        pooled.update({key: fields[key] for key in self.defaults})
        return fields


@breaks(CRASH, "request.name.repeatable", source="Soul-Brews-Studio/arra-oracle-v3#2933", difficulty="hard")
class SlugOfLatinLetters(RightCore):
    """A name without Latin letters has an empty slug, and the second empty slug is not unique: 500."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.empty_taken = False

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        letters = unicodedata.normalize("NFKD", fields["name"]).lower()
        if not re.search("[a-z0-9]", letters):
            if self.empty_taken:
                raise RuntimeError("duplicate key value violates unique constraint")
            self.empty_taken = True
        return super().build(request, user, fields)


@breaks(CRASH, *ANY_SUCCESS, source="CartoDB/CartoDB-SQL-API#241", difficulty="hard")
class AbortedTransactionStays(RightCore):
    """A text with NUL aborts the transaction, and the pooled connection fails the request that takes it next."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.aborted = [False] * 3
        self.taken = 0

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        self.taken = (self.taken + 1) % len(self.aborted)
        if self.aborted[self.taken]:
            self.aborted[self.taken] = False
            raise RuntimeError("current transaction is aborted")
        if any("\0" in text for text in (fields["name"], *fields["personIds"])):
            self.aborted[self.taken] = True
            raise Refusal(400, "BAD_REQUEST", "The text has a NUL.", [{"path": "/name", "message": "has a NUL"}])
        return fields


@breaks("response.createdAt.clock", "response.updatedAt.clock", source="coleifer/flask-peewee#111", difficulty="hard")
class DefaultOfTheStart(RightCore):
    """The default of createdAt is computed once, when the server starts."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.started = super().now()

    def now(self) -> datetime:
        return self.started
