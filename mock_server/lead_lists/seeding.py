"""Import lead lists from an export or from a file written by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from mock_server.contract.openapi import Contract, OperationSpec
from mock_server.lead_lists.dates import Dates
from mock_server.lead_lists.record import LeadList
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import Problem
from mock_server.pipeline.validation import schema_problems
from mock_server.settings.values import SettingError


class Seeding:
    """Reads lead lists; fields that the server generates and fields with a default are optional."""

    def __init__(self, contract: Contract, operation: OperationSpec, dates: Dates, *, user: str) -> None:
        schema = contract.resolve(operation.responses[min(operation.success_statuses)].schema or {})
        sent = operation.body.schema if operation.body else {}
        required = [name for name in sent.get("required", ()) if name in schema.get("required", ())]
        self._validator = contract.validator(
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["lists"],
                "properties": {"lists": {"type": "array", "items": {**schema, "required": required}}},
            }
        )
        self._example = {"lists": [operation.example]}
        self._order = tuple(schema.get("properties", ()))
        self._defaults = {
            name: node["default"] for name, node in sent.get("properties", {}).items() if "default" in node
        }
        self._dates = dates
        self._user = user

    def read(self, value: Any, clock: Callable[[], datetime]) -> tuple[LeadList, ...]:
        """Return the lead lists of a value `{"lists": [...]}`; raise Refused if it is invalid by the spec."""
        problems = schema_problems(
            self._validator, value, date_reason=self._dates.reason, example=self._example
        ) or _twice(value["lists"])
        if problems:
            raise Refused(400, problems)
        return tuple(self._lead_list(i, each, clock) for i, each in enumerate(value["lists"]))

    def read_file(self, path: Path, clock: Callable[[], datetime]) -> tuple[LeadList, ...]:
        """Return the lead lists of a file; raise SettingError if it is invalid."""
        try:
            return self.read(orjson.loads(path.read_bytes()), clock)
        except OSError as error:
            raise SettingError(f"--seed-file: {path} cannot be read: {error.strerror}") from None
        except orjson.JSONDecodeError as error:
            raise SettingError(f"--seed-file: {path} is not JSON: {error.msg}, line {error.lineno}") from None
        except Refused as refusal:
            first = refusal.problems[0]
            raise SettingError(f"--seed-file: {path}, {first.path or 'the whole'}: {first.message}") from None

    def _lead_list(self, place: int, value: Mapping[str, Any], clock: Callable[[], datetime]) -> LeadList:
        created_at = value["createdAt"] if "createdAt" in value else self._dates.write(clock())
        complete = {
            # The same file gives the same IDs; new lists get theirs from another source.
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"lead-list:{place}")),
            **self._defaults,
            "userIds": [self._user],
            "createdAt": created_at,
            "updatedAt": created_at,
            **value,
        }
        return {name: complete[name] for name in self._order if name in complete} | complete


def _twice(lists: list[Any]) -> list[Problem]:
    seen: set[str] = set()
    for i, each in enumerate(lists):
        if each.get("id") in seen:
            message = f"Two lists have the ID {each['id']}."
            return [Problem(f"/lists/{i}/id", "once", each["id"], "each id once", message)]
        if "id" in each:
            seen.add(each["id"])
    return []
