"""Change the judging code in one place at a time for `make mutation`; print the changes that no test detects.

mutmut makes the changes; a test named in pyproject.toml must fail. By default a random sample is tested, because all
changes take hours. Changes that mypy refuses are neither tested nor counted.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatch
from math import sqrt
from pathlib import Path

import pytest

from contract_tests.tests.approved import TOPICS, entries
from contract_tests.tests.mutants import ROOT, Mutant, MutatedModule, refused_by_types
from contract_tests.tests.trials import Trials

FOLDER = ROOT / ".mutation"  # the changed modules, for mypy
LEAST_SHARE = 0.90
SAMPLE = 500  # mypy refuses about half of them; the others take about three minutes on one core


def interval(killed: int, total: int) -> tuple[float, float]:
    """Return the bounds of the share killed among all mutants (95 %, Wilson), from a random sample of them."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, killed / total
    centre, spread = share + z * z / (2 * total), z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return (centre - spread) / (1 + z * z / total), (centre + spread) / (1 + z * z / total)


def report(survivors: Sequence[Mutant], total: int, *, sampled: bool) -> Iterator[str]:
    """Return a line for each survivor, then the share of mutants that a test detects."""
    for mutant in sorted(survivors, key=lambda each: (each.path, each.line)):
        yield f"{mutant.path}:{mutant.line} {mutant.name}\n    {mutant.change}"
    killed = total - len(survivors)
    low, high = interval(killed, total)
    estimate = f"; of all mutants, {low:.1%} to {high:.1%} (with 95 % confidence)" if sampled else ""
    yield f"Killed {killed} of {total} mutants, {killed / total if total else 0:.1%}{estimate}."


def is_no_change(change: str) -> bool:
    """Return whether a change concerns only the case of a header name, which has none (RFC 9110 §5.1)."""
    before, after = (
        re.sub(r'header\("[^"]*"', lambda match: match[0].lower(), code) for code in change.split(" -> ", 1)
    )
    return before == after


def mutate() -> list[MutatedModule]:
    """Return the modules of the settings, each with all its mutants."""
    found = {path for pattern in _settings()["only_mutate"] for path in Path().glob(pattern)}
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(MutatedModule.make, sorted(found)))


def try_each(mutants: Sequence[Mutant]) -> Trials:
    """Run the tests of the settings for each mutant, in this process and forks of it."""
    trials = Trials(mutants)
    settings = _settings()
    for topic in TOPICS:
        entries(topic)  # once, not in every fork
    pytest.main(
        ["-q", "-s", *settings["pytest_add_cli_args"], *settings["pytest_add_cli_args_test_selection"]], [trials]
    )
    return trials


def _settings() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["tool"]["mutmut"]  # type: ignore[no-any-return]


def main(arguments: Sequence[str] | None = None) -> int:
    """Test a sample, all mutants, or those named, and exit with 1 if too few are killed."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("names", nargs="*", help="mutants to test (contract_tests.lead_lists.echo.*)")
    parser.add_argument("--all", action="store_true", help="test every mutant, which takes hours")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many places to change (default %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="draw the sample with this seed")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    # The same examples in every run; and other plugins would cost each test a little.
    os.environ |= {"CI": "true", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    modules = {module.path: module for module in mutate()}
    every = [(path, name) for path, module in modules.items() for name in module.names]
    chosen = every
    sampled = not options.names and not options.all
    if options.names:
        full = {(path, name): f"{path.removesuffix('.py').replace('/', '.')}.{name}" for path, name in every}
        chosen = [each for each in every if any(fnmatch(full[each], pattern) for pattern in options.names)]
    elif sampled:
        chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
        print(f"Changing {len(chosen)} of {len(every)} places, drawn with --seed {options.seed}.", flush=True)
    refused = set(refused_by_types(list(modules.values()), chosen, FOLDER))
    mutants = [modules[path].mutant(name) for path, name in chosen if (path, name) not in refused]
    mutants = [mutant for mutant in mutants if not is_no_change(mutant.change)]
    print(f"mypy refuses {len(refused)}; testing {len(mutants)}.", flush=True)
    trials = try_each(mutants)
    if trials.failed or trials.broken:
        print(*trials.failed, *trials.broken, "These tests fail, or changes could not be made.", sep="\n")
        return 2
    print("\n".join(report(trials.survivors, len(mutants), sampled=sampled)))
    if options.names or len(trials.survivors) <= (1 - LEAST_SHARE) * len(mutants):
        return 0
    print(f"At least {LEAST_SHARE:.0%} are required.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
