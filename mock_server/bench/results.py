"""Summarize samples as medians of their ratios to the bare app in the same round. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from mock_server.bench.load import Load


@dataclass(frozen=True, slots=True)
class Sample:
    """The figures of one period of load, with its server, request and round."""

    server: str
    request: str
    round: int
    load: Load


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a server."""

    server: str
    round: int
    cpu_s: float  # processor time until the first lead list was created
    pss_mib: float  # memory soon after


@dataclass(frozen=True, slots=True)
class Growth:
    """The memory of a server before and after many creates."""

    creates: int
    pss_mib: float
    grown_mib: float


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """The figures of a server under load with one request. Ratios are to the bare app, medians of all rounds."""

    throughput_ratio: float  # responses per second; more is better
    cpu_ratio: float  # CPU time per request; less is better
    cpu_us: float
    p99_ratio: float  # 99th percentile of the latency

    @property
    def cpu_ms(self) -> float:
        """Return the CPU time per request in milliseconds."""
        return self.cpu_us / 1000


@dataclass(frozen=True, slots=True)
class StartFigures:
    """The cost of starting a server."""

    cpu_ratio: float
    cpu_s: float
    pss_mib: float


@dataclass(frozen=True, slots=True)
class Row:
    """All figures of one server."""

    server: str
    loads: Mapping[str, LoadFigures] = field(default_factory=dict)
    start: StartFigures | None = None
    growth: Growth | None = None


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """The cost of a suite, and the defects that it detects."""

    suite: str
    requests: int
    wall_s: float
    cpu_s: float
    slow_wall_s: float  # on a server that waits before each response
    detected: int
    defects: int
    missed: tuple[str, ...]


def summarize(samples: Iterable[Sample], server: str, baseline: str) -> dict[str, LoadFigures]:
    """Return the figures of a server by request. A round without a sample of the baseline does not count."""
    by_key = {(sample.server, sample.request, sample.round): sample.load for sample in samples}
    pairs: dict[str, list[tuple[Load, Load]]] = {}
    for (name, request, number), load in by_key.items():
        if name == server and (base := by_key.get((baseline, request, number))):
            pairs.setdefault(request, []).append((load, base))
    return {request: _load_figures(each) for request, each in pairs.items()}


def _load_figures(pairs: Sequence[tuple[Load, Load]]) -> LoadFigures:
    def ratio(value: Callable[[Load], float]) -> float:
        return median(value(load) / value(base) for load, base in pairs)

    return LoadFigures(
        throughput_ratio=ratio(lambda load: load.per_s),
        cpu_ratio=ratio(lambda load: load.cpu_us),
        cpu_us=median(load.cpu_us for load, _ in pairs),
        p99_ratio=ratio(lambda load: load.p99_ms),
    )


def summarize_starts(starts: Iterable[Start], server: str, baseline: str) -> StartFigures | None:
    """Return the cost of starting a server, or None if both started in no round."""
    by_key = {(start.server, start.round): start for start in starts}
    pairs = [
        (start, base)
        for (name, number), start in by_key.items()
        if name == server and (base := by_key.get((baseline, number)))
    ]
    if not pairs:
        return None
    return StartFigures(
        cpu_ratio=median(start.cpu_s / base.cpu_s for start, base in pairs),
        cpu_s=median(start.cpu_s for start, _ in pairs),
        pss_mib=median(start.pss_mib for start, _ in pairs),
    )


def row_to_json(row: Row) -> dict[str, Any]:
    """Convert a row to JSON, with three significant digits."""
    found: dict[str, Any] = {name: _rounded(figures) for name, figures in row.loads.items()}
    if row.start is not None:
        found["start"] = _rounded(row.start)
    if row.growth is not None:
        found["growth"] = _rounded(row.growth)
    return found


def row_from_json(server: str, value: Mapping[str, Any]) -> Row:
    """Convert a row from JSON."""
    loads = {name: LoadFigures(**each) for name, each in value.items() if name not in ("start", "growth")}
    start = StartFigures(**value["start"]) if "start" in value else None
    growth = Growth(**value["growth"]) if "growth" in value else None
    return Row(server, loads, start, growth)


def _rounded(figures: LoadFigures | StartFigures | Growth) -> dict[str, float]:
    values = {name: getattr(figures, name) for name in figures.__dataclass_fields__}
    return {name: value if isinstance(value, int) else three_digits(value) for name, value in values.items()}


def three_digits(value: float) -> float:
    """Round to three significant digits; more is noise."""
    return float(f"{value:.3g}")
