"""Run every console snippet of the READMEs and compare the output."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract_tests.tests.conftest import need_curl
from contract_tests.tests.readmes import CONSOLE, DOCUMENTS, TEXTS, blocks
from contract_tests.tests.shell import Command, Shell, differs, open_shell


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_snippet_has_a_language_that_is_tested(document: str) -> None:
    text = TEXTS[document]
    assert text.count("```") == 2 * len(blocks(text))
    # In mock_server/tests: test_browser.py runs those of "js", test_recipes.py of "ts", test_types.py of "sh".
    assert {language for language, _ in blocks(text)} <= {"console", "toml", "yaml", "python", "js", "ts", "sh"}


def test_the_first_readme_has_at_most_200_lines() -> None:
    assert TEXTS["README.md"].count("\n") <= 200


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


@pytest.mark.parametrize("document", [*DOCUMENTS[:2], pytest.param(DOCUMENTS[2], marks=pytest.mark.long)])
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
