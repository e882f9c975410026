"""Generate request handlers for MSW: the logic of handlers.ts, followed by the contract of a mock as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from http.client import responses
from pathlib import Path
from typing import Any

from mock_server.app import LEAD_LISTS, Mock, create_app
from mock_server.contract.openapi import OperationSpec
from mock_server.contract.readings import DEFAULT_PROFILE, ReadingError, load, resolve
from mock_server.contract.schema import Validator
from mock_server.contract.spec_files import find_spec_dir
from mock_server.control.guard import NEEDS_CONTROL_HEADER
from mock_server.middleware.exact_paths import no_method
from mock_server.middleware.fault_injection import NOT_JSON, RETRY_AFTER_S, WITH_RETRY_AFTER
from mock_server.pipeline.errors import PROBLEMS_LISTED_OF_A_FIELD, Refused
from mock_server.pipeline.problems import GOT_CHARACTERS
from mock_server.pipeline.schema_words import example_at, shown_example, wanted
from mock_server.pipeline.sessions import EXPIRED
from mock_server.pipeline.words import WORDS
from mock_server.settings.parsers import EXPIRED_TOKEN
from mock_server.settings.values import Settings

LOGIC = Path(__file__).with_name("handlers.ts")
FOLLOWED = ("success-status",)  # readings with all options in the handlers; of the others they support that of `page`


def handlers(settings: Settings) -> str:
    """Return the TypeScript file with handlers that respond as a mock with these settings."""
    logic = LOGIC.read_text(encoding="utf-8")
    success_status = _success_status(settings)
    mock = create_app(settings)
    operation = mock.contract.operations[LEAD_LISTS]
    created = mock.contract.validator(operation.responses[success_status].schema or {})
    facts = _facts(settings, operation, success_status)
    facts["errors"] = {status: _code_and_message(mock, status) for status in map(int, responses) if status >= 400}
    rules = re.findall(r'"(\w+)"', logic.partition("type Rule =")[2].partition(";")[0])
    facts["words"] = {rule: WORDS[rule] for rule in rules}
    return "\n".join(
        [logic, *_constant("CONTRACT: Contract", facts), "", "/** A created lead list. */", *_interface(created), ""]
    )


def _constant(name: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a constant, with one line for each entry of a table."""
    yield f"const {name} = {{"
    for fact, value in facts.items():
        if isinstance(value, dict):
            entries = (
                f"    {json.dumps(key)}: {json.dumps(entry, ensure_ascii=False)}," for key, entry in value.items()
            )
            yield from (f"  {fact}: {{", *entries, "  },")
        else:
            yield f"  {fact}: {json.dumps(value, ensure_ascii=False)},"
    yield "};"


def _success_status(settings: Settings) -> int:
    """Return the success status; raise ReadingError for readings that the handlers do not support."""
    catalogue = load(find_spec_dir(settings.spec))
    in_force, known = (
        resolve(catalogue, *each) for each in ((settings.profile, settings.choices()), (DEFAULT_PROFILE,))
    )
    for reading in catalogue:
        if reading not in FOLLOWED and in_force[reading] != known[reading]:
            supported, chosen = known[reading], in_force[reading]
            raise ReadingError(f"the handlers for MSW support only {reading}={supported}, not {reading}={chosen}")
    return int(in_force["success-status"])


def _facts(settings: Settings, operation: OperationSpec, success_status: int) -> dict[str, Any]:
    """Return the value of CONTRACT in handlers.ts."""
    assert operation.body is not None
    body = operation.body.schema
    fields = {
        name: _wanted(schema, operation.body, example_at(operation.example, (name,)))
        for name, schema in body["properties"].items()
    }
    return {
        "path": operation.path,
        "method": operation.method,
        "mediaTypes": operation.media_types,
        "successStatus": success_status,
        "users": settings.user_by_token,
        "expiredToken": EXPIRED_TOKEN,
        "cookieName": settings.cookie_name,
        "maxBodyBytes": settings.max_body_bytes,
        "maxDepth": settings.max_depth,
        "gotCharacters": GOT_CHARACTERS,
        "problemsListedOfAField": PROBLEMS_LISTED_OF_A_FIELD,
        "wanted": wanted(body, operation.body),
        "noMethod": no_method((operation.method,)),
        "required": body["required"],
        "fields": fields,
        "retryAfter": dict.fromkeys(WITH_RETRY_AFTER, str(RETRY_AFTER_S)),
        "createdExample": operation.responses[success_status].example,
        "expired": EXPIRED,
        "notJson": NOT_JSON.decode(),
        "needsControlHeader": NEEDS_CONTROL_HEADER,
        "documentedProblems": operation.responses[400].example["error"]["details"],
    }


def _code_and_message(mock: Mock, status: int) -> tuple[str, str]:
    error = json.loads(mock.stages.render_error(Refused(status)).body)["error"]
    return error["code"], error["message"]


def _wanted(schema: Mapping[str, Any], validator: Validator, example: Any) -> dict[str, Any]:
    """Return the schema of one value, and the words for an invalid one."""
    schema = validator.resolve(schema)
    types = schema["type"]
    said: dict[str, Any] = {
        "types": [types] if isinstance(types, str) else types,
        "want": wanted(schema, validator),
        "example": shown_example(example, schema, validator),
    }
    said |= {keyword: schema[keyword] for keyword in ("enum", "format", "pattern") if keyword in schema}
    if "items" in schema:
        said["items"] = _wanted(schema["items"], validator, example_at(example, (0,)))
    return said


def _interface(validator: Validator) -> Iterator[str]:
    """Yield the lines of the TypeScript type of an object."""
    yield "export interface LeadList {"
    yield from (f"  {name}: {_type(schema, validator)};" for name, schema in validator.schema["properties"].items())
    yield "}"


def _type(schema: Mapping[str, Any], validator: Validator) -> str:
    schema = validator.resolve(schema)
    if "enum" in schema:
        return " | ".join(json.dumps(option) for option in schema["enum"])
    if schema["type"] == "array":
        return f"{_type(schema['items'], validator)}[]"
    return " | ".join([schema["type"]] if isinstance(schema["type"], str) else schema["type"])
