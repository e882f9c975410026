"""`leadlists-contract created`: list or delete the lead lists that a run created."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from contract_tests.campaign.deletion import FAILURES_IN_A_ROW, check_template, delete_created
from contract_tests.campaign.ledger import Created, created_in
from contract_tests.commands.options import Command, config_option, run_folder, run_options
from contract_tests.commands.output import complain, say
from contract_tests.composition.suites import gather
from contract_tests.composition.target import open_target
from contract_tests.engine.budget import Budget
from contract_tests.engine.events import Ending
from contract_tests.engine.interruption import stop_on_signals
from contract_tests.engine.record_reading import read_result
from contract_tests.engine.result import EXIT_OF_ENDING
from contract_tests.report.failure import on_one_line
from contract_tests.report.ledger import ledger
from contract_tests.settings.options import LEDGER_OPTIONS
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings

SHOWN = 20  # lists that could not be deleted


@click.command(cls=Command)
@run_folder
@click.option("--delete-url", metavar="URL", help="send DELETE for each created list; {id} is its ID")
@run_options(LEDGER_OPTIONS)
@config_option
def command(folder: Path, delete_url: str | None, config: Path | None, **flags: Any) -> int:
    """List the lead lists that a run or a campaign created, as CSV.

    RUN_DIR is the folder of the run; the run can be incomplete. With --delete-url, the command deletes them as the user
    who created them; the login is that of `run`. The exit code is 1 if the server did not delete all.
    """
    if delete_url is None:
        for line in ledger(created_in(folder)):
            click.echo(line, nl=False)
        return 0
    settings = gather({**flags, "url": read_result(folder).started.url}, config=config)
    return delete(settings, folder, created_in(folder), check_template(delete_url, settings.url))


def delete(settings: Settings, folder: Path, created: Iterable[Created], template: str) -> int:
    """Delete what a run created, and print how much; return 0 if all of it is gone, or else 1, 130 or 143."""
    masker, budget = Masker(settings.secrets), Budget()
    asked: list[Ending] = []

    def stop(ending: Ending) -> None:
        asked.append(ending)
        budget.end()

    stop_on_signals(stop)
    with open_target(settings, budget.pause, masker) as target:
        deleted = delete_created(created, template, target, settings, lambda: budget.allows_more)
    absent = f" {deleted.absent} do not exist (404 or 410)." if deleted.absent else ""
    say(f"Deleted {deleted.gone} of {deleted.total} created lists.{absent}")
    is_doubtful = bool(deleted.absent and not deleted.gone)
    if is_doubtful:
        complain("the server deleted none: if this is the first time, the path in --delete-url is wrong")
    for name, why in deleted.kept[:SHOWN]:
        complain(on_one_line(masker.mask_excerpt(f"not deleted: {name}: {why}")))
    if deleted.unsent:
        why = "you have ended it" if asked else f"the last {FAILURES_IN_A_ROW} were not deleted"
        complain(f"{deleted.unsent} not tried, since {why}; `leadlists-contract created {folder}` goes on")
    if asked:
        return EXIT_OF_ENDING[asked[0]]
    return 1 if deleted.kept or deleted.unsent or is_doubtful else 0
