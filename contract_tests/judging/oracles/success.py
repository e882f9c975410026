"""Judge the body of a success of any operation: JSON, media type, bare object, and schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any
from urllib.parse import urlsplit

from contract_tests.contract.schema import breaches, short
from contract_tests.judging import formats
from contract_tests.judging.case import Case, Oracle
from contract_tests.judging.verdict import Judgement, Observation, broken, held, warned
from contract_tests.target.exchange import NOT_JSON

_FORMATS = {"uuid": (formats.is_uuid, "a UUID"), "date-time": (formats.is_timestamp, "an ISO 8601 timestamp")}


# The characters of RFC 3986 §2, a percent sign only before two digits.
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


def well_formed(case: Case) -> Iterator[Judgement]:
    """The body is JSON (RFC 8259 §2) in UTF-8 (§8.1), and its Content-Type says so (RFC 9110 §8.3)."""
    response = case.exchange.response
    if response is None or not case.succeeded or case.operation is None:
        return
    if case.status not in case.operation.success_schemas:
        return  # the status is wrong, which another oracle reports
    types = [value for name, value in response.headers if name.lower() == "content-type"]
    if len(types) > 1:  # a singleton field (RFC 9110 §5.3): clients read either
        actual = " and ".join(types)
        yield broken("http.answer.media-type", case.exchange, expected="one Content-Type", actual=actual)
    essence, _, parameters = (response.header("Content-Type") or "").partition(";")
    essence = essence.strip().lower()
    if essence == "application/json" or essence.endswith("+json"):
        yield held("http.answer.media-type", case.exchange)
        yield Observation("response-charset", "present" if "charset" in parameters.lower() else "absent", case.exchange)
    else:
        actual = essence or "no Content-Type"
        yield broken("http.answer.media-type", case.exchange, expected="application/json", actual=actual)
    yield Observation("request-id-header", "present" if response.header("X-Request-Id") else "absent", case.exchange)
    coding = (response.header("Content-Encoding") or "identity").lower()
    if coding != "identity" and _refuses(case.exchange.request.header("Accept-Encoding") or coding, coding):
        accepted = case.exchange.request.header("Accept-Encoding")
        actual = f"Content-Encoding: {coding}"
        # A SHOULD (RFC 9110 §12.5.3), which middleware of large frameworks does not follow.
        yield warned("http.answer.json", case.exchange, expected=f"a coding that {accepted} allows", actual=actual)
    try:
        response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        actual = f"byte {error.start} is {response.body[error.start]:#04x}"
        yield broken("http.answer.utf-8", case.exchange, expected="UTF-8", actual=actual)
        return
    if response.body.startswith(b"\xef\xbb\xbf"):
        yield broken("http.answer.utf-8", case.exchange, expected="no byte order mark", actual="a byte order mark")
        return
    yield held("http.answer.utf-8", case.exchange)
    if response.json is NOT_JSON:
        actual = repr(response.body[:80].decode("utf-8", "replace")) if response.body else "an empty body"
        yield broken("http.answer.json", case.exchange, expected="well-formed JSON", actual=actual)
    else:
        yield held("http.answer.json", case.exchange)


def _refuses(accept_encoding: str, coding: str) -> bool:
    """Return whether Accept-Encoding excludes the coding, by name or with `*`, by weight 0 (RFC 9110 §12.5.3)."""
    weights = {}
    for entry in accept_encoding.split(","):
        name, _, weight = entry.partition(";")
        weights[name.strip().lower()] = weight.replace(" ", "").lower()
    weight = weights.get(coding, weights.get("*", "q=0"))
    return re.fullmatch(r"q=0(\.0*)?", weight) is not None


def location(case: Case) -> Iterator[Judgement]:
    """A Location header contains a URI reference (RFC 9110 §10.2.2)."""
    response = case.exchange.response
    if response is None or not case.succeeded or case.operation is None:
        return
    value = response.header("Location")
    yield Observation("location-header", "absent" if value is None else "present", case.exchange)
    if value is None:
        return
    if not value.strip():
        # By the grammar an empty string is a URI reference as well (RFC 3986 §4.2), but it refers to nothing new.
        expected = "the location of the new object"
        yield warned("http.answer.location", case.exchange, expected=expected, actual="an empty string")
    elif _is_uri_reference(value.strip()):
        yield held("http.answer.location", case.exchange)
    else:
        yield broken("http.answer.location", case.exchange, expected="a URI reference", actual=short(value))


def _is_uri_reference(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return _URI.fullmatch(text) is not None


def bare(case: Case) -> Iterator[Judgement]:
    """The body is the object itself, without an envelope."""
    response = case.exchange.response
    schema = _schema(case)
    if schema is None or response is None or response.json is NOT_JSON:
        return
    if (clause := case.clause("success.bare")) is None:
        return
    body, required = response.json, set(schema.get("required", ()))
    if isinstance(body, dict) and required & set(body):
        yield held(clause, case.exchange)
        if not case.is_open_on("unknown-properties", "server-made-fields-sent"):
            extra = set(body) - set(schema.get("properties", {}))
            yield Observation("additional-response-fields", "present" if extra else "none", case.exchange)
        return
    members = body.items() if isinstance(body, dict) else ()
    inside = [key for key, value in members if isinstance(value, dict) and required & set(value)]
    actual = f"it is inside {short(inside[0])}" if inside else short(body)
    yield broken(clause, case.exchange, expected=f"an object with {', '.join(sorted(required))}", actual=actual)


def fields(case: Case) -> Iterator[Judgement]:
    """Every documented field is present, with its type, values and format."""
    schema, created = _schema(case), case.created
    if schema is None or created is None or not set(schema.get("required", ())) & set(created):
        return
    wrong: dict[str, str] = {}
    for breach in breaches(schema, created):
        missing = breach.keyword == "required"
        name = str(next(iter(breach.place), ""))
        rule = breach.keyword if breach.keyword in {"required", "enum"} else "type"
        stem = f"response.{name}"
        if clause := case.clause(f"{stem}.{rule}", f"{stem}.type", f"{stem}.format", f"{stem}.enum"):
            wrong.setdefault(clause, "it is missing" if missing else short(created.get(name)))
    for name, field in schema.get("properties", {}).items():
        if name not in created:
            continue
        for clause, what in _wrong_formats(case, name, field, created[name]):
            wrong.setdefault(clause, what)
        for rule in ("required", "type", "format", "enum"):
            clause = case.clause(f"response.{name}.{rule}")
            if clause and clause not in wrong:
                yield held(clause, case.exchange)
    for clause, actual in wrong.items():
        yield broken(clause, case.exchange, expected=case.terms.specification.clauses[clause].statement, actual=actual)


def _wrong_formats(case: Case, name: str, field: Mapping[str, Any], value: Any) -> Iterator[tuple[str, str]]:
    """Yield the format clauses that the texts of one field break, each with the invalid text."""
    stem = f"response.{name}"
    parts = [(v, field.get("items", {})) for v in value] if isinstance(value, list) else [(value, field)]
    for part, schema in parts:
        right, what = _FORMATS.get(schema.get("format", ""), (None, ""))
        if right is None or not isinstance(part, str) or right(part):
            continue
        if _open_form(case.sent.get(name), part, schema["format"], case.terms.specification.open_forms):
            continue
        if clause := case.clause(f"{stem}.format", f"{stem}.type"):
            yield clause, f"{short(part)} is not {what}"


def _open_form(sent: Any, got: str, kind: str, open_forms: Set[str]) -> bool:
    """Return whether a text can have another form because the request sent it so.

    open_forms: the readings on dates that name no single instant, such as one without a time zone.
    """
    if isinstance(sent, list):
        return any(_open_form(item, got, kind, open_forms) for item in sent)
    if not isinstance(sent, str):
        return False
    if got == sent:  # an accepted spelling comes back as sent; an ID without spaces around it, a date on one line
        if kind == "date-time":
            return not formats.has_second_line(sent)
        return "uuid-surrounding-blanks" not in formats.read_uuid(sent).open_readings
    if kind != "date-time":
        return False
    read = formats.read_date(got)
    why = formats.read_date(sent).open_readings & open_forms
    if why == {"distant-years"} and not sent.startswith("0"):
        return False  # a year of four digits has one form
    return bool(why) and not read.wrong and read.open_readings <= open_forms


def _schema(case: Case) -> Mapping[str, Any] | None:
    if case.operation is None or not case.succeeded or case.expectation.violations:
        return None
    schemas = case.operation.success_schemas
    return schemas.get(case.status) or next(iter(schemas.values()), None)


ORACLES = (
    Oracle(("http.answer.media-type", "http.answer.utf-8", "http.answer.json", "success.created"), well_formed),
    Oracle(("http.answer.location",), location),
    Oracle(("success.bare",), bare),
    Oracle(("response.*.required", "response.*.type", "response.*.format", "response.*.enum"), fields),
)
