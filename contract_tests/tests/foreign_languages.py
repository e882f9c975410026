"""Judge right servers written in other languages: what `make foreign` runs.

Each folder of servers/foreign_languages/ contains one server that keeps the contract; README.md there describes them.
A broken clause means a false positive of the suite, or a mistake in that server.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import yaml

from contract_tests.tests.foreign_processes import (
    Debian,
    Judgement,
    ProcessFailed,
    judge,
    log_of,
    private_postgres,
    run_step,
    started,
)
from contract_tests.tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).with_name("servers") / "foreign_languages"
BUILDS = ROOT / ".foreign"  # a copy of each folder is built here, so the sources stay clean
SEEDS = (1, 2, 3)
STORES = ("memory", "SQLite", "PostgreSQL")
POSTGRES_PACKAGE = "postgresql"
TABLE_COLUMNS = 118
HEAD = ("server", "language", "store", "broken", "requests", "seconds", "readings that differ from the mock's")


@dataclass(frozen=True, slots=True)
class Server:
    """What server.toml says of one folder; commands: each program with the Debian package that contains it."""

    name: str
    language: str
    stack: str
    store: str
    commands: Mapping[str, str]
    libraries: tuple[str, ...]
    install: str | None = None
    build: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The judgements of one server; left_out and failed say why there are none."""

    server: Server
    judgements: tuple[Judgement, ...] = ()
    left_out: str = ""
    failed: str = ""

    @property
    def broken_runs(self) -> int:
        """The number of seeds under which the suite reports a broken clause."""
        return sum(bool(judgement.broken) for judgement in self.judgements)


def read_server(folder: Path) -> Server:
    """Read a folder's server.toml; raise TypeError for a key that is missing or unknown."""
    entry = tomllib.loads((folder / "server.toml").read_text(encoding="utf-8"))
    return Server(**{**entry, "name": folder.name, "libraries": tuple(entry["libraries"])})


def read_servers(folder: Path = FOLDER) -> list[Server]:
    return [read_server(path.parent) for path in sorted(folder.glob("*/server.toml"))]


def mock_defaults(path: Path = ROOT / "spec" / "readings.yaml") -> dict[str, str]:
    """Map each open question to the option that the mock follows in its default profile."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {e["id"]: e["mock"] if isinstance(e["mock"], str) else e["mock"]["page"] for e in entries}


def differing(judgements: Sequence[Judgement], defaults: Mapping[str, str]) -> list[str]:
    """List the readings in which a server differs from the mock under any seed, as id=option."""
    seen: dict[str, set[str]] = {}
    for judgement in judgements:
        for reading, options in judgement.readings.items():
            seen.setdefault(reading, set()).update(options)
    return [f"{id_}={'|'.join(sorted(options))}" for id_, options in seen.items() if options != {defaults.get(id_)}]


def table(results: Sequence[Result], defaults: Mapping[str, str]) -> Iterator[str]:
    """Lay out the judged servers as lines of text; the readings wrap inside their column."""
    rows = [HEAD]
    for result in results:
        server, judgements = result.server, result.judgements
        if judgements:
            requests = sum(judgement.requests for judgement in judgements)
            seconds = sum(judgement.elapsed_s for judgement in judgements)
            counts = (f"{result.broken_runs}/{len(judgements)}", f"{requests}", f"{seconds:.1f}")
            note = ", ".join(differing(judgements, defaults)) or "none"
        else:
            counts, note = ("-", "-", "-"), result.failed or f"left out: {result.left_out}"
        rows.append((server.name, server.language, server.store, *counts, note))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    margin = sum(widths) + 2 * len(widths)
    for row in rows:
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        lines = wrap(row[-1], max(TABLE_COLUMNS - margin, 30), break_long_words=False, break_on_hyphens=False)
        yield f"{cells}  {lines[0]}"
        yield from (" " * margin + line for line in lines[1:])


def exit_code(results: Sequence[Result], *, must_install: bool) -> int:
    """Return the exit code of a run: 0 if every server that was judged keeps the contract.

    It is 1 if a clause is broken, if a server could not be judged, if none was, or if one is left out that
    must be installed.
    """
    wrong = any(result.broken_runs or result.failed or (result.left_out and must_install) for result in results)
    return int(wrong or not any(result.judgements for result in results))


# -- one server -------------------------------------------------------------------------------------------------------


def prepare(server: Server, debian: Debian) -> str:
    """Install what a server needs and copy its folder; return why that failed, or an empty string."""
    missing = [package for command, package in server.commands.items() if not shutil.which(command)]
    if shutil.which("dpkg-query"):
        missing += debian.not_installed(server.libraries)
    if server.store == "PostgreSQL" and not debian.postgres_programs():
        missing.append(POSTGRES_PACKAGE)
    if missing and (problem := debian.install(missing)):
        return problem
    target = BUILDS / server.name
    shutil.copytree(FOLDER / server.name, target, dirs_exist_ok=True)
    try:
        if server.install:
            run_step(server.install, target)
    except ProcessFailed as problem:
        return str(problem)
    return ""


def judge_server(server: Server, seeds: Sequence[int], debian: Debian) -> Result:
    """Build a server, start it with an empty store for each seed, and judge it."""
    folder, found = BUILDS / server.name, []
    try:
        if server.build:
            run_step(server.build, folder)
        for seed in seeds:
            with ExitStack() as stack:
                environment = {}
                if server.store == "PostgreSQL":
                    database = stack.enter_context(private_postgres(debian.postgres_programs()))
                    environment["DATABASE_URL"] = database
                ready = stack.enter_context(started(folder, free_port(), environment))
                judgement = judge(ready, seed)
            found.append(judgement)
            verdict = f"broken: {', '.join(judgement.broken)}" if judgement.broken else "keeps the contract"
            cost = f"{judgement.requests} requests in {judgement.elapsed_s:.1f} s"
            print(f"{server.name}: seed {seed}: {verdict}; {cost}", flush=True)
            if judgement.broken:
                print(judgement.report, f"The server's standard error: {log_of(folder)}", sep="\n", flush=True)
    except ProcessFailed as problem:
        return Result(server, tuple(found), failed=str(problem))
    return Result(server, tuple(found))


def judge_all(servers: Sequence[Server], seeds: Sequence[int]) -> Iterator[Result]:
    """Judge servers one after the other."""
    debian = Debian()
    for server in servers:
        print(f"{server.name}: {server.language} with {server.stack}; store: {server.store}", flush=True)
        if reason := prepare(server, debian):
            print(f"left out: {server.name} ({reason})", flush=True)
            yield Result(server, left_out=reason)
            continue
        result = judge_server(server, seeds, debian)
        if result.failed:
            print(f"not judged: {server.name} ({result.failed})", flush=True)
        yield result


def main(arguments: Sequence[str]) -> int:
    servers = read_servers()
    parser = argparse.ArgumentParser(prog="make foreign", description="Judge right servers in other languages.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(s.name for s in servers)}; all if none"
    )
    parser.add_argument("--seed", type=int, action="append", help="a seed; may be repeated (default: 1, 2 and 3)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - {server.name for server in servers}:
        parser.error(f"no such server: {', '.join(sorted(unknown))}")
    chosen = [server for server in servers if server.name in options.names or not options.names]
    results = list(judge_all(chosen, options.seed or SEEDS))
    print("", *table(results, mock_defaults()), sep="\n")
    return exit_code(results, must_install=bool(os.environ.get("CI") and shutil.which("apt-get")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
