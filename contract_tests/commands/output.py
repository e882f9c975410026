"""Print lines, and write the reports of a result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from contract_tests.report.formats import Wanted, write_reports
from contract_tests.results.events import CreatedView, Ending
from contract_tests.results.files import write_whole
from contract_tests.results.record import RecordError
from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import printable


def say(text: str) -> None:
    """Print a line to standard output."""
    click.echo(text, file=sys.stdout)


def complain(text: str) -> None:
    """Print a line to standard error, after the name of the command."""
    click.echo(f"leadlists-contract: {text}", file=sys.stderr)


def conclude(result: RunResult, print_table: Callable[[], None], record_problem: str) -> None:
    """Print the end of a run: the table, or why the server could not be judged, and a problem of the record."""
    if result.ending is Ending.NOT_JUDGEABLE:
        complain(printable(result.why))
    else:
        print_table()
    if record_problem:
        complain(record_problem)


def write_file(path: Path, text: str | Iterable[str], *, label: str = "Report") -> None:
    """Write a text, or its parts, to a file and print its name after the label; print why if it cannot be written."""
    parts = (text,) if isinstance(text, str) else text
    try:
        write_whole(path, (part.encode("utf-8", "backslashreplace") for part in parts))
    except OSError as error:
        complain(f"{path} cannot be written: {error.strerror}")
    else:
        say(f"{label}: {path}")


def write_wanted(wanted: Collection[Wanted], result: RunResult, folder: Path, secrets: Collection[str]) -> None:
    """Write the reports that the user asked for, and print where they are. secrets: searched for in all files."""
    written = write_reports(wanted, result, folder, say, secrets=secrets)
    for path in written.files:
        say(f"Report: {path}")
    for problem in written.problems:
        complain(problem)
    if written.receipt:
        say(written.receipt.text)


def write_ledger(folder: Path, unwritten: Mapping[str, CreatedView] = MappingProxyType({})) -> None:
    """Write the list of the lead lists that a campaign created. unwritten: what its record does not have."""
    from contract_tests.campaign.ledger import created_in  # only campaigns need them
    from contract_tests.report import ledger

    try:
        write_file(folder / ledger.FILE_NAME, ledger.ledger(created_in(folder, unwritten)))
    except RecordError as error:
        complain(str(error))
