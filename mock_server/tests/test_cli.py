"""Test the command: its output, exit codes, and sources of settings."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from mock_server.cli import main
from mock_server.connections.listening import listen
from mock_server.tests.conftest import PATH, ROOT, StartMock

RunCli = Callable[..., subprocess.CompletedProcess[str]]


def test_the_ready_line_is_json_and_the_mock_responds_by_then(start_mock: StartMock) -> None:
    running = start_mock(new_interpreter=True)
    assert running.ready == {
        "url": running.url,
        "pid": running.process.pid,
        "users": [
            {"id": "user_xyz789", "token": "xyz789-session"},
            {"id": "user_abc123", "token": "abc123-session"},
        ],
        "endpoint": running.url + PATH,
    }
    assert httpx2.get(running.url).status_code == 404
    running.process.send_signal(signal.SIGTERM)
    assert running.process.communicate(timeout=60) == ("", "")


@contextlib.contextmanager
def started(*flags: str, **process: Any) -> Iterator[subprocess.Popen[str]]:
    """Start the command as a user does, without --ready-json."""
    command = [sys.executable, "-m", "mock_server", *flags]
    with subprocess.Popen(command, cwd=ROOT, text=True, **process) as running:
        try:
            yield running
        finally:
            running.kill()


def test_the_curl_line_of_the_welcome_works_when_pasted(page_request: dict[str, Any]) -> None:
    with started("--port", "0", "--user", "user_1=token-1", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        welcome = [*iter(process.stdout.readline, "Try:\n"), process.stdout.readline()]
        curl = welcome[-1].strip()
        pasted = subprocess.run(["sh", "-c", f"{curl} -s"], capture_output=True, text=True, timeout=60, check=True)
    assert pasted.stdout.startswith("HTTP/1.1 201 Created")
    assert json.loads(pasted.stdout.splitlines()[-1])["userIds"] == ["user_1"]
    assert json.loads(shlex.split(curl)[-1]) == page_request
    text = "".join(welcome)
    assert "Serving http://localhost:" in text
    assert (
        "Users you can sign in as:\n  user_1     token-1\n  (no user)  expired  (a session that has expired)\n" in text
    )
    assert "as the cookie __session=TOKEN" in text
    assert re.search(r"^Dashboard: http://localhost:\d+/__mock__/$", text, re.MULTILINE)


@pytest.mark.parametrize(("host", "is_told"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_the_welcome_shows_the_token_if_other_machines_can_reach_the_mock(host: str, is_told: bool) -> None:
    with started("--host", host, "--port", "0", stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        welcome = "".join(iter(process.stdout.readline, "Try:\n"))
        found = re.search(r"Dashboard: (http://(?:localhost|127\.0\.0\.1):\d+/__mock__/)(?:#token=(\S+))?\n", welcome)
        assert found
        assert httpx2.get(found[1]).status_code == 200
    assert (f"Control API token, for the header X-Mock-Control: {found[2]}\n" in welcome) is is_told


def test_users_and_the_cookie_name_can_be_set(start_mock: StartMock, page_request: dict[str, Any]) -> None:
    running = start_mock("--user", "user_1=one", "--user", "user_2=two", "--cookie-name", "sid")
    for headers, status in (
        ({"authorization": "Bearer one"}, 201),
        ({"cookie": "sid=two"}, 201),
        ({"cookie": "__session=two"}, 401),
        ({"authorization": "Bearer xyz789-session"}, 401),
    ):
        assert httpx2.post(running.endpoint, json=page_request, headers=headers).status_code == status


def test_success_status_is_short_for_its_reading(start_mock: StartMock, page_request: dict[str, Any]) -> None:
    assert start_mock("--success-status", "200").post(json=page_request).status_code == 200
    assert start_mock("--reading", "success-status=200").post(json=page_request).status_code == 200


def test_profile_and_limits_can_be_set(start_mock: StartMock, page_request: dict[str, Any]) -> None:
    running = start_mock("--profile", "strict", "--max-depth", "3", "--max-body-bytes", "500")
    assert running.post(json=page_request | {"name": ""}).json()["error"]["details"][0]["rule"] == "not_empty"
    assert running.post(json=page_request | {"x": [[[]]]}).json()["error"]["details"][0]["rule"] == "depth"
    assert running.post(json=page_request | {"name": "n" * 500}).json()["error"]["details"][0]["rule"] == "size"
    assert running.post(json=page_request).status_code == 201


def test_the_log_has_a_line_for_each_response_and_no_secret(
    start_mock: StartMock, page_request: dict[str, Any]
) -> None:
    running = start_mock("--log")
    running.post(json=page_request, params={"token": "secret"})
    httpx2.get(f"{running.url}/%1b[31m")
    running.process.terminate()
    _, log = running.process.communicate(timeout=60)
    first, second = log.splitlines()
    assert first.startswith(f"POST {PATH} 201 ")
    assert second.startswith("GET /\\u001b[31m 404 ")
    assert "secret" not in log
    assert "session" not in log


def test_an_unwritable_log_does_not_affect_responses(page_request: dict[str, Any]) -> None:
    flags = ("--port", "0", "--log", "--ready-json")
    with open("/dev/full", "w") as full, started(*flags, stdout=subprocess.PIPE, stderr=full) as process:
        assert process.stdout is not None
        endpoint = json.loads(process.stdout.readline())["endpoint"]
        answer = httpx2.post(endpoint, json=page_request, headers={"authorization": "Bearer xyz789-session"})
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--reading", "sucess-status=200"], 'there is no reading "sucess-status"; did you mean success-status?'),
        (["--reading", "empty-name=no"], "it has accepted, refused"),
        (["--reading", "empty-name"], "--reading: 'empty-name' must have the form ID=OPTION"),
        (["--port", "x"], "--port: 'x' must be an integer from 0 to 65535"),
        (["--port", "70000"], "--port: '70000' must be an integer from 0 to 65535"),
        (["--max-body-bytes", "0"], "--max-body-bytes: '0' must be an integer"),
        (["--body-timeout-s", "nan"], "--body-timeout-s: 'nan' must be a number"),
        (["--user", "me"], "--user: 'me' must have the form ID=TOKEN"),
        (["--user", "me=a b"], "the token must consist of"),
        (["--user", "me=expired"], "is reserved for the expired session"),
        (["--cookie-name", "a=b"], "must be a cookie name"),
        (["--profile", "lax"], "--profile: 'lax' must be one of page, strict"),
        (["--success-status", "204"], "must be one of 200, 201"),
        (["--seed", "x"], "--seed: 'x' must be an integer"),
        (["--now", "yesterday"], "must be a date and time with a UTC offset"),
        (["--now", "2024-01-02T10:30:00"], "must be a date and time with a UTC offset"),
        (["--allow-origin", "localhost"], "must be an origin"),
        (["--config", "no-such.toml"], "--config: the file no-such.toml does not exist"),
        (["--prot", "1"], "No such option"),
        (["wait", "--port", "4010"], "Write --port before wait, not after it."),
        (["wait", "--nothing"], "No such option '--nothing'"),
        (["serve"], "No such command 'serve'. Without a command, leadlists-mock serves; its commands are: readings, "),
        (
            ["--spec", __file__],
            " is a file; name its folder, in which it must be called openapi.yaml",
        ),
        (["--spec", "nowhere"], "--spec: nowhere has no openapi.yaml; name a folder that has one"),
        (["--reading", "zzz=1"], 'there is no reading "zzz"; the command `readings` lists them'),
        (["--max-header-bytes", "1"], "must be an integer from 512 to 16777216"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_wrong_flag_is_reported_and_exits_2(flags: list[str], told: str) -> None:
    ended = CliRunner(env={"LEADLISTS_MOCK_PORT": "0"}).invoke(main, flags)
    assert ended.exit_code == 2
    assert told in ended.stderr
    assert ended.stdout == ""


def test_a_spec_in_json_needs_another_name(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text("{}")
    ended = CliRunner().invoke(main, ["--spec", str(tmp_path)])
    assert (ended.exit_code, "rename openapi.json in" in ended.stderr) == (2, True)


def test_no_traceback_is_printed(run_cli: RunCli) -> None:
    ended = run_cli("--reading", "sucess-status=200")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == 'leadlists-mock: there is no reading "sucess-status"; did you mean success-status?\n'


def test_errors_name_a_wrong_variable_and_a_wrong_file(run_cli: RunCli, tmp_path: Path) -> None:
    ended = run_cli(env={"LEADLISTS_MOCK_PORT": "x"})
    assert ended.returncode == 2
    assert "LEADLISTS_MOCK_PORT: 'x' must be" in ended.stderr
    (tmp_path / "leadlists.toml").write_text("[mock]\nmax-depth = 1000\n")
    ended = run_cli(cwd=tmp_path)
    assert ended.returncode == 2
    assert "max-depth in leadlists.toml, table [mock]: 1000 must be" in ended.stderr


def test_readings_lists_every_reading_with_the_option_in_force(run_cli: RunCli) -> None:
    ended = run_cli("--profile", "strict", "--success-status", "200", "readings")
    assert ended.returncode == 0
    assert "success-status: Which status does a success have?" in ended.stdout
    assert "  * 200: 200 OK\n" in ended.stdout
    assert "    201: 201 Created\n" in ended.stdout
    assert "\x1b" not in ended.stdout
    listed = [line.split(":")[0] for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert len(listed) == len(set(listed)) == ended.stdout.count("  * ")


@pytest.mark.parametrize(
    "command",
    [["readings"], ["defects", "--json"], ["--help"], ["wait", "--help"], ["--port", "0", "--ready-json"]],
    ids=" ".join,
)
def test_unwritable_output_is_reported_on_one_line(command: list[str]) -> None:
    with open("/dev/full", "w") as full, started(*command, stdout=full, stderr=subprocess.PIPE) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told == "leadlists-mock: stdout cannot be written: No space left on device\n"


def test_full_standard_error_changes_no_exit_code() -> None:
    with open("/dev/full", "w") as full, started("--port", "x", stdout=subprocess.PIPE, stderr=full) as process:
        assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 2


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with started("readings", stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


@pytest.mark.parametrize("closes", [">&-", "| true"])
def test_the_mock_stops_if_no_program_can_read_where_it_is(closes: str) -> None:
    shell = f"{{ {sys.executable} -m mock_server --port 0 --ready-json; echo $? >&2; }} {closes}"
    ended = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    said, code = ended.stderr.splitlines()
    assert said.startswith("leadlists-mock: stdout cannot be written: ")
    assert code == "1"


def test_help_and_version_are_there(run_cli: RunCli) -> None:
    assert "--max-body-bytes BYTES" in run_cli("--help").stdout
    assert run_cli("--help").returncode == 0


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_a_terminal_gets_the_readings_in_colour() -> None:
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "mock_server", "readings"]
    shown = b""
    with subprocess.Popen(command, cwd=ROOT, stdout=follower, env=os.environ | {"TERM": "xterm"}):
        os.close(follower)
        with contextlib.suppress(OSError):  # EIO: the command has ended
            while piece := os.read(leader, 1000):  # a full buffer would stop the command
                shown += piece
    os.close(leader)
    assert b"\x1b[" in shown


def test_a_closed_stdout_does_not_stop_the_mock() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.port
    reader, writer = os.pipe()
    os.close(reader)
    with started("--port", str(port), stdout=writer, stderr=subprocess.PIPE) as process:
        os.close(writer)
        for _ in range(100):
            with contextlib.suppress(httpx2.TransportError):
                assert httpx2.get(f"http://127.0.0.1:{port}").status_code == 404
                break
            time.sleep(0.1)
        process.terminate()
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 0
