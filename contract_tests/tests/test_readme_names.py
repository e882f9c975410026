"""Check the flags, variables, exit codes, verbs and files that the READMEs name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from contract_tests.composition.suites import RUN_OPTIONS
from contract_tests.contract.loading import load_specification
from contract_tests.tests.readmes import DOCUMENTS, EVERY_COMMAND, EVERYTHING, TEXTS, help_of, rows, section
from contract_tests.tests.shell import ROOT, Command, open_shell


@pytest.mark.parametrize(
    ("command", "module"), [("leadlists-mock", "mock_server"), ("leadlists-contract", "contract_tests")]
)
def test_every_subcommand_is_documented_and_exists(command: str, module: str) -> None:
    listed = help_of(module).partition("Commands:\n")[2]
    existing = set(re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE))
    calls = {word for each in EVERY_COMMAND if command in each.line for word in each.words if word in existing}
    written = set(re.findall(rf"`{command} ([a-z]\w*)", EVERYTHING))
    assert calls | written == existing


def test_every_flag_in_the_readmes_exists() -> None:
    listed = help_of("contract_tests").partition("Commands:\n")[2]
    subcommands = [help_of("contract_tests", name) for name in re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE)]
    ours = "".join([help_of("mock_server"), *subcommands])
    plugin = {"--leadlists", *(option.pytest_flag for option in RUN_OPTIONS)}
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", EVERYTHING)) - {"--leadlists-"}
    theirs = {
        "--url", "--phases", "--output", "--default-non-nullable", "--from", "--lf", "--deselect", "--save-dev",
    }  # fmt: skip
    assert {flag for flag in named if flag not in plugin and not re.search(rf"{flag}\b", ours)} <= theirs


def test_every_variable_in_the_readmes_exists() -> None:
    named = set(re.findall(r"\bLEADLISTS_[A-Z_]+\b", EVERYTHING))
    flags = re.findall(r"^  --([\w-]+)", help_of("mock_server"), re.MULTILINE)
    mock = {"LEADLISTS_MOCK_" + flag.upper().replace("-", "_") for flag in flags}
    assert named <= {option.variable for option in RUN_OPTIONS} | mock | {
        "LEADLISTS_MOCK_URL"
    }  # the Playwright fixture


def test_the_mock_exits_with_the_documented_codes(tmp_path: Path) -> None:
    with open_shell(tmp_path) as shell:
        shell.start(Command("leadlists-mock", ""))
        taken = shell.run(['url=http://127.0.0.1:8080; leadlists-mock --port "${url##*:}"; echo "exit code $?"'])
        wrong = shell.run(['leadlists-mock --port x; echo "exit code $?"'])
    assert taken.endswith("exit code 3\n")
    assert wrong.endswith("exit code 2\n")
    assert [row[0] for row in rows(section("Start it from a script"))] == ["0", "1", "2", "3"]


def test_every_verb_of_make_is_documented_and_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    (sentence,) = re.findall(r"^`make` lists its verbs: (.*?)\.", EVERYTHING, re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", sentence)) == verbs
    calls = {command.words[1] for command in EVERY_COMMAND if command.is_make}
    assert calls | set(re.findall(r"`make ([\w-]+)", EVERYTHING)) <= verbs
    assert "leadlists-mock $(ARGS)" in (ROOT / "Makefile").read_text()  # which the tests run for `make mock`


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_readme_names_exists(document: str) -> None:
    text = re.sub(r"^```.*?^```$", "", TEXTS[document], flags=re.MULTILINE | re.DOTALL)
    linked = {link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("https://")}
    named = set(re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*)`", text))
    targets = [((ROOT / document).parent / link.partition("#")[0], link.partition("#")[2]) for link in linked]
    assert [link for link in targets if not link[0].exists() or (link[1] and link[1] not in _anchors(link[0]))] == []
    named.discard(".venv/bin/")  # made by `make install`
    assert {name for name in named if not any((folder / name).exists() for folder in _folders(document))} == set()
    files = set(re.findall(r"`([\w-]+\.(?:yaml|py|md))`", text))
    assert {name for name in files if not list(ROOT.glob(f"*/{name}"))} == set()


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def _folders(document: str) -> tuple[Path, Path]:
    return ROOT, (ROOT / document).parent


def test_every_folder_is_listed() -> None:
    listed = set(re.findall(r"^- `(\w+)/`", section("Folders"), re.MULTILINE))
    tracked = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    assert listed == tracked - {"dist", "build"}


def test_the_spec_readme_names_existing_clauses_readings_and_flags() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    specification = load_specification()
    ids = set(re.findall(r"`(\w+(?:[.-]\w+)+)`", text)) - {path.name for path in (ROOT / "spec").iterdir()}
    assert ids <= set(specification.clauses) | set(specification.readings)
    assert set(re.findall(r"`(--[\w-]+)", text)) <= {
        f"--{name}" for name in re.findall(r"--([\w-]+)", help_of("mock_server") + help_of("contract_tests", "run"))
    }


def test_the_spec_readme_lists_the_readings_of_the_strict_profile() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"`strict` differs in (.*)\. The contract tests", text)
    readings = yaml.safe_load((ROOT / "spec" / "readings.yaml").read_text(encoding="utf-8"))
    differing = {entry["id"] for entry in readings if isinstance(entry["mock"], dict)}
    assert set(re.findall(r"`([\w-]+)`", listed)) == differing
