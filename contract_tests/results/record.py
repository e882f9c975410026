"""Write the record of a run, `run.ndjson`, one line for each event. `record_reading` reads it back."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from contract_tests.judging.verdict import Outcome
from contract_tests.results.created import created_by
from contract_tests.results.events import (
    CreatedByWorker,
    CreatedView,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    ReadingObserved,
    RunEnded,
    RunStarted,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.files import lock, write_whole
from contract_tests.results.views import BodyView, VerdictView

RUNS_FOLDER = Path(".leadlists") / "runs"
FILE_NAME = "run.ndjson"
FORMAT = 4  # the version of the lines; other versions are refused

EVENT_KINDS: Mapping[type[Any], str] = {
    RunStarted: "run",
    StageStarted: "stage",
    ExchangeSeen: "exchange",
    ExchangesCounted: "counted",
    CreatedByWorker: "created",
    ReadingObserved: "observed",
    VerdictGiven: "verdict",
    FailureRepeated: "repeated",
    RunEnded: "end",
}


class RecordError(Exception):
    """A record cannot be read or written; the message names the file and the problem."""


class UnwritableRecord(RecordError):
    """A new record cannot be written to its folder."""


MOST_UNWRITTEN = 100_000  # objects that were created after the record had stopped


class Record:
    """Appends the events of one run to its file, one line for each.

    A full disk ends the record, not the run; `problem` then has the reason, and `unwritten` what was created since, the
    newest MOST_UNWRITTEN by their IDs.
    """

    def __init__(self, folder: Path, *, continues: bool = False) -> None:
        """Create the folder and the file; raise UnwritableRecord with the name of the folder.

        continues: whether to append to a record that the folder holds; otherwise that raises RecordError.
        """
        self.folder = folder
        self.problem = ""
        self.unwritten: dict[str, CreatedView] = {}
        self._files: set[str] = set()  # the names of those with what is too long to print
        try:
            if not folder.exists():
                folder.mkdir(parents=True)
                with suppress(OSError):
                    write_whole(folder / ".gitignore", b"*\n")  # does not overwrite one of the user
            self._file = self.path.open("ab", buffering=0)
            lock(self._file)
        except BlockingIOError:
            raise RecordError(f"another process is writing the record in {folder}") from None
        except OSError as error:
            raise UnwritableRecord(f"the record cannot be written to {folder}: {error.strerror}") from None
        self._whole_bytes = self.path.stat().st_size
        if self._whole_bytes and not continues:
            self._file.close()
            raise RecordError(f"{folder} holds the record of another run; name a new folder")

    @property
    def path(self) -> Path:
        """The file with the events."""
        return self.folder / FILE_NAME

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Append one event; sync a broken clause to disk at once. is_news: only a record with a limit uses it."""
        if self.problem:
            self._remember(event)
            return
        line = to_line(event)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
            if isinstance(event, VerdictGiven) and event.verdict.outcome is Outcome.BROKEN:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._give_up(error)
            self._remember(event)
        else:
            self._whole_bytes += len(line)

    def _remember(self, event: Event) -> None:
        """Keep what an event says was created, so that it can still be listed and deleted."""
        for view in created_by(event):
            self.unwritten[view.id] = view
            if len(self.unwritten) > MOST_UNWRITTEN:
                del self.unwritten[next(iter(self.unwritten))]

    def write_long(self, name: str, sent: bytes) -> None:
        """Write what is too long to print to a file of the folder: the complete body of a request, or a message.

        A request that breaks several clauses has one file, which is written once.
        """
        if self.problem or name in self._files:
            return
        try:
            write_whole(self.folder / name, sent)
            self._files.add(name)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        """Keep the complete lines so far, or no file."""
        self.problem = f"The record {self.path} stops before the end of the run: {error.strerror}."
        with suppress(OSError):
            self._file.truncate(self._whole_bytes)
            if not self._whole_bytes:
                self.path.unlink()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def body_file_name(number: int) -> str:
    """Return the name of the file with the body of a request, in the folder of a run."""
    return f"body-{number}.bin"


def message_file_name(number: int) -> str:
    """Return the name of the file with the message of a request, if the record has only its start."""
    return f"message-{number}.bin"


def new_folder(parent: Path | None = None) -> Path:
    """Return a new folder for a run, named after the time: below `parent`, else in the folder for temporary files.

    parent: the current folder by default. It can be read-only, as in some CI systems.
    """
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    folder = (parent or Path.cwd()) / RUNS_FOLDER / f"{stamp}-{os.getpid()}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent):
            return folder
    except OSError:
        return Path(tempfile.gettempdir()) / f"leadlists-{folder.name}"


def to_line(event: Event) -> bytes:
    """Return the event as one line of JSON. A verdict refers to its exchanges by number; each has its own line."""
    fields: dict[str, Any] = {"event": EVENT_KINDS[type(event)]}
    if isinstance(event, RunStarted):
        fields["format"] = FORMAT
    fields |= _plain(event)
    try:
        return orjson.dumps(fields, _plain, orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:  # half a surrogate pair from a response, which JSON can only have as an escape
        return json.dumps(fields, default=_plain).encode() + b"\n"


_FIELD_NAMES: dict[type[Any], tuple[str, ...]] = {}  # of the values in events; asking for them takes long


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a value of an event by name, as they are."""
    if isinstance(value, BodyView):
        return _plain_body(value)
    if isinstance(value, Mapping):
        return dict(value)
    if (names := _FIELD_NAMES.get(type(value))) is None:
        names = _FIELD_NAMES[type(value)] = tuple(field.name for field in dataclasses.fields(value))
    fields = {name: getattr(value, name) for name in names}
    if isinstance(value, VerdictView):
        fields["exchanges"] = [exchange.number for exchange in value.exchanges]
    return fields


def _plain_body(body: BodyView) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = {"text": body.data.decode("utf-8")}
    except UnicodeDecodeError:
        plain = {"base64": base64.b64encode(body.data).decode()}
    plain |= {"size_bytes": body.size_bytes} | ({"sha256": body.sha256} if body.is_cut else {})
    return plain | ({"id": body.id} if body.id else {})
