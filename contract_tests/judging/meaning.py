"""What the page of one operation says beyond its schema: a value that generic rules and oracles consult. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.contract.terms import Terms
from contract_tests.settings.values import Settings

Variation = tuple[str, str]  # a clause that grants it, and which of its variants


@dataclass(frozen=True, slots=True)
class BodyMeaning:
    """What one request body means.

    open_readings: the readings that bear on the response. doubtful: those of them that bear on it only if the server
    reads the body in one of several ways, so that a success shows nothing. variations: the permitted variations that
    the body uses.
    """

    open_readings: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    variations: frozenset[Variation] = frozenset()


def _always(value: Any, body: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class OpenViolation:
    """A violation of the schema that a reading leaves open.

    rule: as an id of clauses.yaml, `items` meaning any position in an array. applies: from the value at the place
    and the whole body, whether the reading bears on it.
    """

    rule: str
    reading: str
    applies: Callable[[Any, Any], bool] = _always


@dataclass(frozen=True, slots=True)
class IdField:
    """A request field of ids that may have to exist on the server.

    unknown: the readings that ask what happens to ids which the server does not know. known: the ids that the user
    says exist. `beside`: the fields on which it may depend whether the server looks the ids up.
    """

    name: str
    unknown: frozenset[str]
    known: Callable[[Settings], tuple[str, ...]]
    beside: tuple[str, ...] = ()


def _nothing(body: Mapping[str, Any], terms: Terms) -> BodyMeaning:
    return BodyMeaning()


@dataclass(frozen=True, slots=True)
class Meaning:
    """All that the generic rules must know of one operation.

    of_body: what a body means that is a JSON object. variation_of_field: the clause that permits any ordinary value of
    a field. repeatable: the clause that permits the same value of a field in two requests. sent_readings: the reading
    that asks what happens to a field of the response which the client sends (`server-made-fields-sent` if not here).
    """

    of_body: Callable[[Mapping[str, Any], Terms], BodyMeaning] = _nothing
    open_violations: tuple[OpenViolation, ...] = ()
    id_fields: tuple[IdField, ...] = ()
    variation_of_field: Mapping[str, str] = field(default_factory=dict)
    repeatable: Mapping[str, str] = field(default_factory=dict)
    sent_readings: Mapping[str, str] = field(default_factory=dict)

    def open_violation(self, rule: str, value: Any, body: Any) -> str | None:
        """Return the reading that leaves a violation of the rule open; None if it is a violation for sure."""
        return next((v.reading for v in self.open_violations if v.rule == rule and v.applies(value, body)), None)


NO_MEANING = Meaning()
