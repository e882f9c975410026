"""`leadlists-contract compare`: send the same requests to two servers and compare the responses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contract_tests.commands.inputs import check_unused, read_inputs
from contract_tests.commands.options import Command, config_option, report_option, run_options
from contract_tests.commands.output import say, write_file
from contract_tests.composition.compare import compare_servers
from contract_tests.composition.suites import RUN_OPTIONS
from contract_tests.engine.interruption import raise_on_signals
from contract_tests.report import comparison as report
from contract_tests.results.events import Event, RunStarted

EXIT_CODES = """\b
Exit codes:
  0    the servers do the same
  1    the servers differ
  2    wrong usage, or an error in the spec data
  3    the servers cannot be compared: one is not reachable, refuses the login, or goes away
  130  interrupted (Ctrl-C)
  143  terminated (SIGTERM)"""


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("url_a", metavar="URL_A")
@click.argument("url_b", metavar="URL_B")
@click.option("--b-bearer", metavar="TOKEN", help="session token for URL_B, if it differs from --bearer")
@click.option("--b-cookie", metavar="NAME=VALUE", help="session cookie for URL_B, if it differs from --cookie")
@click.option("--depth", metavar="NAME", default="quick", help="as for `run` (default quick)")
@run_options({option.name for option in RUN_OPTIONS} - {"url", "app", "depth"})
@config_option
@report_option(f"write a report: {', '.join(report.COMPARISON_FORMATS)}; repeatable")
def command(
    url_a: str,
    url_b: str,
    b_bearer: str | None,
    b_cookie: str | None,
    config: Path | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Compare two servers.

    The command sends the same requests to both and lists the differences of status, body, media type, Allow, Location,
    WWW-Authenticate and Retry-After, by reading and clause where possible. It ignores the values of IDs, times, user
    IDs and messages, and compares only their form.
    """
    unknown = [each for each in reports if each.partition("=")[0] not in report.COMPARISON_FORMATS]
    if unknown:
        choices = ", ".join(report.COMPARISON_FORMATS)
        raise click.UsageError(f"--report: there is no format {unknown[0]!r}; choose {choices}")
    a = read_inputs({**flags, "url": url_a}, config)
    check_unused(a.folder, "a", "b")
    others = {name: value for name, value in (("bearer", b_bearer), ("cookie", b_cookie)) if value}
    b = read_inputs({**flags, "url": url_b, **others}, config)
    raise_on_signals()
    comparison = compare_servers(a.settings, b.settings, folder=a.folder, listen=_print_start)
    say(report.text(comparison))
    for each in reports:
        name, _, file = each.partition("=")
        file_name, write = report.COMPARISON_FORMATS[name]
        write_file(Path(file) if file else a.folder / file_name, write(comparison))
    say(f"Records: {a.folder}")
    return comparison.exit_code()


def _print_start(server: str, event: Event) -> None:
    if isinstance(event, RunStarted):
        say(f"Sending the requests to {server}, {event.url}")
