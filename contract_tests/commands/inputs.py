"""Read what the flags of a command name: settings, contract, folder for the record, reports, secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.composition.suites import gather
from contract_tests.contract.deviations import load_deviations
from contract_tests.contract.loading import load_specification
from contract_tests.contract.specification import Specification
from contract_tests.report.formats import ReportError, Wanted
from contract_tests.results.record import FILE_NAME, new_folder
from contract_tests.settings.sources import PLACEHOLDER_URL
from contract_tests.settings.values import Settings, UsageError


@dataclass(frozen=True, slots=True)
class Inputs:
    """The checked inputs of a run. folder: where its record goes; it holds no other record."""

    settings: Settings
    specification: Specification
    folder: Path


def read_inputs(flags: Mapping[str, Any], config: Path | None, *, sends: bool = True) -> Inputs:
    """Check everything that can be wrong before the first request.

    sends: whether the command sends requests of its own, for which it needs a login. Raises UsageError and
    SpecificationError.
    """
    settings = gather(flags, config=config, sends=sends)
    specification = load_specification(settings.spec_folder)
    specification.pin(settings.readings)
    specification.select(settings.clauses)
    if settings.deviations:
        load_deviations(settings.deviations, specification)
    folder = settings.run_folder or new_folder()
    check_unused(folder)
    try:
        if folder.exists() and not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder} is read-only")
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--run-folder: the record cannot be written: {error}") from None
    return Inputs(settings, specification, folder)


def check_unused(folder: Path, *parts: str) -> None:
    """Raise UsageError if the folder, or one of its parts, holds the record of a run."""
    if any((folder / part / FILE_NAME).exists() for part in parts or ("",)):
        raise UsageError(f"--run-folder: {folder} holds another run; name a new folder")


def read_wanted(reports: tuple[str, ...]) -> list[Wanted]:
    """Parse the values of --report. Raises UsageError."""
    try:
        return [Wanted.parse(text) for text in reports]
    except ReportError as error:
        raise UsageError(f"--report: {error}") from None


def read_secrets(config: Path | None) -> set[str]:
    """Return the secrets in the environment and in leadlists.toml; none if these are invalid.

    Raises UsageError if the user names the file and it is invalid.
    """
    try:
        return set(gather({"url": PLACEHOLDER_URL}, config=config).secrets)
    except UsageError:
        if config:
            raise
        return set()
