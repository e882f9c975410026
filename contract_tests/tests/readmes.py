"""The READMEs as the tests read them: their sections, tables, snippets and commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from contract_tests.cli import cli
from contract_tests.tests.shell import ROOT, commands
from contract_tests.tests.starting import finished

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


@cache
def called(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LEADLISTS_")}
    environment |= {"PYTHONPATH": str(ROOT), "COLUMNS": "400"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, cwd=cwd, timeout=300
    )


def help_of(module: str, *command: str) -> str:
    """Return the output of --help with each option on one line; that of our own commands without a process."""
    if module == "contract_tests":
        printed = CliRunner().invoke(cli, [*command, "--help"], terminal_width=400).output
    else:
        printed = finished(module, *command, "--help", env=os.environ | {"COLUMNS": "400"}).stdout
    return re.sub(r"\n {10,}", " ", printed)
