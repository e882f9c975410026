"""What the contract demands of the answer to a request, told from the request alone. Pure.

The three zones: a request without fault that touches no open question must be accepted; one with a fault, or without
a valid login, must be refused; between them lies what the page leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import orjson

from contract_tests import formats
from contract_tests.body import FORM_MEDIA_TYPES, UNREAD, Body, read_body
from contract_tests.exchange import Request
from contract_tests.settings import Session, Settings
from contract_tests.specification import Operation, Specification

ORDINARY_HEADERS = frozenset(
    "host user-agent accept content-type content-length content-encoding authorization cookie idempotency-key origin "
    "connection transfer-encoding accept-encoding".split()
)


@dataclass(frozen=True)
class Terms:
    """What is agreed about a target: the contract, and what the user told of the server."""

    specification: Specification
    settings: Settings
    base_url: str

    @classmethod
    def of(cls, specification: Specification, settings: Settings) -> Terms:
        """Terms for a URL that is either a base URL or the endpoint itself."""
        base = settings.url
        for operation in specification.operations:
            base = base.removesuffix(operation.path)
        return cls(specification.pin(settings.readings), settings, base.rstrip("/"))

    def url(self, operation: Operation) -> str:
        """Where the operation is served."""
        return self.base_url + operation.path

    def known(self, field_name: str) -> frozenset[str]:
        """The ids of that field that the user says exist on the server."""
        ids = {
            "icpId": self.settings.icp_ids,
            "personIds": self.settings.person_ids,
            "companyIds": self.settings.company_ids,
        }
        return frozenset(ids.get(field_name, ()))


class Login(StrEnum):
    """What a request presents as its login."""

    NONE = "none"
    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by which carrier."""

    login: Login
    session: Session | None = None
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing for which a request must be refused."""

    clause: str
    path: str = ""
    got: str = ""


@dataclass(frozen=True)
class Expectation:
    """What a request says, as far as the contract is concerned.

    operation: the operation it addresses, None for another path or method. faults: why it must be refused.
    touches: the open questions that bear on its answer. features: the freedoms of the page that it uses, as
    (clause, variant). readable: whether its body could be read, so that an echo can be compared.
    """

    operation: Operation | None
    near: Operation | None
    caller: Caller
    body: Body
    faults: tuple[Fault, ...] = ()
    touches: frozenset[str] = frozenset()
    features: frozenset[tuple[str, str]] = field(default=frozenset())

    @property
    def readable(self) -> bool:
        return isinstance(self.body.value, dict)

    def refusal_statuses(self, specification: Specification) -> frozenset[int]:
        """The statuses that refuse it rightly because of an open question."""
        return frozenset().union(*(specification.readings[t].refusal_statuses for t in self.touches))

    def may_be_refused(self, specification: Specification) -> bool:
        """Whether an open question permits a refusal."""
        return any(specification.readings[t].refusals for t in self.touches)


# What an operation's page says beyond its schema: (body, terms) -> (touches, features). One entry an operation.
Meaning = Callable[[Mapping[str, Any], Terms], tuple[set[str], set[tuple[str, str]]]]


def expect(request: Request, terms: Terms, meanings: Mapping[str, Meaning]) -> Expectation:
    """What the contract demands of the answer to this request."""
    specification = terms.specification
    path, _, query = request.url.removeprefix(terms.base_url).partition("?")
    operation = next((o for o in specification.operations if (o.method, o.path) == (request.method, path)), None)
    near = operation or next((o for o in specification.operations if o.path == path.rstrip("/")), None)
    caller = _caller(request, terms)
    if operation is None:
        return Expectation(None, near, caller, Body())
    touches: set[str] = {"unknown-query-parameters"} if query else set()
    features: set[tuple[str, str]] = set()
    faults: list[Fault] = []
    _read_headers(request, operation, terms, caller, touches, features)
    body = Body()
    if operation.request_schema is not None:
        body = read_body(request.body, request.header("Content-Encoding"))
        touches |= body.touches
        if body.fault:
            faults.append(Fault(specification.clause_for(operation, body.fault) or body.fault, "", "no JSON"))
        if body.value is not UNREAD:
            _read_value(body, operation, terms, meanings, faults, touches, features)
        if not body.spelled_plainly:
            features.add(("http.request.json-spelling", "odd"))
        if body.fault == "request.body.json" and _media_type(request) in FORM_MEDIA_TYPES:
            faults[:] = [Fault("http.request.media-type", "", "a form")]
    strict = {t for t in touches if specification.readings[t].must_refuse}
    faults += [Fault(specification.readings[t].clause, "", t) for t in sorted(strict)]
    return Expectation(operation, near, caller, body, tuple(faults), frozenset(touches), frozenset(features))


def _read_value(
    body: Body,
    operation: Operation,
    terms: Terms,
    meanings: Mapping[str, Meaning],
    faults: list[Fault],
    touches: set[str],
    features: set[tuple[str, str]],
) -> None:
    found, open_points = _faults(body.value, operation, terms.specification)
    touches |= open_points
    if body.other_value is not UNREAD:
        # Which of two equal keys counts is open, so only what is wrong either way is wrong.
        others, open_points = _faults(body.other_value, operation, terms.specification)
        touches |= open_points
        found = [f for f in found if f in others]
    faults += found
    if not isinstance(body.value, dict):
        return
    known = list((operation.request_schema or {}).get("properties", {}))
    sent = [key for key in body.value if key in known]
    if sent != sorted(sent, key=known.index):
        features.add(("http.request.key-order", "other"))
    server_made = {name for schema in operation.success_schemas.values() for name in schema.get("properties", {})}
    for key in body.value:
        if key in known:
            continue
        if key in server_made:
            touches.add("user-ids-sent" if key == "userIds" else "server-made-fields-sent")
        else:
            touches.add("unknown-properties")
    if meaning := meanings.get(operation.id):
        more_touches, more_features = meaning(body.value, terms)
        touches |= more_touches
        features |= more_features


def _read_headers(
    request: Request,
    operation: Operation,
    terms: Terms,
    caller: Caller,
    touches: set[str],
    features: set[tuple[str, str]],
) -> None:
    own = {name.lower() for name, _ in terms.settings.headers}
    if any(name.lower() not in ORDINARY_HEADERS | own for name, _ in request.headers):
        features.add(("http.request.unknown-headers", "sent"))
    if request.chunked:
        features.add(("http.request.chunked", "sent"))
    if request.header("Idempotency-Key"):
        touches.add("idempotency-key")
    if not any(kind in (request.header("Accept") or "*/*") for kind in ("*/*", "application/*", "application/json")):
        touches.add("accept-header")
    if caller.carrier == "cookie" and (origin := request.header("Origin")) and origin != _origin(terms.base_url):
        touches.add("foreign-origin")
    if caller.login is Login.MALFORMED:
        touches.add("malformed-login")
    if caller.login is Login.MIXED:
        touches.add("mixed-logins")
    elif caller.carrier == "bearer" and not (request.header("Authorization") or "").startswith("Bearer "):
        touches.add("bearer-scheme-case")
    if caller.login is Login.VALID:
        features.add((f"access.carrier.{caller.carrier}", "sent"))
    if operation.request_schema is None:
        return
    content_type = request.header("Content-Type")
    if content_type is None:
        touches.add("content-type-missing")
        return
    essence, _, parameters = content_type.partition(";")
    if essence.strip().lower() != "application/json":
        touches.add("other-media-types")
    elif essence.strip() != "application/json":
        touches.add("media-type-case")
    if parameters:
        name, _, value = parameters.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() == "utf-8":
            features.add(("http.request.charset", "utf-8"))
        else:
            touches.add("other-media-types")


def _media_type(request: Request) -> str:
    return (request.header("Content-Type") or "").partition(";")[0].strip().lower()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _caller(request: Request, terms: Terms) -> Caller:
    logins = list(_logins(request, terms))
    kinds = {caller.login for caller in logins}
    if not logins:
        return Caller(Login.NONE)
    if len(logins) > 1 and Login.VALID in kinds:
        users = {caller.session for caller in logins if caller.login is Login.VALID}
        if kinds == {Login.VALID} and len(users) == 1:
            return logins[0]
        return Caller(Login.MIXED)
    return next((c for c in logins if c.login in {Login.INVALID, Login.EXPIRED}), logins[0])


def _logins(request: Request, terms: Terms) -> Iterator[Caller]:
    settings = terms.settings
    cookie_names = {s.cookie[0] for s in settings.sessions if s.cookie} or {terms.specification.cookie_name}
    for name, value in request.headers:
        if name.lower() == "authorization":
            scheme, _, token = value.strip().partition(" ")
            token = token.strip()
            if scheme.lower() != "bearer" or not token:
                yield Caller(Login.MALFORMED, carrier="bearer")
            elif session := next((s for s in settings.sessions if s.bearer == token), None):
                yield Caller(Login.VALID, session, "bearer")
            else:
                expired = token == settings.expired_bearer
                yield Caller(Login.EXPIRED if expired else Login.INVALID, carrier="bearer")
        elif name.lower() == "cookie":
            for pair in value.split(";"):
                key, _, token = pair.strip().partition("=")
                if key not in cookie_names:
                    continue
                session = next((s for s in settings.sessions if s.cookie == (key, token)), None)
                if session:
                    yield Caller(Login.VALID, session, "cookie")
                else:
                    yield Caller(Login.INVALID if token else Login.MALFORMED, carrier="cookie")
    if first := settings.first if settings.first.headers else None:
        if set(first.headers) <= set(request.headers):
            yield Caller(Login.VALID, first, "header")


# -- the schema's part ------------------------------------------------------------------------------------------------

_OPEN_FORMATS = {"date-time": formats.read_date, "uuid": formats.read_uuid}
# Breaches of the schema that are open questions: (rule, kind of value) -> reading.
_OPEN_BREACHES = {
    "request.type.nullability": "type-null",
    "request.companyIds.nullability": "company-ids-null",
}


def _faults(value: Any, operation: Operation, specification: Specification) -> tuple[list[Fault], set[str]]:
    """Why the schema refuses the value, one fault for each place, and the open questions that it touches."""
    schema = operation.request_schema or {}
    found: dict[str, Fault] = {}
    left_open: set[str] = set()
    touches: set[str] = set()
    order = {"type": 0, "required": 0, "enum": 1}
    errors = _validator(operation).iter_errors(_encodable(value))
    for error in sorted(errors, key=lambda e: order.get(e.kind.name, 2)):
        place = [str(part) for part in error.instance_path]
        at = _at(value, error.instance_path)
        rule = {"type": "nullability" if at is None else "type"}.get(error.kind.name, error.kind.name)
        if error.kind.name == "required":
            place.append(error.kind.property)
        rule = _rule(place, rule)
        pointer = "/" + "/".join(place) if place else ""
        if pointer in found or pointer in left_open:
            continue
        if reading := _open_breach(rule, at, value):
            touches.add(reading)
            left_open.add(pointer)
        else:
            got = "left out" if error.kind.name == "required" else _short(at)
            found[pointer] = Fault(_clause(operation, specification, rule), pointer, got)
    for pointer, text, kind in _strings(value, schema, ()):
        if kind in _OPEN_FORMATS:
            reading_of_text = _OPEN_FORMATS[kind](text)
            touches |= reading_of_text.touches
            if reading_of_text.wrong and _pointer(pointer) not in found:
                rule = _rule(list(map(str, pointer)), "format")
                found[_pointer(pointer)] = Fault(_clause(operation, specification, rule), _pointer(pointer), _short(text))
        elif kind == "text":
            touches |= formats.read_text(text)
    return list(found.values()), touches


def _open_breach(rule: str, at: Any, body: Any) -> str | None:
    if rule == "request.personIds.required" and isinstance(body, dict) and body.get("type") == "company":
        return "person-ids-missing-on-company-list"
    if rule == "request.personIds.items.type" and isinstance(at, int | float) and not isinstance(at, bool):
        return "number-ids"
    return _OPEN_BREACHES.get(rule)


def _rule(place: list[str], rule: str) -> str:
    """The rule as an id of clauses.yaml: field names, `items` for a position in an array."""
    names = ["items" if part.isdigit() else part for part in place]
    return ".".join(["request", *(names or ["body"]), rule])


def _clause(operation: Operation, specification: Specification, rule: str) -> str:
    stem = rule.rpartition(".")[0]
    return specification.clause_for(operation, rule, f"{stem}.type", f"{stem}.format", "request.body.type") or rule


def _strings(value: Any, schema: Mapping[str, Any], place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Every string of the value with what the schema says it is: a format, `enum` or `text`."""
    if isinstance(value, str):
        yield place, value, "enum" if "enum" in schema else schema.get("format", "text" if schema else "unknown")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings(item, schema.get("properties", {}).get(key, {}), (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, schema.get("items", {}), (*place, index))


@lru_cache(maxsize=16)
def _compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(text)


def _validator(operation: Operation) -> jsonschema_rs.Draft202012Validator:
    return _compiled(orjson.dumps(json_schema(operation.request_schema or {})).decode())


def json_schema(node: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: `nullable` becomes a type; formats are left to `formats`."""
    if isinstance(node, list):
        return [json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    left_out = {"nullable", "example", "default"} | ({"format", "pattern"} if node.get("format") in _OPEN_FORMATS else set())
    made = {key: json_schema(item) for key, item in node.items() if key not in left_out}
    if node.get("nullable") and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    return made


def _encodable(value: Any) -> Any:
    """The value with U+FFFD for lone surrogates, which no UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _at(value: Any, place: list[str | int]) -> Any:
    for part in place:
        value = value[part]
    return value


def _pointer(place: tuple[str | int, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
