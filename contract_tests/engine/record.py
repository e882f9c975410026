"""Write the record of a run, `run.ndjson`, one line for each event, and read it back."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from contract_tests.contract.deviations import Deviation
from contract_tests.contract.specification import Clause, Treatment
from contract_tests.engine.events import (
    Breaches,
    CreatedView,
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    ReadingObserved,
    ReadingView,
    RunEnded,
    RunStarted,
    StageStarted,
    VerdictGiven,
)
from contract_tests.engine.files import lock, write_whole
from contract_tests.engine.result import RunResult, sum_up
from contract_tests.engine.views import BodyView, ExchangeView, RequestView, ResponseView, VerdictView
from contract_tests.judging.verdict import Outcome
from contract_tests.target.exchange import Wire

RUNS_FOLDER = Path(".leadlists") / "runs"
FILE_NAME = "run.ndjson"
FORMAT = 1  # the version of the lines; other versions are refused

_KINDS: Mapping[type[Any], str] = {
    RunStarted: "run",
    StageStarted: "stage",
    ExchangeSeen: "exchange",
    ExchangesCounted: "counted",
    ReadingObserved: "observed",
    VerdictGiven: "verdict",
    FailureRepeated: "repeated",
    RunEnded: "end",
}


class RecordError(Exception):
    """A record cannot be read or written; the message names the file and the problem."""


class UnwritableRecord(RecordError):
    """A new record cannot be written to its folder."""


class Record:
    """Appends the events of one run to its file, one line for each.

    A full disk ends the record, not the run; `problem` then has the reason.
    """

    def __init__(self, folder: Path) -> None:
        """Create the folder and the file; raise UnwritableRecord with the name of the folder."""
        self.folder = folder
        self.problem = ""
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

    @property
    def path(self) -> Path:
        """The file with the events."""
        return self.folder / FILE_NAME

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Append one event; sync a broken clause to disk at once. is_news: no meaning here."""
        if self.problem:
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
        else:
            self._whole_bytes += len(line)

    def write_body(self, number: int, body: bytes) -> None:
        """Write the complete body of a request to a file, for commands that are too long to print."""
        if self.problem:
            return
        try:
            write_whole(self.folder / body_file_name(number), body)
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


# -- lines ------------------------------------------------------------------------------------------------------------


def to_line(event: Event) -> bytes:
    """Return the event as one line of JSON. A verdict refers to its exchanges by number; each has its own line."""
    fields: dict[str, Any] = {"event": _KINDS[type(event)]}
    if isinstance(event, RunStarted):
        fields["format"] = FORMAT
    fields |= _plain(event)
    try:
        return orjson.dumps(fields, _plain, orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:  # half a surrogate pair from a response, which JSON can only have as an escape
        return json.dumps(fields, default=_plain).encode() + b"\n"


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a value of an event by name, as they are."""
    if isinstance(value, BodyView):
        return _plain_body(value)
    if isinstance(value, Mapping):
        return dict(value)
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, VerdictView):
        fields["exchanges"] = [exchange.number for exchange in value.exchanges]
    if isinstance(value, Wire):
        fields["data"] = base64.b64encode(value.data).decode()
    return fields


def _plain_body(body: BodyView) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = {"text": body.data.decode("utf-8")}
    except UnicodeDecodeError:
        plain = {"base64": base64.b64encode(body.data).decode()}
    return plain | {"size_bytes": body.size_bytes} | ({"sha256": body.sha256} if body.is_cut else {})


# -- reading ----------------------------------------------------------------------------------------------------------


def read_events(folder: Path) -> Iterator[Event]:
    """Yield the events of a recorded run; ignore an incomplete last line.

    folder: the folder of the run, or the file itself. Raise RecordError with the file and the line.
    """
    path = folder / FILE_NAME if folder.is_dir() else folder
    try:
        with path.open("rb") as file:
            places: dict[int, int] = {}  # number of an exchange -> where its line begins

            def exchange(number: int) -> ExchangeView:
                here = file.tell()
                file.seek(places[number])
                found = _exchange(_json(file.readline())["exchange"])
                file.seek(here)
                return found

            count, start = 0, 0
            while line := file.readline():
                count += 1
                if not line.endswith(b"\n"):
                    return
                fields = _checked(line, path, count)
                if fields["event"] == "exchange":
                    places[fields["exchange"]["number"]] = start
                start = file.tell()
                try:
                    yield _event(fields, exchange)
                except (KeyError, TypeError, ValueError) as error:
                    raise RecordError(f"{path}, line {count}: not an event of this kit: {error!r}") from None
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}") from None


def read_result(folder: Path) -> RunResult:
    """Return the result of a recorded run, equal to that of the run itself; raise RecordError."""
    try:
        return sum_up(read_events(folder))
    except ValueError:
        raise RecordError(f"{folder} contains no run: its record has no complete first line") from None


def _clause(fields: dict[str, Any]) -> Clause:
    return Clause(**{**fields, "refused_with": tuple(fields.get("refused_with", ()))})


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:  # a lone surrogate
        return json.loads(line)


def _checked(line: bytes, path: Path, count: int) -> dict[str, Any]:
    try:
        fields = _json(line)
    except ValueError as error:
        raise RecordError(f"{path}, line {count}: not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("event") not in _KINDS.values():
        raise RecordError(f"{path}, line {count}: not an event of this kit")
    if fields["event"] == "run" and fields.pop("format", None) != FORMAT:
        raise RecordError(f"{path} was written by another version of this kit; run again to get a record of this one")
    return fields


def _event(fields: dict[str, Any], exchange: Any) -> Event:
    kind = fields.pop("event")
    match kind:
        case "run":
            fields["clauses"] = tuple(map(_clause, fields["clauses"]))
            fields["readings"] = tuple(_reading(reading) for reading in fields["readings"])
            fields["deviations"] = tuple(Deviation(**each) for each in fields["deviations"])
            fields["fail_on"] = Outcome(fields["fail_on"])
            return RunStarted(**fields | {name: tuple(fields[name]) for name in ("users", "variables")})
        case "stage":
            return StageStarted(**fields)
        case "exchange":
            observed = tuple((reading, option) for reading, option in fields["observed"])
            is_counted = bool(fields.get("is_counted"))
            return ExchangeSeen(_exchange(fields["exchange"]), tuple(fields["held"]), observed, is_counted)
        case "counted":
            lists = {name: tuple(map(tuple, fields[name])) for name in ("held", "observed", "outcomes")}
            breaches = tuple(Breaches(**each) for each in fields["breaches"])
            created = tuple(CreatedView(**each) for each in fields["created"])
            return ExchangesCounted(**fields | lists | {"breaches": breaches, "created": created})
        case "verdict":
            verdict = fields["verdict"]
            exchanges = tuple(exchange(number) for number in verdict["exchanges"])
            outcome = Outcome(verdict["outcome"])
            return VerdictGiven(
                VerdictView(**verdict | {"exchanges": exchanges, "outcome": outcome}), fields["smallest"]
            )
        case "observed":
            return ReadingObserved(**fields)
        case "repeated":
            return FailureRepeated(**fields)
        case _:
            return RunEnded(**fields | {"ending": Ending(fields["ending"])})


def _reading(fields: dict[str, Any]) -> ReadingView:
    return ReadingView(**fields | {"treatments": {o: Treatment(t) for o, t in fields["treatments"].items()}})


def _exchange(fields: dict[str, Any]) -> ExchangeView:
    request, response = fields["request"], fields["response"]
    return ExchangeView(
        **fields
        | {
            "request": RequestView(**request | _headers_and_body(request)),
            "response": response and ResponseView(**response | _headers_and_body(response)),
        }
    )


def _headers_and_body(fields: dict[str, Any]) -> dict[str, Any]:
    headers = tuple((name, value) for name, value in fields["headers"])
    body = fields["body"]
    data = body["text"].encode() if "text" in body else base64.b64decode(body["base64"])
    found: dict[str, Any] = {"headers": headers, "body": BodyView(data, body["size_bytes"], body.get("sha256", ""))}
    if wire := fields.get("wire"):
        found["wire"] = Wire(**wire | {"data": base64.b64decode(wire["data"])})
    return found
