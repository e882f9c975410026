"""The statements of the API page on one operation that its schema lacks, for generic rules and oracles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.contract.terms import Terms
from contract_tests.settings.values import Settings

Variation = tuple[str, str]  # the clause that permits it, and the variant


@dataclass(frozen=True, slots=True)
class BodyMeaning:
    """The meaning of one request body.

    open_readings: the readings that affect the response. doubtful: those that affect it only if the server reads the
    body in one of several ways, so that a success shows nothing. variations: the permitted variations that the body
    uses.
    """

    open_readings: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    variations: frozenset[Variation] = frozenset()


def _always(value: Any, body: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class OpenViolation:
    """A violation of the schema that a reading leaves open.

    rule: in the form of a clause ID, with `items` for any position in an array. applies: returns from the value at the
    place and the whole body whether the reading affects it.
    """

    rule: str
    reading: str
    applies: Callable[[Any, Any], bool] = _always


@dataclass(frozen=True, slots=True)
class IdField:
    """A request field of IDs that may have to exist on the server.

    option: the one with which the user names existing IDs. variation: the clause that permits any existing ID. unknown:
    the reading on IDs that the server does not know. form: the reading on their form, if there is one. unused: the
    reading on IDs that the server does not need, if there is one. deciding: the other fields that can decide whether
    the server looks up the IDs.
    """

    name: str
    option: str
    variation: str
    unknown: str
    form: str = ""
    unused: str = ""
    deciding: tuple[str, ...] = ()

    @property
    def readings(self) -> frozenset[str]:
        """The readings with which a server can refuse IDs that it does not know."""
        return frozenset({self.unknown, self.form} - {""})

    def known(self, settings: Settings) -> tuple[str, ...]:
        """Return the existing IDs that the user gave."""
        return settings.existing_ids.get(self.option, ())


def _nothing(body: Mapping[str, Any], terms: Terms) -> BodyMeaning:
    return BodyMeaning()


@dataclass(frozen=True, slots=True)
class Meaning:
    """The knowledge about one operation that the generic rules need.

    of_body: returns the meaning of a body that is a JSON object. variation_of_field: the clause that permits any
    ordinary value of a field. repeatable: the clause that permits the same value of a field in two requests.
    sent_readings: the reading on a response field that the client sends (`server-made-fields-sent` if missing here).
    """

    of_body: Callable[[Mapping[str, Any], Terms], BodyMeaning] = _nothing
    open_violations: tuple[OpenViolation, ...] = ()
    id_fields: tuple[IdField, ...] = ()
    variation_of_field: Mapping[str, str] = field(default_factory=dict)
    repeatable: Mapping[str, str] = field(default_factory=dict)
    sent_readings: Mapping[str, str] = field(default_factory=dict)

    def open_violation(self, rule: str, value: Any, body: Any) -> str | None:
        """Return the reading that leaves a violation of the rule open; None if it is a certain violation."""
        return next((v.reading for v in self.open_violations if v.rule == rule and v.applies(value, body)), None)


NO_MEANING = Meaning()
