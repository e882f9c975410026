"""Validate and format UUIDs."""

from __future__ import annotations

import re
from collections.abc import Callable

from mock_server.contract.readings import Readings

_SPELLINGS = re.compile(
    r"(?:urn:uuid:)?\{?([0-9a-fA-F]{8})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{4})-?([0-9a-fA-F]{12})\}?"
)
_PLAIN = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Uuids:
    """Validates and formats UUIDs by the readings."""

    def __init__(self, readings: Readings) -> None:
        self._trims = readings.follows("uuid-surrounding-blanks", "trimmed")
        self._any_spelling = readings.follows("uuid-spellings", "accepted")
        self._some_versions = readings.follows("uuid-versions", "refused")
        self._strict_variant = readings.follows("uuid-variants", "refused")
        self._lower = readings.follows("uuid-case", "lower")
        # request.icpId.format, request.companyIds.items.format: the pattern and format of the schema, checked in Rust,
        # accept exactly the texts of the default readings; `takes` checks those of others.
        self.follows_schema = not (self._trims or self._any_spelling or self._some_versions or self._strict_variant)

    def takes(self, text: str) -> bool:
        """Return whether `text` is a UUID."""
        plain = self._spelled_plain(text)
        if not _PLAIN.fullmatch(plain):
            return False
        version, variant = plain[14], plain[19].lower()
        if set(plain.lower()) - {"-"} in ({"0"}, {"f"}):  # nil and max, RFC 9562 §5.9 and §5.10
            return not self._some_versions
        if variant not in "89ab" or version not in "12345678":
            return not self._strict_variant
        return version == "4" or not self._some_versions

    def plain(self, text: str) -> str:
        """Return a UUID in the form of the response (reading uuid-case)."""
        plain = text if self.follows_schema else self._spelled_plain(text)
        return plain.lower() if self._lower else plain

    def formats(self) -> dict[str, Callable[[str], bool]]:
        """Return the format checks to compile into the schemas; empty if the readings agree with the schemas."""
        return {} if self.follows_schema else {"uuid": self.takes}

    def _spelled_plain(self, text: str) -> str:
        if self._trims:
            text = text.strip()
        if self._any_spelling and (spelled := _SPELLINGS.fullmatch(text)):
            return "-".join(spelled.groups())
        return text
