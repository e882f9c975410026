"""The command `leadlists-contract`: parse the command line, do the work, exit with the code of the result."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contract_tests.settings.options import FUZZ_OPTIONS, LEDGER_OPTIONS, RUN_OPTIONS, SEEN_OPTIONS

if TYPE_CHECKING:
    from contract_tests.campaign.allowance import Allowance
    from contract_tests.contract.specification import Specification
    from contract_tests.engine.result import RunResult
    from contract_tests.report.formats import Wanted
    from contract_tests.settings.values import Settings

EXIT_CODES = """\b
Exit codes:
  0    every judged clause holds
  1    a clause is broken
  2    wrong usage, or an error in the spec data
  3    no judgement was possible for a reason outside the contract: server not reachable, credentials refused,
       session ended, quota used up, gateway down
  4    nothing was judged
  130  interrupted (Ctrl-C)
  143  terminated (SIGTERM)"""

COMPARE_EXIT_CODES = """\b
Exit codes:
  0    the servers do the same
  1    the servers differ
  2    wrong usage, or an error in the spec data
  3    the servers cannot be compared: one is not reachable, refuses the login, or goes away
  130  interrupted (Ctrl-C)
  143  terminated (SIGTERM)"""


def _with_options(names: Collection[str]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add the options of a run that have one of the names."""

    def add(function: Callable[..., int]) -> Callable[..., int]:
        for option in reversed(RUN_OPTIONS):
            if option.name in names:
                function = click.option(
                    option.flag, option.name, metavar=option.metavar, help=option.help, multiple=option.many
                )(function)
        return function

    return add


_with_run_options = _with_options([option.name for option in RUN_OPTIONS if option.name != "url"])


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadlists-contract-kit", message="%(prog)s %(version)s")
def cli() -> None:
    """Judge whether a server keeps the contract of the lead list endpoint."""


@cli.command(epilog=EXIT_CODES)
@click.argument("url", required=False)
@_with_run_options
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[=FILE]",
    multiple=True,
    help="write a report: html, junit, sarif, github, gitlab, markdown, json, har, ctrf, badge or passport; repeatable",
)
@click.option("--explain-readings", is_flag=True, help="print every reading that the server follows, with its meaning")
@click.option(
    "--write-readings",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write the observed readings as a leadlists.toml, which pins the suite and the mock to them",
)
@click.option(
    "--write-deviations",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write each breach as an entry for --deviations, in which you fill in reason, owner and expiry",
)
@click.option("--list", "only_list", is_flag=True, help="list the clauses that the run would judge, and exit")
def run(
    url: str | None,
    config: str | None,
    reports: tuple[str, ...],
    explain_readings: bool,
    write_readings: Path | None,
    write_deviations: Path | None,
    only_list: bool,
    **flags: Any,
) -> int:
    """Judge the server at URL.

    URL is the base URL of the server, or the URL of the endpoint itself. Each option is also an environment variable
    (LEADLISTS_BEARER for --bearer) and a key of the table [contract] in leadlists.toml. Pass secrets as variables,
    because other users of the machine can see a command line.
    """
    if only_list:
        _list_clauses({**flags, "url": url}, config)
        return 0
    wanted = _wanted(reports)
    settings, specification, folder = _check({**flags, "url": url}, config)
    result = _run(settings, specification, folder, wanted, explains_readings=explain_readings)
    _write_observed(result, write_readings, write_deviations)
    return result.exit_code()


@cli.command(epilog=EXIT_CODES)
@click.argument("url", required=False)
@click.option(
    "--budget",
    metavar="AMOUNT",
    default="10m",
    help="time or requests that the campaign may spend: 90s, 2h, '5000 requests' (default 10m)",
)
@click.option(
    "--max-created",
    metavar="N",
    type=click.IntRange(min=1),
    help="maximum number of lead lists that the campaign creates (default: no limit on private networks, else 10000)",
)
@click.option(
    "--i-own",
    "own",
    metavar="HOST",
    multiple=True,
    help="this host is yours and may be fuzzed, although it is not of a private network; can be repeated",
)
@click.option(
    "--shard",
    metavar="K/N",
    help="carry out part K of N of the campaign (default: CI_NODE_INDEX/CI_NODE_TOTAL, or JOB_COMPLETION_INDEX)",
)
@click.option("--delete-url", metavar="URL", help="afterwards send DELETE for each created list; {id} is its ID")
@click.option("--dry-run", is_flag=True, help="list the first parts of the campaign, and exit; sends nothing")
@_with_options(FUZZ_OPTIONS)
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
@click.option("--report", "reports", metavar="FORMAT[=FILE]", multiple=True, help="write a report, as for `run`")
def fuzz(
    url: str | None,
    budget: str,
    max_created: int | None,
    own: tuple[str, ...],
    shard: str | None,
    delete_url: str | None,
    dry_run: bool,
    config: str | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Search the server at URL for breaches until a budget is used up.

    After the planned requests of `run`, the command sends random ones: drawn from the contract, mutations of those that
    the server treated in a new way, sequences by several users, and requests from the schema. It groups what it finds
    by clause, place and cause, makes each finding smaller, and sends it again before it reports it. The same seed sends
    the same requests to a server that behaves the same. Ctrl-C ends the campaign with its report.

    Outside this machine and private networks, the command needs --i-own HOST and sends 5 requests in a second, unless
    --rate gives another number.
    """
    from contract_tests.campaign.allowance import Allowance
    from contract_tests.campaign.ledger import check_template
    from contract_tests.campaign.permit import permit_for
    from contract_tests.report import campaign as report
    from contract_tests.settings.manners import shard_from
    from contract_tests.settings.values import UsageError

    wanted = _wanted(reports)
    settings, _, folder = _check({**flags, "url": url}, config)
    try:
        allowance = Allowance.parse(budget)
        part = shard_from(shard, os.environ)
        permit = permit_for(settings, own=own, max_created=max_created, shard=part)
        template = None if delete_url is None else check_template(delete_url, settings.url)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    if dry_run:
        _say(report.dry_run(allowance, settings.seed, permit, part))
        return 0
    _say(str(permit))
    result = _fuzz(settings, folder, wanted, allowance, permit=permit, shard=part)
    if template is not None:
        _delete(replace(settings, rate_per_s=permit.rate_per_s), folder, template)
    return result.exit_code()


def _fuzz(settings: Settings, folder: Path, wanted: list[Wanted], allowance: Allowance, **options: Any) -> RunResult:
    from rich.console import Console

    from contract_tests.composition import open_campaign
    from contract_tests.engine.events import Ending
    from contract_tests.engine.interruption import stop_on_signals
    from contract_tests.engine.record import RecordError
    from contract_tests.report import campaign as report
    from contract_tests.settings.secrets import Masker, printable
    from contract_tests.settings.values import UsageError

    masker = Masker(settings.secrets)
    try:
        with open_campaign(settings, allowance, folder=folder, masker=masker, **options) as conductor:
            stop_on_signals(conductor.stop)
            console = report.CampaignReport(Console(highlight=False), conductor.followed, allowance)
            result = conductor.conduct(console.listen)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    except RecordError as error:
        raise click.UsageError(f"--run-folder: {error}") from None
    console.stop()
    if result.ending is Ending.NOT_JUDGEABLE:
        _complain(printable(result.why))
    else:
        console.conclude(result, folder)
        _write(folder / report.FILE_NAME, report.findings_file(conductor.followed, result, folder))
    if conductor.record_problem:
        _complain(conductor.record_problem)
    _write_ledger(folder)
    _write_reports(wanted, result, folder, masker.secrets)
    return result


@cli.command(epilog=EXIT_CODES)
@click.argument("folders", metavar="RUN_DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run-folder", "into", metavar="DIR", type=click.Path(path_type=Path), help="new folder for the union")
@click.option("--report", "reports", metavar="FORMAT[=FILE]", multiple=True, help="write a report, as for `run`")
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def merge(folders: tuple[Path, ...], into: Path | None, reports: tuple[str, ...], config: str | None) -> int:
    """Unite the shards of a campaign.

    The new folder holds one record, the findings of all shards, and the list of all created lead lists. The exit code
    is that of the union.
    """
    from rich.console import Console

    from contract_tests.campaign.allowance import Allowance
    from contract_tests.campaign.corpus import CampaignLog
    from contract_tests.campaign.merging import merge as unite
    from contract_tests.engine.record import FILE_NAME, Record, RecordError, new_folder
    from contract_tests.report import campaign as report

    wanted = _wanted(reports)
    folder = into or new_folder()
    if (folder / FILE_NAME).exists():
        raise click.UsageError(f"--run-folder: {folder} holds another run; name a new folder")
    try:
        record = Record(folder)
        followed = CampaignLog(record)
        unite(folders, followed, folder)
    except (RecordError, OSError) as error:
        raise click.UsageError(str(error)) from None
    record.close()
    result = followed.summing.result()
    report.CampaignReport(Console(highlight=False), followed, Allowance()).conclude(result, folder)
    _write(folder / report.FILE_NAME, report.findings_file(followed, result, folder))
    _write_ledger(folder)
    _write_reports(wanted, result, folder, _secrets(config))
    return result.exit_code()


@cli.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option("--delete-url", metavar="URL", help="send DELETE for each created list; {id} is its ID")
@_with_options(LEDGER_OPTIONS)
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def created(folder: Path, delete_url: str | None, config: str | None, **flags: Any) -> int:
    """List the lead lists that a run or a campaign created, as CSV.

    RUN_DIR is the folder of the run; the run can be incomplete. With --delete-url, the command deletes them as the user
    who created them; the login is that of `run`. The exit code is 1 if the server did not delete one.
    """
    from contract_tests.campaign.ledger import check_template, created_in
    from contract_tests.engine.record import RecordError, read_result
    from contract_tests.report.ledger import ledger
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        if delete_url is None:
            click.echo(ledger(created_in(folder)), nl=False)
            return 0
        settings = gather({**flags, "url": read_result(folder).started.url}, config=Path(config) if config else None)
        return 0 if _delete(settings, folder, check_template(delete_url, settings.url)) else 1
    except (RecordError, UsageError) as error:
        raise click.UsageError(str(error)) from None


def _write_ledger(folder: Path) -> None:
    from contract_tests.campaign.ledger import created_in
    from contract_tests.engine.record import RecordError
    from contract_tests.report import ledger

    try:
        _write(folder / ledger.FILE_NAME, ledger.ledger(created_in(folder)))
    except RecordError as error:
        _complain(str(error))


def _delete(settings: Settings, folder: Path, template: str) -> bool:
    """Delete what a run created; return whether all of it is gone."""
    from contract_tests.campaign.ledger import delete_created
    from contract_tests.composition import open_target
    from contract_tests.engine.budget import Budget
    from contract_tests.report.failure import on_one_line
    from contract_tests.settings.secrets import Masker

    masker = Masker(settings.secrets)
    with open_target(settings, Budget().pause, masker) as target:
        deleted = delete_created(folder, template, target, settings)
    _say(f"Deleted {deleted.gone} of {deleted.gone + len(deleted.kept)} created lists.")
    for name, why in deleted.kept[:20]:
        _complain(on_one_line(masker.mask_excerpt(f"not deleted: {name}: {why}")))
    return not deleted.kept


@cli.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[=FILE]",
    multiple=True,
    help="write a report, as for `run`; without this option, print the console report of the run",
)
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def report(folder: Path, reports: tuple[str, ...], config: str | None) -> int:
    """Write reports from the record of a run.

    RUN_DIR is the folder of the run, with run.ndjson in it; the run can be incomplete. Set the secrets of the run in
    the environment (LEADLISTS_BEARER) or in leadlists.toml, so that the command can search the reports for them. The
    exit code is that of the run.
    """
    from rich.console import Console

    from contract_tests.engine.interruption import raise_on_signals
    from contract_tests.engine.record import RecordError, read_result
    from contract_tests.report.console import ConsoleReport

    wanted = _wanted(reports)
    try:
        result = read_result(folder)
    except RecordError as error:
        raise click.UsageError(str(error)) from None
    raise_on_signals()
    if not wanted:
        ConsoleReport(Console(highlight=False)).conclude(result, folder)
    _write_reports(wanted, result, folder, _secrets(config))
    return result.exit_code()


@cli.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--secret", "more", metavar="TEXT", multiple=True, help="another text to search for; can be repeated")
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def receipt(folder: Path, files: tuple[Path, ...], more: tuple[str, ...], config: str | None) -> int:
    """Search the files of a run for secrets.

    The command searches every file in RUN_DIR and every FILE for the secrets in the environment (LEADLISTS_BEARER) and
    in leadlists.toml: plain, in any case, escaped, in base64 and in hexadecimal digits. The exit code is 1 if it finds
    one.
    """
    from contract_tests.report.receipt import files_of, search

    secrets = {*_secrets(config), *more}
    if not secrets:
        raise click.UsageError("there is no secret to search for; set LEADLISTS_BEARER, or give --secret TEXT")
    try:
        paths = [*files_of(folder), *files]
        found = search(paths, secrets, folder)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be read: {error.strerror}") from None
    if not paths:
        raise click.UsageError(f"there are no files in {folder}")
    _say(found.text)
    return 1 if found.found else 0


@cli.command()
@click.argument("before", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("after", metavar="RUN_B", type=click.Path(path_type=Path))
def diff(before: Path, after: Path) -> int:
    """Compare two runs.

    RUN_A and RUN_B are the folders of the runs, for example of two builds of a server. The command lists changes of
    clauses, of readings, and of the time for one request. The exit code is 1 if there are any.
    """
    from contract_tests.engine.record import RecordError, read_result
    from contract_tests.report.comparison import changes

    try:
        found = changes(read_result(before), read_result(after))
    except RecordError as error:
        raise click.UsageError(str(error)) from None
    for line in found:
        _say(line)
    if not found:
        _say("Nothing changed.")
    return 1 if found else 0


@cli.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.argument("clause", required=False, default="")
@_with_run_options
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def replay(folder: Path, clause: str, config: str | None, **flags: Any) -> int:
    """Check whether the broken clauses of a run are still broken.

    The command sends the requests that showed them once more. RUN_DIR is the folder of the run. With CLAUSE, it
    replays only the clauses whose IDs start with it. The options, above all the login, are those of `run`. The exit
    code is 1 if a clause is still broken.
    """
    from contract_tests.composition import replay_broken
    from contract_tests.engine.record import RecordError, read_result
    from contract_tests.report.failure import on_one_line
    from contract_tests.settings.secrets import Masker
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        result = read_result(folder)
        settings = gather({**flags, "url": result.started.url}, config=Path(config) if config else None)
        masker = Masker(settings.secrets)
        again = list(replay_broken(settings, result, folder, prefix=clause, masker=masker))
    except (RecordError, UsageError) as error:
        raise click.UsageError(str(error)) from None
    for each in again:
        verdict = f"broken again: {each.actual}" if each.is_broken else "no longer broken"
        statuses = f"{', '.join(each.before)} -> {', '.join(each.after)}"
        _say(on_one_line(masker.mask_excerpt(f"{each.clause}: {verdict} ({statuses})")))
    if not again:
        _say("There is no broken clause to replay.")
    return 1 if any(each.is_broken for each in again) else 0


@cli.command(epilog=EXIT_CODES)
@click.option("--upstream", "url", metavar="URL", help="server to forward to and to judge: its base URL")
@click.option(
    "--har",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="judge the exchanges of a HAR file instead, which a browser, Playwright or mitmproxy has recorded",
)
@click.argument("command", nargs=-1, metavar="[-- COMMAND...]")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="port to listen on (default: a free one, which is printed)",
)
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default 127.0.0.1)")
@click.option("--keep-host", is_flag=True, help="forward the Host header of the client (default: that of the URL)")
@_with_options(SEEN_OPTIONS)
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
@click.option("--report", "reports", metavar="FORMAT[=FILE]", multiple=True, help="write a report, as for `run`")
def watch(
    har: Path | None,
    command: tuple[str, ...],
    port: int,
    host: str,
    keep_host: bool,
    config: str | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Judge the traffic of other programs.

    The command is a proxy: it forwards the traffic unchanged, except for the Host header, and judges each exchange of
    the operation without delaying it. It needs no login, because a success shows that a login is valid. After Ctrl-C or
    SIGTERM it prints the table, writes the record and the reports, and exits with the code of the result. With --har,
    it judges the server to which the file has requests.

    COMMAND, for example the end-to-end tests of a frontend, runs while the proxy runs, and the proxy ends with it. If
    COMMAND fails, the exit code is that of COMMAND.
    """
    from contract_tests.composition import proxy_of
    from contract_tests.live.companion import Companion
    from contract_tests.live.proxy import ProxyError
    from contract_tests.settings.values import UsageError

    wanted = _wanted(reports)
    if har is not None:
        return _watch_file(har, flags, config, wanted)
    settings, _, folder = _check(flags, config, sends=False)
    try:
        with proxy_of(settings, host=host, port=port, keeps_host=keep_host) as proxy:
            companion = Companion(command, proxy.stop)
            for ending in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ending, lambda *_: companion.stop())
            shown = f"[{host}]" if ":" in host else host
            _say(f"Forwarding http://{shown}:{proxy.port} to {settings.url}. Ctrl-C ends it.")
            code = _judge_seen(settings, folder, wanted, proxy.seen())
            return companion.exit_code or code
    except OSError as error:
        raise click.UsageError(f"{command[0] if command else 'the proxy'} cannot be run: {error.strerror}") from None
    except ProxyError as error:
        raise click.UsageError(f"the proxy cannot listen on {error}") from None
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _watch_file(har: Path, flags: dict[str, Any], config: str | None, wanted: list[Wanted]) -> int:
    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.contract.terms import Terms
    from contract_tests.live.har import Archive, HarError

    try:
        archive = Archive.read(har)
        specification = load_specification(Path(flags["spec"]) if flags["spec"] else None)
        paths = [operation.path for operation in specification.operations]
        settings, _, folder = _check({**flags, "url": flags["url"] or archive.base_url(paths)}, config, sends=False)
    except (HarError, SpecificationError) as error:
        raise click.UsageError(f"--har: {error}") from None
    base_url = Terms.of(specification, settings).base_url
    _say(f"Judging the exchanges of {har} with {base_url}")
    return _judge_seen(settings, folder, wanted, archive.traffic(base_url, paths))


def _judge_seen(settings: Settings, folder: Path, wanted: list[Wanted], traffic: Iterable[Any]) -> int:
    from rich.console import Console

    from contract_tests.composition import open_watching
    from contract_tests.engine.record import RecordError
    from contract_tests.report.console import ConsoleReport
    from contract_tests.settings.secrets import Masker

    report = ConsoleReport(Console(highlight=False))
    masker = Masker(settings.secrets)
    try:
        with open_watching(settings, folder=folder, masker=masker) as watching:
            for event in watching.events(traffic):
                report.listen(event)
    except RecordError as error:
        raise click.UsageError(f"--run-folder: {error}") from None
    result = watching.result()
    report.conclude(result, folder)
    if watching.record_problem:
        _complain(watching.record_problem)
    _write_reports(wanted, result, folder, masker.secrets)
    return result.exit_code()


@cli.command(name="compare", epilog=COMPARE_EXIT_CODES)
@click.argument("url_a", metavar="URL_A")
@click.argument("url_b", metavar="URL_B")
@click.option("--b-bearer", metavar="TOKEN", help="session token for URL_B, if it needs another than --bearer")
@click.option("--b-cookie", metavar="NAME=VALUE", help="session cookie for URL_B, if it needs another than --cookie")
@_with_run_options
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[=FILE]",
    multiple=True,
    help="write a report: json, markdown or html; repeatable",
)
def compare_servers(
    url_a: str,
    url_b: str,
    b_bearer: str | None,
    b_cookie: str | None,
    config: str | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Compare two servers.

    The command sends the same requests to both and lists the differences of status, body, media type, Allow, Location,
    WWW-Authenticate and Retry-After, by reading and clause where possible. It ignores the values of IDs, times, user
    IDs and messages, and compares only their form. Without --depth it sends only the planned requests.
    """
    from contract_tests import composition
    from contract_tests.engine.events import Event, RunStarted
    from contract_tests.engine.interruption import raise_on_signals
    from contract_tests.engine.record import FILE_NAME, RecordError
    from contract_tests.report import differences

    def listen(server: str, event: Event) -> None:
        if isinstance(event, RunStarted):
            _say(f"Sending the requests to {server}, {event.url}")

    unknown = [report for report in reports if report.partition("=")[0] not in differences.FORMATS]
    if unknown:
        raise click.UsageError(f"--report: there is no format {unknown[0]!r}; choose {', '.join(differences.FORMATS)}")
    flags["depth"] = flags["depth"] or "quick"
    a, _, folder = _check({**flags, "url": url_a}, config)
    others = {"bearer": b_bearer, "cookie": b_cookie}
    if any((folder / server / FILE_NAME).exists() for server in ("a", "b")):
        raise click.UsageError(f"--run-folder: {folder} holds another comparison; name a new folder")
    b, _, _ = _check({**flags, "url": url_b, **{name: value for name, value in others.items() if value}}, config)
    raise_on_signals()
    try:
        comparison = composition.compare_servers(a, b, folder=folder, listen=listen)
    except RecordError as error:
        raise click.UsageError(f"--run-folder: {error}") from None
    _say(differences.text(comparison))
    for report in reports:
        name, _, file = report.partition("=")
        file_name, write = differences.FORMATS[name]
        _write(Path(file) if file else folder / file_name, write(comparison))
    _say(f"Records: {folder}")
    return comparison.exit_code()


def _write(path: Path, text: str) -> None:
    from contract_tests.engine.files import write_whole

    try:
        write_whole(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        _complain(f"{path} cannot be written: {error.strerror}")
    else:
        _say(f"Report: {path}")


@cli.command()
@click.argument("url", required=False)
@_with_run_options
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def doctor(url: str | None, config: str | None, **flags: Any) -> int:
    """Find out why a run cannot judge a server.

    The command checks the host name, the connection, TLS, the proxy, the clock, the login, redirects and rate limits
    of the server at URL, and says what to do. It sends one request, which creates a lead list if the server accepts
    it. The options are those of `run`. The exit code is 3 if a check fails.
    """
    from contract_tests.composition import examine_target
    from contract_tests.report.failure import on_one_line
    from contract_tests.settings.secrets import Masker
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    is_right = True
    try:
        settings = gather({**flags, "url": url}, config=Path(config) if config else None)
        masker = Masker(settings.secrets)
        for check in examine_target(settings, masker):
            mark = {True: "ok", False: "WRONG", None: "note"}[check.is_right]
            advice = f" -> {check.advice}" if check.advice else ""
            _say(on_one_line(masker.mask_excerpt(f"{mark:<6}{check.name:<12}{check.text}{advice}")))
            is_right = is_right and check.is_right is not False
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    return 0 if is_right else 3


def _secrets(config: str | None) -> set[str]:
    """Return the secrets in the environment and in leadlists.toml; none if these are invalid."""
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        return set(gather({"url": "http://127.0.0.1"}, config=Path(config) if config else None).secrets)
    except UsageError as error:
        if config:
            raise click.UsageError(str(error)) from None
        return set()


def _wanted(reports: tuple[str, ...]) -> list[Wanted]:
    from contract_tests.report.formats import ReportError, Wanted

    try:
        return [Wanted.parse(text) for text in reports]
    except ReportError as error:
        raise click.UsageError(f"--report: {error}") from None


def _write_reports(wanted: list[Wanted], result: RunResult, folder: Path, secrets: Collection[str]) -> None:
    from contract_tests.report.formats import write_reports

    written = write_reports(wanted, result, folder, _say, secrets=secrets)
    for path in written.files:
        _say(f"Report: {path}")
    for problem in written.problems:
        _complain(problem)
    if written.receipt:
        _say(written.receipt.text)


def _say(text: str) -> None:
    click.echo(text, file=sys.stdout)


def _complain(text: str) -> None:
    click.echo(f"leadlists-contract: {text}", file=sys.stderr)


def _check(flags: dict[str, Any], config: str | None, *, sends: bool = True) -> tuple[Settings, Specification, Path]:
    """Check the options and return the values that a run needs; raise click.UsageError."""
    from contract_tests.contract.deviations import load_deviations
    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.engine.record import FILE_NAME, new_folder
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        settings = gather(flags, config=Path(config) if config else None, sends=sends)
        specification = load_specification(settings.spec_folder)
        specification.pin(settings.readings)
        specification.select(settings.clauses)
        if settings.deviations:
            load_deviations(settings.deviations, specification)
        folder = settings.run_folder or new_folder()
        if (folder / FILE_NAME).exists():
            raise UsageError(f"--run-folder: {folder} holds another run; name a new folder")
        if folder.exists() and not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder} is read-only")
        folder.parent.mkdir(parents=True, exist_ok=True)
    except (UsageError, SpecificationError) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"--run-folder: the record cannot be written: {error}") from None
    return settings, specification, folder


def _write_observed(result: RunResult, readings: Path | None, deviations: Path | None) -> None:
    from datetime import date

    from contract_tests.engine.files import write_whole
    from contract_tests.report.observed import deviations_file, readings_file

    today = date.fromisoformat(result.started.at[:10])
    for path, text in ((readings, readings_file(result)), (deviations, deviations_file(result, today))):
        if path is not None:
            try:
                write_whole(path, text.encode())
            except OSError as error:
                _complain(f"{path} cannot be written: {error.strerror}")


def _run(
    settings: Settings, specification: Specification, folder: Path, wanted: list[Wanted], *, explains_readings: bool
) -> RunResult:
    from rich.console import Console

    from contract_tests.composition import open_run
    from contract_tests.engine.events import Ending
    from contract_tests.engine.interruption import raise_on_signals
    from contract_tests.engine.record import RecordError
    from contract_tests.report.console import ConsoleReport
    from contract_tests.settings.secrets import Masker, printable
    from contract_tests.settings.values import UsageError

    # Hypothesis would create another folder next to ours.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path.cwd() / ".leadlists" / "hypothesis"))
    report = ConsoleReport(Console(highlight=False))
    masker = Masker(settings.secrets)
    try:
        with open_run(settings, specification=specification, folder=folder, masker=masker) as conductor:
            raise_on_signals()
            result = conductor.conduct(report.listen)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    except RecordError as error:
        raise click.UsageError(f"--run-folder: {error}") from None
    report.stop()
    if result.ending is Ending.NOT_JUDGEABLE:
        _complain(printable(result.why))
    else:
        report.conclude(result, folder, explains_readings=explains_readings)
    if conductor.record_problem:
        _complain(conductor.record_problem)
    _write_reports(wanted, result, folder, masker.secrets)
    return result


@cli.command()
@click.argument("prefix", nargs=-1)
@click.option("--explain", metavar="ID", help="explain one clause: its requests, oracles (file and line) and defects")
def clauses(prefix: tuple[str, ...], explain: str | None) -> None:
    """List all clauses, or those whose IDs start with PREFIX."""
    if explain is None:
        _list_clauses({"clauses": prefix}, None)
        return
    from contract_tests import explanation
    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.lead_lists import LEAD_LISTS

    try:
        specification = load_specification()
        click.echo(explanation.explain(explain, specification, (LEAD_LISTS,)).text)
    except (SpecificationError, KeyError) as error:
        raise click.UsageError(f"--explain: no clause is called {explain!r}: {error}") from None


@cli.command()
def readings() -> None:
    """List the open questions of the API page.

    Each question has its options, and whether an option passes, warns or fails a run.
    """
    from contract_tests.contract.specification import load_specification

    for reading in load_specification().readings.values():
        _say(f"{reading.id}: {reading.question} ({reading.clause})")
        for option, meaning in reading.options.items():
            _say(f"    {option:<18} {reading.treatment(option):<5} {meaning}")


@cli.command()
@click.option(
    "--defect", "ids", metavar="ID", multiple=True, help="judge only the server with this defect or ID; can be repeated"
)
@click.option(
    "--class", "kinds", metavar="NAME", multiple=True, help="judge only the servers of this class; can be repeated"
)
@click.option("--quick", is_flag=True, help="judge only a sample of each class, at depth quick")
@click.option(
    "--reading", metavar="ID=OPTION[,OPTION]", multiple=True, help="as for `run`; the mock follows the same option"
)
@click.option("--depth", metavar="NAME", help="as for `run`")
@click.option("--list", "only_list", is_flag=True, help="list the servers, and exit")
@click.option(
    "--confusion",
    is_flag=True,
    help="print which other clauses the runs name; slower, since no run ends when it has detected the defect",
)
def selfcheck(
    ids: tuple[str, ...], kinds: tuple[str, ...], quick: bool, only_list: bool, confusion: bool, **flags: Any
) -> int:
    """Check the suite itself.

    The command runs the suite against servers with known defects and against correct servers. The exit code is 1 if a
    run does not report the clause that a defect breaks, or reports a correct server.
    """
    from rich.console import Console

    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.report import selfcheck as report
    from contract_tests.selfcheck import check as checking
    from contract_tests.selfcheck.subjects import SelfcheckError, known_servers
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import Depth, UsageError

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)  # otherwise the running servers would outlive the command
    console = Console(highlight=False)
    if quick:
        flags["depth"] = Depth.QUICK
    try:
        settings = gather({**flags, "url": "http://127.0.0.1"})
        specification = load_specification(settings.spec_folder)
        specification.pin(settings.readings)
        subjects = known_servers(specification, settings.readings, ids=ids, kinds=kinds, quick=quick)
        if only_list:
            for subject in subjects:
                _say(f"{subject.kind:<20} {subject.id:<42} {subject.description or 'right'}")
            return 0
        results = report.watch(checking.check(subjects, settings, whole=confusion), len(subjects), console)
    except (UsageError, SpecificationError, SelfcheckError) as error:
        raise click.UsageError(str(error)) from None
    console.print(report.table(results))
    if confusion:
        console.print("\n".join(report.confusion(results)), soft_wrap=True)
    console.print(report.summary(results))
    return 0 if all(result.right for result in report.promised(results)) else 1


def _list_clauses(flags: dict[str, Any], config: str | None) -> None:
    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        settings = gather(
            {**flags, "url": flags.get("url") or "http://127.0.0.1"}, config=Path(config) if config else None
        )
        specification = load_specification(settings.spec_folder)
        chosen = specification.select(settings.clauses)
    except (UsageError, SpecificationError) as error:
        raise click.UsageError(str(error)) from None
    for clause in specification.clauses.values():
        if clause.id in chosen:
            note = f"  [not judged: {clause.unjudged}]" if clause.unjudged else ""
            _say(f"{clause.id:<42} {clause.kind:<9} {clause.statement}{note}")


def main() -> None:
    """Run the command and exit with its code."""
    from contract_tests.engine.interruption import Terminated
    from contract_tests.report.terminal import install

    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is a run that must end in order
    install()
    try:
        code = cli.main(prog_name="leadlists-contract", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show(file=sys.stderr)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except Terminated:
        code = 143
    sys.stdout.flush()
    sys.stderr.flush()
    if code in {130, 143}:
        os._exit(code)  # without waiting for threads that still wait for a server
    sys.exit(code)
