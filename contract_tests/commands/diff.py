"""`leadlists-contract diff`: compare two runs."""

from __future__ import annotations

from pathlib import Path

import click

from contract_tests.commands.options import Command
from contract_tests.commands.output import say
from contract_tests.report.diff import changes
from contract_tests.results.record_reading import read_result


@click.command(cls=Command)
@click.argument("before", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("after", metavar="RUN_B", type=click.Path(path_type=Path))
def command(before: Path, after: Path) -> int:
    """Compare two runs.

    RUN_A and RUN_B are the folders of the runs, for example of two builds of a server. The command lists changes of
    clauses, of readings, and of the time for one request. The exit code is 1 if there are any.
    """
    found = changes(read_result(before), read_result(after))
    for line in found or ["Nothing changed."]:
        say(line)
    return 1 if found else 0
