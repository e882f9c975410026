"""Spread a campaign over processes, unite their records, and find the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.examples import KEY, examples_in
from contract_tests.campaign.ledger import created_in
from contract_tests.campaign.merging import NUMBERS_OF_A_SHARD, merge
from contract_tests.results.events import CreatedView, Ending, ExchangesCounted, Part, RunEnded, Stage, StageStarted
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record import Record, RecordError
from contract_tests.results.record_reading import read_events, read_result
from contract_tests.results.result import RunResult
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
        settings = Settings(url, Session("first", bearer="xyz789-session"), seed=4)  # of quick strategies
        assert small_campaign(settings, folder, requests=330, shard=shard).exit_code() in {0, 1}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a campaign of one shard."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    shard_of_a_campaign(folder, Shard())
    return folder


# Of three cells, so that five of eight shards have none.
@pytest.mark.parametrize("total", [*(pytest.param(total, marks=pytest.mark.long) for total in (2, 4)), 8])
def test_shards_find_the_same_as_one_process(total: int, whole: Path, tmp_path: Path) -> None:
    folders = [tmp_path / f"{index}-of-{total}" for index in range(1, total + 1)]
    for index, folder in enumerate(folders, 1):
        shard_of_a_campaign(folder, Shard(index, total))
    done = command("merge", *map(str, folders), f"--run-folder={tmp_path}/merged", "--report=junit")
    assert done.returncode == 1, done.stdout + done.stderr
    one, merged = read_result(whole), read_result(tmp_path / "merged")
    assert one.discovered is not None
    assert one.discovered.findings
    assert findings(tmp_path / "merged")["digest"] == one.discovered.digest
    assert len(cells_in(whole)) == 3
    assert cells_in(tmp_path / "merged") == cells_in(whole)
    assert merged.requests == sum(read_result(folder).requests for folder in folders)
    assert (tmp_path / "merged" / "junit.xml").exists()
    saved = {json.loads(value)["body"] for folder in folders for value in examples_in(folder).fetch(KEY)}
    assert {json.loads(value)["body"] for value in examples_in(tmp_path / "merged").fetch(KEY)} == saved
    assert saved


def cells_in(folder: Path) -> set[str]:
    """The names of the cells in a record."""
    return {event.name for event in read_events(folder) if isinstance(event, StageStarted) and event.kind is Stage.CELL}


def test_the_created_objects_and_examples_of_full_records_are_united(tmp_path: Path) -> None:
    def numbers_in_union(name: str, *numbers: int) -> list[int]:
        folders = [tmp_path / f"{name}-{index}" for index in range(len(numbers))]
        for folder, number in zip(folders, numbers, strict=True):
            record = Record(folder)
            created = CreatedView(f"list-{folder.name}", 1000.0, number, "")
            started = replace(STARTED, part=Part(CAMPAIGN, folders.index(folder) + 1, 2))
            for event in (started, ExchangesCounted(created=(created,)), RunEnded("", Ending.COMPLETE, "", 1, 1.0)):
                record.write(event)
            record.close()
            for path, at_s in ((folder.name, 1), ("of both", folders.index(folder))):
                examples_in(folder).save(KEY, json.dumps({"path": path, "at_s": at_s}).encode())
        with closing(Record(tmp_path / name)) as record:
            merge(folders, CampaignLog(record), tmp_path / name)
        examples = {each["path"]: each["at_s"] for each in map(json.loads, examples_in(tmp_path / name).fetch(KEY))}
        assert examples == {folder.name: 1 for folder in folders} | {"of both": len(folders) - 1}
        assert len(list(examples_in(tmp_path / name).fetch(KEY))) == len(examples)
        return [each.number for each in created_in(tmp_path / name)]

    assert numbers_in_union("before the cells", 7, 7) == [7, 7 + NUMBERS_OF_A_SHARD]
    with pytest.raises(RecordError, match="hold the same part"):
        numbers_in_union("of one cell", NUMBERS_OF_A_CELL + 1, NUMBERS_OF_A_CELL + 2)


def test_records_of_one_shard_or_of_different_campaigns_are_not_united(whole: Path, tmp_path: Path) -> None:
    for name in ("again", "of another seed"):
        shutil.copytree(whole, tmp_path / name)
    for file in (tmp_path / "of another seed").glob("*.*"):
        file.write_bytes(re.sub(rb'"seed": ?4\b', b'"seed":2', file.read_bytes()))
    for other, said in (
        ("again", "hold the same part of the campaign"),
        ("of another seed", "another campaign: its seed is 2"),
    ):
        done = command("merge", str(whole), str(tmp_path / other), f"--run-folder={tmp_path}/united")
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "united").exists()


CAMPAIGN = "campaign of 900 requests"
FIRST = Part(CAMPAIGN, 1, 2)


def record_of(folder: Path, part: Part | None, ending: Ending | None = Ending.COMPLETE, why: str = "") -> Path:
    record = Record(folder)
    record.write(replace(STARTED, part=part))
    if ending is not None:
        record.write(RunEnded("", ending, why, 1, 1.0))
    record.close()
    return folder


def united(folder: Path, *parts: Part | None, ending: Ending | None = Ending.COMPLETE, why: str = "") -> RunResult:
    folders = [record_of(folder / str(number), part, ending, why) for number, part in enumerate(parts)]
    with closing(Record(folder / "union")) as record:
        merge(folders, CampaignLog(record), folder / "union")
    return read_result(folder / "union")


@pytest.mark.parametrize(
    ("present", "total", "said"),
    [((1, 3), 3, "Part 2 of 3 is missing."), ((2,), 4, "3 of 4 parts are missing (1, 3, 4)."), ((2, 1), 2, "")],
)
def test_a_union_says_which_parts_are_missing(present: tuple[int, ...], total: int, said: str, tmp_path: Path) -> None:
    result = united(tmp_path, *(Part(f"{CAMPAIGN}, rude", index, total) for index in present))
    ending = Ending.INTERRUPTED if said else Ending.COMPLETE
    assert (result.ending, result.why) == (ending, said)
    assert result.started.depth == f"{CAMPAIGN}, rude, merged from {len(present)} records"
    assert result.started.part == Part(f"{CAMPAIGN}, rude", merged=len(present))


def test_a_union_says_why_each_part_ended_early(tmp_path: Path) -> None:
    parts = (Part(CAMPAIGN, index, 3) for index in (1, 2))
    result = united(tmp_path, *parts, ending=Ending.TARGET_GONE, why="The server is gone.")
    assert (result.ending, result.why) == (Ending.TARGET_GONE, "The server is gone. Part 3 of 3 is missing.")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            (FIRST, FIRST),
            "1 and .*0 hold the same part",
        ),
        (
            (FIRST, Part(CAMPAIGN, 2, 3)),
            "part 2 of 3 of .* part 1 of 2",
        ),
        ((FIRST, Part("campaign of 60 s", 2, 2)), "another campaign.* of 60 s"),
        (
            (FIRST, Part(f"{CAMPAIGN}, rude", 2, 2)),
            "another campaign.* rude",
        ),
        ((None,), "0 has a run; only parts of a campaign"),
        ((Part(CAMPAIGN, merged=2),), "0 is a union already"),
    ],
)
def test_what_is_not_a_part_of_one_campaign_is_not_united(
    parts: tuple[Part | None, ...], said: str, tmp_path: Path
) -> None:
    with pytest.raises(RecordError, match=said):
        united(tmp_path, *parts)


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
