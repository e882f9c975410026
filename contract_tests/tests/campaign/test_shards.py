"""Spread a campaign over processes, unite their records, and find the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.ledger import created_in
from contract_tests.campaign.merging import NUMBERS_OF_A_SHARD, merge
from contract_tests.engine.events import CreatedView, Ending, ExchangesCounted, RunEnded, StageStarted
from contract_tests.engine.findings import NUMBERS_OF_A_CELL
from contract_tests.engine.record import Record, RecordError
from contract_tests.engine.record_reading import read_events, read_result
from contract_tests.settings.manners import Shard
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.campaign.small import small_campaign
from contract_tests.tests.campaign.test_dying_processes import Cutting
from contract_tests.tests.report.test_discovered import STARTED
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import finished
from contract_tests.tests.test_cli import environment


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    done = finished("contract_tests", *arguments, env=environment(LEADLISTS_BEARER="xyz789-session", **variables))
    assert "Traceback" not in done.stdout + done.stderr
    return done


def findings(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "findings.json").read_text())
    return found


def shard_of_a_campaign(folder: Path, shard: Shard) -> None:
    """Carry out one shard of a campaign against a server that cuts names."""
    with serve(Cutting({"xyz789-session": "user_1"})) as url:
        settings = Settings(url, Session("first", bearer="xyz789-session"))
        assert small_campaign(settings, folder, requests=330, shard=shard).exit_code() in {0, 1}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a campaign of one shard."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    shard_of_a_campaign(folder, Shard())
    return folder


def test_one_and_eight_shards_find_the_same(whole: Path, tmp_path: Path) -> None:
    digests, cells = set(), []
    for total in (1, 8):  # of three cells, so that five of eight have none
        folders = [whole] if total == 1 else [tmp_path / f"{index}-of-{total}" for index in range(1, total + 1)]
        for index, folder in enumerate(folders, 1):
            if folder != whole:
                shard_of_a_campaign(folder, Shard(index, total))
        merged = tmp_path / f"merged-{total}"
        done = command("merge", *map(str, folders), f"--run-folder={merged}", "--report=junit")
        assert done.returncode == 1, done.stdout + done.stderr
        assert findings(merged)["findings"]
        digests.add(findings(merged)["digest"])
        cells.append({e.name for e in read_events(merged) if isinstance(e, StageStarted) and e.name.startswith("cell")})
        assert read_result(merged).requests == sum(read_result(folder).requests for folder in folders)
        assert (merged / "junit.xml").exists()
    assert len(digests) == 1
    assert all(each == cells[0] for each in cells)
    assert len(cells[0]) == 3


def test_the_created_objects_of_full_records_keep_numbers_of_their_own_and_are_of_one_record(tmp_path: Path) -> None:
    def united(name: str, *numbers: int) -> list[int]:
        folders = [tmp_path / f"{name}-{index}" for index in range(len(numbers))]
        for folder, number in zip(folders, numbers, strict=True):
            record = Record(folder)
            created = CreatedView(f"list-{folder.name}", 1000.0, number, "")
            for event in (STARTED, ExchangesCounted(created=(created,)), RunEnded("", Ending.COMPLETE, "", 1, 1.0)):
                record.write(event)
            record.close()
        with closing(Record(tmp_path / name)) as record:
            merge(folders, CampaignLog(record), tmp_path / name)
        return [each.number for each in created_in(tmp_path / name)]

    assert united("before the cells", 7, 7) == [7, 7 + NUMBERS_OF_A_SHARD]
    with pytest.raises(RecordError, match="hold the same part"):
        united("of one cell", NUMBERS_OF_A_CELL + 1, NUMBERS_OF_A_CELL + 2)


def test_records_of_one_shard_or_of_different_campaigns_are_not_united(whole: Path, tmp_path: Path) -> None:
    for name in ("again", "of another seed"):
        shutil.copytree(whole, tmp_path / name)
    for file in (tmp_path / "of another seed").glob("*"):
        file.write_bytes(re.sub(rb'"seed": ?0\b', b'"seed":2', file.read_bytes()))
    for other, said in (
        ("again", "hold the same part of the campaign"),
        ("of another seed", "another campaign: its seed is 2"),
    ):
        done = command("merge", str(whole), str(tmp_path / other), f"--run-folder={tmp_path}/united")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "united").exists()


@pytest.mark.parametrize(
    ("variables", "shard"),
    [
        ({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}, "shard 2/3"),
        ({"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "3"}, "shard 1/3"),
        ({"CI_NODE_INDEX": "", "CI_NODE_TOTAL": "", "JOB_COMPLETION_INDEX": ""}, "shard 1/1"),
    ],
)
def test_ci_systems_number_the_shards(variables: dict[str, str], shard: str) -> None:
    done = command("fuzz", "http://127.0.0.1:9", "--dry-run", **variables)
    assert shard in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "a/b"])
def test_a_wrong_shard_is_wrong_usage(shard: str) -> None:
    done = command("fuzz", "http://127.0.0.1:9", f"--shard={shard}", "--dry-run")
    assert (done.returncode, "--shard" in done.stderr) == (2, True), done.stderr
