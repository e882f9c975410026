"""Run the console snippets of a document: commands in a shell, mocks as processes that keep running."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract_tests.tests.starting import loaded

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
MODULES = {
    "leadlists-mock": "mock_server",
    "leadlists-contract": "contract_tests",
    "pytest": "pytest",
    "schemathesis": "schemathesis.cli",
}
# Values that vary from run to run, each with the placeholder that replaces it before comparing.
VARYING = (
    (
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b(?=\",\n    \"icpId)"),
        "<id>",
    ),
    (re.compile(r"(?<=At\": \")20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "<moment>"),
    (re.compile(r"\b\d+ requests in \d+\.\d s"), "<cost>"),
    (re.compile(r"(\d+ passed.*) in \d+\.\d+s( \(\d+:\d\d:\d\d\))?"), r"\1"),
    (re.compile(r"=+ (No issues found) in \d+\.\d+s =+"), r"\1"),
    (re.compile(r"\"pid\": \d+"), "<pid>"),
)
# A replacement for machines without curl, with only the flags that the READMEs use.
CURL = """
import argparse, sys
import httpx2

asked = argparse.ArgumentParser(allow_abbrev=False)
asked.add_argument("url")
for flag in ("-H", "-b"):
    asked.add_argument(flag, action="append", default=[])
asked.add_argument("-d", default="")
asked.add_argument("-X", default="POST")
asked.add_argument("-s", action="store_true")
asked.add_argument("-w", default="", choices=["%{stderr}%{http_code}\\\\n"])
given = asked.parse_args()
headers = [tuple(text.split(": ", 1)) for text in given.H] + [("Cookie", text) for text in given.b]
if given.d and not any(name == "Content-Type" for name, _ in headers):
    headers.append(("Content-Type", "application/x-www-form-urlencoded"))
answer = httpx2.request(given.X, given.url, headers=headers, content=given.d.replace("\\n", ""))
sys.stdout.write(answer.text)
if given.w:
    print(answer.status_code, file=sys.stderr)
"""


@dataclass(frozen=True)
class Command:
    """A command of a snippet and the output that the document shows for it."""

    line: str
    shown: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line, comments=True)

    @property
    def is_make(self) -> bool:
        return self.words[0] == "make"

    @property
    def serves(self) -> bool:
        """Whether the command starts a mock, which runs until it is stopped."""
        mock = self.words[:2] == ["make", "mock"] or self.words[0].endswith("leadlists-mock")
        return mock and not {"readings", "msw", "defects", "wait", "--help", "--version"} & set(self.words)


def commands(snippet: str) -> Iterator[Command]:
    """Split a console snippet into commands: a line with `$ ` and its continuation lines, then the output."""
    parts = re.split(r"^\$ ", snippet, flags=re.MULTILINE)
    if parts[0]:
        raise ValueError(f"a console snippet begins with a command, not with {parts[0]!r}")
    for part in parts[1:]:
        lines = part.splitlines()
        taken = 1
        while not _is_complete("\n".join(lines[:taken])):
            taken += 1
        yield Command("\n".join(lines[:taken]), "\n".join(lines[taken:]))


def _is_complete(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return not text.endswith("\\")


def differs(shown: str, printed: str) -> str | None:
    """Return where the output differs from the shown one, or None. `...` matches any lines, or any text in a line."""
    shown, printed = _steady(shown).rstrip("\n"), _steady(printed).rstrip("\n")
    lines = [r"(?:.*\n)*?" if line == "..." else _pattern(line) for line in shown.split("\n")]
    if re.fullmatch("".join(lines), printed + "\n"):
        return None
    matching = 0
    while matching < len(lines) and re.match("".join(lines[: matching + 1]), printed + "\n"):
        matching += 1
    missed = shown.split("\n")[matching] if matching < len(lines) else "the end"
    return f"shown, not printed: {missed}\n--- printed ---\n{printed}"


def _pattern(line: str) -> str:
    return (
        ".*".join(re.escape(part.rstrip()) if part == line else re.escape(part) for part in line.split("...")) + " *\n"
    )


def _steady(text: str) -> str:
    for pattern, placeholder in VARYING:
        text = pattern.sub(placeholder, text)
    return text


class Shell:
    """Run commands in a folder that looks like the clone, with the commands of the kit on the path."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack = stack
        self._folder = folder / "clone"
        self._bin = folder / "bin"
        self._ports: dict[str, str] = {}  # documented -> real
        self._folder.mkdir()
        self._bin.mkdir()
        for name in ("spec", "mock_server", "contract_tests", "Makefile", "README.md"):
            (self._folder / name).symlink_to(ROOT / name)
        self._install("python3", f'exec {shlex.quote(sys.executable)} "$@"')
        for name, module in MODULES.items():
            command = [sys.executable, "-m", "pytest"] if module == "pytest" else loaded(module)
            self._install(name, f'exec {shlex.join(command)} "$@"')
        (folder / "curl.py").write_text(CURL)
        self.curl = f"exec {shlex.quote(sys.executable)} {shlex.quote(str(folder / 'curl.py'))} " + '"$@"'
        if not _on_path("curl"):
            self._install("curl", self.curl)

    def _install(self, name: str, line: str) -> None:
        (self._bin / name).write_text(f"#!/bin/sh\n{line}\n")
        (self._bin / name).chmod(0o755)

    def run(self, lines: list[str], timeout_s: float = 180) -> str:
        """Run the lines in a shell and return their output."""
        script = self._real("\n".join(lines))
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self._folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
        )
        return self._documented(done.stdout)

    def start(self, command: Command) -> str:
        """Start a mock on a free port instead of the documented one, and return its first output."""
        output = self._folder / f"mock-{len(self._ports)}.txt"
        line = command.line.replace("make mock", "leadlists-mock").replace("ARGS=", "")
        if "--port" in line:
            documented, line = line.partition("--port ")[2].split()[0], re.sub(r"--port \d+", "--port 0", line)
        else:
            documented, line = "8080", f"{line} --port 0"
        with output.open("w") as file:
            process = self._stack.enter_context(
                subprocess.Popen(
                    ["sh", "-c", f"exec {line}"], cwd=self._folder, env=self.environment, stdout=file, stderr=file
                )
            )
        self._stack.callback(process.terminate)
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            if output.read_text().endswith("\n") and (
                port := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)", output.read_text())
            ):
                self._ports[documented] = port[1]
                break
            time.sleep(0.02)
        return self._documented(output.read_text())

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment without the user's settings, with the commands of the kit first on the path."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADLISTS_", "PYTEST_", "SCHEMATHESIS_"))}
        path = os.pathsep.join([str(self._bin), os.environ.get("PATH", os.defpath)])
        return {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}

    def _real(self, text: str) -> str:
        text = re.sub(r"(?<![\w/])\.venv/bin/", "", text)  # as a README writes it, not inside another path
        for documented, real in self._ports.items():
            for host in ("127.0.0.1", "localhost"):
                text = text.replace(f"{host}:{documented}", f"{host}:{real}")
        return text

    def _documented(self, text: str) -> str:
        for documented, real in self._ports.items():
            for host in ("127.0.0.1", "localhost"):
                text = text.replace(f"{host}:{real}", f"{host}:{documented}")
        return text


@contextmanager
def open_shell(folder: Path) -> Iterator[Shell]:
    """Open a shell whose mocks stop at the end of the block."""
    with ExitStack() as stack:
        yield Shell(folder, stack)


def _on_path(program: str) -> bool:
    return any((Path(folder) / program).is_file() for folder in os.environ.get("PATH", "").split(os.pathsep))
