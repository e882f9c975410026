"""Write and read the last results: `last.json` for the guard, README.md for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mock_server.bench.machine import Machine
from mock_server.bench.results import Row, SuiteRow, row_from_json, row_to_json
from mock_server.bench.tables import as_markdown, put_between, server_table, suite_table

LAST = Path(__file__).with_name("last.json")
README = Path(__file__).with_name("README.md")


def write_servers(machine: Machine, rows: Sequence[Row]) -> None:
    """Record the results of the servers in both files."""
    rounded = {row.server: row_to_json(row) for row in rows}
    entry = {"machine": dataclasses.asdict(machine), "rows": rounded}
    shown = [row_from_json(server, value) for server, value in rounded.items()]  # rounded alike in both files
    _write("servers", entry, f"{machine}.\n\n{as_markdown(server_table(shown))}")


def write_suites(machine: Machine, rows: Sequence[SuiteRow]) -> None:
    """Record the results of the suites in both files."""
    entry = {"machine": dataclasses.asdict(machine), "rows": [dataclasses.asdict(row) for row in rows]}
    _write("suites", entry, f"{machine}.\n\n{as_markdown(suite_table(rows))}")


def write_guarded(machine: Machine, rows: Iterable[Row]) -> None:
    """Record what the guard measures."""
    _write("guard", {"machine": dataclasses.asdict(machine), "rows": {row.server: row_to_json(row) for row in rows}})


def read_servers(path: Path = LAST, section: str = "servers") -> dict[str, Row]:
    """Return the recorded rows of a section by server."""
    rows = json.loads(path.read_text(encoding="utf-8"))[section]["rows"]
    return {server: row_from_json(server, value) for server, value in rows.items()}


def read_guarded() -> dict[str, Row]:
    """Return what the guard measured at the last record, by server."""
    return read_servers(section="guard")


def _write(section: str, entry: dict[str, Any], shown: str = "") -> None:
    everything = json.loads(LAST.read_text(encoding="utf-8")) if LAST.exists() else {}
    everything[section] = entry
    LAST.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    if shown:
        README.write_text(put_between(README.read_text(encoding="utf-8"), section, shown), encoding="utf-8")
