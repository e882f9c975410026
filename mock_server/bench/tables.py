"""Format results as tables: aligned text for a terminal, Markdown for the README. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.bench.requests import BRIEF, CREATE, LONG
from mock_server.bench.results import LoadFigures, Row, SuiteRow
from mock_server.bench.servers import BY_NAME

NOTHING = "-"

Table = Sequence[Sequence[str]]  # the first row is the heading, the first column holds names


def server_table(rows: Sequence[Row]) -> Table:
    """Return the table of servers: one row per server, throughput as a share of the bare app's."""
    heading = ["server", *(request.title for request in BRIEF), f"{LONG.title}, ms", "p99", "cold start"]
    heading += ["idle MiB", "after creates", "remarks"]
    return [heading, *(_cells(row) for row in rows)]


def _cells(row: Row) -> list[str]:
    create = row.loads.get(CREATE.name)
    long, start, growth = row.loads.get(LONG.name), row.start, row.growth
    return [
        BY_NAME[row.server].title,
        *(_share(row.loads.get(request.name)) for request in BRIEF),
        NOTHING if long is None else f"{long.cpu_ms:.3g}",
        NOTHING if create is None else _times(create.p99_ratio),
        NOTHING if start is None else f"{_times(start.cpu_ratio)} ({start.cpu_s:.2f} s)",
        NOTHING if start is None else f"{start.pss_mib:.0f}",
        NOTHING if growth is None else f"{growth.pss_mib:.0f} (+{growth.grown_mib:.0f})",
        BY_NAME[row.server].note,
    ]


def _share(figures: LoadFigures | None) -> str:
    return NOTHING if figures is None else f"{figures.throughput_ratio:.2g} ({figures.cpu_us:.0f} µs)"


def _times(ratio: float) -> str:
    return f"x{ratio:.2g}" if ratio < 10 else f"x{ratio:.0f}"


def suite_table(rows: Sequence[SuiteRow]) -> Table:
    """Return the table of suites."""
    heading = ["suite", "requests", "seconds", "CPU seconds", "seconds at 200 ms latency", "defects detected"]
    return [
        heading,
        *(
            [
                row.suite,
                str(row.requests),
                f"{row.wall_s:.1f}",
                f"{row.cpu_s:.1f} ({row.cpu_s / max(row.requests, 1) * 1000:.1f} ms a request)",
                f"{row.slow_wall_s:.0f}",
                f"{row.detected} of {row.defects}",
            ]
            for row in rows
        ),
    ]


def as_text(table: Table) -> str:
    """Align the columns of a table with spaces."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(table: Table) -> str:
    """Write a table in GitHub's Markdown."""
    heading, *rows = table
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def put_between(text: str, name: str, content: str) -> str:
    """Replace the text between the markers of `name` in a text; raise ValueError without them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"there is no place for {name}: {begin} … {end}")
    return f"{before}{begin}\n{content}\n{end}{after}"
