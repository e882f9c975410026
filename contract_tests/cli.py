"""The command `leadlists-contract`: parse the command line, run the command, exit with its code."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from importlib import import_module

import click

# Each is a module in commands/. The sentence is the first one of its help, so that `--help` imports none of them.
COMMANDS = {
    "run": "Judge the server at URL.",
    "fuzz": "Search the server at URL for breaches until a budget is used up.",
    "resume": "Continue a campaign that was cut off, for example by a crash of the machine or by Ctrl-C.",
    "watch": "Judge the traffic of other programs.",
    "compare": "Compare two servers.",
    "doctor": "Find out why a run cannot judge a server.",
    "report": "Write reports from the record of a run.",
    "replay": "Check whether the broken clauses of a run are still broken.",
    "diff": "Compare two runs.",
    "created": "List the lead lists that a run or a campaign created, as CSV.",
    "merge": "Merge the shards of a campaign.",
    "receipt": "Search the files of a run for secrets.",
    "clauses": "List all clauses, or those whose IDs start with PREFIX.",
    "readings": "List the open questions of the API page.",
    "selfcheck": "Check the suite itself.",
}

EXIT_OUTPUT = 1


class Commands(click.Group):
    """The commands; each is imported when it is used, because some need Hypothesis, which takes long to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"contract_tests.commands.{cmd_name}").command
        command.name = cmd_name
        gc.freeze()
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadlists-contract-kit", message="%(prog)s %(version)s")
def cli() -> None:
    """Judge whether a server keeps the contract of the lead list endpoint."""


@cli.result_callback()
def _returned(code: int | None) -> tuple[int | None]:
    """Wrap the code of a command. Click itself returns 0 for --help and --version, which is not a verdict."""
    return (code,)


def main() -> None:
    """Run the command and exit with its code."""
    from contract_tests.engine.interruption import Terminated, failure
    from contract_tests.report.terminal import install

    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run that must end in order
    install()
    try:
        returned = cli.main(prog_name="leadlists-contract", standalone_mode=False)
        code = returned[0] if isinstance(returned, tuple) else None
    except click.ClickException as error:
        error.show(file=sys.stderr)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except Terminated:
        code = 143
    except Exception as error:
        traceback.print_exc()
        click.echo(f"leadlists-contract: {failure(error, 'command')}", file=sys.stderr)
        code = 3
    sys.stdout.flush()
    sys.stderr.flush()
    if code is None:  # of a command that only prints; the code of the others is a verdict, which is kept
        code = EXIT_OUTPUT if getattr(sys.stdout, "is_lost", False) else 0
    if code in {130, 143}:
        os._exit(code)  # without waiting for threads that still wait for a server
    gc.freeze()  # the interpreter's last collections would take a tenth of a second
    sys.exit(code)
