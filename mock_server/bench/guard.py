"""Compare the mock with its last recorded results (half a minute): `python -m mock_server.bench.guard`.

Only ratios to the bare app are compared, measured in the same rounds: of processor time for a request, of processor
time to the first lead list, of memory. Throughput is left to the full benchmark: processor time varies less when other
programs run too. A request costs more where ten servers take turns, so the guard has results of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mock_server.bench.processes import NotServed, stop_servers_when_terminated
from mock_server.bench.records import LAST, read_guarded
from mock_server.bench.requests import BRIEF
from mock_server.bench.results import Row, summarize, summarize_starts
from mock_server.bench.rounds import Rounds
from mock_server.bench.servers import BASELINE, BY_NAME
from mock_server.bench.tools import bring

GUARDED = "mock"
ROUNDS = 4
STARTS = 5
ATTEMPTS = 2  # a regression shows twice in a row

WITHIN, SLOWER, NOT_MEASURED = 0, 1, 2  # exit codes

# Maximum ratio of a figure to its recorded value. Measured first: over six runs on two cores with twenty other
# busy processes, the largest value of a ratio of CPU time was 1.3 to 1.47 times the smallest for a request, 1.14 times
# for a start; memory varied by less than 1 %, but shared memory pages count less the more programs share them.
REQUEST_MARGIN, START_MARGIN, MEMORY_MARGIN = 1.5, 1.4, 1.25
START, MEMORY = "CPU time to the first lead list", "idle memory"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure now and as last recorded, both as ratios to the bare app."""

    figure: str
    last: float
    now: float
    margin: float

    @property
    def change(self) -> float:
        """Return the ratio of the present value to the last one."""
        return self.now / self.last

    @property
    def is_regression(self) -> bool:
        """Return whether the figure grew by more than the margin."""
        return self.change > self.margin

    @property
    def is_improvement(self) -> bool:
        """Return whether the figure shrank by more than the margin."""
        return self.change < 1 / self.margin

    def __str__(self) -> str:
        verdict = "MORE" if self.is_regression else "less" if self.is_improvement else "as before"
        return f"{self.figure}: x{self.now:.3g} of the bare app, recorded x{self.last:.3g}: {verdict}"


def figures(rows: Mapping[str, Row]) -> dict[str, float]:
    """Return the guarded ratios of the mock, by name."""
    mock, bare = rows[GUARDED], rows[BASELINE]
    found = {f"CPU time, {r.title}": mock.loads[r.name].cpu_ratio for r in BRIEF if r.name in mock.loads}
    if mock.start is not None and bare.start is not None:
        found[START] = mock.start.cpu_ratio
        found[MEMORY] = mock.start.pss_mib / bare.start.pss_mib
    return found


def compare(last: Mapping[str, Row], now: Mapping[str, Row]) -> list[Comparison]:
    """Compare every guarded figure that is in both."""
    before, after = figures(last), figures(now)
    margins = {START: START_MARGIN, MEMORY: MEMORY_MARGIN}
    return [
        Comparison(name, before[name], after[name], margins.get(name, REQUEST_MARGIN))
        for name in before
        if name in after
    ]


def measure() -> dict[str, Row]:
    """Measure the bare app and the mock. Raise NotServed if either cannot be measured."""
    tools = bring({"wrk"}, _drop)
    if reason := tools.lacks(("wrk",)):
        raise NotServed(reason)
    bench = Rounds([BY_NAME[BASELINE], BY_NAME[GUARDED]], tools, _drop)
    starts, samples = bench.starts(STARTS), bench.loads(ROUNDS)
    for reason in bench.left_out.values():
        raise NotServed(reason)
    return {
        name: Row(name, summarize(samples, name, BASELINE), summarize_starts(starts, name, BASELINE))
        for name in (BASELINE, GUARDED)
    }


def verdict(comparisons: Sequence[Comparison]) -> int:
    """Return the exit code for these comparisons: NOT_MEASURED if there are none."""
    if not comparisons:
        return NOT_MEASURED
    return SLOWER if any(each.is_regression for each in comparisons) else WITHIN


def main() -> int:
    """Print one line for each figure; return the exit code."""
    if not LAST.exists():
        print(f"{LAST.name} does not exist; record results with: make bench ARGS=--write", file=sys.stderr)
        return NOT_MEASURED
    stop_servers_when_terminated()
    code = NOT_MEASURED
    for _ in range(ATTEMPTS):
        try:
            comparisons = compare(read_guarded(), measure())
        except NotServed as error:
            print(f"the mock cannot be measured: {error}", file=sys.stderr)
            return NOT_MEASURED
        print("\n".join(map(str, comparisons)))
        code = verdict(comparisons)
        if code != SLOWER:
            break
    if any(each.is_improvement for each in comparisons):
        print("record the better results with: make bench ARGS=--write")
    return code


def _drop(line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
