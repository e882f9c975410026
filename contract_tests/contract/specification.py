"""The contract as frozen values: operations, clauses and readings. `loading` reads them from `spec/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

EVERY_OPERATION = "every-operation"
KINDS = ("stated", "shown", "inferred")
# The subjects of readings other than the body: the login, the media type, the transport.
GROUPS = ("login", "media-type", "transport")
T = TypeVar("T")
HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecificationError(Exception):
    """The contract data, or a choice from it, is invalid; the message names the problem and the place."""


class Treatment(StrEnum):
    """The result of a run for an observed option: pass, warn or fail."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented statement."""

    id: str
    statement: str
    place: str
    kind: Literal["stated", "shown", "inferred"]
    operation: str
    rfc: str | None = None
    unjudged: str | None = None
    advisory: bool = False  # a breach only warns, because the API page does not forbid it
    needs: str = ""  # the option of a run that the clause needs to be judged
    refused_with: tuple[int, ...] = ()  # statuses besides 400 that say the server does not support this

    @property
    def group(self) -> str:
        """The first word of the ID, or the first two for a clause of a request or response field."""
        words = self.id.split(".")
        return ".".join(words[:2]) if words[0] in {"request", "response"} else words[0]


@dataclass(frozen=True, slots=True)
class Reading:
    """One open question of the API page, with the treatment of each option."""

    id: str
    clause: str
    question: str
    options: Mapping[str, str]
    treatments: Mapping[str, Treatment]
    refuses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # refusing option -> its statuses
    shows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # other options that a status shows
    form: str = ""  # "open": a response may return the value in another form
    group: str = ""  # one of GROUPS, or none: the request's body decides
    usual: str = ""  # the option that the mock follows
    limit: str = ""  # what the mock cannot follow of an option other than its default
    also: tuple[str, ...] = ()  # the other clauses that the question concerns; its verdict is on `clause`
    seen_in: str = ""  # "response": only a field of the response shows which option the server follows

    def treatment(self, option: str) -> Treatment:
        """Return the treatment of an option; other correct behaviour passes as well."""
        return self.treatments.get(option, Treatment.PASS)

    @property
    def clauses(self) -> tuple[str, ...]:
        """All clauses that the question concerns."""
        return (self.clause, *self.also)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The options with which the server refuses the request."""
        return tuple(self.refuses)

    @property
    def refusal_statuses(self) -> frozenset[int]:
        """The statuses with which an accepted option refuses."""
        accepted = (o for o in self.refuses if self.treatment(o) is not Treatment.FAIL)
        return frozenset(status for option in accepted for status in self.refuses[option])

    def refusing_option(self, status: int) -> str | None:
        """Return the option that a refusal with this status shows; None if it could be one of several."""
        named = [option for option, statuses in self.refuses.items() if status in statuses]
        options = named or list(self.refuses)
        return options[0] if len(options) == 1 else None

    def shown_option(self, status: int) -> str | None:
        """Return the option that names this status; None if there is none."""
        named = {**self.refuses, **self.shows}
        return next((option for option, statuses in named.items() if status in statuses), None)

    @property
    def must_refuse(self) -> bool:
        """Whether every accepted option refuses the request."""
        taking = [option for option in self.options if option not in self.refusals]
        return bool(self.refusals and taking) and all(self.treatment(o) is Treatment.FAIL for o in taking)

    def pinned(self, options: Iterable[str]) -> Reading:
        """Return the same question with only these options accepted."""
        chosen = tuple(options)
        for option in chosen:
            if option not in self.options:
                known = ", ".join(self.options)
                raise SpecificationError(f"reading {self.id} has no option {option!r}; it has {known}")
        return replace(self, treatments={o: Treatment.PASS if o in chosen else Treatment.FAIL for o in self.options})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract, with schemas without `$ref`."""

    id: str
    method: str
    path: str
    request_schema: Mapping[str, Any] | None
    request_example: Any
    success_schemas: Mapping[int, Mapping[str, Any]]
    secured: bool


@dataclass(frozen=True)
class Specification:
    """The whole contract data."""

    folder: Path
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]
    clauses: Mapping[str, Clause]
    readings: Mapping[str, Reading]
    cookie_name: str
    _sections: Mapping[str, frozenset[str]] = field(repr=False)

    def clause_for(self, operation: Operation | None, *rules: str) -> str | None:
        """Return the ID of the first of the rules that is a clause of the operation or of every operation.

        A clause of a further operation can have the operationId as a prefix: the rule `request.text.required` of
        `createNote` is then the clause `createNote.request.text.required`.
        """
        clauses = self._clauses_of_rules.get(operation.id if operation else "", self._clauses_of_rules[EVERY_OPERATION])
        for rule in rules:
            if rule in clauses:
                return clauses[rule]
        return None

    @cached_property
    def _clauses_of_rules(self) -> Mapping[str, Mapping[str, str]]:
        """By operationId, the ID of the clause for each rule."""
        every = self._sections[EVERY_OPERATION]
        return {
            operation: {c: c for c in every | own}
            | {c.removeprefix(f"{operation}."): c for c in own if c.startswith(f"{operation}.")}
            for operation, own in self._sections.items()
        }

    def clause(self, clause_id: str) -> Clause:
        """Return the clause with this ID; raise SpecificationError if there is none."""
        if clause_id not in self.clauses:
            raise SpecificationError(f"no clause is called {clause_id!r}{_near(clause_id, self.clauses)}")
        return self.clauses[clause_id]

    def select(self, prefixes: Iterable[str]) -> frozenset[str]:
        """Return the IDs of the clauses that start with one of the prefixes; all if there is none."""
        wanted = tuple(prefixes)
        for prefix in wanted:
            if not any(clause.startswith(prefix) for clause in self.clauses):
                raise SpecificationError(f"no clause begins with {prefix!r}{_near(prefix, self.clauses)}")
        return frozenset(c for c in self.clauses if not wanted or c.startswith(wanted))

    def pin(self, choices: Mapping[str, Iterable[str]]) -> Specification:
        """Return the same contract with some readings pinned to the given options."""
        readings = dict(self.readings)
        for reading_id, options in choices.items():
            if reading_id not in readings:
                raise SpecificationError(f"no reading is called {reading_id!r}{_near(reading_id, readings)}")
            readings[reading_id] = readings[reading_id].pinned(options)
        return replace(self, readings=readings)

    @cached_property
    def refusing_readings(self) -> frozenset[str]:
        """The IDs of the readings of which every accepted option refuses the request."""
        return frozenset(reading.id for reading in self.readings.values() if reading.must_refuse)

    @cached_property
    def open_forms(self) -> frozenset[str]:
        """The IDs of the readings on values that a response may return in another form."""
        return frozenset(reading.id for reading in self.readings.values() if reading.form == "open")

    @cached_property
    def judged_clauses(self) -> tuple[Clause, ...]:
        """The clauses that need an oracle."""
        return tuple(c for c in self.clauses.values() if c.unjudged is None)


def _near(word: str, known: Iterable[str]) -> str:
    matches = [each for each in known if each.startswith(word)][:3] or get_close_matches(word, list(known), n=3)
    return f"; did you mean {' or '.join(matches)}?" if matches else ""
