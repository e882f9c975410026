"""Which request fields the details of a refusal name: evidence of what the server refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.contract.specification import Reading
from contract_tests.judging.case import Case, envelope


def fields_of(case: Case) -> set[str]:
    """The fields that the request schema of the operation documents."""
    return set(_properties(case))


def refused_fields(case: Case) -> set[str]:
    """The documented fields that the details of this response name; empty where they name none."""
    response = case.exchange.response
    found = envelope(response) if response is not None and response.status == 400 else None
    if response is None or found is None:
        return set()
    details = found[0].get("details", response.json.get("details"))
    return fields_named(details, fields_of(case))


def fields_named(details: Any, fields: set[str]) -> set[str]:
    """The fields that an entry of the details is about: its key in a map, or the whole of a path in a list."""
    if isinstance(details, dict):
        return {name for name, problems in details.items() if name in fields and problems}
    entries = [entry for entry in details if isinstance(entry, dict)] if isinstance(details, list) else []
    return {name for entry in entries if (name := _field_of(entry)) in fields}


def may_be_about(reading: Reading, case: Case, named: set[str]) -> bool:
    """Whether a refusal that names these fields can be about the reading: it names no field, or one of its kind."""
    words = reading.clause.split(".")
    if not named or words[0] != "request" or words[1] not in _properties(case):
        return True
    kinds = _kinds(_properties(case)[words[1]])
    return any(name in named and kinds & _kinds(field) for name, field in _properties(case).items())


def _properties(case: Case) -> Mapping[str, Any]:
    schema = (case.operation.request_schema if case.operation else None) or {}
    properties: Mapping[str, Any] = schema.get("properties", {})
    return properties


def _kinds(field: Mapping[str, Any]) -> set[str]:
    """The format of a field or of its items, or its type: readings of one format bear on every field that has it."""
    formats = {field.get("format"), field.get("items", {}).get("format")} - {None}
    return {str(kind) for kind in (formats or {field.get("type")}) | ({"array"} & {field.get("type")})}


def _field_of(entry: Mapping[str, Any]) -> str:
    path = next((entry[key] for key in ("path", "field", "pointer") if key in entry), "")
    if isinstance(path, list):
        path = next((part for part in path if part not in ("body", "data")), "")
    return path.strip("#/").split("/")[0].split(".")[0].split("[")[0] if isinstance(path, str) else ""
