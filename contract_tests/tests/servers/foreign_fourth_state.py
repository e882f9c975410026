"""The fourth foreign set, part 2: bytes, errors, and state that other requests leave."""

import asyncio
import json
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.foreign_dates import DATES
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Receive,
    Refusal,
    Request,
    RightCore,
    Scope,
)

CRASH = "http.answer.no-server-error"
USERS_MIXED = ("response.userIds.no-stranger", "response.userIds.includes-creator")
DATE_FORMATS = ("request.startDate.format", "request.endDate.format")


# -- bytes


@breaks("success.created", "http.request.chunked", source="hale-lang/hale#204", difficulty="hard")
class FirstPartIsTheBody(RightCore):
    """The server reads the body once, and takes what has arrived for all of it."""

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        parts = 0

        async def first() -> Any:
            nonlocal parts
            parts += 1
            message = await receive()
            return {**message, "body": message.get("body", b"") if parts == 1 else b""}

        return await super().receive(scope, first)


@breaks("http.request.chunked", source="pallets/flask#2229")
class ChunkedBodyEmpty(RightCore):
    """The server reads as many bytes as Content-Length says; without it, none."""

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        request = await super().receive(scope, receive)
        return request if "content-length" in request.headers else request._replace(body=b"")


@breaks("http.answer.complete", "http.answer.json", source="scriptoLLC/take-five#5")
class LengthInCharacters(RightCore):
    """The server cuts a response after as many bytes as it has characters."""

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        answer = super().render(request, status, value)
        return answer._replace(body=answer.body[: len(answer.body.decode())])


# -- errors


@breaks(CRASH, source="jundot/omlx#3387")
class ExceptionInDetailsCrash(RightCore):
    """The details of a wrong date hold the exception, which JSON cannot express: 500."""

    def validate(self, request: Request, sent: Fields) -> Fields:
        try:
            return super().validate(request, sent)
        except BadRequest as refusal:
            wrong = {one["path"].strip("/") for one in refusal.details or () if one["message"] != "is required"}
            if wrong & {*DATES}:
                raise TypeError("Object of type ValueError is not JSON serializable") from None
            raise


@breaks("error.message", source="nestjs/nest#8272", difficulty="hard")
class MessageIsList(RightCore):
    """With several problems, the message is a list of texts."""

    def envelope(self, refusal: Refusal) -> Fields:
        value = super().envelope(refusal)
        if len(refusal.details or ()) > 1:
            value["error"]["message"] = [one["message"] for one in refusal.details or ()]
        return value


# -- state


@breaks(*USERS_MIXED, source="marshmallow-code/marshmallow#2114", difficulty="hard")
class UsersAccumulate(RightCore):
    """A mutable default is shared by all lists: userIds collects the users of all requests."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.shared: list[str] = []

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        if user not in self.shared:
            self.shared.append(user)
        return super().build(request, user, fields) | {"userIds": [*self.shared]}


@breaks(*USERS_MIXED, source="DFE-Digital/get-help-with-tech#1116", difficulty="hard")
class UserInSharedVariable(RightCore):
    """The current user is a variable of the program: a concurrent request of another user changes it."""

    current = ""

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != self.success:
            return answer
        created = json.loads(answer.body)
        self.current = created["userIds"][0]
        await asyncio.sleep(0.002)
        return self.render(request, self.success, created | {"userIds": [self.current]})


@breaks("access.login.required", source="binarylogic/authlogic#340")
class LastUserStays(RightCore):
    """The user stays in a variable of the thread: a request without a login acts for the user before."""

    last = ""

    def authenticate(self, request: Request) -> str:
        if self.last and not self.tokens(request) and "authorization" not in request.headers:
            return self.last
        self.last = super().authenticate(request)
        return self.last


@breaks(CRASH, "success.concurrent", source="nupsea/luminary#88", difficulty="hard")
class DatabaseLocked(RightCore):
    """A second transaction does not wait for the first: 500."""

    writing = False

    async def answer(self, request: Request) -> Answer:
        answer = await super().answer(request)
        if answer.status != self.success:
            return answer
        if self.writing:
            return self.refuse(request, Refusal(500, "INTERNAL_ERROR", "database is locked"))
        self.writing = True
        await asyncio.sleep(0.002)
        self.writing = False
        return answer


@breaks(*DATE_FORMATS, "success.created", source="nodejs/node#39087", difficulty="hard")
class PatternKeepsItsPlace(RightCore):
    """A global pattern goes on where its last match ended: it refuses every second date without milliseconds."""

    is_behind = False

    def validate(self, request: Request, sent: Fields) -> Fields:
        fields = super().validate(request, sent)
        for key in DATES:
            if len(sent[key]) == len("2030-01-01T00:00:00Z"):
                self.is_behind = not self.is_behind
                if not self.is_behind:
                    raise BadRequest((f"/{key}", "must be an ISO 8601 date"))
        return fields


@breaks("request.type.default", "request.companyIds.default", source="lodash/lodash#4752", difficulty="hard")
class PrototypeKept(RightCore):
    """A merge writes __proto__ into the defaults of all later requests."""

    def __init__(self, *sessions: Any) -> None:
        super().__init__(*sessions)
        self.prototype: Fields = {}

    def validate(self, request: Request, sent: Fields) -> Fields:
        inherited = sent.get("__proto__")
        self.prototype |= inherited if isinstance(inherited, dict) else {}
        known = {key: value for key, value in self.prototype.items() if key in self.defaults}
        return super().validate(request, known | sent)
