"""Run mutmut on the judging code for `make mutation`, and report the mutants that no test detects.

mutmut changes the code in one place at a time; a test named in pyproject.toml must fail. A surviving mutant needs a
reason in mutation_survivors.yaml, mostly that the changed program does the same.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.file_utils import walk_mutatable_files

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".mutation"  # mutmut writes into its current folder, so it gets a separate one
REPORT = FOLDER / "report.md"
REASONS = Path(__file__).with_name("mutation_survivors.yaml")
LEAST_SHARE = 0.90
# Exit codes: a test failed, pytest failed, or a timeout. 255 means a crashed worker, which proves nothing.
KILLED = {1, 3, -24, 24, 152}
REFUSED = 37  # refused by mypy: `make check` would not pass, so neither tested nor counted


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the code; change: the old line, an arrow, the new line."""

    module: str
    function: str
    change: str
    line: int
    killed: bool

    @property
    def text(self) -> str:
        """The name that a reason refers to, stable as long as the line is."""
        return f"{self.module}.{self.function}: {self.change}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why mutants survive; mutants: their names, where a star matches anything."""

    why: str
    mutants: tuple[str, ...]


def read_reasons(path: Path) -> list[Reason]:
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    return [Reason(entry["why"], tuple(entry["mutants"])) for entry in entries]


def matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def complaints(mutants: Sequence[Mutant], reasons: Sequence[Reason]) -> list[str]:
    """Return what fails the run: too few killed, a survivor without a reason, a reason without a survivor."""
    found = []
    if (share := share_killed(mutants)) < LEAST_SHARE:
        found.append(f"{share:.1%} killed, at least {LEAST_SHARE:.0%} are asked for")
    patterns = [pattern for reason in reasons for pattern in reason.mutants]
    survivors = [mutant.text for mutant in mutants if not mutant.killed]
    found += [f"no reason: {text}" for text in survivors if not any(matches(p, text) for p in patterns)]
    found += [f"no such survivor: {p}" for p in patterns if not any(matches(p, text) for text in survivors)]
    return list(dict.fromkeys(found))


def share_killed(mutants: Sequence[Mutant]) -> float:
    return sum(mutant.killed for mutant in mutants) / len(mutants) if mutants else 0.0


def report(mutants: Sequence[Mutant], reasons: Sequence[Reason]) -> Iterator[str]:
    """Return the lines of the report in Markdown."""
    total, killed = (Counter(m.module for m in some) for some in (mutants, [m for m in mutants if m.killed]))
    yield from ("# Mutants", "", f"{share_killed(mutants):.1%} of {len(mutants)} are killed.")
    yield from ("Those that mypy refuses are not counted.", "")
    yield from ("| module | mutants | killed | share |", "|---|--:|--:|--:|")
    for module in sorted(total):
        yield f"| {module} | {total[module]} | {killed[module]} | {killed[module] / total[module]:.1%} |"
    yield from ("", "## Survivors")
    survivors = [mutant for mutant in mutants if not mutant.killed]
    for reason in [*reasons, Reason("No reason is known.", ("*",))]:
        mine = [m for m in survivors if any(matches(pattern, m.text) for pattern in reason.mutants)]
        survivors = [m for m in survivors if m not in mine]
        if mine:
            yield from ("", f"{reason.why} ({len(mine)})", "")
            yield from (f"- {_path(m.module)}:{m.line} `{m.function}`: `{m.change}`" for m in mine)


def _path(module: str) -> str:
    return f"contract_tests/{module.replace('.', '/')}.py"


# -- running mutmut ----------------------------------------------------------------------------------------------------


def run_mutmut(names: Sequence[str]) -> int:
    """Mutate and test; names: the mutants to test (`contract_tests.lead_lists.echo.*`), all if empty."""
    if not names:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    for name in ("pyproject.toml", "contract_tests", "spec"):
        if not (FOLDER / name).is_symlink():
            (FOLDER / name).symlink_to(Path("..") / name)
    # CI makes Hypothesis draw the same examples; other plugins would cost each mutant a tenth of a second.
    environment = {
        **os.environ,
        "CI": "true",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
    }
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2", *names]
    return subprocess.run(command, cwd=FOLDER, env=environment, preexec_fn=lambda: os.nice(5)).returncode


def read_mutants() -> Iterator[Mutant]:
    """Return every mutant that was tested or that no test reaches; call this in mutmut's folder."""
    for path in sorted(walk_mutatable_files()):
        source = path.read_text(encoding="utf-8").splitlines()
        data = SourceFileMutationData(path=path)
        data.load()
        for name, exit_code in data.exit_code_by_key.items():
            if exit_code is None or exit_code == REFUSED:
                continue
            module, _, mangled = name.removeprefix("contract_tests.").rpartition(".")
            function = re.sub(r"^xǁ(\w+)ǁ", r"\1.", mangled.rpartition("__mutmut_")[0]).removeprefix("x_")
            if exit_code in KILLED:
                yield Mutant(module, function, "", 0, True)
                continue
            change, offset = _change(get_diff_for_mutant(name, path=path))
            yield Mutant(module, function, change, _first_line(source, function) + offset, False)


def _change(diff: str) -> tuple[str, int]:
    """Return the changed lines of a diff and their distance from the head of the function."""
    lines = diff.splitlines()[2:]
    removed = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    added = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    start = next((re.findall(r"@@ -(\d+)", line)[0] for line in lines if line.startswith("@@")), "1")
    before = next((at for at, line in enumerate(lines[1:]) if line[:1] in "+-"), 0)
    return f"{removed} -> {added}", int(start) - 1 + before


def _first_line(source: Sequence[str], function: str) -> int:
    name = function.rpartition(".")[2]
    return next((n for n, line in enumerate(source, 1) if re.match(rf"\s*def {name}\(", line)), 1)


def main(names: Sequence[str]) -> int:
    if returncode := run_mutmut(names):
        return returncode
    os.chdir(FOLDER)
    mutants, reasons = list(read_mutants()), read_reasons(REASONS)
    REPORT.write_text("\n".join(report(mutants, reasons)) + "\n", encoding="utf-8")
    print(f"{share_killed(mutants):.1%} of {len(mutants)} mutants are killed; {REPORT.relative_to(ROOT)} has them.")
    found = complaints(mutants, reasons) if not names else []
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
