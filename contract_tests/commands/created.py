"""`leadlists-contract created`: list or delete the lead lists that a run created."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contract_tests.campaign.ledger import check_template, created_in, delete_created
from contract_tests.commands.options import Command, config_option, run_folder, run_options
from contract_tests.commands.output import complain, say
from contract_tests.composition.suites import gather
from contract_tests.composition.target import open_target
from contract_tests.engine.budget import Budget
from contract_tests.engine.record_reading import read_result
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
    return 0 if delete(settings, folder, check_template(delete_url, settings.url)) else 1


def delete(settings: Settings, folder: Path, template: str) -> bool:
    """Delete what a run created, and print how much; return whether all of it is gone."""
    masker = Masker(settings.secrets)
    with open_target(settings, Budget().pause, masker) as target:
        deleted = delete_created(folder, template, target, settings)
    say(f"Deleted {deleted.gone} of {deleted.gone + len(deleted.kept)} created lists.")
    for name, why in deleted.kept[:SHOWN]:
        complain(on_one_line(masker.mask_excerpt(f"not deleted: {name}: {why}")))
    return not deleted.kept
