"""Read what a run created from its record, and from the files of workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import orjson

from contract_tests.results.created import created_by
from contract_tests.results.events import CreatedByWorker, CreatedView
from contract_tests.results.record import FILE_NAME
from contract_tests.results.record_reading import read_events

WORKER_FILES = "created-{cell}-*.ndjson"  # in the folder of a campaign: what the workers of one cell have created


@dataclass(frozen=True, slots=True)
class Created:
    """An object that a run created. at_s: seconds of the Unix epoch. user: first, second, or empty without a login."""

    id: str
    at_s: float
    number: int
    user: str


class WorkerLedger:
    """Writes what one worker creates to the folder of the campaign, if it shares the file system with the command."""

    def __init__(self, folder: Path, cell: int) -> None:
        """folder: as the command names it. cell: the index of the cell that the worker carries out."""
        self._path = folder / WORKER_FILES.format(cell=cell).replace("*", f"{socket.gethostname()}-{os.getpid()}")
        self._is_shared = (folder / FILE_NAME).exists()

    def add(self, view: CreatedView) -> None:
        """Write one object at once, so that it is not lost whatever dies."""
        if self._is_shared:
            with suppress(OSError), self._path.open("ab") as file:
                file.write(orjson.dumps(view) + b"\n")


def created_by_workers(folder: Path, cell: int | str = "*") -> Iterator[CreatedView]:
    """Return what workers have written to the folder of a campaign. cell: the index of one cell, or all cells."""
    for path in sorted(folder.glob(WORKER_FILES.format(cell=cell))):
        for line in path.read_bytes().splitlines():
            with suppress(orjson.JSONDecodeError):  # half a line of a process that was killed
                yield CreatedView(**orjson.loads(line))


def forget_workers(folder: Path, cell: int) -> None:
    """Remove what the workers of a cell have written, because the record has it now."""
    for path in folder.glob(WORKER_FILES.format(cell=cell)):
        path.unlink(missing_ok=True)


def created_in(folder: Path, unwritten: Mapping[str, CreatedView] = MappingProxyType({})) -> Iterator[Created]:
    """Return every object that a recorded run created, also a run that was cut off. Raises RecordError.

    unwritten: what the record does not have, since the disk was full.
    """
    under_way = {view.id: _created(view) for view in created_by_workers(folder)}  # what no complete cell has created
    under_way.update((name, _created(view)) for name, view in unwritten.items())
    has_none = bool(unwritten) and not (folder / FILE_NAME).exists()
    for event in () if has_none else read_events(folder, only=("exchange", "counted", "created")):
        if isinstance(event, CreatedByWorker):
            under_way.update((each.id, _created(each)) for each in event.created)
            continue
        for view in created_by(event):
            under_way.pop(view.id, None)
            yield _created(view)
    yield from under_way.values()


def _created(view: CreatedView) -> Created:
    return Created(view.id, view.at_s, view.number, _user(view.login))


def _user(login: str) -> str:
    return "second" if "LEADLISTS_SECOND" in login else "first" if login else ""
