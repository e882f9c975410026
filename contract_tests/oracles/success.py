"""Whether a success body is well-formed, labelled, bare and of the documented schema; for any operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import orjson

from contract_tests import formats
from contract_tests.case import Case, Oracle
from contract_tests.exchange import NOT_JSON
from contract_tests.expectation import json_schema
from contract_tests.verdict import Finding, Observation, broken, held

_FORMATS = {"uuid": (formats.is_uuid, "a UUID"), "date-time": (formats.is_timestamp, "an ISO 8601 timestamp")}


def well_formed(case: Case) -> Iterator[Finding]:
    """Labelled as JSON (RFC 9110 §8.3), in UTF-8 (RFC 8259 §8.1), and JSON (§2)."""
    response = case.exchange.response
    if response is None or not case.succeeded or case.operation is None:
        return
    essence, _, parameters = (response.header("Content-Type") or "").partition(";")
    essence = essence.strip().lower()
    if essence == "application/json" or essence.endswith("+json"):
        yield held("http.answer.media-type", case.exchange)
        yield Observation("response-charset", "present" if "charset" in parameters.lower() else "absent", case.exchange)
    else:
        actual = essence or "no Content-Type"
        yield broken("http.answer.media-type", case.exchange, expected="application/json", actual=actual)
    yield Observation("request-id-header", "present" if response.header("X-Request-Id") else "absent", case.exchange)
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


def location(case: Case) -> Iterator[Finding]:
    """A Location header holds a URI reference (RFC 9110 §10.2.2)."""
    response = case.exchange.response
    if response is None or not case.succeeded or case.operation is None:
        return
    value = response.header("Location")
    yield Observation("location-header", "absent" if value is None else "present", case.exchange)
    if value is None:
        return
    try:
        right = bool(value.strip()) and " " not in value.strip() and urlsplit(value) is not None
    except ValueError:
        right = False
    if right:
        yield held("http.answer.location", case.exchange)
    else:
        yield broken("http.answer.location", case.exchange, expected="a URI reference", actual=repr(value))


def bare(case: Case) -> Iterator[Finding]:
    """The object stands at the top of the body."""
    response = case.exchange.response
    schema = _schema(case)
    if schema is None or response is None or response.json is NOT_JSON:
        return
    if (clause := case.clause("success.bare")) is None:
        return
    body, required = response.json, set(schema.get("required", ()))
    if isinstance(body, dict) and required & set(body):
        yield held(clause, case.exchange)
        if not case.touches("unknown-properties", "server-made-fields-sent"):
            extra = set(body) - set(schema.get("properties", {}))
            yield Observation("additional-response-fields", "present" if extra else "none", case.exchange)
        return
    inside = [key for key, value in body.items() if isinstance(value, dict) and required & set(value)] if isinstance(body, dict) else []
    actual = f"it stands inside {inside[0]!r}" if inside else f"{_short(body)}"
    yield broken(clause, case.exchange, expected=f"an object with {', '.join(sorted(required))}", actual=actual)


def fields(case: Case) -> Iterator[Finding]:
    """Every documented field is there, with its type, its values and its format."""
    schema, created = _schema(case), case.created
    if schema is None or created is None or not set(schema.get("required", ())) & set(created):
        return
    wrong: dict[str, str] = {}
    for error in _compiled(orjson.dumps(json_schema(schema)).decode()).iter_errors(created):
        missing = error.kind.name == "required"
        name = str(error.kind.property if missing else next(iter(error.instance_path), ""))
        rule = "required" if missing else "enum" if error.kind.name == "enum" else "type"
        stem = f"response.{name}"
        if clause := case.clause(f"{stem}.{rule}", f"{stem}.type", f"{stem}.format", f"{stem}.enum"):
            wrong.setdefault(clause, "it is missing" if missing else _short(created.get(name)))
    for name, field in schema.get("properties", {}).items():
        if name in created:
            yield from _formats(case, name, field, created[name], wrong)
        for rule in ("required", "type", "format", "enum"):
            clause = case.clause(f"response.{name}.{rule}")
            if clause and clause not in wrong and name in created:
                yield held(clause, case.exchange)
    for clause, actual in wrong.items():
        yield broken(clause, case.exchange, expected=case.terms.specification.clauses[clause].statement, actual=actual)


def _formats(case: Case, name: str, field: Mapping[str, Any], value: Any, wrong: dict[str, str]) -> Iterator[Finding]:
    items = field.get("items", {})
    if name == "userIds" and isinstance(value, list) and any(v == "" for v in value):
        if clause := case.clause("response.userIds.type"):
            wrong.setdefault(clause, "an empty user id")
    for part, schema in ([(v, items) for v in value] if isinstance(value, list) else [(value, field)]):
        right, what = _FORMATS.get(schema.get("format", ""), (None, ""))
        if right is None or not isinstance(part, str) or right(part):
            continue
        sent = case.sent.get(name)
        if part == sent or (isinstance(sent, list) and part in sent):
            continue  # an open spelling that was taken comes back as it was sent
        stem = f"response.{name}"
        if clause := case.clause(f"{stem}.format", f"{stem}.type"):
            wrong.setdefault(clause, f"{_short(part)} is not {what}")
    yield from ()


def _schema(case: Case) -> Mapping[str, Any] | None:
    if case.operation is None or not case.succeeded or case.expectation.faults:
        return None
    schemas = case.operation.success_schemas
    return schemas.get(case.status) or next(iter(schemas.values()), None)


@lru_cache(maxsize=16)
def _compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(text)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


ORACLES = (
    Oracle(("http.answer.media-type", "http.answer.utf-8", "http.answer.json"), well_formed),
    Oracle(("http.answer.location",), location),
    Oracle(("success.bare",), bare),
    Oracle(("response.*.required", "response.*.type", "response.*.format", "response.*.enum"), fields),
)
