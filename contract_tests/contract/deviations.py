"""Known breaches of the contract that a team has accepted until a date, read from and written to TOML."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from contract_tests.contract.specification import Specification, SpecificationError

FIRST_EXPIRY = timedelta(days=90)  # of entries that are written; a quarter is as far as most teams plan
_KEYS = ("clause", "reason", "owner", "expires")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One accepted breach. expires: the last day on which it is accepted, as YYYY-MM-DD."""

    clause: str
    reason: str
    owner: str
    expires: str

    def has_expired(self, day: str) -> bool:
        """Return whether the deviation is no longer accepted on a day (YYYY-MM-DD)."""
        return day > self.expires


def load_deviations(path: Path, specification: Specification) -> tuple[Deviation, ...]:
    """Read the entries [[deviation]] of a file; raise SpecificationError with the file and the entry."""
    import tomllib  # takes long, and few runs have the file

    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("deviation", [])
    except OSError as error:
        raise SpecificationError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SpecificationError(f"{path} is not valid TOML: {error}") from None
    if not isinstance(entries, list):
        raise SpecificationError(f"{path}: write each entry below [[deviation]]")
    found = tuple(_deviation(entry, f"{path}, entry {number}") for number, entry in enumerate(entries, 1))
    for number, each in enumerate(found, 1):
        if each.clause not in specification.clauses:
            raise SpecificationError(f"{path}, entry {number}: there is no clause {each.clause!r}")
        if any(other.clause == each.clause for other in found[: number - 1]):
            raise SpecificationError(f"{path}, entry {number}: {each.clause} already has an entry")
    return found


def _deviation(entry: Any, where: str) -> Deviation:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        raise SpecificationError(f"{where}: an entry has exactly the keys {', '.join(_KEYS)}")
    if not isinstance(entry["expires"], date):
        raise SpecificationError(f"{where}: expires must be a date such as 2030-12-31, without quotes")
    for key in ("clause", "reason", "owner"):
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise SpecificationError(f"{where}: {key} must be a string")
    return Deviation(entry["clause"], entry["reason"], entry["owner"], entry["expires"].isoformat()[:10])


def write_deviations(entries: Iterable[Deviation]) -> str:
    """Return the entries as TOML."""
    lines = ["# Accepted breaches of the contract. An entry fails the run when it has expired or no longer occurs."]
    for each in entries:
        lines += ["", "[[deviation]]", f"clause = {_text(each.clause)}", f"reason = {_text(each.reason)}"]
        lines += [f"owner = {_text(each.owner)}", f"expires = {each.expires}"]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    return json.dumps(text)  # ASCII, so that it is a basic string of TOML too
