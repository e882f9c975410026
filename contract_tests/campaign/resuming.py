"""Continue a campaign that was cut off: read its record, and answer the requests in it from the record.

The record is a list of segments: the planned requests, then one cell after the other. Of these the last can be
incomplete, and those that other processes did not complete. They and the planned requests are carried out again, but a
request that the record has is not sent: its recorded response is judged again, so that the cell goes on as if nothing
had happened. Complete cells are only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import orjson

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.engine.watching import is_signed_out
from contract_tests.results.discoveries import LONGEST_GAP_S
from contract_tests.results.events import Event, ExchangesCounted, ExchangeSeen, RunStarted, Stage, StageStarted
from contract_tests.results.files import lock
from contract_tests.results.numbers import CALLED_FOR, NUMBERS_OF_A_CELL
from contract_tests.results.record import FILE_NAME, Record, RecordError, to_line
from contract_tests.results.record_reading import read_events
from contract_tests.results.result import OUTSIDE_THE_CONTRACT
from contract_tests.results.views import ExchangeView, Mask, RequestView, mask_bytes, unmasked, view_wire
from contract_tests.target.client import Target
from contract_tests.target.connections import Way
from contract_tests.target.exchange import Exchange, Request, Response

PLANNED = -1  # the index of the planned requests, before all cells
SENT_ANEW = CALLED_FOR // 2  # is added to the number of a request if the record has another one


@dataclass
class _Segment:
    """A part of the record that is carried out again. lines: of its events other than exchanges."""

    exchanges: dict[int, ExchangeView] = field(default_factory=dict)
    lines: Counter[bytes] = field(default_factory=Counter)


class Past:
    """What the record of a campaign has, as far as its continuation needs it."""

    def __init__(self, folder: Path, secrets: Mapping[str, str], mask: Mask) -> None:
        """Cut the record off after its last exchange, since all other events follow from exchanges, and read it.

        secrets: secret -> expression that replaces it in the record. mask: replaces them. Raises RecordError.
        """
        self.folder = folder
        self._secrets, self._mask = secrets, mask
        _cut_off(folder / FILE_NAME)
        self._again: dict[int, _Segment] = {}  # index of a cell, or PLANNED -> what is carried out again
        self._complete: set[int] = set()
        self.elapsed_s = 0.0
        self.requests: Counter[int] = Counter()  # of each cell
        self.started: RunStarted | None = None
        self._read()

    def _read(self) -> None:
        current, before_s = PLANNED, 0.0
        self._again[current] = _Segment()
        cut_off: set[int | None] = {PLANNED}
        for event in read_events(self.folder):
            if isinstance(event, RunStarted):
                self.started = event
            if isinstance(event, StageStarted) and event.kind is Stage.CELL and event.cell is not None:
                if current not in cut_off:
                    del self._again[current]
                    self._complete.add(current)
                current = event.cell
                self._again[current] = _Segment()
            if isinstance(event, StageStarted) and event.kind is Stage.CUT_OFF:
                cut_off.add(event.cell)
            if isinstance(event, ExchangeSeen):
                # By number: a cell that was cut off goes on after others.
                cell = event.exchange.number // NUMBERS_OF_A_CELL + PLANNED
                self._again.setdefault(cell, _Segment()).exchanges[event.exchange.number] = event.exchange
                if event.is_counted:
                    continue
                self.requests[cell] += 1
                before_s = self._passed(before_s, event.exchange.sent_at_s)
            elif isinstance(event, ExchangesCounted):
                self.requests[current] += event.requests
                if event.sent_at_s:
                    before_s = self._passed(before_s, event.sent_at_s)
            else:
                self._again[current].lines[to_line(event)] += 1

    def _passed(self, before_s: float, sent_s: float) -> float:
        """Add the time between two requests to the elapsed time; return the later one."""
        self.elapsed_s += min(max(sent_s - (before_s or sent_s), 0.0), LONGEST_GAP_S)
        return sent_s

    def complete_cells(self) -> Iterator[tuple[int, list[Event]]]:
        """Yield each complete cell with its events, in the order of the record."""
        current, events = PLANNED, list[Event]()
        for event in read_events(self.folder):
            if isinstance(event, StageStarted) and event.kind is Stage.CELL and event.cell is not None:
                if current in self._complete:
                    yield current, events
                current, events = event.cell, []
            if current in self._complete:
                events.append(event)

    def recall(self, request: Request, label: str, number: int) -> Exchange | None:
        """Return the recorded exchange of this number; None if the record has none, another one, or only a part."""
        view = self._find(number)
        if view is None or not self._is_same(view, request) or (view.response and view.response.body.is_cut):
            return None
        seen = view.response
        response = None
        if seen is not None:
            headers = tuple((name, self._filled(value)) for name, value in seen.headers)
            response = Response(seen.status, headers, self._filled(seen.body.data.decode("latin-1")).encode("latin-1"))
        return Exchange(request, response, view.failure, view.sent_at_s, view.sent_at_s + view.elapsed_s, label, number)

    def free_number(self, number: int) -> int:
        """Return the number for a request that is sent now: another one if the record uses it."""
        return number if self._find(number) is None else number + SENT_ANEW

    def has(self, event: Event) -> bool:
        """Return whether the record has the event; each recorded one counts once."""
        if isinstance(event, ExchangeSeen):
            return self._find(event.exchange.number) is not None
        line = to_line(event)
        for segment in self._again.values():
            if segment.lines[line] > 0:
                segment.lines[line] -= 1
                return True
        return False

    def _find(self, number: int) -> ExchangeView | None:
        segment = self._again.get(number // NUMBERS_OF_A_CELL + PLANNED)
        return segment.exchanges.get(number) if segment else None

    def requests_of(self, label: str) -> list[Request]:
        """Return the recorded requests before the cells that have this label, each once, in the order of sending."""
        found = sorted(self._again[PLANNED].exchanges.values(), key=lambda view: view.number)
        return list(dict.fromkeys(self._request(view.request) for view in found if view.label == label))

    def _request(self, view: RequestView) -> Request:
        headers = tuple((name, self._filled(value)) for name, value in view.headers)
        body = self._filled(view.body.data.decode("latin-1")).encode("latin-1")
        return Request(view.method, self._filled(view.url), headers, body, view.chunked, view.in_parts)

    def _filled(self, text: str) -> str:
        return unmasked(text, self._secrets)

    def _is_same(self, view: ExchangeView, request: Request) -> bool:
        seen = view.request
        return (
            (seen.method, seen.url) == (request.method, self._mask(request.url))
            and (seen.chunked, seen.in_parts) == (request.chunked, request.in_parts)
            and seen.headers == tuple((name, self._mask(value)) for name, value in request.headers)
            and seen.body.size_bytes == len(request.body)
            and (seen.body.is_cut or seen.body.data == mask_bytes(request.body, self._mask))
            and seen.wire == (request.wire and view_wire(request.wire, self._mask))
        )


class RecallingTarget(Target):
    """A target that sends only what the record does not have."""

    def __init__(self, past: Past, **options: Any) -> None:
        super().__init__(**options)
        self._past = past

    def send(self, request: Request, label: str = "", number: int = 0, *, way: Way | None = None) -> Exchange:
        """Return the recorded exchange, or send the request."""
        recorded = self._past.recall(request, label, number)
        return recorded or super().send(request, label, self._past.free_number(number), way=way)


class ResumedLog(CampaignLog):
    """The log of a campaign that goes on: it writes only what the record does not have."""

    def __init__(self, record: Record, past: Past) -> None:
        super().__init__(record)
        self._past = past
        self._emits_recorded = False

    def write(self, event: Event, *, is_news: bool = True) -> None:
        """Append one event to the record if it is new."""
        if not (self._emits_recorded or self._past.has(event)):
            super().write(event, is_news=is_news)

    def emit_recorded(self) -> Iterator[tuple[int, int]]:
        """Emit the recorded events of each complete cell; yield its index and the number of its requests."""
        for index, events in self._past.complete_cells():
            self._emits_recorded = True
            for event in events:
                self.emit(event)
            self._emits_recorded = False
            self.take()
            yield index, self._past.requests[index]


def resumable(past: Past, described: RunStarted) -> RunStarted:
    """Return the recorded first event. described: what a campaign with the present options would begin with.

    Raises RecordError if the options, the contract or the kit are others, since then other requests would be sent.
    """
    started = past.started
    if started is None:
        raise RecordError(f"{past.folder} holds no run: its record has no whole first line")
    described = replace(described, at=started.at)
    for name in (each.name for each in fields(RunStarted)):
        if getattr(started, name) != getattr(described, name):
            raise RecordError(
                f"{past.folder} was recorded with another {name}; resume with the options of that campaign"
            )
    return started


def _cut_off(path: Path) -> None:
    """Cut the record off after its last exchange.

    If the campaign ended because the server was out of reach, also cut off the exchanges that show this.
    """
    position = whole = reachable = 0
    ending = ""
    try:
        with path.open("r+b") as file:
            lock(file)
            while (line := file.readline()).endswith(b"\n"):
                position += len(line)
                event = _fields(line)
                if event.get("event") in {"run", "exchange", "counted", "created"}:
                    whole = position
                if event.get("event") in {"run", "counted", "created"} or _is_reachable(event):
                    reachable = position
                ending = event.get("ending", ending)
            file.truncate(reachable if ending in OUTSIDE_THE_CONTRACT else whole)
    except BlockingIOError:
        raise RecordError(f"{path} is still being written by the campaign") from None
    except OSError as error:
        raise RecordError(f"{path} cannot be continued: {error.strerror}") from None


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:  # half a surrogate pair, in a verdict or an exchange
        return {"event": "exchange"} if line.startswith(b'{"event": "exchange"') else {}
    return fields if isinstance(fields, dict) else {}


def _is_reachable(event: Mapping[str, Any]) -> bool:
    """Return whether the event is an exchange in which the server was neither out of reach nor refused the login."""
    if event.get("event") != "exchange":
        return False
    response = event.get("exchange", {}).get("response")
    status = int(response["status"]) if response else 0
    return status > 0 and status != 429 and status < 500 and not is_signed_out(status)
