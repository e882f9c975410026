"""What a campaign does before it sends, how fast it sends, and how it cleans up: real processes and servers."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from contract_tests.results.record_reading import read_result
from contract_tests.tests.conftest import mock_process
from contract_tests.tests.servers.right_core import PATH, Answer, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished, loaded
from contract_tests.tests.test_cli import environment

TEMPLATE = "/api/v1/entities/leadlists/{id}"
DIRECT = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "")


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    variables |= {**DIRECT, "LEADLISTS_BEARER": "xyz789-session"}
    done = finished("contract_tests", *arguments, env=environment(**variables))
    assert "Traceback" not in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("name", ["run", "fuzz", "doctor"])
def test_nothing_is_sent_to_a_host_that_looks_like_production(name: str) -> None:
    done = command(name, "http://api.prod.example.invalid")
    assert (done.returncode, "--not-production api.prod.example.invalid" in done.stderr) == (2, True), done.stderr


def test_a_misleading_name_can_be_allowed() -> None:
    done = command("run", "http://live.example.invalid:9", "--not-production=live.example.invalid")
    assert done.returncode == 3, done.stderr  # it does not exist, but it was asked for


def test_a_host_beyond_private_networks_must_be_named() -> None:
    refused = command("fuzz", "http://8.8.8.8", "--dry-run")
    assert (refused.returncode, "give --i-own 8.8.8.8" in refused.stderr) == (2, True), refused.stderr
    allowed = command("fuzz", "http://8.8.8.8", "--dry-run", "--i-own=8.8.8.8")
    assert (allowed.returncode, "at most 5 requests a second" in allowed.stdout) == (0, True), allowed.stdout
    shard = command("fuzz", "http://8.8.8.8", "--dry-run", "--i-own=8.8.8.8", "--rate=8", "--shard=1/4")
    assert "at most 2 requests a second" in shard.stdout


def test_a_run_keeps_to_its_rate(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with mock_process() as url:
        done = command("run", url, "--depth=quick", "--rate=60", f"--run-folder={folder}")
    assert done.returncode == 0, done.stdout
    result = read_result(folder)
    assert result.duration_s > 0.9 * result.requests / 60


class Deleting(RightCore):
    """Deletes lead lists, and remembers which."""

    def __init__(self, users: dict[str, str]) -> None:
        super().__init__(users)
        self.deleted: list[str] = []

    async def answer(self, request: Request) -> Answer:
        if request.method == "DELETE" and re.fullmatch(f"{PATH}/[^/]+", request.path):
            self.authenticate(request)
            name = request.path.rpartition("/")[2]
            self.deleted.append(name)
            return Answer(404 if name in self.deleted[:-1] else 204, {}, b"")
        return await super().answer(request)


def test_what_a_campaign_creates_is_listed_and_deleted(tmp_path: Path) -> None:
    app: Any = Deleting({"xyz789-session": "user_1"})
    with serve(app) as url:
        options = ("--budget=700 requests", f"--delete-url={TEMPLATE}", f"--run-folder={tmp_path / 'run'}")
        done = command("fuzz", url, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        listed = [row["id"] for row in csv.DictReader(io.StringIO((tmp_path / "run" / "created.csv").read_text()))]
        assert len(listed) > 100
        assert app.deleted == listed
        assert f"Deleted {len(listed)} of {len(listed)} created lists." in done.stdout
        again = command("created", str(tmp_path / "run"), f"--delete-url={TEMPLATE}")
        assert (again.returncode, "the path in --delete-url is wrong" in again.stderr) == (1, True), again.stderr
        assert f"Deleted 0 of {len(listed)} created lists. {len(listed)} do not exist (404 or 410)." in again.stdout
        assert len(app.deleted) == 2 * len(listed)
        del app.deleted[:1]
        del app.deleted[len(listed) - 1 :]
        rest = command("created", str(tmp_path / "run"), f"--delete-url={TEMPLATE}")
        assert rest.returncode == 0, rest.stderr
        assert f"Deleted 1 of {len(listed)} created lists. {len(listed) - 1} do not exist" in rest.stdout
    assert command("created", str(tmp_path / "run")).stdout == (tmp_path / "run" / "created.csv").read_text()


@pytest.mark.parametrize("template", ["http://127.0.0.1:8/{id}", "/lists", "/lists/{id} "])
def test_only_objects_of_the_target_are_deleted(template: str, tmp_path: Path) -> None:
    done = command("fuzz", "http://127.0.0.1:9", f"--delete-url={template}", f"--run-folder={tmp_path / 'run'}")
    assert (done.returncode, "--delete-url" in done.stderr) == (2, True), done.stderr


class SlowToDelete(Deleting):
    """Takes a while for each deletion; after some, it accepts no session any more."""

    most = 1000
    refusal = 401

    async def answer(self, request: Request) -> Answer:
        if request.method == "DELETE":
            await asyncio.sleep(0.05)
            if len(self.deleted) == self.most:
                return Answer(self.refusal, {"retry-after": "3600"} if self.refusal == 429 else {}, b"")
        return await super().answer(request)


def created_by(url: str, folder: Path) -> int:
    """Run the planned requests; return how many lists they created."""
    done = command("run", url, "--depth=quick", "--clauses=request.name", f"--run-folder={folder}")
    assert done.returncode == 0, done.stdout + done.stderr
    return len(command("created", str(folder)).stdout.splitlines()) - 1


def listed_in(folder: Path) -> list[str]:
    """Return the lines of what the run created."""
    return command("created", str(folder)).stdout.splitlines()[1:]


def left_in(folder: Path) -> list[str]:
    """Return the lines of what a deletion has left."""
    return (folder / "not-deleted.csv").read_text().splitlines()[1:]


def test_a_signal_ends_a_deletion_in_order(tmp_path: Path) -> None:
    app: Any = SlowToDelete({"xyz789-session": "user_1"})
    with serve(app) as url:
        total = created_by(url, tmp_path / "run")
        command_line = [*loaded("contract_tests"), "created", str(tmp_path / "run"), f"--delete-url={TEMPLATE}"]
        variables = environment(**DIRECT, LEADLISTS_BEARER="xyz789-session")
        with subprocess.Popen(command_line, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while len(app.deleted) < 3:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            output, errors = (each.decode() for each in process.communicate(timeout=60))
    assert process.returncode == 130, output + errors
    assert 3 <= len(app.deleted) < total
    assert f"Deleted {len(app.deleted)} of {total} created lists." in output
    assert f"not tried: {total - len(app.deleted)}, since you have ended it" in errors
    assert left_in(tmp_path / "run") == listed_in(tmp_path / "run")[len(app.deleted) :]


@pytest.mark.parametrize(("status", "name", "sent"), [(401, "Unauthorized", 20), (429, "Too Many Requests", 1)])
def test_a_deletion_ends_when_the_server_deletes_nothing_more(
    status: int, name: str, sent: int, tmp_path: Path
) -> None:
    app: Any = SlowToDelete({"xyz789-session": "user_1"})
    app.most, app.refusal = 5, status
    with serve(app) as url:
        total = created_by(url, tmp_path / "run")
        done = command("created", str(tmp_path / "run"), f"--delete-url={TEMPLATE}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"Deleted 5 of {total} created lists." in done.stdout
    assert f"not deleted: {sent}: {status} {name}" in done.stderr
    assert f"not tried: {total - 5 - sent}, since the server did not delete the last {sent}" in done.stderr
    assert f"created {tmp_path / 'run'} --delete-url" in done.stderr
    assert left_in(tmp_path / "run") == listed_in(tmp_path / "run")[5:]
    willing: Any = Deleting({"xyz789-session": "user_1"})
    with serve(willing, port=int(url.rpartition(":")[2])):
        assert command("created", str(tmp_path / "run"), f"--delete-url={TEMPLATE}").returncode == 0
    assert not (tmp_path / "run" / "not-deleted.csv").exists()


@pytest.mark.parametrize("limit_bytes", [pytest.param(0, marks=pytest.mark.long), 60_000])
def test_what_is_created_after_the_disk_is_full_is_deleted_as_well(limit_bytes: int, tmp_path: Path) -> None:
    app: Any = Deleting({"xyz789-session": "user_1"})
    with serve(app) as url:
        folder = tmp_path / "run"
        options = ("--budget=700 requests", f"--delete-url={TEMPLATE}", f"--run-folder={folder}")
        done = subprocess.run(
            [sys.executable, "-m", "contract_tests", "fuzz", url, *options],
            env=environment(**DIRECT, LEADLISTS_BEARER="xyz789-session", PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True, text=True, timeout=300, cwd=tmp_path,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes)),
        )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert "stops before the end of the run" in done.stderr
    [objects] = re.findall(r"(\d+) objects created", done.stdout)
    assert f"Deleted {objects} of {objects} created lists." in done.stdout
    if limit_bytes:
        assert len((folder / "created.csv").read_text().splitlines()) == 1 + int(objects)
