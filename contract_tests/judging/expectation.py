"""What the contract demands of the answer to a request, told from the request alone. Pure.

The three zones: a request without fault that touches no open question must be accepted; one with a fault, or without
a valid login, must be refused; between them lies what the page leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from contract_tests.contract.schema import Place, breaches, pointer, short, texts
from contract_tests.contract.specification import Operation, Specification
from contract_tests.judging import formats
from contract_tests.judging.body import FORM_MEDIA_TYPES, UNREAD, Body, read_body
from contract_tests.judging.login import Caller, Login, caller_of
from contract_tests.settings.values import Settings
from contract_tests.target.exchange import Request

ORDINARY_HEADERS = frozenset({
    "host", "user-agent", "accept", "content-type", "content-length", "content-encoding", "authorization",
    "cookie", "idempotency-key", "origin", "connection", "transfer-encoding", "accept-encoding",
})  # fmt: skip


# Where a reading says `refused` for short, these statuses refuse as well as 400 does (RFC 9110 §15.5.14, §15.5.16).
_TOO_LARGE, _UNSUPPORTED = frozenset({413}), frozenset({415})
_FURTHER_STATUSES = {"media-type-case": _UNSUPPORTED}
_FURTHER_STATUSES |= dict.fromkeys(("long-name", "many-ids", "deep-nesting"), _TOO_LARGE)

# Where a freedom is denied before anything else is looked at, another clause says so (RFC 9110 §15.5.12, §15.5.16).
_STATUS_OF_REFUSED_FREEDOM = {"http.request.chunked": 411, "http.request.charset": 415}


# What the bytes of a body are, by the clause that they break.
_UNREADABLE = {"http.request.utf-8": "not in UTF-8", "request.body.required": "empty"}
ID_FIELDS = ("icpId", "personIds", "companyIds")  # whose ids the user may say to exist


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
        ids = (self.settings.icp_ids, self.settings.person_ids, self.settings.company_ids)
        return frozenset(dict(zip(ID_FIELDS, ids, strict=True)).get(field_name, ()))


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
        """The statuses of a refusal for another reason than a fault: an open question, or a freedom that is denied."""
        statuses = set(_UNSUPPORTED if self.body.fault == "http.request.utf-8" else ())
        statuses |= {
            _STATUS_OF_REFUSED_FREEDOM[rule] for rule, _ in self.features if rule in _STATUS_OF_REFUSED_FREEDOM
        }
        for touch in self.touches:
            statuses |= specification.readings[touch].refusal_statuses | _FURTHER_STATUSES.get(touch, frozenset())
        return frozenset(statuses)

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
    caller = caller_of(request, terms.settings, specification.cookie_name)
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
            got = _UNREADABLE.get(body.fault, "no JSON")
            faults.append(Fault(specification.clause_for(operation, body.fault) or body.fault, "", got))
        if body.value is not UNREAD:
            _read_value(body, operation, terms, meanings, faults, touches, features)
        features |= {("http.request.json-spelling", spelling) for spelling in body.spellings}
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
        places = {fault.path for fault in others}
        found = [fault for fault in found if fault.path in places]
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
            features.add(("http.request.charset", value))
        else:
            touches.add("other-media-types")


def _media_type(request: Request) -> str:
    return (request.header("Content-Type") or "").partition(";")[0].strip().lower()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# -- the schema's part ------------------------------------------------------------------------------------------------

_OPEN_FORMATS = {"date-time": formats.read_date, "uuid": formats.read_uuid}
# Of several breaches at one place, the first of these keywords tells what is wrong.
_FIRST = {"type": 0, "required": 1, "enum": 2}
# Breaches of the schema that are open questions: rule -> reading.
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
    for breach in sorted(breaches(schema, value), key=lambda b: _FIRST.get(b.keyword, len(_FIRST))):
        missing = breach.keyword == "required"
        null = breach.keyword == "type" and breach.value is None
        rule = _rule(breach.place, "nullability" if null else breach.keyword)
        at = pointer(breach.place)
        if at in found or at in left_open:
            continue  # one thing is wrong at one place, whatever else it breaks
        if reading := _open_breach(rule, breach.value, value):
            touches.add(reading)
            left_open.add(at)
        else:
            got = "left out" if missing else short(breach.value, 60)
            found[at] = Fault(_clause(operation, specification, rule), at, got)
    for place, text, kind in texts(value, schema):
        if kind in _OPEN_FORMATS:
            read = _OPEN_FORMATS[kind](text)
            touches |= read.touches
            if read.wrong:
                clause = _clause(operation, specification, _rule(place, "format"))
                found.setdefault(pointer(place), Fault(clause, pointer(place), short(text, 60)))
        elif kind == "text":
            touches |= formats.read_text(text)
    return list(found.values()), touches


def _open_breach(rule: str, at: Any, body: Any) -> str | None:
    if rule == "request.personIds.required" and isinstance(body, dict) and body.get("type") == "company":
        return "person-ids-missing-on-company-list"
    if rule == "request.personIds.items.type" and isinstance(at, int | float) and not isinstance(at, bool):
        return "number-ids"
    return _OPEN_BREACHES.get(rule)


def _rule(place: Place, rule: str) -> str:
    """The rule as an id of clauses.yaml: field names, `items` for a position in an array."""
    names = ["items" if isinstance(part, int) else part for part in place]
    return ".".join(["request", *(names or ["body"]), rule])


def _clause(operation: Operation, specification: Specification, rule: str) -> str:
    stem = rule.rpartition(".")[0]
    return specification.clause_for(operation, rule, f"{stem}.type", f"{stem}.format", "request.body.type") or rule
