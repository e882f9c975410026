"""The command `leadlists-contract`: read the command line, start the work, exit with the code of the result."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contract_tests.settings.options import RUN_OPTIONS

if TYPE_CHECKING:
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


def _with_run_options(function: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(RUN_OPTIONS):
        if option.name != "url":
            add = click.option(option.flag, option.name, metavar=option.metavar, help=option.help, multiple=option.many)
            function = add(function)
    return function


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadlists-contract-kit", message="%(prog)s %(version)s")
def cli() -> None:
    """Judge any server of the lead list endpoint by its URL."""


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
    help="write what the server was seen to follow as a leadlists.toml, for the suite and for the mock",
)
@click.option(
    "--write-deviations",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="write every breach as an entry for --deviations; then fill in reason, owner and expiry",
)
@click.option("--list", "only_list", is_flag=True, help="list the clauses that would be judged, and exit")
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
    """Judge the server at URL: a base URL, or the endpoint itself.

    Each option can also be an environment variable (LEADLISTS_BEARER for --bearer) or an entry of the table
    [contract] in leadlists.toml. Keep secrets there: other users of the machine can see a command line.
    """
    if only_list:
        _list_clauses({**flags, "url": url}, config)
        return 0
    wanted = _wanted(reports)
    settings, specification, folder = _check({**flags, "url": url}, config)
    result = _run(settings, specification, folder, wanted, explains_readings=explain_readings)
    _write_observed(result, write_readings, write_deviations)
    return result.exit_code()


@cli.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option(
    "--report",
    "reports",
    metavar="FORMAT[=FILE]",
    multiple=True,
    help="write a report, as for `run`; without it, print what `run` printed",
)
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def report(folder: Path, reports: tuple[str, ...], config: str | None) -> int:
    """Report a run again from its record, also one that was cut off. Exits as the run did.

    RUN_DIR: the folder of the run, with run.ndjson in it. The secrets of the run, which the reports are searched for,
    come from the environment (LEADLISTS_BEARER) or from leadlists.toml.
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
@click.option("--secret", "more", metavar="TEXT", multiple=True, help="a further text to search for; repeatable")
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def receipt(folder: Path, files: tuple[Path, ...], more: tuple[str, ...], config: str | None) -> int:
    """Search what a run has written for secrets. Exit code 1 if one is found.

    Every file in RUN_DIR and every FILE is searched for the secrets of the environment (LEADLISTS_BEARER) and of
    leadlists.toml: plain, in any case, escaped, in base64 and in hexadecimal digits.
    """
    from contract_tests.report.receipt import files_of, search

    secrets = {*_secrets(config), *more}
    if not secrets:
        raise click.UsageError("there is no secret to search for; set LEADLISTS_BEARER, or give --secret TEXT")
    try:
        contents = [path.read_bytes() for path in (*files_of(folder), *files)]
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be read: {error.strerror}") from None
    if not contents:
        raise click.UsageError(f"there are no files in {folder}")
    found = search(contents, secrets, folder)
    _say(found.text)
    return 1 if found.found else 0


@cli.command()
@click.argument("before", metavar="RUN_A", type=click.Path(path_type=Path))
@click.argument("after", metavar="RUN_B", type=click.Path(path_type=Path))
def diff(before: Path, after: Path) -> int:
    """Say what changed from one run to another: clauses, readings, time. Exit code 1 if anything did.

    RUN_A, RUN_B: the folders of two runs, for example of two builds of a server.
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
    """Send what showed the broken clauses of a run again, and compare. Exit code 1 if one is still broken.

    RUN_DIR: the folder of the run. CLAUSE: replay only the clauses whose ids begin with it. The options, above all the
    login, are those of `run`.
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


@cli.command()
@click.argument("url", required=False)
@_with_run_options
@click.option("--config", metavar="FILE", help="file to read instead of leadlists.toml in the current folder")
def doctor(url: str | None, config: str | None, **flags: Any) -> int:
    """Say what keeps the server at URL from being judged, and what to do. Exit code 3 if something does.

    Looks at the name, the connection, TLS, the proxy, the clock, the login, redirects and rate limits. Sends one
    request, which creates a lead list if the server accepts it. The options are those of `run`.
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
    """The secrets in the environment and in leadlists.toml; none where those cannot be read."""
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


def _check(flags: dict[str, Any], config: str | None) -> tuple[Settings, Specification, Path]:
    """Check the options before anything starts; returns what a run needs. Raises click.UsageError."""
    from contract_tests.contract.deviations import load_deviations
    from contract_tests.contract.specification import SpecificationError, load_specification
    from contract_tests.engine.record import FILE_NAME, new_folder
    from contract_tests.settings.sources import gather
    from contract_tests.settings.values import UsageError

    try:
        settings = gather(flags, config=Path(config) if config else None)
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
@click.option("--explain", metavar="ID", help="explain one clause: requests, oracles with file and line, defects")
def clauses(prefix: tuple[str, ...], explain: str | None) -> None:
    """List the clauses whose ids begin with PREFIX, or all clauses."""
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
    """List the questions that the page leaves open: their options, and whether each passes, warns or fails."""
    from contract_tests.contract.specification import load_specification

    for reading in load_specification().readings.values():
        _say(f"{reading.id}: {reading.question} ({reading.clause})")
        for option, meaning in reading.options.items():
            _say(f"    {option:<18} {reading.treatment(option):<5} {meaning}")


@cli.command()
@click.option("--defect", "ids", metavar="ID", multiple=True, help="judge only this server")
@click.option("--class", "kinds", metavar="NAME", multiple=True, help="judge only the servers of this class")
@click.option("--quick", is_flag=True, help="judge a few servers of each class, at depth quick")
@click.option("--reading", metavar="ID=OPTION[,OPTION]", multiple=True, help="as for `run`; the mock follows it too")
@click.option("--depth", metavar="NAME", help="as for `run`")
@click.option("--list", "only_list", is_flag=True, help="list the servers, and exit")
def selfcheck(ids: tuple[str, ...], kinds: tuple[str, ...], quick: bool, only_list: bool, **flags: Any) -> int:
    """Run the suite against servers with known defects, and against correct servers.

    Exit code 1 if a defect is not detected by the clause that it breaks, or if a correct server has findings.
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
    signal.signal(signal.SIGTERM, stop)  # or the servers under way would outlive the command
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
        results = report.watch(checking.check(subjects, settings), len(subjects), console)
    except (UsageError, SpecificationError, SelfcheckError) as error:
        raise click.UsageError(str(error)) from None
    console.print(report.table(results))
    console.print(report.summary(results))
    return 0 if all(result.right for result in results) else 1


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

    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until there is something that must end in order
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
        os._exit(code)  # without waiting for threads that wait for a server
    sys.exit(code)
