"""Measure what the suite promises against servers that attack it, and print one table; exit 1 if one is not kept.

`make hardening` and `.ci/run` run it after the table of the mock. `make test` has the same attacks, with a shorter
limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from contract_tests.tests.conftest import ROOT
from contract_tests.tests.servers.attackers import UNENDING, WRONG, attackers

TIMEOUT_S = 2.0
MARGIN_S = 4.0  # to start the command, and for a busy machine
MOST_MIB = 120.0  # the command alone has 45; a response may have 16, which is copied once
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Ended:
    """One attack on `doctor`."""

    name: str
    code: int
    text: str
    took_s: float
    memory_mib: float


def attacked(name: str, url: str) -> Ended:
    """Run `doctor` against an attacker; it sends one request as every other command does."""
    command = [sys.executable, "-m", "contract_tests", "doctor", url, f"--timeout={TIMEOUT_S:g}"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LEADLISTS_")}
    environment["PYTHONPATH"] = str(ROOT)
    started_s = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        limit = threading.Timer(10 * TIMEOUT_S, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        took_s = time.monotonic() - started_s
        return Ended(name, process.returncode, output.read(), took_s, usage.ru_maxrss / 1024)


def main() -> None:
    """Print a row for each promise."""
    reasons = dict.fromkeys(UNENDING, "no complete response within") | {name: why for name, (_, why) in WRONG.items()}
    attacks = {**UNENDING, **{name: attack for name, (attack, _) in WRONG.items()}}
    with attackers(attacks) as urls, ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(lambda item: attacked(*item), urls.items()))
    told = [each for each in ended if each.code == 3 and reasons[each.name] in each.text]
    slowest, largest = max(each.took_s for each in ended), max(each.memory_mib for each in ended)
    of = len(ended)
    rows = [
        ("attacks on the suite reported as what they are", f"{of}/{of}", f"{len(told)}/{of}", len(told) == of),
        (
            f"the slowest with --timeout {TIMEOUT_S:g}",
            f"≤ {3 * TIMEOUT_S:g} s",  # `doctor` also connects, and asks a silent port whether it expects TLS
            f"{slowest:.3g} s",
            slowest <= 3 * TIMEOUT_S + MARGIN_S,
        ),
        ("the most memory of one", f"≤ {MOST_MIB:g} MiB", f"{largest:.3g} MiB", largest <= MOST_MIB),
    ]
    for promise, limit, measured, is_kept in rows:
        print(f"{promise:<58}{limit:>14}{measured:>14}{'' if is_kept else '  NOT KEPT'}")
    for each in ended:
        if each not in told:
            print(f"{each.name}: exit code {each.code} after {each.took_s:.1f} s: {each.text.strip()[-300:]}")
    sys.exit(0 if all(is_kept for *_, is_kept in rows) else 1)


if __name__ == "__main__":
    main()
