"""`leadlists-contract run`: judge a server."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contract_tests.commands.clauses import list_clauses
from contract_tests.commands.inputs import Inputs, read_inputs, read_wanted
from contract_tests.commands.options import EXIT_CODES, Command, config_option, report_option, run_options
from contract_tests.commands.output import conclude, write_file, write_wanted
from contract_tests.commands.time_notice import TimeNotice
from contract_tests.composition.run import open_run
from contract_tests.engine import hypothesis_files
from contract_tests.engine.interruption import raise_on_signals
from contract_tests.report.console import ConsoleReport
from contract_tests.report.formats import FORMATS, Wanted
from contract_tests.report.observed import deviations_file, readings_file
from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import Masker


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("url", required=False)
@run_options()
@config_option
@report_option(f"write a report: {', '.join(FORMATS)}; repeatable")
@click.option("--explain-readings", is_flag=True, help="print every reading that the server follows, with its meaning")
@click.option(
    "--write-readings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write the observed readings as a leadlists.toml, which pins the suite and the mock to them",
)
@click.option(
    "--write-deviations",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write each breach as an entry for --deviations, in which you fill in reason, owner and expiry",
)
@click.option("--list", "only_list", is_flag=True, help="list the clauses that the run would judge, and exit")
def command(
    url: str | None,
    config: Path | None,
    reports: tuple[str, ...],
    explain_readings: bool,
    write_readings: Path | None,
    write_deviations: Path | None,
    only_list: bool,
    **flags: Any,
) -> int:
    """Judge the server at URL.

    URL is the base URL of the server, or the URL of the endpoint itself. Each option except --config, --report,
    --explain-readings, --write-readings, --write-deviations and --list is also an environment variable
    (LEADLISTS_BEARER for --bearer) and a key of the table [contract] in leadlists.toml. Pass secrets as variables,
    because other users of the machine can see a command line.
    """
    flags["url"] = url
    if only_list:
        list_clauses(flags, config)
        return 0
    wanted = read_wanted(reports)
    result = _run(read_inputs(flags, config), wanted, explains_readings=explain_readings)
    if write_readings:
        write_file(write_readings, readings_file(result), label="Readings")
    if write_deviations:
        write_file(
            write_deviations, deviations_file(result, date.fromisoformat(result.started.at[:10])), label="Deviations"
        )
    return result.exit_code()


def _run(inputs: Inputs, wanted: list[Wanted], *, explains_readings: bool) -> RunResult:
    hypothesis_files.keep_in()
    console = ConsoleReport(Console(highlight=False, emoji=False))
    masker = Masker(inputs.settings.secrets)
    with open_run(
        inputs.settings,
        specification=inputs.specification,
        folder=inputs.folder,
        draws_ahead=True,
        masker=masker,
    ) as conductor:
        settings = inputs.settings
        notice = TimeNotice(conductor.planned, settings.max_time_s, settings.rate_per_s, settings.connections)
        raise_on_signals(conductor.stop)
        result = conductor.conduct(notice.before(console.listen))
    console.stop()
    conclude(
        result,
        lambda: console.conclude(result, inputs.folder, explains_readings=explains_readings),
        conductor.log.record_problem,
    )
    write_wanted(wanted, result, inputs.folder, masker.secrets)
    return result
