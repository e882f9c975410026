"""Signals, full disks and odd terminals: no traceback, no half file, and an exit code that stays right."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract_tests.report.formats import FORMATS
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_result
from contract_tests.tests.conftest import USERS
from contract_tests.tests.report.conftest import record
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.right_core import Answer, Receive, Request, RightCore, Scope, Send
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished, loaded
from contract_tests.tests.test_cli import LOGIN, environment

FILES = {name: each.file_name for name, each in FORMATS.items() if each.file_name != "-"}
ALL_REPORTS = tuple(f"--report={name}" for name in FILES)
COMMAND = (sys.executable, "-m", "contract_tests")


@pytest.fixture(scope="module")
def broken_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that ended with exit code 1, and whose failure message has characters beyond ASCII."""
    app = next(server.app for server in FAULTY_SERVERS if server.name == "name-cut-at-64")
    with serve(app(USERS)) as url:
        done = record(url, tmp_path_factory.mktemp("broken") / "run", *LOGIN)
    assert done.exit_code == 1, done.printed
    return done.folder


def shell(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash, in which `$REPORT` prints the run in the folder again."""
    command = " ".join([*COMMAND, "report", str(folder)])
    return subprocess.run(
        ["bash", "-c", line], env=environment(REPORT=command, **variables), capture_output=True, timeout=120
    )


@pytest.mark.parametrize(
    "line",
    [
        "$REPORT | head -1; exit ${PIPESTATUS[0]}",
        "$REPORT | true; exit ${PIPESTATUS[0]}",
        "$REPORT >&-",
        "$REPORT 2>&-",
        "$REPORT >&- 2>&- <&-",
        "$REPORT > /dev/full",
        "$REPORT > /dev/full 2>&1",
        "$REPORT --report=markdown=- --report=json=- | head -c 10; exit ${PIPESTATUS[0]}",
    ],
)
def test_whatever_becomes_of_the_output_the_exit_code_is_that_of_the_run(broken_run: Path, line: str) -> None:
    done = shell(line, broken_run)
    assert done.returncode == 1, done.stderr.decode()
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"Exception ignored" not in done.stderr
    if line == "$REPORT > /dev/full":
        assert done.stderr.count(b"the output cannot be written: No space left on device") == 1


@pytest.mark.parametrize("only_prints", ["readings", "--help", "--version", "run --help", "readings --help"])
def test_what_cannot_be_printed_is_an_error(only_prints: str) -> None:
    line = f"{' '.join(COMMAND)} {only_prints}"
    full = subprocess.run(["bash", "-c", f"{line} > /dev/full"], env=environment(), capture_output=True, timeout=120)
    assert (full.returncode, full.stderr.count(b"\n")) == (1, 1), full.stderr
    left = subprocess.run(["bash", "-c", f"{line} | true; exit ${{PIPESTATUS[0]}}"], env=environment(), timeout=120)
    assert left.returncode == 0


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"NO_COLOR": "1", "TERM": "dumb"},
        {"COLUMNS": "8"},
        {"COLUMNS": "1", "FORCE_COLOR": "1"},
        {"PYTHONIOENCODING": "utf-16"},
    ],
    ids=lambda variables: " ".join(f"{name}={value}" for name, value in variables.items()),
)
def test_no_terminal_ends_the_command_in_a_traceback(broken_run: Path, variables: dict[str, str]) -> None:
    done = shell("$REPORT", broken_run, **variables)
    assert done.returncode == 1, done.stderr.decode()
    assert done.stderr == b""
    printed = done.stdout.decode({"cp1252": "cp1252"}.get(variables.get("PYTHONIOENCODING", ""), "utf-8"), "replace")
    if "NO_COLOR" in variables:
        assert "\x1b" not in printed
        assert "✗ response.name.echo" in printed
    if variables.get("PYTHONIOENCODING") in {"cp1252", "ascii"} or "LC_ALL" in variables:
        assert "x response.name.echo" in printed
        assert "✗" not in printed


def test_help_is_printed_in_every_encoding() -> None:
    for variables in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        done = subprocess.run([*COMMAND, "clauses"], env=environment(**variables), capture_output=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout.splitlines()) > 100


def whole(name: str, path: Path) -> bool:
    """Whether a report is complete, by its end."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".json", ".sarif", ".har"}:
        json.loads(text)
        return True
    return text.endswith({"html": "</html>\n", "junit": "</testsuites>\n"}.get(name, "\n"))


def test_a_killed_report_is_whole_or_not_there(broken_run: Path, tmp_path: Path) -> None:
    reports = [f"--report={name}={tmp_path / file}" for name, file in FILES.items()]
    states = set()
    for delay_s in (0.1, 0.3, 0.5, 0.7, 0.9, 1.2):
        for path in tmp_path.iterdir():
            path.unlink()
        process = subprocess.Popen([*COMMAND, "report", str(broken_run), *reports], env=environment())
        time.sleep(delay_s)
        process.kill()
        process.wait()
        there = [name for name, file in FILES.items() if (tmp_path / file).exists()]
        states.add(len(there))
        assert all(whole(name, tmp_path / FILES[name]) for name in there)
    assert 0 in states


class Slow(RightCore):
    """Wraps each success in an object named data, and answers most requests after two seconds only."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        import asyncio

        self.seen = getattr(self, "seen", 0) + 1
        if self.seen > 30:
            await asyncio.sleep(2)
        await super().__call__(scope, receive, send)

    def create(self, request: Request) -> Answer:
        answer = super().create(request)
        return answer._replace(body=b'{"data":' + answer.body + b"}")


@contextmanager
def running(folder: Path, *flags: str, new_interpreter: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A run against a slow server that breaks a clause, at the moment when it has said so.

    new_interpreter: it ends before a `kill` returns.
    """
    with serve(Slow(USERS)) as url:
        command = COMMAND if new_interpreter else loaded("contract_tests")
        arguments = [*command, "run", url, *LOGIN, f"--run-folder={folder / 'run'}", *flags]
        process = subprocess.Popen(
            arguments, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        assert any("broken: success.bare" in line for line in process.stdout)
        yield process
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_kill_leaves_a_record_from_which_every_report_can_be_made(tmp_path: Path) -> None:
    with running(tmp_path, *ALL_REPORTS, new_interpreter=True) as process:
        process.kill()
        process.wait()
    folder = tmp_path / "run"
    assert not [name for name in FILES.values() if (folder / name).exists()]
    assert read_result(folder).broken
    done = finished("contract_tests", "report", str(folder), *ALL_REPORTS, env=environment())
    assert done.returncode == 130, done.stderr
    assert all(whole(name, folder / file) for name, file in FILES.items())


@pytest.mark.parametrize(
    ("sent", "code", "ending"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]
)
def test_a_signal_ends_the_run_with_table_record_and_reports(
    tmp_path: Path, sent: signal.Signals, code: int, ending: str
) -> None:
    with running(tmp_path, *ALL_REPORTS) as process:
        process.send_signal(sent)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert "✗ success.bare" in output
    assert "Traceback" not in output
    assert json.loads((tmp_path / "run" / FILE_NAME).read_text().splitlines()[-1])["ending"] == ending
    assert all(whole(name, tmp_path / "run" / file) for name, file in FILES.items())


@pytest.mark.parametrize("pause_s", [0.0, 0.05, 0.3])
def test_ctrl_c_twice_ends_at_once_without_a_traceback_or_a_half_file(tmp_path: Path, pause_s: float) -> None:
    with running(tmp_path, *ALL_REPORTS) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(pause_s)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    folder = tmp_path / "run"
    assert all(whole(name, folder / file) for name, file in FILES.items() if (folder / file).exists())
    assert not [path for path in folder.iterdir() if path.name.startswith(".") and path.name != ".gitignore"]


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
def test_ctrl_c_while_the_command_is_loading_prints_no_traceback(tmp_path: Path, delay_s: float) -> None:
    start = "import sys; from contract_tests.__main__ import main; print('started', flush=True); main()"
    with subprocess.Popen(
        [sys.executable, "-c", start, "run", "http://127.0.0.1:1", *LOGIN],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output
    assert process.returncode in {130, -signal.SIGINT, 3}  # 3 if it was through: nothing listens there


def limited(limit_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))


@pytest.mark.parametrize("limit_bytes", [0, 60_000])
def test_a_full_disk_costs_files_and_not_the_verdict(right_url: str, tmp_path: Path, limit_bytes: int) -> None:
    folder = tmp_path / "run"
    done = subprocess.run(
        [*COMMAND, "run", right_url, *LOGIN, "--depth=quick", f"--run-folder={folder}", *ALL_REPORTS],
        cwd=tmp_path,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: limited(limit_bytes),
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "stops before the end of the run: File too large" in done.stderr
    assert "cannot be written: File too large" in done.stderr
    for path in folder.iterdir():
        if path.name != ".gitignore":
            assert path.stat().st_size > 0
            assert path.name in {FILE_NAME, *FILES.values()}
    if limit_bytes:
        assert all(json.loads(line) for line in (folder / FILE_NAME).read_text().splitlines())
        assert read_result(folder).is_cut_off
    assert all(whole(name, folder / file) for name, file in FILES.items() if (folder / file).exists())


def test_a_full_disk_does_not_end_a_campaign(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "fuzz", "http://127.0.0.1:9", *LOGIN, "--budget=5s", f"--run-folder={tmp_path}/run"],
        cwd=tmp_path,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: limited(0),
    )
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert "cannot be written (File too large), so `resume` cannot continue this campaign" in done.stderr
    assert "cannot be reached" in done.stderr


def test_a_folder_in_which_nothing_can_be_written_is_wrong_usage_or_is_replaced(right_url: str) -> None:
    quick = ("--depth=quick", "--clauses=access")
    done = finished("contract_tests", "run", right_url, *LOGIN, *quick, "--run-folder=/proc/run", env=environment())
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "--run-folder" in done.stderr
    done = finished("contract_tests", "run", right_url, *LOGIN, *quick, cwd=Path("/proc"), env=environment())
    assert done.returncode == 0, done.stderr
    found = re.search(r"^Record: (.*)$", done.stdout, re.MULTILINE)
    assert found
    assert os.path.exists(found[1])
