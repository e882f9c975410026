"""Run every snippet of the READMEs, compare the output, and check the commands, flags and files that they name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.contract.deviations import load_deviations
from contract_tests.contract.specification import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.result import RunResult
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome, Verdict
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import judge_with
from contract_tests.requests.plan import Sender
from contract_tests.settings.options import RUN_OPTIONS
from contract_tests.settings.sources import gather
from contract_tests.settings.values import Depth, Session, Settings
from contract_tests.target.exchange import Exchange, Response
from contract_tests.tests.conftest import judged, need_curl
from contract_tests.tests.shell import ROOT, Command, Shell, commands, differs, open_shell

DOCUMENTS = ("README.md", "mock_server/README.md", "contract_tests/README.md")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
EVERYTHING = "\n".join(TEXTS.values())
Block = tuple[str, str]  # language, content


def blocks(text: str) -> list[Block]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def of_language(language: str, text: str = EVERYTHING) -> list[str]:
    return [content for name, content in blocks(text) if name == language]


def python_with(name: str) -> str:
    (content,) = [content for content in of_language("python") if name in content]
    return content


CONSOLE = {name: [list(commands(content)) for content in of_language("console", text)] for name, text in TEXTS.items()}
EVERY_COMMAND = [command for snippets in CONSOLE.values() for snippet in snippets for command in snippet]


def section(heading: str) -> str:
    """Return the text below a heading, up to the next heading."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", EVERYTHING, re.MULTILINE | re.DOTALL)
    assert found, f"no README has a section {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the rows of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_snippet_has_a_language_that_is_tested(document: str) -> None:
    text = TEXTS[document]
    assert text.count("```") == 2 * len(blocks(text))
    # In mock_server/tests: test_browser.py runs those of "js", test_recipes.py of "ts", test_types.py of "sh".
    assert {language for language, _ in blocks(text)} <= {"console", "toml", "yaml", "python", "js", "ts", "sh"}


def test_the_first_readme_has_at_most_200_lines() -> None:
    assert TEXTS["README.md"].count("\n") <= 200


# -- commands and their outputs


def _differences(document: str, folder: Path) -> list[str]:
    """Run the console snippets of a README and return how their output differs from the output that it shows.

    A mock that a snippet starts serves all other snippets. These run concurrently, because they mostly wait.
    """
    snippets = CONSOLE[document]
    with open_shell(folder) as shell, ThreadPoolExecutor(3) as pool:
        starting = [snippet for snippet in snippets if any(command.serves for command in snippet)]
        printed = [(snippet, _run(shell, snippet)) for snippet in starting]
        others = [snippet for snippet in snippets if snippet not in starting]
        printed += zip(others, pool.map(lambda snippet: _run(shell, snippet), others), strict=True)
    return [
        f"$ {command.line}\n{difference}"
        for snippet, outputs in printed
        for command, output in zip(snippet, outputs, strict=True)
        if (command.serves or not command.is_make) and (difference := differs(command.shown, output)) is not None
    ]


def _run(shell: Shell, snippet: list[Command]) -> list[str]:
    """Return the output of each command of a snippet; variables that it exports last to its end."""
    exported: list[str] = []
    printed = []
    for command in snippet:
        if command.serves:
            printed.append(shell.start(command))
        elif command.is_make:
            printed.append("")  # takes minutes; another test checks that the verb exists
        else:
            printed.append(shell.run([*exported, command.line]))
            exported += [command.line] if command.words[0] == "export" else []
    return printed


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_console_snippet_prints_the_output_that_is_shown(document: str, tmp_path: Path) -> None:
    differences = _differences(document, tmp_path)
    assert not differences, "\n\n".join(differences)


def test_the_replacement_for_curl_prints_what_curl_prints(tmp_path: Path) -> None:
    need_curl()
    with open_shell(tmp_path) as shell:
        snippets = CONSOLE["mock_server/README.md"]
        shell.start(next(command for command in snippets[0] if command.serves))
        calls = [(s, c) for s in snippets for c in s if c.line.startswith("curl") and ":8080/" in c.line]
        assert calls
        for snippet, call in calls:
            exported = [command.line for command in snippet if command.words[0] == "export"]
            printed = shell.run([*exported, f"curl() ( {shell.curl} ); {call.line}"])
            assert differs(call.shown, printed) is None, differs(call.shown, printed)


def test_the_first_command_and_its_output_are_on_the_first_screen() -> None:
    assert "```console" in "\n".join(TEXTS["README.md"].splitlines()[:16])
    assert differs(CONSOLE["README.md"][0][0].shown, "") is not None


# -- every flag, variable, exit code, verb and file


@cache
def _ask(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LEADLISTS_")}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=cwd, timeout=300
    )


def _help(module: str, *command: str) -> str:
    """Return the output of --help with each option on one line."""
    return re.sub(r"\n {10,}", " ", _ask("-m", module, *command, "--help").stdout)


@pytest.mark.parametrize(
    ("command", "module"), [("leadlists-mock", "mock_server"), ("leadlists-contract", "contract_tests")]
)
def test_every_subcommand_is_documented_and_exists(command: str, module: str) -> None:
    listed = _help(module).partition("Commands:\n")[2]
    existing = set(re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE))
    called = {word for each in EVERY_COMMAND if command in each.line for word in each.words if word in existing}
    written = set(re.findall(rf"`{command} ([a-z]\w*)", EVERYTHING))
    assert called | written == existing


def test_every_flag_in_the_readmes_exists() -> None:
    listed = _help("contract_tests").partition("Commands:\n")[2]
    subcommands = [_help("contract_tests", name) for name in re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE)]
    ours = "".join([_help("mock_server"), *subcommands])
    plugin = {"--leadlists", *(option.pytest_flag for option in RUN_OPTIONS)}
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", EVERYTHING)) - {"--leadlists-"}
    theirs = {"--url", "--phases", "--output", "--default-non-nullable"}  # Schemathesis and openapi-typescript
    assert {flag for flag in named if flag not in plugin and not re.search(rf"{flag}\b", ours)} <= theirs


def test_every_variable_in_the_readmes_exists() -> None:
    named = set(re.findall(r"\bLEADLISTS_[A-Z_]+\b", EVERYTHING))
    flags = re.findall(r"^  --([\w-]+)", _help("mock_server"), re.MULTILINE)
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
    verbs = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    (sentence,) = re.findall(r"^`make` lists its verbs: (.*?)\.", EVERYTHING, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == verbs
    called = {command.words[1] for command in EVERY_COMMAND if command.is_make}
    assert called | set(re.findall(r"`make (\w+)", EVERYTHING)) <= verbs
    assert "leadlists-mock $(ARGS)" in (ROOT / "Makefile").read_text()  # which the tests run for `make mock`


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_readme_names_exists(document: str) -> None:
    text = re.sub(r"^```.*?^```$", "", TEXTS[document], flags=re.MULTILINE | re.DOTALL)
    linked = {link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("https://")}
    named = set(re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*)`", text))
    targets = [((ROOT / document).parent / link.partition("#")[0], link.partition("#")[2]) for link in linked]
    assert [link for link in targets if not link[0].exists() or (link[1] and link[1] not in _anchors(link[0]))] == []
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


# -- data and code


def test_the_file_of_accepted_breaches_can_be_read(tmp_path: Path) -> None:
    (content,) = [content for content in of_language("toml") if "[[deviation]]" in content]
    (tmp_path / "known.toml").write_text(content)
    (entry,) = load_deviations(tmp_path / "known.toml", load_specification())
    assert entry.clause == "response.name.echo"


def test_both_commands_read_the_settings_file(tmp_path: Path) -> None:
    (content,) = [content for content in of_language("toml") if "[contract]" in content]
    assert set(tomllib.loads(content)) == {"mock", "contract"}
    (tmp_path / "leadlists.toml").write_text(content)
    settings = gather({"bearer": "token-1", "second_bearer": "token-2"}, folder=tmp_path)
    assert settings.first.user_id == "ana"
    assert settings.second is not None
    told = _ask("-m", "mock_server", "readings", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "  * refused: answers 400" in told.stdout.partition("empty-name:")[2].partition("blank-name:")[0]


def test_the_pytest_fixture_works_as_shown(tmp_path: Path) -> None:
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
    """Copy the parts of the clone that the mock needs, and add the spec entries of the README."""
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
    exec(python_with("OperationSuite("), code)
    login = Session("first", bearer="xyz789-session")
    settings = Settings(url, login, spec_folder=folder / "spec", clauses=("createNote",), depth=Depth.QUICK)

    suites = (LEAD_LISTS, code["NOTES"])
    result = judged(settings, folder=folder / "run", suites=suites)
    return result, judge_with(Terms.of(load_specification(settings.spec_folder), settings), suites)


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
    headers = (("Content-Type", "application/json"),)
    wrong = Exchange(sent, Response(201, headers, b'{"text": "CALL THEM BACK"}'), None, 0, 0)
    (verdict,) = [f for f in judge.judge(judge.case(wrong)) if getattr(f, "outcome", None) is Outcome.BROKEN]
    assert isinstance(verdict, Verdict)
    assert verdict.clause == "createNote.response.text.echo"


# -- spec/README.md


def test_the_spec_readme_names_existing_clauses_readings_and_flags() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    specification = load_specification()
    ids = set(re.findall(r"`(\w+(?:[.-]\w+)+)`", text)) - {path.name for path in (ROOT / "spec").iterdir()}
    assert ids <= set(specification.clauses) | set(specification.readings)
    assert set(re.findall(r"`(--[\w-]+)", text)) <= {
        f"--{name}" for name in re.findall(r"--([\w-]+)", _help("mock_server") + _help("contract_tests", "run"))
    }


def test_the_spec_readme_lists_the_readings_of_the_strict_profile() -> None:
    text = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"`strict` differs in (.*)\. The contract tests", text)
    readings = yaml.safe_load((ROOT / "spec" / "readings.yaml").read_text(encoding="utf-8"))
    differing = {entry["id"] for entry in readings if isinstance(entry["mock"], dict)}
    assert set(re.findall(r"`([\w-]+)`", listed)) == differing
    assert listed.startswith(
        f"{['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'][len(differing)]} readings"
    )


# -- comparing outputs


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


def test_a_snippet_is_split_into_commands() -> None:
    snippet = "$ first \\\n  'more\n  of it'\nout\n$ make mock\n$ leadlists-mock readings\nlist\n"
    first, mock, readings = commands(snippet)
    assert (first.line, first.shown) == ("first \\\n  'more\n  of it'", "out")
    assert mock.serves
    assert not readings.serves
    with pytest.raises(ValueError, match="begins with a command"):
        list(commands("output\n$ command\n"))
