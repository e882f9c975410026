"""Reported bugs in reading bodies, in writing responses, and in state kept between requests."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from contract_tests.tests.servers.breach import breaks
from contract_tests.tests.servers.right_core import (
    Answer,
    BadRequest,
    Fields,
    Receive,
    Request,
    RightCore,
    Scope,
)


@breaks("http.request.chunked", "response.name.echo", source="restify/node-restify#774")
class SplitCharacterLost(RightCore):
    """The server decodes each piece of a body separately and loses a character split between two."""

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        async def decoded() -> Mapping[str, Any]:
            message = await receive()
            return {**message, "body": message.get("body", b"").decode(errors="replace").encode()}

        return await super().receive(scope, decoded)


@breaks("request.body.required", "request.body.json", source="Corvusoft/restbed#376")
class BodyOfPreviousRequest(RightCore):
    """A request without a body receives the body of the previous request on its connection."""

    def __init__(self, users: Mapping[str, str], expired: Mapping[str, str] = {}) -> None:
        super().__init__(users, expired)
        self.bodies: dict[object, bytes] = {}

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        request = await super().receive(scope, receive)
        body = request.body or self.bodies.get(scope.get("client"), b"")
        self.bodies[scope.get("client")] = body
        return request._replace(body=body)


@breaks("http.answer.no-server-error", "success.created", source="USACE/cwms-data-api#530", difficulty="easy")
class ConnectionLeaksOnError(RightCore):
    """Each validation error leaks a database connection, and the pool is empty after ten."""

    leaked = 0

    def create(self, request: Request) -> Answer:
        try:
            return super().create(request)
        except BadRequest:
            self.leaked += 1
            raise

    def parse(self, request: Request) -> Fields:
        if self.leaked >= 10:
            raise TimeoutError("timed out on the way to a connection from the pool")
        return super().parse(request)


@breaks("error.400.details", source="geneweb/geneweb#2219")
class ErrorsOfEarlierRequests(RightCore):
    """The validator never empties its list of errors, so details repeat those of earlier requests."""

    def __init__(self, users: Mapping[str, str], expired: Mapping[str, str] = {}) -> None:
        super().__init__(users, expired)
        self.problems: deque[dict[str, str]] = deque(maxlen=50)

    def details(self, problems: list[dict[str, str]]) -> Any:
        self.problems.extend(problems)
        return list(self.problems)


@breaks(
    "response.type.required",
    "response.icpId.required",
    "response.personIds.required",
    "response.companyIds.required",
    source="grpc-ecosystem/grpc-gateway#294",
    difficulty="easy",
)
class DefaultValuesOmitted(RightCore):
    """The serializer omits default values: null, empty lists, the first word of an enum."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {key: value for key, value in created.items() if value not in (None, [], "", "person")}
