"""The recipes fit the published schemas, and what they call exists."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from contract_tests.cli import COMMANDS
from contract_tests.report.formats import FORMATS
from contract_tests.settings.manners import Shard, shard_from
from contract_tests.tests.conftest import ROOT
from contract_tests.tests.test_cli import environment

RECIPES = ROOT / "contract_tests" / "recipes"


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "vendor.github-actions"),
        ("github-workflow.yml", "vendor.github-workflows"),
        ("gitlab-ci.yml", "vendor.gitlab-ci"),
        ("fuzz-github-workflow.yml", "vendor.github-workflows"),
        ("fuzz-gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_a_recipe_fits_the_published_schema(name: str, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    if schema == "vendor.gitlab-ci":
        command += ["--data-transform", "gitlab-ci"]
    done = subprocess.run([*command, str(RECIPES / name)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_job_for_kubernetes_fits_the_published_schema() -> None:
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", str(RECIPES / "fuzz-kubernetes-job.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "passed for" in done.stdout + done.stderr) == (0, True), done.stdout + done.stderr


def test_every_flag_and_format_of_a_recipe_exists() -> None:
    text = "\n".join(path.read_text() for path in RECIPES.iterdir())
    flags = set(re.findall(r"(?<![\w-])--([a-z][\w-]*)", text))
    assert flags
    commands = [import_module(f"contract_tests.commands.{name}").command for name in COMMANDS]
    options = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert {f"--{flag}" for flag in flags} <= options
    assert set(re.findall(r"--report (\w+)", text)) <= FORMATS.keys()


def test_the_jobs_of_a_matrix_keep_their_artifacts_and_caches_apart() -> None:
    """GitHub refuses the second artifact with the same name, and saves the first cache with a key only."""
    steps = yaml.safe_load((RECIPES / "action.yml").read_text())["runs"]["steps"]
    names = [step["with"].get("name") or step["with"]["key"] for step in steps if "uses" in step]
    assert all(name.startswith("${{ inputs.name }}") for name in names)
    [job] = yaml.safe_load((RECIPES / "github-workflow.yml").read_text())["jobs"].values()
    [call] = [step["with"] for step in job["steps"] if step.get("uses", "").startswith("./")]
    assert "${{ strategy.job-index }}" in call["name"]


def test_each_pod_of_the_job_for_kubernetes_gets_another_shard() -> None:
    job = yaml.safe_load((RECIPES / "fuzz-kubernetes-job.yaml").read_text())
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    [container] = spec["template"]["spec"]["containers"]
    values = {each["name"]: each.get("value") for each in container["env"]}
    shards = [shard_from(None, {**values, "JOB_COMPLETION_INDEX": str(n)}) for n in range(spec["completions"])]
    assert shards == [Shard(n + 1, spec["completions"]) for n in range(spec["completions"])]
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in spec["template"]["spec"]["volumes"]}


@pytest.mark.long
def test_the_shards_for_xdist_are_divided_among_its_workers(tmp_path: Path) -> None:
    text = (RECIPES / "fuzz_shards.py").read_text()
    shorter = text.replace("SHARDS = 4", "SHARDS = 2").replace('"2h"]', '"2h", "--dry-run"]')
    (tmp_path / "fuzz_shards.py").write_text(shorter)
    command = [sys.executable, "-m", "pytest", "-rA", "-n2", "-pno:cacheprovider", "fuzz_shards.py"]
    variables = environment(LEADLISTS_URL="http://127.0.0.1:9")
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert re.findall(r"with seed 0, shard (\S+):", done.stdout) in (["1/2", "2/2"], ["2/2", "1/2"])


def test_the_containerfile_copies_and_starts_what_exists() -> None:
    text = (ROOT / ".containers" / "Containerfile").read_text().replace("\\\n", " ")
    steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    copied = [word for name, rest in steps if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    assert [word for word in copied if not (ROOT / word).exists()] == []
    assert set(copied) >= {"pyproject.toml", "spec", "mock_server", "contract_tests"}
    stages = re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE)
    assert {"mock", "suite"} <= set(stages)
    assert set(re.findall(r"--from=(\w+)", text)) <= set(stages)
    programs = [json.loads(rest) for name, rest in steps if name == "ENTRYPOINT"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert {program[0].removeprefix("/kit/bin/") for program in programs} == scripts.keys()
    lock = (ROOT / ".lock" / "runtime.txt").read_text()
    pins = re.findall(r"^[\w.-]+==\S+", lock, re.MULTILINE)
    assert len(pins) > 40
    assert set(pins) <= set(
        re.findall(r"^[\w.-]+==\S+", (ROOT / ".lock" / "requirements.txt").read_text(), re.MULTILINE)
    )


def test_the_hook_before_a_commit_runs_and_is_quick() -> None:
    begun_s = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "contract_tests.spec_gate"], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout.decode()
    assert time.monotonic() - begun_s < 20  # usually well under two
