"""Measure what a campaign finds next to `schemathesis run`: python -m contract_tests.tests.peers.

Each server has one known defect: half of them are hard ones of the mock's catalogue, half come from the foreign sets.
Both programs get the same time and the same login, one after the other. A campaign has found the defect if it reports
the clause that the defect breaks. Schemathesis has found it if it reports any failure that it does not report for the
correct servers, so it is judged more mildly.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract_tests.contract.loading import load_specification
from contract_tests.engine.events import VerdictGiven
from contract_tests.engine.record import RecordError
from contract_tests.engine.record_reading import read_events
from contract_tests.judging.verdict import Outcome
from contract_tests.selfcheck.serving import serve
from contract_tests.selfcheck.subjects import FOREIGN, RIGHT, Subject, known_servers
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.test_cli import environment

Failure = tuple[str, int]  # the code of Schemathesis, and the status of the response
KINDS = ("hard", FOREIGN)


def sample(servers: int, seed: int) -> dict[str, list[Subject]]:
    """Choose as many servers of each kind."""
    known = known_servers(load_specification(), {})
    chance = random.Random(seed)
    pools = {
        "hard": [each for each in known if each.difficulty == "hard" and each.command[1] == "mock_server"],
        FOREIGN: [each for each in known if each.kind == FOREIGN],
    }
    return {kind: chance.sample([each for each in pool if each.clause], servers) for kind, pool in pools.items()}


def correct_servers() -> list[Subject]:
    """The mock, and the first correct one of the small servers."""
    known = [each for each in known_servers(load_specification(), {}) if each.kind == RIGHT]
    return [known[0], next(each for each in known if each.command[1] != "mock_server")]


def login_of(subject: Subject, ready: dict[str, Any]) -> tuple[str, str]:
    """The header, name and value, with the login of the first user."""
    token = ready["users"][0]["token"]
    return ("Authorization", f"Bearer {token}") if "bearer" in subject.carriers else ("Cookie", f"__session={token}")


def found_by_campaign(subject: Subject, budget_s: int, folder: Path) -> float | None:
    """Return after how many seconds a campaign reports the clause of the defect; None if it does not."""
    with serve(subject) as ready:
        _, value = login_of(subject, ready)
        login = f"--bearer={value[7:]}" if value.startswith("Bearer ") else f"--cookie={value}"
        started_s = time.time()
        command = ["fuzz", ready["url"], login, f"--budget={budget_s}s", f"--run-folder={folder}"]
        _run("-m", "contract_tests", *command)
    clauses = {subject.clause, *subject.also}
    try:
        for event in read_events(folder):
            if not isinstance(event, VerdictGiven) or event.verdict.outcome is not Outcome.BROKEN:
                continue
            if event.verdict.clause in clauses:
                last = event.verdict.exchanges[-1]
                return last.sent_at_s + last.elapsed_s - started_s
    except RecordError:
        pass
    return None


def failures_of_schemathesis(subject: Subject, budget_s: int, folder: Path) -> Iterator[tuple[Failure, float]]:
    """Yield each failure with the seconds after which Schemathesis found it."""
    events = folder / "events.ndjson"
    with serve(subject) as ready:
        name, value = login_of(subject, ready)
        started_s = time.time()
        command = ["run", str(ROOT / "spec" / "openapi.yaml"), "--url", ready["url"], "-H", f"{name}: {value}"]
        command += [f"--max-time={budget_s}", "--seed=0", "--continue-on-failure"]
        _run("-m", "schemathesis.cli", *command, "--report=ndjson", f"--report-ndjson-path={events}")
    for line in events.read_bytes().splitlines():
        scenario = json.loads(line).get("ScenarioFinished") or {}
        recorder = scenario.get("recorder") or {}
        for case, checks in recorder.get("checks", {}).items():
            response = (recorder["interactions"].get(case) or {}).get("response") or {}
            for check in checks:
                if check["status"] == "failure":
                    failure = check["failure_info"]["failure"]
                    yield (failure["code"], response.get("status_code", 0)), scenario["timestamp"] - started_s


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], env=environment(), capture_output=True, timeout=300, check=False)


def main() -> None:
    """Print a row for each server, then the table."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.tests.peers")
    parser.add_argument("--servers", type=int, default=10, help="of each kind (default 10)")
    parser.add_argument("--budget", type=int, default=20, help="seconds for each program and server (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="chooses the servers (default 0)")
    options = parser.parse_args()
    times: dict[tuple[str, str], list[float | None]] = {}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        known: set[Failure] = set()
        for number, subject in enumerate(correct_servers()):
            (place / f"right-{number}").mkdir()
            known |= {f for f, _ in failures_of_schemathesis(subject, options.budget, place / f"right-{number}")}
        print(f"Schemathesis reports for correct servers: {sorted(known) or 'nothing'}", flush=True)
        for kind, subjects in sample(options.servers, options.seed).items():
            for number, subject in enumerate(subjects):
                folder = place / f"{kind}-{number}"
                folder.mkdir()
                ours = found_by_campaign(subject, options.budget, folder / "run")
                new = [s for f, s in failures_of_schemathesis(subject, options.budget, folder) if f not in known]
                theirs = min(new, default=None)
                times.setdefault((kind, "campaign"), []).append(ours)
                times.setdefault((kind, "schemathesis"), []).append(theirs)
                print(f"{subject.id:<44} campaign {_seconds(ours):>8}  schemathesis {_seconds(theirs):>8}", flush=True)
    print(f"\n{'servers':<10}{'program':<16}{'found':>8}{'median time':>14}")
    for (kind, program), each in times.items():
        found = [one for one in each if one is not None]
        median = _seconds(statistics.median(found)) if found else "-"
        print(f"{kind:<10}{program:<16}{f'{len(found)}/{len(each)}':>8}{median:>14}")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


if __name__ == "__main__":
    main()
