"""The command `leadlists-mock`: read the settings and run one server process. Only this module exits."""

from __future__ import annotations

import contextlib
import errno
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

from mock_server import banner, readiness, server
from mock_server.app import Mock, create_app, with_token
from mock_server.connections import listening
from mock_server.contract import readings
from mock_server.contract.spec_files import SpecError, find_spec_dir
from mock_server.settings.sources import CONFIG_FILE, FIELDS, default_text, gather, is_repeatable
from mock_server.settings.values import SettingError, Settings
from mock_server.subcommands import Group

EXIT_OUTPUT = 1
EXIT_USAGE = 2
EXIT_PORT = 3
DEFECT_COLUMNS = ("id", "class", "difficulty", "clause", "description")


@contextlib.contextmanager
def _usage_errors() -> Iterator[None]:
    """Report errors that the user can fix on one line and exit with EXIT_USAGE."""
    try:
        yield
    except (SettingError, readings.ReadingError, SpecError) as error:
        _exit(EXIT_USAGE, str(error))


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    """Exit with EXIT_OUTPUT and one line if stdout cannot be written. A closed pipe (`| head`) is not an error."""
    try:
        yield
    except BrokenPipeError:
        _drop_stdout()
        raise SystemExit(0) from None
    except OSError as error:
        _stdout_is_lost(error.strerror or "")


def _stdout_is_lost(why: str) -> NoReturn:
    _drop_stdout()
    _exit(EXIT_OUTPUT, f"stdout cannot be written: {why}")


def _drop_stdout() -> None:
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # otherwise the interpreter reports the error again at exit


def _exit(code: int, message: str) -> NoReturn:
    _warn(message)
    raise SystemExit(code)


class _Command(Group):
    """A command whose help is printed like its other output."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        with _printing():
            return super().main(*arguments, **options)


def _setting_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Add a flag for every setting."""
    for name, field in reversed(FIELDS.items()):
        many = is_repeatable(name)
        default = default_text(name)
        help_text = field.metadata["help"] + (f"  [default: {default}]" if default else "")
        flag = "--" + name.replace("_", "-")
        if isinstance(field.default, bool):
            command = click.option(flag, is_flag=True, default=None, help=help_text)(command)
        else:
            command = click.option(flag, metavar=field.metadata["shown"], multiple=many, help=help_text)(command)
    return command


@click.group(cls=_Command, invoke_without_command=True)
@_setting_flags
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Read settings from this TOML file.  [default: {CONFIG_FILE}, if it exists]",
)
@click.option(
    "--defect",
    "defects",
    metavar="ID",
    multiple=True,
    help="Break a clause of the contract on purpose; `leadlists-mock defects` lists the IDs. Can be repeated.",
)
@click.option(
    "--ready-json",
    is_flag=True,
    help="Print one line of JSON (URL, pid, users) once the mock accepts requests, instead of the text for people; "
    "stop if it cannot be printed.",
)
@click.version_option(package_name="leadlists-contract-kit", prog_name="leadlists-mock")
@click.pass_context
def main(
    context: click.Context, /, config: Path | None, defects: tuple[str, ...], ready_json: bool, **flags: Any
) -> None:
    """Serve a mock of the lead list API that keeps the contract.

    Each option except --config, --defect and --ready-json is also an environment variable (LEADLISTS_MOCK_PORT for
    --port; spaces separate several values) and a key in the table [mock] of leadlists.toml in the current folder. An
    option overrides a variable, and a variable overrides the file.

    Exit codes: 0 stopped by Ctrl-C or SIGTERM; 1 the output cannot be written; 2 wrong usage, or an error in the spec
    folder; 3 the port is in use, or `wait` found no mock in time.
    """
    with _usage_errors():
        context.obj = gather(flags, os.environ, config, warn=_warn)
        if context.invoked_subcommand is None:
            _serve(context.obj, defects, ready_json)


@main.command("readings")
@click.pass_obj
def list_readings(chosen: Settings) -> None:
    """List the open questions of the API page.

    Each question has its options; `*` marks the option that the mock follows with the given settings.
    """
    with _usage_errors():
        catalogue = readings.load(find_spec_dir(chosen.spec))
        in_force = readings.resolve(catalogue, chosen.profile, chosen.choices())
    with _printing():
        for reading in catalogue.values():
            click.echo(f"{click.style(reading.id, bold=True)}: {reading.question}")
            for option, meaning in reading.options.items():
                mark = "*" if in_force.follows(reading.id, option) else " "
                click.secho(f"  {mark} {option}: {meaning}", dim=mark != "*")


@main.command("defects")
@click.option("--json", "as_json", is_flag=True, help="Print the list as one JSON array.")
def list_defects(as_json: bool) -> None:
    """List the defects for --defect, each with the clause that it breaks."""
    from mock_server.defects.catalogue import CATALOGUE

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
    """Print request handlers for MSW (TypeScript).

    In a web page or test that uses MSW they return the same responses as this mock with the same settings.
    """
    from mock_server.msw.generating import handlers

    with _usage_errors():
        text = handlers(chosen)
    with _printing():
        click.echo(text, nl=False)


@main.command("playwright")
@click.pass_obj
def print_playwright_fixture(chosen: Settings) -> None:
    """Print a fixture for Playwright (TypeScript).

    It signs in each test and runs it in its own world, with methods for the control API.
    """
    from mock_server.recipes.printing import playwright

    with _printing():
        click.echo(playwright(chosen), nl=False)


@main.command("wait")
@click.argument("url", required=False)
@click.option(
    "--for-s",
    type=click.FloatRange(min=0),
    default=30.0,
    metavar="SECONDS",
    help="Give up after this time.  [default: 30]",
)
@click.pass_obj
def wait_until_ready(chosen: Settings, url: str | None, for_s: float) -> None:
    """Wait until a mock accepts requests.

    Without URL, wait for the mock that leadlists-mock starts with the same settings. The exit code is 3 if it does not
    accept requests in time.
    """
    url = url or listening.url_of(chosen.host, chosen.port, chosen.scheme)
    with _usage_errors():
        failure = readiness.wait_until_ready(url, timeout_s=for_s)
    if failure is not None:
        within = "" if failure.is_final else f" within {for_s:g} s"
        _exit(EXIT_PORT, f"no mock responds at {url}{within}: {failure.reason}")


def _maker(chosen: Settings, defect_ids: tuple[str, ...]) -> Callable[[], Mock]:
    if not defect_ids:
        return functools.partial(create_app, chosen)
    from mock_server.defects.catalogue import create_broken, find  # loaded only if the mock shall break the contract

    found = [find(each) for each in dict.fromkeys(defect_ids)]
    for defect in found:
        warning = f"BROKEN ON PURPOSE: {defect.id} breaks {defect.clause}: {defect.description}"
        click.secho(f"leadlists-mock: {warning}", err=True, bold=True, fg="red")
    return functools.partial(create_broken, found, chosen)


def _serve(chosen: Settings, defects: tuple[str, ...], ready_json: bool) -> None:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    chosen = with_token(chosen)
    make = _maker(chosen, defects)
    background = None
    if chosen.reload:
        from mock_server.reloading import Files, Following  # the file watcher is loaded only on use

        seed_file = None if chosen.seed_file is None else Path(chosen.seed_file)
        files = Files(find_spec_dir(chosen.spec), seed_file)
        following = Following(make, files, warn=_warn)
        mock, background = following.mock, following.follow
    else:
        mock = make()
    try:
        listener = listening.listen(chosen.host, chosen.port)
    except listening.PortTaken as error:
        _exit(EXIT_PORT, f"{error}; choose another port with --port, or a free one with --port 0")
    except listening.HostUnusable as error:
        _exit(EXIT_USAGE, f"{error}; --host must be an address of this machine, such as localhost or 0.0.0.0")
    if mock.from_examples:
        operations = ", ".join(mock.from_examples)
        _warn(f"these operations have no code, so their responses are the examples of the spec: {operations}")
    greeting = (banner.ready_line if ready_json else banner.welcome)(mock, chosen, listener)
    gc.freeze()  # a garbage collection over all loaded modules would stop requests for 40 ms
    server.serve(
        mock, listener, chosen, on_ready=lambda: _greet(greeting, is_for_programs=ready_json), background=background
    )


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    # Ctrl-C is the usual way to stop the mock; with another exit code `make mock` would report an error.
    raise SystemExit(0)


def _warn(text: str) -> None:
    with contextlib.suppress(OSError):  # stderr is closed or full
        click.echo(f"leadlists-mock: {text}", err=True)


def _greet(text: str, *, is_for_programs: bool) -> None:
    """Print the text of the start. Without it a program cannot find the mock, so the mock stops; people can read on."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        print(text, flush=True)
    except OSError as error:
        if is_for_programs:
            _stdout_is_lost(error.strerror or "")
        _drop_stdout()
        if error.errno not in (errno.EBADF, errno.EPIPE):
            _warn(f"stdout cannot be written: {error.strerror}; the mock serves without it")
