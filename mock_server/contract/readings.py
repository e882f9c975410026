"""Readings: the option that the mock follows for each open question of the API page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mock_server.contract import spelling
from mock_server.contract.spec_files import SpecError, find_spec_dir, read_yaml

PROFILES = ("page", "strict")
DEFAULT_PROFILE = "page"

T = TypeVar("T")


class ReadingError(ValueError):
    """A reading or an option does not exist; the message lists the existing ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One open question with its options."""

    id: str
    question: str
    options: Mapping[str, str]
    mock: Mapping[str, str]  # profile -> option


class Readings:
    """The option that the mock follows for each reading; fixed at the start."""

    def __init__(self, catalogue: Mapping[str, Reading], in_force: Mapping[str, str]) -> None:
        self._catalogue = catalogue
        self._in_force = in_force

    def __getitem__(self, reading: str) -> str:
        return self._in_force[reading]

    def follows(self, reading: str, option: str) -> bool:
        """Return whether the mock follows `option`; raise KeyError if the spec has no such reading or option."""
        if option not in self._catalogue[reading].options:
            raise KeyError(f"{reading}={option}")
        return self._in_force[reading] == option

    def __iter__(self) -> Iterator[Reading]:
        return iter(self._catalogue.values())

    def pick(self, table: Mapping[tuple[str, str], T]) -> tuple[T, ...]:
        """Return the entries of `table` (keyed by reading and option) for the followed options, in its order."""
        return tuple(entry for (reading, option), entry in table.items() if self.follows(reading, option))


def load(spec_dir: Path) -> dict[str, Reading]:
    """Load all readings by ID, in the order of the file; use the bundled file if the spec folder has none.

    Raise SpecError if the file is invalid.
    """
    path = next(each for each in (spec_dir / "readings.yaml", find_spec_dir() / "readings.yaml") if each.is_file())
    readings = {}
    entries = read_yaml(path)
    try:
        for entry in entries:
            mock = entry["mock"]
            by_profile = mock if isinstance(mock, dict) else dict.fromkeys(PROFILES, mock)
            readings[entry["id"]] = Reading(entry["id"], entry["question"], entry["options"], by_profile)
    except (KeyError, TypeError) as error:
        raise SpecError(f"{path}: a reading needs id, question, options and mock: {error!r}") from None
    return readings


def resolve(catalogue: Mapping[str, Reading], profile: str, choices: Iterable[tuple[str, str]] = ()) -> Readings:
    """Return the options of `profile`, overridden by `choices`; the last choice for a reading wins.

    Raise ReadingError for a reading or an option that does not exist.
    """
    options = {reading.id: reading.mock[profile] for reading in catalogue.values()}
    for reading_id, option in choices:
        if reading_id not in catalogue:
            near = _near(reading_id, catalogue) or "; the command `readings` lists them"
            raise ReadingError(f'there is no reading "{reading_id}"{near}')
        known = catalogue[reading_id].options
        if option not in known:
            raise ReadingError(
                f'reading "{reading_id}" has no option "{option}"{_near(option, known)}; it has {", ".join(known)}'
            )
        options[reading_id] = option
    return Readings(catalogue, options)


def _near(word: str, known: Iterable[str]) -> str:
    meant = spelling.near(word, known, likeness=0.5, most=3)
    return f"; did you mean {meant}?" if meant else ""
