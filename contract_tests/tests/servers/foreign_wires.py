"""Bugs of others in how bodies arrive and in what a process keeps from one request to the next."""

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
    """Each piece of a body is decoded on its own, so a character that is split between two pieces is lost."""

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        async def decoded() -> Mapping[str, Any]:
            message = await receive()
            return {**message, "body": message.get("body", b"").decode(errors="replace").encode()}

        return await super().receive(scope, decoded)


@breaks("request.body.required", "request.body.json", source="Corvusoft/restbed#376")
class BodyOfPreviousRequest(RightCore):
    """A request without a body gets the body of the request before it on the same connection."""

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
    """Each body that fails validation keeps a connection to the database; after ten the pool is empty for good."""

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
    """The list of errors is never emptied, so a response tells the errors of earlier requests too."""

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
    """Fields with the default value of their type are left out: null, empty lists, the first word of an enum."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return {key: value for key, value in created.items() if value not in (None, [], "", "person")}
