"""The command `leadlists-mock`: command line to settings to one server process. Only this module exits."""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from mock_server import banner, readiness, server, settings
from mock_server.app import Mock, create_app, with_token
from mock_server.connections import listening
from mock_server.contract import openapi as contract
from mock_server.contract import readings
from mock_server.settings import FIELDS, Settings

EXIT_OUTPUT = 1
EXIT_USAGE = 2
EXIT_PORT = 3
DEFECT_COLUMNS = ("id", "class", "difficulty", "clause", "description")


@contextlib.contextmanager
def _exit_in_one_line() -> Iterator[None]:
    """What a user can mend is told in one line, with the exit code that says whose turn it is."""
    try:
        yield
    except (settings.SettingError, readings.ReadingError, contract.SpecError) as error:
        _exit(EXIT_USAGE, str(error))


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    """A list that stdout does not take is no list: told in one line. A reader who has enough (`| head`) is fine."""
    try:
        yield
    except BrokenPipeError:
        raise  # click ends quietly
    except OSError as error:
        _drop_stdout()
        _exit(EXIT_OUTPUT, f"stdout cannot be written: {error.strerror}")


def _drop_stdout() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # else the interpreter complains at its end


def _exit(code: int, message: str) -> NoReturn:
    click.echo(f"leadlists-mock: {message}", err=True)
    raise SystemExit(code)


def _setting_flags(command: Callable[..., None]) -> Callable[..., None]:
    """A flag for every setting, from the table of settings."""
    for name, field in reversed(FIELDS.items()):
        many = settings.is_repeatable(name)
        default = settings.default_text(name)
        help_text = field.metadata["help"] + (f"  [default: {default}]" if default else "")
        flag = "--" + name.replace("_", "-")
        if isinstance(field.default, bool):
            command = click.option(flag, is_flag=True, default=None, help=help_text)(command)
        else:
            command = click.option(flag, metavar=field.metadata["shown"], multiple=many, help=help_text)(command)
    return command


@click.group(invoke_without_command=True)
@_setting_flags
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Read settings from this TOML file.")
@click.option("--defect", metavar="ID", help="Break the contract on purpose, in one way (see the command `defects`).")
@click.option("--ready-json", is_flag=True, help="Print one line of JSON when requests are answered, and nothing else.")
@click.version_option(package_name="leadlists-contract-kit", prog_name="leadlists-mock")
@click.pass_context
def main(context: click.Context, /, config: Path | None, defect: str | None, ready_json: bool, **flags: Any) -> None:
    """Serve a mock of the lead list API that keeps its contract.

    A flag counts before a variable (LEADLISTS_MOCK_PORT for --port), a variable before the table [mock] of
    leadlists.toml in the current folder.
    """
    with _exit_in_one_line():
        context.obj = settings.gather(flags, os.environ, config, warn=_warn)
        if context.invoked_subcommand is None:
            _serve(context.obj, defect, ready_json)


@main.command("readings")
@click.pass_obj
def list_readings(chosen: Settings) -> None:
    """List what the API page leaves open, the answers, and which one is in force."""
    with _exit_in_one_line():
        catalogue = readings.load(contract.find_spec_dir(chosen.spec))
        in_force = readings.resolve(catalogue, chosen.profile, chosen.choices())
    with _printing():
        for reading in catalogue.values():
            click.echo(f"{click.style(reading.id, bold=True)}: {reading.question}")
            for option, meaning in reading.options.items():
                mark = "*" if in_force.follows(reading.id, option) else " "
                click.secho(f"  {mark} {option}: {meaning}", dim=mark != "*")


@main.command("defects")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def list_defects(as_json: bool) -> None:
    """List the ways in which --defect breaks the mock, each with the clause that it breaks."""
    from mock_server.defects import CATALOGUE

    rows = [(each.id, each.group, each.difficulty, each.clause, each.description) for each in CATALOGUE.values()]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    with _printing():
        if as_json:
            click.echo(json.dumps([dict(zip(DEFECT_COLUMNS, row, strict=True)) for row in rows], indent=1))
            return
        for first, *others, last in rows:
            cells = [f"{cell:{width}}" for cell, width in zip(others, widths[1:], strict=True)]
            click.echo("  ".join([click.style(f"{first:{widths[0]}}", bold=True), *cells, last]))


@main.command("msw")
@click.pass_obj
def print_handlers(chosen: Settings) -> None:
    """Print a TypeScript file that answers as this mock does, in a page or test that uses MSW."""
    from mock_server.msw import handlers

    with _exit_in_one_line():
        text = handlers(chosen)
    with _printing():
        click.echo(text, nl=False)


@main.command("playwright")
@click.pass_obj
def print_playwright_fixture(chosen: Settings) -> None:
    """Print a TypeScript file for Playwright tests: each in its own world, signed in, with the calls of the mock."""
    from mock_server.recipes.printing import playwright

    with _printing():
        click.echo(playwright(chosen), nl=False)


@main.command("wait")
@click.argument("url", required=False)
@click.option(
    "--for-s", type=click.FloatRange(min=0), default=30.0, metavar="SECONDS", help="Wait no longer.  [default: 30]"
)
@click.pass_obj
def wait_until_ready(chosen: Settings, url: str | None, for_s: float) -> None:
    """Wait until the mock at URL answers requests; without URL, the one that these settings start."""
    url = url or listening.url_of(chosen.host, chosen.port, chosen.scheme)
    with _exit_in_one_line():
        failure = readiness.wait_until_ready(url, timeout_s=for_s)
    if failure is not None:
        within = "" if failure.is_final else f" within {for_s:g} s"
        _exit(EXIT_PORT, f"no mock answers at {url}{within}: {failure.reason}")


def _maker(chosen: Settings, defect_id: str | None) -> Callable[[], Mock]:
    if defect_id is None:
        return functools.partial(create_app, chosen)
    from mock_server.defects import create_broken, find  # a mock that keeps the contract never loads its breaches

    defect = find(defect_id)
    warning = f"BROKEN ON PURPOSE: {defect.id} breaks {defect.clause}: {defect.description}"
    click.secho(f"leadlists-mock: {warning}", err=True, bold=True, fg="red")
    return functools.partial(create_broken, defect, chosen)


def _serve(chosen: Settings, defect: str | None, ready_json: bool) -> None:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    chosen = with_token(chosen)
    make = _maker(chosen, defect)
    beside = None
    if chosen.reload:
        from mock_server.reloading import Files, Following  # who does not ask for it does not load the watcher

        seed_file = None if chosen.seed_file is None else Path(chosen.seed_file)
        files = Files(contract.find_spec_dir(chosen.spec), seed_file)
        following = Following(make, files, tell=_warn)
        mock, beside = following.mock, following.follow
    else:
        mock = make()
    try:
        listener = listening.listen(chosen.host, chosen.port)
    except listening.PortTaken as error:
        _exit(EXIT_PORT, f"{error}; choose another port with --port, or let --port 0 take a free one")
    except listening.HostUnusable as error:
        _exit(EXIT_USAGE, f"{error}; --host takes an address of this machine, such as localhost or 0.0.0.0")
    if mock.from_examples:
        _warn(f"answered from the examples of the spec, since they have no code: {', '.join(mock.from_examples)}")
    greeting = (banner.ready_line if ready_json else banner.welcome)(mock, chosen, listener)
    gc.freeze()  # what is loaded stays until the end: a collection that looks at it all would stop requests for 40 ms
    server.serve(mock, listener, chosen, on_ready=lambda: _tell(greeting), beside=beside)


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    # Ctrl-C is how one stops a mock; an exit code other than 0 would make `make mock` call it an error.
    raise SystemExit(0)


def _warn(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads stderr any more
        click.echo(f"leadlists-mock: {text}", err=True)


def _tell(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # nobody reads stdout any more; the mock serves all the same
        _drop_stdout()
