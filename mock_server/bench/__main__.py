"""`python -m mock_server.bench`: measure, print a table, and with --write record it."""

from __future__ import annotations

import sys

import click

from mock_server.bench import guard
from mock_server.bench.machine import this_machine
from mock_server.bench.processes import NotServed, stop_servers_when_terminated
from mock_server.bench.records import write_guarded, write_servers, write_suites
from mock_server.bench.results import Row, summarize, summarize_starts
from mock_server.bench.rounds import Rounds
from mock_server.bench.sample import read_sample
from mock_server.bench.servers import BASELINE, BY_NAME, OURS, SERVERS, Server, mock_has_drivers
from mock_server.bench.suite import measure
from mock_server.bench.tables import as_text, server_table, suite_table
from mock_server.bench.tools import Tools, bring

SERVER_ROUNDS, SUITE_ROUNDS = 7, 3  # these take eight minutes
NAMES = click.Choice(list(BY_NAME))
WHOSE = click.Choice(["none", "ours", "all"])
ROUNDS_HELP = f"Rounds to take the median of.  [default: {SERVER_ROUNDS}; of suites {SUITE_ROUNDS}]"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--suite", is_flag=True, help="Measure suites on the mock, instead of servers.")
@click.option("--only", multiple=True, type=NAMES, help="Measure only this server and the bare app (repeatable).")
@click.option("--rounds", type=click.IntRange(min=1), help=ROUNDS_HELP)
@click.option("--starts", default=5, show_default=True, type=click.IntRange(min=0), help="Cold starts of each server.")
@click.option("--growth", default="ours", show_default=True, type=WHOSE, help="Whose memory to measure over creates.")
@click.option("--write", is_flag=True, help="Record the results in README.md and last.json of the benchmark.")
def main(suite: bool, only: tuple[str, ...], rounds: int | None, starts: int, growth: str, write: bool) -> None:
    """Measure the mock and other servers of the same endpoint; print ratios to a bare uvicorn app."""
    if not sys.platform.startswith("linux"):
        raise click.ClickException("the benchmark reads processor time and memory from /proc, which only Linux has")
    if write and only:
        raise click.UsageError("--write records whole tables; leave out --only")
    stop_servers_when_terminated()
    if suite:
        _compare_suites(rounds or SUITE_ROUNDS, write)
    else:
        _compare_servers(_chosen(only), rounds or SERVER_ROUNDS, starts, growth, write)


def _compare_suites(rounds: int, write: bool) -> None:
    try:
        rows = measure(rounds, read_sample(), _tell)
    except NotServed as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{this_machine()}\n{as_text(suite_table(rows))}")
    for row in rows:
        click.echo(f"{row.suite} misses: {', '.join(row.missed) or 'none'}")
    if write:
        write_suites(this_machine(), rows)


def _compare_servers(servers: list[Server], rounds: int, starts: int, growth: str, write: bool) -> None:
    tools = bring({"wrk", *(need for server in servers for need in server.needs)}, _tell)
    if reason := tools.lacks(("wrk",)):
        raise click.ClickException(f"there is no load without wrk: {reason}")
    bench = Rounds([server for server in servers if _is_there(server, tools)], tools, _tell)
    all_starts, samples = bench.starts(starts), bench.loads(rounds)
    grown = {server.name: bench.growth(server) for server in bench.present() if _grows(server, growth)}
    rows = [
        Row(
            server.name,
            summarize(samples, server.name, BASELINE),
            summarize_starts(all_starts, server.name, BASELINE),
            grown.get(server.name),
        )
        for server in bench.present()
    ]
    click.echo(f"{this_machine()}\n{as_text(server_table(rows))}")
    if write:
        write_servers(this_machine(), rows)
        _tell("measuring again, as the guard does")
        write_guarded(this_machine(), guard.measure().values())


def _is_there(server: Server, tools: Tools) -> bool:
    reason = tools.lacks(server.needs)
    if reason:
        _tell(f"leaving out {server.title}: {reason}")
    return reason is None


def _grows(server: Server, whose: str) -> bool:
    return whose == "all" or (whose == "ours" and server.name in OURS)


def _chosen(only: tuple[str, ...]) -> list[Server]:
    chosen = [server for server in SERVERS if not only or server.name in (BASELINE, *only)]
    return [server for server in chosen if server.name != "mock-connexion" or mock_has_drivers()]


def _tell(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
