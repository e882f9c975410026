"""What a campaign does before it sends, how fast it sends, and how it cleans up: real processes and servers."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contract_tests.engine.record_reading import read_result
from contract_tests.tests.conftest import mock_process
from contract_tests.tests.servers.right_core import PATH, Answer, Request, RightCore
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment

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
            self.deleted.append(request.path.rpartition("/")[2])
            return Answer(204, {}, b"")
        return await super().answer(request)


def test_what_a_campaign_creates_is_listed_and_deleted(tmp_path: Path) -> None:
    app: Any = Deleting({"xyz789-session": "user_1"})
    with serve(app) as url:
        template = "/api/v1/entities/leadlists/{id}"
        options = ("--budget=700 requests", f"--delete-url={template}", f"--run-folder={tmp_path / 'run'}")
        done = command("fuzz", url, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        listed = [row["id"] for row in csv.DictReader(io.StringIO((tmp_path / "run" / "created.csv").read_text()))]
        assert len(listed) > 100
        assert app.deleted == listed
        assert f"Deleted {len(listed)} of {len(listed)} created lists." in done.stdout
        again = command("created", str(tmp_path / "run"), f"--delete-url={template}")
        assert again.returncode == 0, again.stderr
        assert len(app.deleted) == 2 * len(listed)
    assert command("created", str(tmp_path / "run")).stdout == (tmp_path / "run" / "created.csv").read_text()


@pytest.mark.parametrize("template", ["http://127.0.0.1:8/{id}", "/lists", "/lists/{id} "])
def test_only_objects_of_the_target_are_deleted(template: str, tmp_path: Path) -> None:
    done = command("fuzz", "http://127.0.0.1:9", f"--delete-url={template}", f"--run-folder={tmp_path / 'run'}")
    assert (done.returncode, "--delete-url" in done.stderr) == (2, True), done.stderr
