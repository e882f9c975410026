"""The violations of the schema in a request body, one for each invalid place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.contract.schema import JsonPath, breaches, formatted_strings, pointer, short
from contract_tests.contract.specification import Operation, Specification
from contract_tests.judging import formats
from contract_tests.judging.meaning import Meaning

_OPEN_FORMATS: Mapping[str, Callable[[str], formats.Interpretation]] = {
    "date-time": formats.read_date,
    "uuid": formats.read_uuid,
}
# Of several breaches at one place, the one with the first of these keywords is reported.
_FIRST = {"type": 0, "required": 1, "enum": 2}


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason for which a server must refuse a request."""

    clause: str
    path: str = ""
    got: str = ""
    reading: str = ""  # the pinned reading that makes it a violation: no accepting option is left

    def __str__(self) -> str:
        return (
            f"the reading {self.reading} rules it out" if self.reading else f"{self.path or 'the body'} is {self.got}"
        )


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What the contract says of the request bodies of one operation."""

    operation: Operation
    specification: Specification
    meaning: Meaning

    def clause(self, *rules: str) -> str:
        """Return the first rule that is a clause of the operation; if none is, an ID that no other operation has."""
        return self.specification.clause_for(self.operation, *rules) or f"{self.operation.id}.{rules[0]}"


def violations(value: Any, rules: BodyRules, about: dict[str, str]) -> tuple[list[Violation], set[str]]:
    """Return one violation for each invalid place of the value, and the open readings that it raises.

    about: gets for each of these readings the part of the body that it concerns.
    """
    schema = rules.operation.request_schema or {}
    found: dict[str, Violation] = {}
    left_open: set[str] = set()
    open_readings: set[str] = set()
    for breach in sorted(breaches(schema, value), key=lambda b: _FIRST.get(b.keyword, len(_FIRST))):
        missing = breach.keyword == "required"
        if missing and _in_other_case(breach.place[-1], value):
            open_readings.add("key-case")
            continue
        null = breach.keyword == "type" and breach.value is None
        rule = _rule(breach.place, "nullability" if null else breach.keyword)
        at = pointer(breach.place)
        if at in found or at in left_open:
            continue  # one violation for each place
        if reading := rules.meaning.open_violation(rule, breach.value, value):
            open_readings.add(reading)
            about.setdefault(reading, f"{at} is {'left out' if missing else short(breach.value, 60)}")
            left_open.add(at)
        else:
            got = "left out" if missing else short(breach.value, 60)
            found[at] = Violation(_clause(rule, rules), at, got)
    for place, text, kind in formatted_strings(value, schema):
        if kind in _OPEN_FORMATS:
            read = _OPEN_FORMATS[kind](text)
            open_readings |= read.open_readings
            for reading in read.open_readings:
                about.setdefault(reading, f"{pointer(place)} is {short(text, 60)}")
            if read.wrong:
                clause = _clause(_rule(place, "format"), rules)
                found.setdefault(pointer(place), Violation(clause, pointer(place), short(text, 60)))
        elif kind == "text":
            open_readings |= formats.read_text(text)
    return list(found.values()), open_readings


def _in_other_case(name: str | int, body: Any) -> bool:
    """Return whether the body has a missing field under a key in another case."""
    return isinstance(body, dict) and any(key.lower() == str(name).lower() for key in body)


def _rule(place: JsonPath, rule: str) -> str:
    """Return the rule in the form of a clause ID: field names, and `items` for a position in an array."""
    names = ["items" if isinstance(part, int) else part for part in place]
    return ".".join(["request", *(names or ["body"]), rule])


def _clause(rule: str, rules: BodyRules) -> str:
    stem = rule.rpartition(".")[0]
    return rules.clause(rule, f"{stem}.type", f"{stem}.format", "request.body.type")
