"""`leadlists-contract report`: write reports from the record of a run."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from contract_tests.commands.inputs import read_secrets, read_wanted
from contract_tests.commands.options import Command, config_option, report_option, run_folder
from contract_tests.commands.output import write_wanted
from contract_tests.engine.interruption import raise_on_signals
from contract_tests.report.console import ConsoleReport
from contract_tests.results.record_reading import read_result


@click.command(cls=Command)
@run_folder
@report_option("write a report, as for `run`; without this option, print the console report of the run")
@config_option
def command(folder: Path, reports: tuple[str, ...], config: Path | None) -> int:
    """Write reports from the record of a run.

    RUN_DIR is the folder of the run, with run.ndjson in it; the run can be incomplete. Set the secrets of the run in
    the environment (LEADLISTS_BEARER) or in leadlists.toml, so that the command can search the reports for them. The
    exit code is that of the run.
    """
    wanted = read_wanted(reports)
    result = read_result(folder)
    raise_on_signals()
    if not wanted:
        ConsoleReport(Console(highlight=False, emoji=False)).conclude(result, folder)
    write_wanted(wanted, result, folder, read_secrets(config))
    return result.exit_code()
