"""The curve of novelty: how many behaviours of the server a campaign has seen over time, as the points of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from contract_tests.results.discoveries import Point

WIDTH, HEIGHT = 640, 160  # of the plotted area, in units of the SVG


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve to draw. line: the points of a polyline. marks: where a finding was new. after: the end of the time."""

    line: str
    marks: tuple[tuple[float, float], ...]
    behaviours: int
    after: str


def curve_of(points: Sequence[Point]) -> Curve | None:
    """Return the curve; None if there is nothing to draw."""
    if len(points) < 2 or not points[-1].at_s or not points[-1].behaviours:
        return None
    end = points[-1]

    def place(at_s: float, behaviours: int) -> tuple[float, float]:
        return round(at_s / end.at_s * WIDTH, 1), round(HEIGHT - behaviours / end.behaviours * HEIGHT, 1)

    steps = [place(0, 0)]
    for before, now in pairwise((Point(0, 0, 0, 0), *points)):
        steps += [place(now.at_s, before.behaviours), place(now.at_s, now.behaviours)]
    new = [now for before, now in pairwise((Point(0, 0, 0, 0), *points)) if now.findings > before.findings]
    return Curve(
        " ".join(f"{x:g},{y:g}" for x, y in dict.fromkeys(steps)),
        tuple(place(point.at_s, point.behaviours) for point in new),
        end.behaviours,
        f"{end.at_s:.0f} s" if end.at_s < 180 else f"{end.at_s / 60:.0f} min",
    )
