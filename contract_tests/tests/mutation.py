"""Run mutmut on the judging code for `make mutation`; print the mutants that no test detects, and the share of others.

mutmut changes the code in one place at a time; a test named in pyproject.toml must fail. By default a random sample of
the mutants is tested, because all of them take hours. Mutants that mypy refuses are neither tested nor counted.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from math import sqrt
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".mutation"  # mutmut writes into its current folder, so it gets a separate one
LEAST_SHARE = 0.90
SAMPLE = 1200  # mypy refuses about half of them; the rest takes about a quarter of an hour on two quiet cores
# Exit codes: a test failed, pytest failed, or a timeout. 255 means a crashed worker, which proves nothing.
KILLED = {1, 3, -24, 24, 152}
REFUSED = 37  # refused by mypy: `make check` would not pass, so neither tested nor counted


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the code; change: the old line, an arrow, the new line; empty if a test detects it."""

    name: str
    path: str
    line: int
    change: str
    killed: bool


def interval(killed: int, total: int) -> tuple[float, float]:
    """Return the bounds of the share killed among all mutants (95 %, Wilson), from a random sample of them."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, killed / total
    centre, spread = share + z * z / (2 * total), z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return (centre - spread) / (1 + z * z / total), (centre + spread) / (1 + z * z / total)


def report(mutants: Sequence[Mutant], *, sampled: bool) -> Iterator[str]:
    """Return a line for each survivor, then the share of mutants that a test detects."""
    survivors = [mutant for mutant in mutants if not mutant.killed]
    for mutant in sorted(survivors, key=lambda each: (each.path, each.line)):
        yield f"{mutant.path}:{mutant.line} {mutant.name}\n    {mutant.change}"
    total, killed = len(mutants), len(mutants) - len(survivors)
    low, high = interval(killed, total)
    estimate = f"; of all mutants, {low:.1%} to {high:.1%} (with 95 % confidence)" if sampled else ""
    yield f"Killed {killed} of {total} mutants, {share_killed(mutants):.1%}{estimate}."


def share_killed(mutants: Sequence[Mutant]) -> float:
    return sum(mutant.killed for mutant in mutants) / len(mutants) if mutants else 0.0


# -- running mutmut ----------------------------------------------------------------------------------------------------


def prepare_folder(*, fresh: bool) -> None:
    """Make the folder in which mutmut runs the current one; fresh: without the mutants and results of earlier runs."""
    if fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    for name in ("pyproject.toml", "contract_tests", "spec"):
        if not (FOLDER / name).is_symlink():
            (FOLDER / name).symlink_to(Path("..") / name)
    os.chdir(FOLDER)


def name_mutants() -> list[str]:
    """Return the names of all mutants of the modules in `only_mutate`."""
    return [
        get_mutant_name(path, name)
        for path in sorted(walk_mutatable_files())
        for name in mutate_file_contents(str(path), path.read_text(encoding="utf-8")).mutant_names
    ]


def run_mutmut(names: Sequence[str]) -> int:
    """Mutate and test; names: the mutants to test (`contract_tests.lead_lists.echo.*`), all if empty."""
    # CI makes Hypothesis draw the same examples; other plugins would cost each mutant a tenth of a second.
    environment = {
        **os.environ,
        "CI": "true",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONHASHSEED": "0",
    }
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "2", *names]
    return subprocess.run(command, env=environment, preexec_fn=lambda: os.nice(5)).returncode


def read_mutants(names: Sequence[str]) -> Iterator[Mutant]:
    """Return the mutants of these names (all if empty) that were tested or that no test reaches."""
    exact, patterns = set(names), [name for name in names if "*" in name]
    for path in sorted(walk_mutatable_files()):
        source = path.read_text(encoding="utf-8").splitlines()
        data = SourceFileMutationData(path=path)
        data.load()
        for name, exit_code in data.exit_code_by_key.items():
            if exit_code is None or exit_code == REFUSED:
                continue
            if names and name not in exact and not any(fnmatch(name, pattern) for pattern in patterns):
                continue
            change, line = ("", 0) if exit_code in KILLED else _change(name, path, source)
            if change and is_no_change(change):
                continue
            yield Mutant(name, str(path), line, change, killed=exit_code in KILLED)


def _change(name: str, path: Path, source: Sequence[str]) -> tuple[str, int]:
    """Return what a mutant changes, and the line of the module."""
    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    removed = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    added = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    start = next((re.findall(r"@@ -(\d+)", line)[0] for line in lines if line.startswith("@@")), "1")
    before = next((at for at, line in enumerate(lines[1:]) if line[:1] in "+-"), 0)
    # A name ends with x_FUNCTION__mutmut_N or xǁCLASSǁMETHOD__mutmut_N.
    function = re.split("ǁ|^x_", name.rpartition(".")[2].rpartition("__mutmut_")[0])[-1]
    head = next((n for n, line in enumerate(source, 1) if re.match(rf"\s*def {function}\(", line)), 1)
    return f"{removed} -> {added}", head + int(start) - 1 + before


def is_no_change(change: str) -> bool:
    """Return whether a change concerns only the case of a header name, which has none (RFC 9110 §5.1)."""
    before, after = (
        re.sub(r'header\("[^"]*"', lambda match: match[0].lower(), code) for code in change.split(" -> ", 1)
    )
    return before == after


def main(arguments: Sequence[str] | None = None) -> int:
    """Test a sample, all mutants, or those named, and exit with 1 if too few are killed."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants to test (contract_tests.lead_lists.echo.*)")
    parser.add_argument("--all", action="store_true", help="test every mutant, which takes hours")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many places to change (default %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="draw the sample with this seed")
    options = parser.parse_args(arguments)
    prepare_folder(fresh=not options.names)
    names = options.names
    if not names and not options.all:
        every = name_mutants()
        names = random.Random(options.seed).sample(every, min(options.sample, len(every)))
        print(f"Changing {len(names)} of {len(every)} places, drawn with --seed {options.seed}.", flush=True)
    if returncode := run_mutmut(names):
        return returncode
    mutants = list(read_mutants(names))
    print("\n".join(report(mutants, sampled=not options.names and not options.all)))
    if options.names or share_killed(mutants) >= LEAST_SHARE:
        return 0
    print(f"At least {LEAST_SHARE:.0%} are required.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
