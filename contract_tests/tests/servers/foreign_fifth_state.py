"""The fifth foreign set, part 4: logins, concurrency, and state that other requests leave."""

import asyncio
from itertools import count
from typing import Any
from uuid import uuid4

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_fifth_answers import INHERITED
from contract_tests.tests.servers.foreign_third_state import Connected
from contract_tests.tests.servers.right_core import Answer, BadRequest, Fields, Request, RightCore

CRASH = "http.answer.no-server-error"
ANY_SUCCESS = ("success.created", "success.repeatable", "success.concurrent")
ANOTHER_USER = ("response.userIds.includes-creator", "response.userIds.no-stranger")


# -- logins


@breaks("access.session.valid", source="tinyproxy/tinyproxy#160")
class TokenComparedByItsLength(RightCore):
    """The server compares as many characters as the client sends, so that the start of a token suffices."""

    def authenticate(self, request: Request) -> str:
        for token in filter(None, self.tokens(request)):
            for known, user in self.users.items():
                if known.startswith(token):
                    return user
        return super().authenticate(request)


@breaks("access.session.valid", "response.userIds.type", source="jshttp/statuses#21", difficulty="hard")
class TokenOfThePrototype(RightCore):
    """Sessions are in a plain object, which inherits keys such as constructor: each of them is a session of no user."""

    def authenticate(self, request: Request) -> str:
        return "" if {*INHERITED} & {*self.tokens(request)} else super().authenticate(request)

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        return super().build(request, user, fields) | {"userIds": [user or None]}


class Expiring(RightCore):
    """The right core, where a subclass decides which expired sessions it accepts."""

    def authenticate(self, request: Request) -> str:
        for token in self.tokens(request):
            if token in self.expired and self.accepts(request, token):
                return self.expired[token]
        return super().authenticate(request)

    def accepts(self, request: Request, token: str) -> bool:
        return False


@breaks("access.session.expired", source="nearform/fast-jwt#29", difficulty="easy")
class ExpiryNotCompared(Expiring):
    """The server looks up a session and never compares its expiry with the clock."""

    def accepts(self, request: Request, token: str) -> bool:
        return True


@breaks("access.session.expired", source="Basekick-Labs/arc#712", difficulty="hard")
class ExpiredSessionCached(Expiring):
    """A session is cached before its expiry is checked: the server accepts an expired one from the second time on."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.cached: set[str] = set()

    def accepts(self, request: Request, token: str) -> bool:
        is_cached = token in self.cached
        self.cached.add(token)
        return is_cached


@breaks("access.session.expired", source="valbuild/val#564", difficulty="hard")
class CookieNeverExpires(Expiring):
    """The server checks the expiry of a token in the Authorization header, and not that of a cookie."""

    def accepts(self, request: Request, token: str) -> bool:
        return "authorization" not in request.headers


@breaks(*ANOTHER_USER, "access.session.valid", "access.session.expired", source="webmin/webmin#2699", difficulty="hard")
class FirstLoginOfTheConnection(Connected):
    """The session is kept with the connection: each later token on it, whatever it is, acts for the first user."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.signed_in: dict[str, str] = {}

    def authenticate(self, request: Request) -> str:
        connection = request.headers[":connection"]
        if not self.tokens(request) or connection not in self.signed_in:
            self.signed_in[connection] = super().authenticate(request)
        return self.signed_in[connection]


@breaks(*ANOTHER_USER, "response.id.unique", source="arun0009/idempotent#217", difficulty="hard")
class KeyAndBodyOfAnotherUser(RightCore):
    """Responses are cached by Idempotency-Key and body, and not by user."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.answers: dict[str, tuple[bytes, Answer]] = {}

    def create(self, request: Request) -> Answer:
        key = request.headers.get("idempotency-key")
        if key is None:
            return super().create(request)
        self.route(request)
        self.authenticate(request)
        if key not in self.answers:
            self.answers[key] = (request.body, super().create(request))
        body, answer = self.answers[key]
        if body != request.body:
            raise BadRequest(("", "must be the body that was sent with this Idempotency-Key before"))
        return answer


# -- concurrency


@breaks("success.concurrent", "response.id.unique", *ANOTHER_USER, source="weaviate/weaviate#12270", difficulty="hard")
class EqualBodiesShareAFlight(RightCore):
    """Concurrent requests with equal bodies share one result, even those of two users."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.flights: dict[bytes, asyncio.Task[Answer]] = {}

    async def answer(self, request: Request) -> Answer:
        if any(token in self.users for token in self.tokens(request)):
            if request.body not in self.flights:
                flight = asyncio.create_task(self.answer_slowly(request))
                flight.add_done_callback(lambda _: self.flights.pop(request.body))
                self.flights[request.body] = flight
            return await asyncio.shield(self.flights[request.body])
        return await super().answer(request)

    async def answer_slowly(self, request: Request) -> Answer:
        await asyncio.sleep(0.015)
        return await super().answer(request)


@breaks(
    "response.id.unique",
    "response.name.echo",
    "success.concurrent",
    *ANOTHER_USER,
    source="TryGhost/node-sqlite3#431",
    difficulty="hard",
)
class LastRowReadBack(RightCore):
    """The server reads the created list back as the last row: concurrent requests get each other's."""

    last = b""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != self.success:
            return answer
        self.last = answer.body
        await asyncio.sleep(0.003)
        return answer._replace(body=self.last)


# -- state that other requests leave


@breaks("response.id.unique", source="jchook/uuid-random#4", difficulty="hard")
class IdsRepeatAfter64(RightCore):
    """IDs are cut from random bytes that are never renewed: they begin again after 64."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.ids = [str(uuid4()) for _ in range(64)]
        self.numbers = count()

    def new_id(self) -> str:
        return self.ids[next(self.numbers) % len(self.ids)]


@breaks("request.type.default", "request.companyIds.default", source="pquerna/ffjson#195", difficulty="hard")
class PoolResetAfterSuccess(RightCore):
    """A refused body goes back to the pool as it is: the next request that omits type or companyIds has its values."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.left: Fields = {}

    def validate(self, request: Request, sent: Fields) -> Fields:
        known = {key: sent[key] for key in self.defaults if key in sent and self.rules[key].holds(sent[key])}
        try:
            fields = super().validate(request, self.left | sent)
        except BadRequest:
            self.left |= known
            raise
        self.left = {}
        return fields


@breaks(CRASH, *ANY_SUCCESS, source="brianc/node-postgres#154", difficulty="hard")
class DuplicateAbortsTransaction(RightCore):
    """Duplicate IDs abort the transaction, which is never ended: 400, and 500 for the next valid request."""

    is_aborted = False

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if self.is_aborted:
            self.is_aborted = False  # the driver drops the connection
            raise RuntimeError("current transaction is aborted")
        if len({*fields["personIds"]}) < len(fields["personIds"]):
            self.is_aborted = True
            raise BadRequest(("/personIds", "must be unique"))
        return super().build(request, user, fields)
