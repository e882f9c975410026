"""`leadlists-contract selfcheck`: check the suite itself against known servers."""

from __future__ import annotations

import os
import signal
from typing import Any

import click
from rich.console import Console

from contract_tests.commands.options import Command
from contract_tests.commands.output import say
from contract_tests.composition.suites import gather
from contract_tests.contract.loading import load_specification
from contract_tests.report import selfcheck as report
from contract_tests.selfcheck.check import check
from contract_tests.selfcheck.subjects import SelfcheckError, breaking_several, known_servers
from contract_tests.settings.sources import PLACEHOLDER_URL
from contract_tests.settings.values import Depth


@click.command(cls=Command)
@click.option(
    "--defect", "ids", metavar="ID", multiple=True, help="judge only the server with this defect or ID; can be repeated"
)
@click.option(
    "--class", "kinds", metavar="NAME", multiple=True, help="judge only the servers of this class; can be repeated"
)
@click.option("--quick", is_flag=True, help="judge only a sample of each class, at depth quick")
@click.option(
    "--reading", metavar="ID=OPTION[,OPTION]", multiple=True, help="as for `run`; the mock follows the same option"
)
@click.option("--depth", metavar="NAME", help="as for `run`")
@click.option("--list", "only_list", is_flag=True, help="list the servers, and exit")
@click.option(
    "--confusion",
    is_flag=True,
    help="print which other clauses the runs name; slower, since no run ends when it has detected the defect",
)
def command(
    ids: tuple[str, ...], kinds: tuple[str, ...], quick: bool, only_list: bool, confusion: bool, **flags: Any
) -> int:
    """Check the suite itself.

    The command runs the suite against servers with known defects and against correct servers. The exit code is 1 if a
    run does not report the clause that a defect breaks, or reports a correct server.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)  # otherwise the running servers would outlive the command
    console = Console(highlight=False, emoji=False)
    if quick:
        flags["depth"] = Depth.QUICK
    settings = gather({**flags, "url": PLACEHOLDER_URL})
    specification = load_specification(settings.spec_folder)
    specification.pin(settings.readings)
    try:
        if os.name == "nt":
            raise SelfcheckError("selfcheck forks its servers, which Windows cannot; run the command in WSL")
        subjects = known_servers(specification, settings.readings, ids=ids, kinds=kinds, quick=quick)
        if only_list:
            for subject in subjects:
                say(f"{subject.kind:<20} {subject.id:<42} {subject.description or 'correct'}")
            return 0
        results = report.watch(check(subjects, settings, whole=confusion), len(subjects), console)
    except SelfcheckError as error:
        raise click.UsageError(str(error)) from None
    console.print(report.table(results))
    if confusion:
        console.print("\n".join(report.confusion(results, breaking_several())), soft_wrap=True)
    console.print(report.summary(results))
    return 0 if all(result.right for result in report.promised(results)) else 1
