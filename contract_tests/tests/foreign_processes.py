"""Run the processes of `make foreign`: apt-get, builds, servers, a private PostgreSQL, and the suite itself."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.results.record import RecordError
from contract_tests.results.record_reading import read_result
from contract_tests.tests.ports import free_port

INSTALL_S = 900.0
BUILD_S = 900.0  # an optimized Rust build takes two minutes of processor time
START_S = 60.0
STOP_S = 10.0
JUDGE_S = 580.0
POLL_S = 0.05
DEBIAN_POSTGRES = Path("/usr/lib/postgresql")  # outside PATH: one folder for each version


class ProcessFailed(Exception):
    """A step failed; the message is one line for the user."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The line that a server prints once it answers requests."""

    url: str
    users: tuple[tuple[str, str], ...]  # id and token

    @classmethod
    def parse(cls, line: str) -> Ready:
        """Read the line; raise ProcessFailed unless it names a URL and two users."""
        try:
            entry = json.loads(line)
            users = tuple((user["id"], user["token"]) for user in entry["users"])
            url = entry["url"]
        except (ValueError, KeyError, TypeError):
            raise ProcessFailed(f"./serve printed no ready line but: {line.strip()[:200]}") from None
        if len(users) < 2:
            raise ProcessFailed("./serve named fewer than two users")
        return cls(url, users)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One run of the suite against a server.

    readings: for each open question the options that the server follows. report: what the run printed.
    """

    seed: int
    requests: int
    elapsed_s: float
    broken: tuple[str, ...] = ()
    readings: Mapping[str, frozenset[str]] = field(default_factory=dict)
    report: str = ""


# -- installing and building ------------------------------------------------------------------------------------------


class Debian:
    """Installs Debian packages, if this machine and this user can; keeps whether the lists are fresh."""

    def __init__(self) -> None:
        self._fresh = False

    def not_installed(self, packages: Sequence[str]) -> list[str]:
        command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}"]
        states = {p: subprocess.run([*command, p], capture_output=True, text=True).stdout for p in packages}
        return [package for package, state in states.items() if state != "installed"]

    def install(self, packages: Sequence[str]) -> str:
        """Install packages with apt-get; return why that failed, or an empty string."""
        wanted = " ".join(dict.fromkeys(packages))
        if not shutil.which("apt-get"):
            return f"missing: {wanted}; there is no apt-get here"
        if os.geteuid() != 0:
            return f"missing; run as root: apt-get install {wanted}"
        print(f"Installing {wanted} with apt-get.", flush=True)
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            if not self._fresh:
                run_step("apt-get update -qq", Path.cwd(), INSTALL_S, environment)
                self._fresh = True
            run_step(f"apt-get install -y -qq --no-install-recommends {wanted}", Path.cwd(), INSTALL_S, environment)
        except ProcessFailed as problem:
            return str(problem)
        return ""

    @staticmethod
    def postgres_programs() -> Path | None:
        """Return the folder that holds initdb and postgres, the newest version first."""
        folders = sorted(DEBIAN_POSTGRES.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
        if found := shutil.which("initdb"):
            folders.append(Path(found).resolve().parent)
        return next((folder for folder in folders if (folder / "postgres").exists()), None)


def run_step(
    command: str, folder: Path, timeout_s: float = BUILD_S, environment: Mapping[str, str] | None = None
) -> None:
    """Run one command in a folder; raise ProcessFailed with the end of its output if it fails."""
    try:
        done = subprocess.run(
            shlex.split(command),
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ProcessFailed(f"{command}: {problem}") from None
    if done.returncode:
        last = " / ".join(done.stdout.strip().splitlines()[-3:])
        raise ProcessFailed(f"{command}: exit code {done.returncode}: {last}")


# -- servers ----------------------------------------------------------------------------------------------------------


def log_of(folder: Path) -> Path:
    """Return the file that keeps what a server wrote to standard error."""
    return folder.with_suffix(".log")


@contextmanager
def started(folder: Path, port: int, environment: Mapping[str, str]) -> Iterator[Ready]:
    """Run ./serve PORT for the length of a `with` block; raise ProcessFailed if it does not come up."""
    with tempfile.TemporaryDirectory(prefix="leadlists-") as scratch:
        output, errors = Path(scratch) / "stdout", log_of(folder)
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            process = subprocess.Popen(
                ["./serve", str(port)],
                cwd=folder,
                env={**os.environ, "TMPDIR": scratch, **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # a group of its own, so that its workers end with it
            )
        try:
            yield _wait_until_ready(process, output, errors)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], output: Path, errors: Path) -> Ready:
    give_up_at = time.monotonic() + START_S
    while time.monotonic() < give_up_at:
        line, line_end, _ = output.read_text(encoding="utf-8", errors="replace").partition("\n")
        if line_end:
            return Ready.parse(line)
        if process.poll() is not None:
            last = " / ".join(errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:])
            raise ProcessFailed(f"./serve ended with exit code {process.returncode}: {last}")
        time.sleep(POLL_S)
    raise ProcessFailed(f"./serve printed no ready line within {START_S:.0f} s")


def _stop(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGTERM) -> None:
    """End a process politely, then whatever is left of its group by force."""
    for signal_number in (first, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)


@contextmanager
def private_postgres(programs: Path | None) -> Iterator[str]:
    """Run a PostgreSQL of our own on a free port for the length of a `with` block; yield its URL."""
    if programs is None:
        raise ProcessFailed("PostgreSQL was installed, but its programs are in no known folder")
    with tempfile.TemporaryDirectory(prefix="leadlists-postgres-", ignore_cleanup_errors=True) as scratch:
        account: dict[str, Any] = {"env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, "cwd": scratch}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(scratch, user.pw_uid, user.pw_gid)
            account |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data, port, log = f"{scratch}/data", free_port(), Path(scratch) / "log"
        quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **account}
        create = [str(programs / "initdb"), "--pgdata", data, "--auth=trust", "--username=postgres", "--no-sync"]
        made = subprocess.run([*create, "--encoding=UTF8"], stdout=subprocess.PIPE, text=True, **quiet)
        if made.returncode:
            raise ProcessFailed(f"initdb: {made.stdout.strip().splitlines()[-1]}")
        # -F: no fsync, as nothing here needs to survive.
        serve = [str(programs / "postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", scratch, "-F"]
        with log.open("wb") as output:
            process: subprocess.Popen[bytes] = subprocess.Popen(serve, stdout=output, start_new_session=True, **quiet)
        try:
            _wait_until_connected(process, port, log)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            _stop(process, signal.SIGINT)  # SIGINT ends open connections; SIGTERM would wait for them


def _wait_until_connected(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up_at:
        if b"ready to accept connections" in log.read_bytes():
            with socket.create_connection(("127.0.0.1", port), timeout=START_S):
                return
        time.sleep(POLL_S)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise ProcessFailed(f"postgres did not start: {' '.join(last)}")


# -- the suite --------------------------------------------------------------------------------------------------------


def judge(ready: Ready, seed: int, options: Sequence[str] = ("--depth", "standard")) -> Judgement:
    """Run the suite against a server, as a user would; raise ProcessFailed if it judged nothing."""
    (user, token), (second_user, second_token) = ready.users[:2]
    with tempfile.TemporaryDirectory(prefix="leadlists-run-") as scratch:
        record = Path(scratch) / "record"
        command = [sys.executable, "-m", "contract_tests", "run", ready.url, "--seed", str(seed), *options]
        command += ["--bearer", token, "--cookie", f"__session={token}", "--user-id", user]
        command += ["--second-bearer", second_token, "--second-cookie", f"__session={second_token}"]
        command += ["--second-user-id", second_user, "--run-folder", str(record)]
        try:
            done = subprocess.run(
                command,
                cwd=scratch,  # where no leadlists.toml of the user changes what is judged
                env={name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=JUDGE_S,
            )
        except subprocess.TimeoutExpired:
            raise ProcessFailed(f"the suite did not end within {JUDGE_S:.0f} s (seed {seed})") from None
        if done.returncode not in (0, 1):
            last = " / ".join(done.stdout.strip().splitlines()[-3:])
            raise ProcessFailed(f"the suite ended with exit code {done.returncode} (seed {seed}): {last}")
        try:
            result = read_result(record)
        except RecordError as problem:
            raise ProcessFailed(f"the run left no record that can be read (seed {seed}): {problem}") from None
    return Judgement(
        seed=seed,
        requests=result.requests,
        elapsed_s=result.duration_s,
        broken=tuple(each.clause.id for each in result.broken),
        readings={each.reading.id: frozenset(each.seen) for each in result.readings},
        report=done.stdout,
    )
