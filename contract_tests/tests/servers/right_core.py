"""A small correct server in plain ASGI, made of stages that a subclass can change one at a time.

It shares nothing with any other server here. `faulty_servers` breaks one stage per subclass. Other correct servers are
subclasses too; changes combine by inheriting from several of them, as long as each calls `super()`.

    receive -> route -> authenticate -> parse -> validate -> build -> render -> deliver
               any of these may raise Refusal -> refuse (envelope) -> render -> deliver

It follows the plain options: 201, nested errors with a list of details, unknown fields ignored, text and IDs stored as
sent; it accepts dates with an offset or of a whole day and returns them in UTC milliseconds.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, NoReturn
from uuid import uuid4

PATH = "/api/v1/entities/leadlists"
BODY_BYTES = 1 << 20

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Fields = dict[str, Any]


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str, details: list[dict[str, str]] | None = None) -> None:
        self.status, self.code, self.message, self.details = status, code, message, details


class BadRequest(Refusal):
    """Refuse with 400 and a (path, expected value) pair for each problem."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        details = [{"path": path, "message": message} for path, message in problems]
        super().__init__(400, "BAD_REQUEST", "The request body is not valid.", details)


class Rule(NamedTuple):
    wanted: str
    holds: Callable[[Any], bool]


A_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
A_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?"
)


def is_text(value: object) -> bool:
    """Return whether the value is a string that UTF-8 can encode: JSON escapes can denote half surrogate pairs."""
    return isinstance(value, str) and not re.search(r"[\ud800-\udfff]", value)


def is_uuid(value: object) -> bool:
    return isinstance(value, str) and A_UUID.fullmatch(value) is not None


def is_date(value: object) -> bool:
    if not isinstance(value, str) or not A_DATE.fullmatch(value):
        return False
    try:
        to_utc(value)
    except (ValueError, OverflowError):  # not an existing day, or in UTC before year 1 or after year 9999
        return False
    return True


def to_utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class RightCore:
    sessions: ClassVar[Mapping[str, str]] = {}  # token -> user, if the defect needs tokens of a special form
    success: ClassVar[int] = 201
    defaults: ClassVar[Fields] = {"type": "person", "companyIds": []}
    rules: ClassVar[dict[str, Rule]] = {
        "name": Rule("a string", is_text),
        "type": Rule('"person" or "company"', lambda value: value in ("person", "company")),
        "icpId": Rule("a UUID or null", lambda value: value is None or is_uuid(value)),
        "startDate": Rule("an ISO 8601 date", is_date),
        "endDate": Rule("an ISO 8601 date", is_date),
        "personIds": Rule("an array of strings", lambda value: isinstance(value, list) and all(map(is_text, value))),
        "companyIds": Rule("an array of UUIDs", lambda value: isinstance(value, list) and all(map(is_uuid, value))),
    }

    def __init__(self, users: Mapping[str, str], expired: Mapping[str, str] = {}) -> None:
        """Both arguments map a session token to its user ID; expired tokens are not valid logins."""
        self.users = users
        self.expired = expired

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await self.receive(scope, receive)
        await self.deliver(request, await self.answer(request), send)

    async def answer(self, request: Request) -> Answer:
        try:
            return self.create(request)
        except Refusal as refusal:
            return self.refuse(request, refusal)
        except Exception:
            return self.refuse(request, Refusal(500, "INTERNAL_ERROR", "An unexpected error occurred."))

    def create(self, request: Request) -> Answer:
        self.route(request)
        user = self.authenticate(request)
        fields = self.validate(request, self.parse(request))
        return self.render(request, self.success, self.build(request, user, fields))

    async def receive(self, scope: Scope, receive: Receive) -> Request:
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode("latin-1").lower()
            headers[key] = f"{headers[key]}; {value.decode('latin-1')}" if key in headers else value.decode("latin-1")
        body, more = bytearray(), True
        while more:
            message = await receive()
            more = message.get("more_body", False)  # absent in http.disconnect: the client no longer reads
            body += message.get("body", b"")[: BODY_BYTES + 1 - len(body)]  # read the rest, but do not keep it
        return Request(scope["method"], scope["path"], headers, bytes(body))

    def route(self, request: Request) -> None:
        if request.path != PATH:
            raise Refusal(404, "NOT_FOUND", "There is nothing at this path.")
        if request.method != "POST":
            raise Refusal(405, "METHOD_NOT_ALLOWED", "Only POST is possible here.")

    def tokens(self, request: Request) -> list[str]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        cookies = [cookie.strip().partition("=") for cookie in request.headers.get("cookie", "").split(";")]
        bearer = [token.strip()] if scheme.lower() == "bearer" else []
        return bearer + [value.strip('"') for name, _, value in cookies if name == "__session"]

    def authenticate(self, request: Request) -> str:
        for token in self.tokens(request):
            if token in self.users:
                return self.users[token]
        raise Refusal(401, "UNAUTHORIZED", "Sign in to create lead lists.")

    def parse(self, request: Request) -> Fields:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json" or "content-encoding" in request.headers:
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "The body must be plain application/json.")
        if len(request.body) > BODY_BYTES:
            raise Refusal(413, "CONTENT_TOO_LARGE", f"The body must not exceed {BODY_BYTES} bytes.")
        try:
            body = json.loads(request.body.decode(), parse_constant=no_constant, object_pairs_hook=self.members)
        except (ValueError, RecursionError):  # invalid bytes or JSON, too many digits, or too deep
            raise BadRequest(("", "must be well-formed JSON in UTF-8")) from None
        if not isinstance(body, dict):
            raise BadRequest(("", "must be a JSON object"))
        return body

    def members(self, pairs: list[tuple[str, Any]]) -> Fields:
        return dict(pairs)

    def validate(self, request: Request, sent: Fields) -> Fields:
        """Return the documented fields with defaults, in the form in which they are stored."""
        given = self.defaults | sent
        fields = {key: given[key] for key in self.rules if key in given}
        missing = [(f"/{key}", "is required") for key in self.rules if key not in fields]
        wrong = [
            (f"/{key}", f"must be {self.rules[key].wanted}")
            for key, value in fields.items()
            if not self.rules[key].holds(value)
        ]
        if missing or wrong:
            raise BadRequest(*missing, *wrong)
        return fields | {key: timestamp(to_utc(fields[key])) for key in ("startDate", "endDate")}

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        now = self.write(self.now())
        return {"id": self.new_id(), **fields, "userIds": [user], "createdAt": now, "updatedAt": now}

    def now(self) -> datetime:
        return datetime.now(UTC)

    def write(self, moment: datetime) -> str:
        return timestamp(moment)

    def new_id(self) -> str:
        return str(uuid4())

    def refuse(self, request: Request, refusal: Refusal) -> Answer:
        answer = self.render(request, refusal.status, self.envelope(refusal))
        extra = {401: {"www-authenticate": "Bearer"}, 405: {"allow": "POST"}}.get(refusal.status, {})
        return answer._replace(headers={**answer.headers, **extra})

    def envelope(self, refusal: Refusal) -> Fields:
        error: Fields = {"code": refusal.code, "message": refusal.message}
        return {"error": error if refusal.details is None else error | {"details": self.details(refusal.details)}}

    def details(self, problems: list[dict[str, str]]) -> Any:
        return problems

    def render(self, request: Request, status: int, value: Fields) -> Answer:
        return Answer(status, {"content-type": "application/json"}, json.dumps(value, ensure_ascii=False).encode())

    async def deliver(self, request: Request, answer: Answer, send: Send) -> None:
        length = {} if answer.status == 204 else {"content-length": str(len(answer.body))}  # RFC 9110 §8.6
        headers = {**answer.headers, **length}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body})
