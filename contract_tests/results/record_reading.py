"""Read the record of a run, `run.ndjson`: its events, and the result that they sum up to."""

from __future__ import annotations

import base64
import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import orjson

from contract_tests.contract.deviations import Deviation
from contract_tests.contract.specification import Clause, Treatment
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import (
    Breaches,
    CreatedByWorker,
    CreatedView,
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    Part,
    ReadingObserved,
    ReadingView,
    RunEnded,
    RunStarted,
    Stage,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.record import EVENT_KINDS, FILE_NAME, FORMAT, RecordError
from contract_tests.results.result import RunResult
from contract_tests.results.summing import Summing
from contract_tests.results.views import BodyView, ExchangeView, RequestView, ResponseView, VerdictView, WireView

# What the values of other programs can raise where ours are expected.
FOREIGN = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


def read_events(folder: Path, only: Container[str] = frozenset(EVENT_KINDS.values())) -> Iterator[Event]:
    """Yield the events of a recorded run; ignore an incomplete last line.

    folder: the folder of the run, or the file itself. only: the kinds of events that are wanted; "verdict" needs the
    memory for the place of each exchange. Raise RecordError with the file and the line.
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
                try:
                    if fields["event"] == "exchange" and "verdict" in only:
                        places[fields["exchange"]["number"]] = start
                    start = file.tell()
                    event = _event(fields, exchange) if fields["event"] in only else None
                except FOREIGN as error:
                    raise RecordError(f"{path}, line {count}: not an event of this kit: {error!r}") from None
                if event is not None:
                    yield event
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}") from None


def read_result(folder: Path) -> RunResult:
    """Return the result of a recorded run, equal to that of the run itself; raise RecordError."""
    summing = Summing()
    try:
        for event in read_events(folder):
            summing.add(event)
        return summing.result()
    except FOREIGN as error:
        raise RecordError(f"{folder} contains an event that is not of this kit: {error!r}") from None
    except LookupError:
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
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path}, line {count}: not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("event") not in EVENT_KINDS.values():
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
            fields["part"] = fields["part"] and Part(**fields["part"])
            return RunStarted(
                **fields | {name: tuple(fields.get(name, ())) for name in ("users", "variables", "suites")}
            )
        case "stage":
            return StageStarted(**fields | {"kind": Stage(fields["kind"])})
        case "exchange":
            observed = tuple((reading, option) for reading, option in fields["observed"])
            is_counted = bool(fields.get("is_counted"))
            return ExchangeSeen(_exchange(fields["exchange"]), tuple(fields["held"]), observed, is_counted)
        case "counted":
            counts = ("held", "observed", "outcomes", "times")
            lists = {name: tuple(map(tuple, fields.get(name, ()))) for name in counts}
            breaches = tuple(Breaches(**each) for each in fields["breaches"])
            return ExchangesCounted(**fields | lists | {"breaches": breaches, "created": _created(fields)})
        case "created":
            return CreatedByWorker(_created(fields))
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


def _created(fields: dict[str, Any]) -> tuple[CreatedView, ...]:
    return tuple(CreatedView(**each) for each in fields["created"])


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
    found: dict[str, Any] = {"headers": headers, "body": _body(fields["body"])}
    if wire := fields.get("wire"):
        found["wire"] = WireView(**wire | {"sent": _body(wire["sent"])})
    return found


def _body(fields: dict[str, Any]) -> BodyView:
    data = fields["text"].encode() if "text" in fields else base64.b64decode(fields["base64"])
    return BodyView(data, fields["size_bytes"], fields.get("sha256", ""), fields.get("id", ""))
