"""`leadlists-contract replay`: send the requests that showed broken clauses again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contract_tests.commands.options import Command, config_option, run_folder, run_options
from contract_tests.commands.output import complain, say
from contract_tests.composition.replay import replay_broken
from contract_tests.composition.suites import REPLAY_OPTIONS, gather
from contract_tests.report.failure import on_one_line
from contract_tests.results.record_reading import read_result
from contract_tests.settings.secrets import Masker, printable


@click.command(cls=Command)
@run_folder
@click.argument("clause", required=False, default="")
@run_options(
    REPLAY_OPTIONS,
    hides_others=True,
    max_time="wait no longer than this for a server that sends Retry-After or is away (default: no limit)",
    suite="OperationSuite of an operation that you added to the spec; can be repeated",
    wait="maximum time to wait for a server that is away in the middle of the replay (default 0: report it at once)",
)
@config_option
def command(folder: Path, clause: str, config: Path | None, **flags: Any) -> int:
    """Check whether the broken clauses of a run are still broken.

    The command sends the requests that showed them once more. RUN_DIR is the folder of the run. With CLAUSE, it
    replays only the clauses whose IDs start with it. Give the login, the readings and the suites of the run again:
    a record imports no code. The command also accepts --depth and the other settings of `run`; those that are not
    listed below have no effect. The exit code is 1 if a clause is still broken, 3 if the server does not respond,
    and 4 if no clause is known to be broken, but the responses leave some undecided.
    """
    result = read_result(folder)
    settings = gather({**flags, "url": None if flags["app"] else result.started.url}, config=config)
    masker = Masker(settings.secrets)
    again = []
    for each in replay_broken(settings, result, folder, prefix=clause, masker=masker):
        again.append(each)
        verdict = {True: f"broken again: {each.actual}", False: "no longer broken", None: "not judged"}[each.is_broken]
        statuses = f"{', '.join(each.before)} -> {', '.join(each.after)}"
        say(on_one_line(masker.mask_excerpt(f"{each.clause}: {verdict} ({statuses})")))
        if each.problem:
            complain(printable(masker.mask_excerpt(each.problem)))
            break
    if not again:
        say("There is no broken clause to replay.")
    if any(each.is_broken for each in again):
        return 1
    if again and again[-1].problem:
        return 3
    return 4 if any(each.is_broken is None for each in again) else 0
