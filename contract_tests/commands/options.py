"""Add flags that several commands have, list the exit codes in their help, and report wrong input."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from contract_tests.composition.suites import RUN_OPTIONS
from contract_tests.contract.specification import SpecificationError
from contract_tests.results.record import RecordError, UnwritableRecord
from contract_tests.settings.secrets import printable
from contract_tests.settings.values import UsageError

T = TypeVar("T")
EXIT_CODES = """\b
Exit codes:
  0    every judged clause holds
  1    a clause is broken
  2    wrong usage, or an error in the spec data
  3    no judgement was possible for a reason outside the contract: server not reachable, credentials refused,
       session ended, quota used up, gateway down, too little time for the planned requests, an error of the suite
  4    nothing was judged
  130  interrupted (Ctrl-C)
  143  terminated (SIGTERM)"""


class Command(click.Command):
    """A command that reports wrong input in one sentence and exits with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; raise click.UsageError for each error that names a flag or a file."""
        try:
            return super().invoke(ctx)
        except UnwritableRecord as error:
            raise click.UsageError(printable(f"--run-folder: {error}"), ctx) from None
        except (UsageError, SpecificationError, RecordError) as error:
            raise click.UsageError(printable(str(error)), ctx) from None  # it can quote a command or a file


def run_options(
    names: Collection[str] | None = None, *, hides_others: bool = False, **helps: str
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Add the options of a run that have one of the names; without names all, except for the URL.

    hides_others: whether the command also accepts the other options of `run`, which have no effect there. helps: by
    name, what an option does in this command, where it differs from `run`.
    """

    def add(function: Callable[..., T]) -> Callable[..., T]:
        for option in reversed(RUN_OPTIONS):
            is_listed = option.name in names if names is not None else option.name != "url"
            if is_listed or (hides_others and option.name != "url"):
                text = helps.get(option.name, option.help)
                function = click.option(
                    option.flag,
                    option.name,
                    metavar=option.metavar,
                    help=text,
                    multiple=option.many,
                    hidden=not is_listed,
                )(function)
        return function

    return add


config_option = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="file to read instead of leadlists.toml in the current folder",
)


def report_option(text: str = "write a report, as for `run`") -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add --report with this help."""
    return click.option("--report", "reports", metavar="FORMAT[=FILE]", multiple=True, help=text)


run_folder = click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
