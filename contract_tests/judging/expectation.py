"""What the contract expects of the response to a request, derived from the request alone. Pure.

The server must accept a request without violation and without open reading. It must reject a request with a violation
or without a valid login. For every other request the API page leaves the response unspecified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from contract_tests.contract.specification import Operation, Specification
from contract_tests.contract.terms import Terms
from contract_tests.judging.body import FORM_MEDIA_TYPES, UNREAD, Body, read_body
from contract_tests.judging.login import Caller, Login, caller_of
from contract_tests.judging.meaning import NO_MEANING, Meaning
from contract_tests.judging.violations import BodyRules, Violation, violations
from contract_tests.target.exchange import Request

ORDINARY_HEADERS = frozenset({
    "host", "user-agent", "accept", "content-type", "content-length", "content-encoding", "authorization",
    "cookie", "idempotency-key", "origin", "connection", "transfer-encoding", "accept-encoding",
})  # fmt: skip

METHOD_HEADERS = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})

# The clause that the bytes of a body break -> what they are.
_UNREADABLE = {"http.request.utf-8": "not in UTF-8", "request.body.required": "empty"}


@dataclass(frozen=True)
class Expectation:
    """What the contract says about a request.

    operation: its operation, None for another path or method. violations: why a server must refuse it.
    open_readings: the readings that affect its response. variations: the permitted variations that it uses, as
    (clause, variant). doubtful: the readings that it raises only if the server reads it in one of several ways.
    half_wrong: it has a violation only if the server uses one of two equal keys. about: by reading, the part of the
    request that it concerns, if there is one. readable: the suite could read the body, so that it can compare an echo.
    """

    operation: Operation | None
    near: Operation | None
    caller: Caller
    body: Body
    violations: tuple[Violation, ...] = ()
    open_readings: frozenset[str] = frozenset()
    variations: frozenset[tuple[str, str]] = frozenset()
    doubtful: frozenset[str] = frozenset()
    half_wrong: bool = False
    about: Mapping[str, str] = field(default_factory=dict, compare=False)
    meaning: Meaning = field(default=NO_MEANING, repr=False)

    @property
    def readable(self) -> bool:
        return isinstance(self.body.value, dict)

    @property
    def violated_fields(self) -> set[str]:
        """The fields of the body that have a violation in them."""
        return {violation.path.split("/")[1] for violation in self.violations if violation.path}

    def refusal_statuses(self, specification: Specification) -> frozenset[int]:
        """Return the statuses with which a server can refuse an open reading or a permitted variation."""
        rules = {rule for rule, _ in self.variations} | ({self.body.violation} if self.body.violation else set())
        clauses = (specification.clauses[rule] for rule in rules if rule in specification.clauses)
        statuses = {status for clause in clauses for status in clause.refused_with}
        statuses |= {status for r in self.open_readings for status in specification.readings[r].refusal_statuses}
        return frozenset(statuses)

    def may_be_refused(self, specification: Specification) -> bool:
        """Return whether an open reading permits a refusal."""
        return any(specification.readings[reading].refusals for reading in self.open_readings)


def expect(
    request: Request, terms: Terms, meanings: Mapping[str, Meaning], caller: Caller | None = None
) -> Expectation:
    """Return what the contract expects of the response to this request.

    meanings: by the id of their operation. caller: who calls; without it the settings tell.
    """
    specification = terms.specification
    path, _, query = request.url.removeprefix(terms.base_url).partition("?")
    operation = next((o for o in specification.operations if (o.method, o.path) == (request.method, path)), None)
    near = operation or next((o for o in specification.operations if o.path == path.rstrip("/")), None)
    caller = caller or caller_of(request, terms.settings, specification.cookie_name)
    if operation is None:
        return Expectation(None, near, caller, Body())
    meaning = meanings.get(operation.id, NO_MEANING)
    seen = _Seen(operation, terms, meaning)
    if query:
        seen.open_readings.add("unknown-query-parameters")
    _read_headers(request, caller, seen)
    body = Body()
    if operation.request_schema is not None:
        body = read_body(request.body, request.header("Content-Encoding"))
        _read_body(body, _media_type(request), seen)
    for reading_id in sorted((seen.open_readings - seen.doubtful) & specification.refusing_readings):
        if clause := specification.clause_for(operation, specification.readings[reading_id].clause):
            seen.violations.append(Violation(clause, "", "", reading_id))
    return Expectation(
        operation,
        near,
        caller,
        body,
        tuple(seen.violations),
        frozenset(seen.open_readings),
        frozenset(seen.variations),
        frozenset(seen.doubtful),
        seen.half_wrong,
        seen.about,
        meaning,
    )


@dataclass(slots=True)
class _Seen:
    """The judgements on a request so far."""

    operation: Operation
    terms: Terms
    meaning: Meaning
    violations: list[Violation] = field(default_factory=list)
    open_readings: set[str] = field(default_factory=set)
    variations: set[tuple[str, str]] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    half_wrong: bool = False
    about: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> BodyRules:
        """What the contract says of the body."""
        return BodyRules(self.operation, self.terms.specification, self.meaning)


def _read_body(body: Body, media_type: str, seen: _Seen) -> None:
    seen.open_readings |= body.open_readings
    if body.violation:
        got = _UNREADABLE.get(body.violation, "not JSON")
        seen.violations.append(Violation(seen.rules.clause(body.violation), "", got))
    if body.value is not UNREAD:
        _read_value(body, seen)
    seen.variations |= {("http.request.json-spelling", spelling) for spelling in body.spellings}
    if body.violation == "request.body.json" and media_type in FORM_MEDIA_TYPES:
        seen.violations[:] = [Violation("http.request.media-type", "", "a form")]


def _read_value(body: Body, seen: _Seen) -> None:
    found, certain = violations(body.value, seen.rules, seen.about)
    seen.open_readings |= certain
    if body.other_value is not UNREAD:
        # Servers differ on which of two equal keys counts, so only violations of both values count.
        others, more_open = violations(body.other_value, seen.rules, seen.about)
        seen.open_readings |= more_open
        seen.doubtful |= certain ^ more_open
        certain &= more_open
        places = {violation.path for violation in others}
        seen.half_wrong = places != {violation.path for violation in found}
        found = [violation for violation in found if violation.path in places]
    seen.violations += found
    if not isinstance(body.value, dict):
        return
    known = list((seen.operation.request_schema or {}).get("properties", {}))
    sent = [key for key in body.value if key in known]
    if sent != sorted(sent, key=known.index):
        seen.variations.add(("http.request.key-order", f"{sent[0]} first"))
    if unknown := [key for key in body.value if key not in known]:
        _read_unknown(unknown, known, seen)
    seen.doubtful -= certain
    meant = seen.meaning.of_body(body.value, seen.terms)
    seen.open_readings |= meant.open_readings
    seen.doubtful |= meant.doubtful
    seen.variations |= meant.variations


def _read_unknown(keys: Iterable[str], known: Iterable[str], seen: _Seen) -> None:
    schemas = seen.operation.success_schemas.values()
    server_made = {name for schema in schemas for name in schema.get("properties", {})}
    folded = {name.lower() for name in known}
    for key in keys:
        if key.lower() in folded:
            seen.open_readings.add("key-case")
            seen.doubtful.add("key-case")  # next to the documented key, a success shows nothing
        elif key in server_made:
            seen.open_readings.add(seen.meaning.sent_readings.get(key, "server-made-fields-sent"))
        else:
            seen.open_readings.add("unknown-properties")


def _read_headers(request: Request, caller: Caller, seen: _Seen) -> None:
    own = {name.lower() for name, _ in seen.terms.settings.headers}
    if any(name.lower() in METHOD_HEADERS for name, _ in request.headers):
        seen.variations.add(("http.method", "override header"))
    if any(name.lower() not in ORDINARY_HEADERS | own for name, _ in request.headers):
        seen.variations.add(("http.request.unknown-headers", "sent"))
    if request.chunked:
        seen.variations.add(("http.request.chunked", "sent"))
    if request.header("Idempotency-Key"):
        seen.open_readings.add("idempotency-key")
    accept = request.header("Accept") or "*/*"
    if not any(kind in accept for kind in ("*/*", "application/*", "application/json")):
        seen.open_readings.add("accept-header")
    elif request.header("Accept") not in (None, "application/json"):
        seen.variations.add(("http.request.accept", accept))
    origin = request.header("Origin")
    if origin and origin != _origin(seen.terms.base_url):
        seen.open_readings.add("foreign-origin")
    if caller.login is Login.MALFORMED:
        seen.open_readings.add("malformed-login")
    if caller.login is Login.MIXED:
        seen.open_readings.add("mixed-logins")
    elif caller.carrier == "bearer" and not (request.header("Authorization") or "").startswith("Bearer "):
        seen.open_readings.add("bearer-scheme-case")
    if caller.login is Login.VALID:
        seen.variations.add((f"access.carrier.{caller.carrier}", "sent"))
    if seen.operation.request_schema is not None:
        _read_content_type(request.header("Content-Type"), seen)


def _read_content_type(content_type: str | None, seen: _Seen) -> None:
    if content_type is None:
        seen.open_readings.add("content-type-missing")
        return
    essence, _, parameters = content_type.partition(";")
    if essence.strip().lower() != "application/json":
        seen.open_readings.add("other-media-types")
    elif essence.strip() != "application/json":
        seen.open_readings.add("media-type-case")
    if "\t" in content_type:
        # Legal before and after the semicolon (RFC 9110 §5.6.3), but no client writes it, and common parsers refuse it.
        seen.open_readings.add("other-media-types")
    elif parameters:
        name, _, value = parameters.strip().partition("=")
        if name.lower() == "charset" and value.strip('"').lower() == "utf-8":
            seen.variations.add(("http.request.charset", value))
        else:
            seen.open_readings.add("other-media-types")


def _media_type(request: Request) -> str:
    return (request.header("Content-Type") or "").partition(";")[0].strip().lower()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
