"""README.md is true: its snippets run, its outputs come, and it names every command, flag and file that there is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests import cli
from contract_tests.cli import EXIT_CODES
from contract_tests.contract.specification import load_specification
from contract_tests.engine.result import RunResult
from contract_tests.judging.expectation import Terms
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.lead_lists.oracles import ORACLES
from contract_tests.requests.plan import Sender
from contract_tests.settings.options import RUN_OPTIONS
from contract_tests.settings.sources import gather
from contract_tests.settings.values import Depth, Session, Settings
from contract_tests.target.exchange import Exchange, Response
from contract_tests.tests.conftest import judged
from contract_tests.tests.shell import ROOT, Command, Shell, commands, differs, open_shell

README = (ROOT / "README.md").read_text(encoding="utf-8")
Block = tuple[str, str]  # language, content


def blocks(text: str = README) -> list[Block]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def of_language(language: str) -> list[str]:
    return [content for name, content in blocks() if name == language]


def python_with(name: str) -> str:
    (content,) = [content for content in of_language("python") if name in content]
    return content


CONSOLE = [list(commands(content)) for content in of_language("console")]


def section(heading: str) -> str:
    """The text below a heading, as far as the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The rows of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_snippets_are_of_kinds_that_are_tested() -> None:
    assert README.count("```") == 2 * len(blocks())
    # In mock_server/tests: test_browser.py runs those of "js", test_recipes.py of "ts", test_types.py of "sh".
    assert {language for language, _ in blocks()} <= {"console", "toml", "yaml", "python", "js", "ts", "sh"}


# -- commands and their outputs


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Future[list[str]]]]:
    """What each console snippet prints. A mock stays for the snippets behind its own; most of a run is waiting."""
    printed: dict[int, Future[list[str]]] = {}
    with open_shell(tmp_path_factory.mktemp("readme")) as shell, ThreadPoolExecutor(3) as pool:
        for number, snippet in enumerate(CONSOLE):
            if any(command.serves for command in snippet):
                printed[number] = Future()
                printed[number].set_result(_run(shell, snippet))
        for number, snippet in enumerate(CONSOLE):
            if number not in printed:
                printed[number] = pool.submit(_run, shell, snippet)
        yield printed


def _run(shell: Shell, snippet: list[Command]) -> list[str]:
    """The output of each command of a snippet; what it exports lasts to its end."""
    exported: list[str] = []
    printed = []
    for command in snippet:
        if command.serves:
            printed.append(shell.start(command))
        elif command.is_make:
            printed.append("")  # setting up takes minutes; that the verb exists is tested below
        else:
            printed.append(shell.run([*exported, command.line]))
            exported += [command.line] if command.words[0] == "export" else []
    return printed


@pytest.mark.parametrize("number", range(len(CONSOLE)), ids=lambda number: CONSOLE[number][0].line.split("\n")[0][:60])
def test_a_console_snippet_prints_what_is_shown(number: int, outputs: dict[int, Future[list[str]]]) -> None:
    for command, printed in zip(CONSOLE[number], outputs[number].result(), strict=True):
        if command.serves or not command.is_make:
            assert differs(command.shown, printed) is None, f"$ {command.line}\n{differs(command.shown, printed)}"


def test_the_stand_in_for_curl_answers_as_curl(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to compare with")
    with open_shell(tmp_path) as shell:
        shell.start(next(command for command in CONSOLE[0] if command.serves))
        calls = [(s, c) for s in CONSOLE for c in s if c.line.startswith("curl") and ":8080/" in c.line]
        assert calls
        for snippet, call in calls:
            exported = [command.line for command in snippet if command.words[0] == "export"]
            stood_in = shell.run([*exported, f"curl() ( {shell.curl} ); {call.line}"])
            assert differs(call.shown, stood_in) is None, differs(call.shown, stood_in)


def test_the_first_command_and_its_output_stand_on_the_first_screen() -> None:
    assert "```console" in "\n".join(README.splitlines()[:10])
    assert differs(CONSOLE[0][0].shown, "") is not None


# -- every flag, variable, exit code, verb and file


def test_every_option_of_run_is_documented_with_its_variable() -> None:
    table = {row[0]: row[1] for row in rows(section("Options of `leadlists-contract run`"))}
    variables = {option.flag: option.variable for option in RUN_OPTIONS}
    variables["URL"] = variables.pop("--url")
    flags = {opt for parameter in cli.run.params for opt in parameter.opts if opt.startswith("--")} | {"URL"}
    assert {flag: variables.get(flag, "") for flag in flags} == table


@cache
def _ask(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LEADLISTS_")}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=cwd, timeout=30
    )


def _help(module: str, *command: str) -> str:
    """What --help prints, with each option on one line."""
    return re.sub(r"\n {10,}", " ", _ask("-m", module, *command, "--help").stdout)


def test_every_option_of_the_mock_is_documented_with_its_default() -> None:
    table = {row[0]: row[1] for row in rows(section("Options of `leadlists-mock`"))}
    helped = re.findall(r"^  (--[\w-]+).*?(?:\[default: +(\S+)\])?$", _help("mock_server"), re.MULTILINE)
    existing = {flag: default for flag, default in helped if flag not in ("--help", "--version")}
    assert table.pop("--config") == "leadlists.toml"
    assert existing.pop("--config") == ""
    assert table == existing


@pytest.mark.parametrize(
    ("command", "module"), [("leadlists-mock", "mock_server"), ("leadlists-contract", "contract_tests")]
)
def test_every_subcommand_is_documented_and_exists(command: str, module: str) -> None:
    listed = _help(module).partition("Commands:\n")[2]
    existing = set(re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE))
    called = {
        c.words[i] for s in CONSOLE for c in s if command in c.line for i in _subcommand_places(c.words, existing)
    }
    written = set(re.findall(rf"`{command} ([a-z]\w*)", README))
    assert called | written == existing


def _subcommand_places(words: list[str], existing: set[str]) -> list[int]:
    return [place for place, word in enumerate(words) if word in existing]


def test_every_flag_that_the_text_names_exists() -> None:
    ours = _help("mock_server") + _help("contract_tests", "run") + _help("contract_tests", "selfcheck")
    plugin = {option.pytest_flag for option in RUN_OPTIONS}
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README)) - {"--leadlists-"}
    theirs = {"--url", "--phases", "--output", "--default-non-nullable"}  # of Schemathesis and of openapi-typescript
    assert {flag for flag in named if flag not in plugin and not re.search(rf"{flag}\b", ours)} <= theirs


def test_every_variable_that_the_text_names_exists() -> None:
    named = set(re.findall(r"\bLEADLISTS_[A-Z_]+\b", README))
    flags = re.findall(r"^  --([\w-]+)", _help("mock_server"), re.MULTILINE)
    mock = {"LEADLISTS_MOCK_" + flag.upper().replace("-", "_") for flag in flags}
    assert named <= {option.variable for option in RUN_OPTIONS} | mock


def test_every_exit_code_is_documented() -> None:
    told = dict(re.findall(r"^  (\d+) +(.+)$", EXIT_CODES, re.MULTILINE))
    table = rows(section("For CI"))
    assert {row[0]: row[1] for row in table} == told
    assert {row[0] for row in table if row[2]} == {"0", "1", "2", "3"}


def test_the_exit_codes_of_the_mock_are_these(tmp_path: Path) -> None:
    with open_shell(tmp_path) as shell:
        shell.start(Command("leadlists-mock", ""))
        taken = shell.run(['url=http://127.0.0.1:8080; leadlists-mock --port "${url##*:}"; echo "exit code $?"'])
        wrong = shell.run(['leadlists-mock --port x; echo "exit code $?"'])
    assert taken.endswith("exit code 3\n")
    assert wrong.endswith("exit code 2\n")


def test_every_verb_of_make_is_documented_and_exists() -> None:
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    (sentence,) = re.findall(r"^`make` lists its verbs: (.*?)\.", README, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == verbs
    called = {c.words[1] for snippet in CONSOLE for c in snippet if c.is_make}
    assert called | set(re.findall(r"`make (\w+)", README)) <= verbs
    assert "leadlists-mock $(ARGS)" in (ROOT / "Makefile").read_text()  # what the tests put in place of `make mock`


def test_every_file_that_is_named_exists() -> None:
    text = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    named = {*re.findall(r"\]\(([^)]+)\)", text), *re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*)`", text)}
    assert {name for name in named if not (ROOT / name).exists()} == set()
    files = set(re.findall(r"`([\w-]+\.(?:yaml|py|md))`", text))
    assert {name for name in files if not list(ROOT.glob(f"*/{name}"))} == set()


def test_the_folders_are_all_of_them() -> None:
    told = set(re.findall(r"^- `(\w+)/`", section("Folders"), re.MULTILINE))
    tracked = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    assert told == tracked - {"dist", "build"}


# -- data and code


def test_the_settings_file_is_taken_by_both_commands(tmp_path: Path) -> None:
    (content,) = of_language("toml")
    assert set(tomllib.loads(content)) == {"mock", "contract"}
    (tmp_path / "leadlists.toml").write_text(content)
    settings = gather({"bearer": "token-1", "second_bearer": "token-2"}, folder=tmp_path)
    assert settings.first.user_id == "ana"
    assert settings.second is not None
    told = _ask("-m", "mock_server", "readings", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "  * refused: answers 400" in told.stdout.partition("empty-name:")[2].partition("blank-name:")[0]


def test_the_fixture_is_used_as_shown(tmp_path: Path) -> None:
    (tmp_path / "test_page.py").write_text(python_with("lead_list_mock"))
    done = _ask("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_page.py", cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


SERVE = """
import socket, sys
import uvicorn

listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, lifespan="on", log_level="error")).run(sockets=[listener])
"""


@pytest.fixture
def second_endpoint(tmp_path: Path) -> Path:
    """A clone, as far as the mock needs one, with what the README adds to `spec/`."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(
        ROOT / "mock_server", tmp_path / "mock_server", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    path, clauses = of_language("yaml")
    document: dict[str, Any] = yaml.safe_load((tmp_path / "spec" / "openapi.yaml").read_text())
    document["paths"] |= yaml.safe_load(path)
    (tmp_path / "spec" / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    with (tmp_path / "spec" / "clauses.yaml").open("a") as file:
        file.write(clauses)
    return tmp_path


def _judge(folder: Path, url: str) -> tuple[RunResult, Judge]:
    """A run against the second endpoint, with the oracle of the README next to ours, and who judged it."""
    code: dict[str, Any] = {}
    exec(python_with("ORACLES"), code)
    login = Session("first", bearer="xyz789-session")
    settings = Settings(url, login, spec_folder=folder / "spec", clauses=("createNote",), depth=Depth.QUICK)

    def make_judge(terms: Terms) -> Judge:
        return Judge(terms, oracles=(*ORACLES, *code["ORACLES"]))

    result = judged(settings, folder=folder / "run", make_judge=make_judge)
    return result, make_judge(Terms.of(load_specification(settings.spec_folder), settings))


def test_the_second_endpoint_is_served_and_judged(second_endpoint: Path) -> None:
    command = [sys.executable, "-c", python_with("create_note") + SERVE]
    environment = {**os.environ, "PYTHONPATH": str(second_endpoint)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=second_endpoint, env=environment) as process:
        try:
            assert process.stdout is not None
            result, judge = _judge(second_endpoint, process.stdout.readline().strip())
        finally:
            process.terminate()
    assert not result.broken
    seen = {found.clause.id for found in result.clauses if found.judged}
    assert seen == {"createNote.request.text.required", "createNote.response.text.echo"}
    terms = judge.terms
    operation = next(o for o in terms.specification.operations if o.id == "createNote")
    sent = Sender(terms, operation).request({"text": "Call them back"})
    wrong = Exchange(sent, Response(201, (), b'{"text": "CALL THEM BACK"}'), None, 0, 0)
    (verdict,) = [f for f in judge.judge(judge.case(wrong)) if getattr(f, "outcome", None) is Outcome.BROKEN]
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "createNote.response.text.echo"


# -- the README of the contract


def test_the_reasons_name_clauses_and_readings_that_exist() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    specification = load_specification()
    ids = set(re.findall(r"`(\w+(?:[.-]\w+)+)`", text)) - {path.name for path in (ROOT / "spec").iterdir()}
    assert ids <= set(specification.clauses) | set(specification.readings)
    assert set(re.findall(r"`(--[\w-]+)", text)) <= {
        f"--{name}" for name in re.findall(r"--([\w-]+)", _help("mock_server") + _help("contract_tests", "run"))
    }


def test_the_readings_in_which_the_strict_profile_differs_are_told() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"`strict` differs in (.*)\. The suite", text)
    readings = yaml.safe_load((ROOT / "spec" / "readings.yaml").read_text(encoding="utf-8"))
    differing = {entry["id"] for entry in readings if isinstance(entry["mock"], dict)}
    assert set(re.findall(r"`([\w-]+)`", told)) == differing
    assert told.startswith(f"{['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'][len(differing)]} readings")


# -- the judge of all this


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\n...\nd", "a\nb\nc\nd\n", True),
        ("a\n...\nd", "a\nd\n", True),
        ("a\n...", "a\nb\nc\n", True),
        ("one ... three", "one two three\n", True),
        ("one ... three", "one two\nthree\n", False),
        ("12 requests in 1.0 s", "700 requests in 9.9 s\n", True),
        ("12 hold", "13 hold\n", False),
        ("a\n...\nd", "a\nb\n", False),
        ("a", "a\nb\n", False),
        ("a.c", "abc\n", False),
    ],
)
def test_an_output_is_compared_line_by_line(shown: str, printed: str, same: bool) -> None:
    assert (differs(shown, printed) is None) is same


def test_a_snippet_is_cut_into_commands() -> None:
    snippet = "$ first \\\n  'more\n  of it'\nout\n$ make mock\n$ leadlists-mock readings\nlist\n"
    first, mock, readings = commands(snippet)
    assert (first.line, first.shown) == ("first \\\n  'more\n  of it'", "out")
    assert mock.serves
    assert not readings.serves
    with pytest.raises(ValueError, match="begins with a command"):
        list(commands("output\n$ command\n"))
