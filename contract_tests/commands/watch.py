"""`leadlists-contract watch`: judge the traffic of other programs."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contract_tests.commands.inputs import Inputs, read_inputs, read_wanted
from contract_tests.commands.options import EXIT_CODES, Command, config_option, report_option, run_options
from contract_tests.commands.output import complain, say, write_wanted
from contract_tests.composition.suites import SEEN_OPTIONS
from contract_tests.composition.watch import open_watching, proxy_of
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.live.companion import Companion
from contract_tests.live.har import Archive, HarError
from contract_tests.live.proxy import ProxyError
from contract_tests.report.console import ConsoleReport
from contract_tests.report.formats import Wanted
from contract_tests.settings.secrets import Masker


@click.command(cls=Command, epilog=EXIT_CODES)
@click.option("--upstream", "url", metavar="URL", help="server to forward to and to judge: its base URL")
@click.option(
    "--har",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="judge the exchanges of a HAR file instead, which a browser, Playwright or mitmproxy has recorded",
)
@click.argument("program", nargs=-1, metavar="[-- COMMAND...]")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="port to listen on (default: a free one, which is printed)",
)
@click.option(
    "--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default 127.0.0.1: this machine)"
)
@click.option("--keep-host", is_flag=True, help="forward the Host header of the client (default: that of the URL)")
@run_options(
    SEEN_OPTIONS,
    bearer="session token by which the suite recognises the requests of a user",
    cookie="session cookie by which the suite recognises the requests of the same user",
    header="header by which the suite recognises the requests of the user, if you give neither --bearer nor --cookie; "
    "can be repeated",
)
@config_option
@report_option()
def command(
    har: Path | None,
    program: tuple[str, ...],
    port: int,
    host: str,
    keep_host: bool,
    config: Path | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Judge the traffic of other programs.

    The command is a proxy: it forwards the traffic unchanged, except for the Host header, and judges each exchange of
    the operation without delaying it. It needs no login, because a success shows that a login is valid. After Ctrl-C or
    SIGTERM it prints the table, writes the record and the reports, and exits with the code of the result. With --har,
    it judges the exchanges of the file.

    COMMAND, for example the end-to-end tests of a frontend, runs while the proxy runs, and the proxy ends with it. If
    COMMAND fails, the exit code is that of COMMAND.
    """
    wanted = read_wanted(reports)
    if har is not None:
        return _judge_file(har, flags, config, wanted)
    inputs = read_inputs(flags, config, sends=False)
    try:
        with (
            proxy_of(inputs.settings, host=host, port=port, keeps_host=keep_host) as proxy,
            Companion(program, proxy.stop) as companion,
        ):
            for ending in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ending, lambda *_: companion.stop())
            shown = f"[{host}]" if ":" in host else host
            say(f"Forwarding http://{shown}:{proxy.port} to {inputs.settings.url}. Ctrl-C ends it.")
            code = _judge(inputs, wanted, proxy.seen())
            return companion.exit_code or code
    except OSError as error:
        raise click.UsageError(f"{program[0] if program else 'the proxy'} cannot be run: {error.strerror}") from None
    except ProxyError as error:
        raise click.UsageError(f"the proxy cannot listen on {error}") from None


def _judge_file(har: Path, flags: dict[str, Any], config: Path | None, wanted: list[Wanted]) -> int:
    specification = load_specification(Path(flags["spec"]) if flags["spec"] else None)
    paths = [operation.path for operation in specification.operations]
    try:
        archive = Archive.read(har)
        flags["url"] = flags["url"] or archive.base_url(paths)
    except HarError as error:
        raise click.UsageError(f"--har: {error}") from None
    inputs = read_inputs(flags, config, sends=False)
    base_url = Terms.of(specification, inputs.settings).base_url
    say(f"Judging the exchanges of {har} with {base_url}")
    return _judge(inputs, wanted, archive.traffic(base_url, paths))


def _judge(inputs: Inputs, wanted: list[Wanted], traffic: Iterable[Any]) -> int:
    console = ConsoleReport(Console(highlight=False, emoji=False))
    masker = Masker(inputs.settings.secrets)
    with open_watching(inputs.settings, folder=inputs.folder, masker=masker) as watching:
        for event in watching.events(traffic):
            console.listen(event)
    result = watching.result()
    console.conclude(result, inputs.folder)
    if watching.record_problem:
        complain(watching.record_problem)
    write_wanted(wanted, result, inputs.folder, masker.secrets)
    return result.exit_code()
