"""Find the request fields that the details of a refusal name: evidence of its cause. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.contract.specification import Reading
from contract_tests.judging.case import Case, envelope
from contract_tests.target.exchange import Response


def fields_of(case: Case) -> set[str]:
    """Return the fields in the request schema of the operation."""
    return set(_properties(case))


def refused_fields(case: Case) -> set[str]:
    """Return the documented fields that the details of this response name."""
    response = case.exchange.response
    found = envelope(response) if response is not None and response.status == 400 else None
    if response is None or found is None:
        return set()
    return fields_named(details_of(response, found[0]), fields_of(case))


def details_of(response: Response, error: Mapping[str, Any]) -> Any:
    """Return the details of an error, next to its code or at the top level; None if it has none."""
    return error.get("details", response.json.get("details"))


def fields_named(details: Any, fields: set[str]) -> set[str]:
    """Return the fields that the details are about: the keys of a map, or whole paths in the entries of a list."""
    if isinstance(details, dict):
        return {name for name, problems in details.items() if name in fields and problems}
    entries = [entry for entry in details if isinstance(entry, dict)] if isinstance(details, list) else []
    return {name for entry in entries if (name := _field_of(entry)) in fields}


def may_be_about(reading: Reading, case: Case, named: set[str]) -> bool:
    """Return whether a refusal that names these fields can be about the reading: it names none, or one of its kind."""
    words = reading.clause.split(".")
    if not named or words[0] != "request" or words[1] not in _properties(case):
        return True
    kinds = _kinds(_properties(case)[words[1]])
    fields = _properties(case).items()
    return any(name in named and kinds & (_kinds(field) | _free_items(field)) for name, field in fields)


def _properties(case: Case) -> Mapping[str, Any]:
    schema = (case.operation.request_schema if case.operation else None) or {}
    properties: Mapping[str, Any] = schema.get("properties", {})
    return properties


def _kinds(field: Mapping[str, Any]) -> set[str]:
    """Return the format (else the type) of a field or its items: a reading of a format affects all fields with it."""
    formats = {field.get("format"), field.get("items", {}).get("format")} - {None}
    return {str(kind) for kind in (formats or {field.get("type")}) | ({"array"} & {field.get("type")})}


def _free_items(field: Mapping[str, Any]) -> set[str]:
    """Return the type of the items of a field, if they have no format: a reading of a text affects them as well."""
    items = field.get("items", {})
    return set() if "format" in items else {str(items.get("type"))}


def _field_of(entry: Mapping[str, Any]) -> str:
    path = next((entry[key] for key in ("path", "field", "pointer") if key in entry), "")
    if isinstance(path, list):
        path = next((part for part in path if part not in ("body", "data")), "")
    return path.strip("#/").split("/")[0].split(".")[0].split("[")[0] if isinstance(path, str) else ""
