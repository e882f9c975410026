"""`leadlists-contract created`: list or delete the lead lists that a run created."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click

from contract_tests.campaign.deletion import Deletion, check_template
from contract_tests.campaign.ledger import Created, created_in
from contract_tests.commands.options import Command, config_option, run_folder, run_options
from contract_tests.commands.output import complain, say, write_file
from contract_tests.composition.suites import gather
from contract_tests.composition.target import open_target
from contract_tests.engine.budget import Budget
from contract_tests.engine.interruption import stop_on_signals
from contract_tests.report import ledger
from contract_tests.report.failure import on_one_line
from contract_tests.results.events import Ending
from contract_tests.results.record_reading import read_result
from contract_tests.results.result import EXIT_OF_ENDING
from contract_tests.settings.options import LEDGER_OPTIONS
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings

SHOWN = 5  # reasons why lists were not deleted


@click.command(cls=Command)
@run_folder
@click.option("--delete-url", metavar="URL", help="send DELETE for each created list; {id} is its ID")
@run_options(
    LEDGER_OPTIONS,
    cookie="session cookie of the user, if you do not give --bearer",
    second_bearer="session token of the second user, to delete the lists that this user created",
)
@config_option
def command(folder: Path, delete_url: str | None, config: Path | None, **flags: Any) -> int:
    """List the lead lists that a run or a campaign created, as CSV.

    RUN_DIR is the folder of the run; the run can be incomplete. With --delete-url, the command deletes them as the user
    who created them, and writes those that are left to not-deleted.csv; the login is that of `run`. The exit code is 1
    if the server did not delete all.
    """
    if delete_url is None:
        for line in ledger.ledger(created_in(folder)):
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
        deletion = Deletion(template, target, settings, lambda: budget.allows_more)
        _write_left(folder / ledger.LEFT_FILE_NAME, deletion.carry_out(created))
    absent = f" {deletion.absent} do not exist (404 or 410)." if deletion.absent else ""
    say(f"Deleted {deletion.gone} of {deletion.total} created lists.{absent}")
    is_doubtful = bool(deletion.absent and not deletion.gone)
    if is_doubtful:
        complain("the server deleted none: if this is the first time, the path in --delete-url is wrong")
    for why, count in deletion.kept.most_common(SHOWN):
        complain(on_one_line(masker.mask_excerpt(f"not deleted: {count}: {why}")))
    if deletion.unsent:
        why = "you have ended it" if asked else f"the server did not delete the last {deletion.failures}"
        complain(f"not tried: {deletion.unsent}, since {why}")
    left = deletion.kept.total() + deletion.unsent
    if left:
        complain(f"to try again: leadlists-contract created {folder} --delete-url '{template}'")
    if asked:
        return EXIT_OF_ENDING[asked[0]]
    return 1 if left or is_doubtful else 0


def _write_left(path: Path, left: Iterator[Created]) -> None:
    """Write the lists that a deletion leaves; go on with the deletion if that is not possible."""
    first = next(left, None)
    if first is None:
        path.unlink(missing_ok=True)  # of an earlier deletion
        return
    write_file(path, ledger.ledger(chain((first,), left)), label="Not deleted")
    for _ in left:
        pass
