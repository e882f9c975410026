"""Unite the records of several shards of a campaign into one, as if one process had sent everything."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.examples import unite_examples
from contract_tests.results.event_log import now_text
from contract_tests.results.events import (
    CreatedByWorker,
    Ending,
    Event,
    ExchangesCounted,
    ExchangeSeen,
    FailureRepeated,
    Part,
    RunEnded,
    RunStarted,
    StageStarted,
    VerdictGiven,
)
from contract_tests.results.numbers import NUMBERS_OF_A_CELL
from contract_tests.results.record import RecordError
from contract_tests.results.record_reading import read_events
from contract_tests.results.views import ExchangeView

NUMBERS_OF_A_SHARD = 10**12  # more than the cells of a campaign of weeks use


def _part_of(started: RunStarted, folder: Path) -> Part:
    """Return the part of a campaign that a record has; raise RecordError if it has none."""
    if started.part is None:
        raise RecordError(f"{folder} has a run; only parts of a campaign of `fuzz` can be united")
    if started.part.merged:
        raise RecordError(f"{folder} is a union already; name the folders that it was made of")
    return started.part


def merge(folders: Sequence[Path], log: CampaignLog, folder: Path) -> None:
    """Emit the events of all records to a log; copy what is too long to print, and the examples, to its folder.

    The servers may have different addresses, as in CI jobs that start their own. Raises RecordError if a record cannot
    be read, is not a part of the campaign of the first, or holds cells of another record.
    """
    first: RunStarted | None = None
    parts: dict[Part, Path] = {}
    owners: dict[int, Path] = {}  # cell -> the folder with its record
    ends: list[RunEnded] = []
    for index, one in enumerate(folders):
        offset = index * NUMBERS_OF_A_SHARD
        last: RunEnded | None = None
        if first is not None:
            log.emit(StageStarted(f"record {index + 1} of {len(folders)}"))
        for event in read_events(one):
            match event:
                case RunStarted():
                    first = _united(first, event, one, len(folders), log)
                    _check_part(_part_of(event, one), one, parts)
                case RunEnded():
                    last = event
                case _:
                    _check_owner(event, one, owners)
                    _append(log, _moved(event, offset))
        if first is None:
            raise RecordError(f"{one} holds no run: its record has no whole first line")
        ends.append(last or RunEnded("", Ending.INTERRUPTED, f"The record of {one} stops before its end.", 0, 0.0))
        for path in _long_files(one):
            kind, _, number = path.stem.partition("-")
            shutil.copyfile(path, folder / f"{kind}-{int(number) + offset}{path.suffix}")
    unite_examples(folders, folder)
    ends += _missing(parts)
    log.emit(_end(ends))


def _united(first: RunStarted | None, event: RunStarted, folder: Path, count: int, log: CampaignLog) -> RunStarted:
    """Return the first event of the merged record; emit it once."""
    if first is None:
        part = _part_of(event, folder)
        merged = replace(part, index=1, total=1, merged=count)
        log.emit(replace(event, depth=f"{part.campaign}, merged from {count} records", part=merged))
        return event
    for name in ("seed", "spec_sha256"):
        if getattr(event, name) != getattr(first, name):
            raise RecordError(f"{folder} is of another campaign: its {name} is {getattr(event, name)!r}")
    return first


def _check_part(part: Part, folder: Path, parts: dict[Part, Path]) -> None:
    """Remember the part; raise RecordError if another record has it, or if it is of another campaign."""
    if part in parts:
        raise RecordError(f"{folder} and {parts[part]} hold the same part of the campaign")
    for other in parts:
        if (other.campaign, other.total) != (part.campaign, part.total):
            shown = [f"part {each.index} of {each.total} of a {each.campaign}" for each in (part, other)]
            raise RecordError(f"{folder} is of another campaign: it has {shown[0]}, and {parts[other]} {shown[1]}")
    parts[part] = folder


def _missing(parts: Collection[Part]) -> Iterator[RunEnded]:
    """Yield an end for the parts of the campaign that no record has, if there are any."""
    total = max(part.total for part in parts)
    if missing := sorted(set(range(1, total + 1)) - {part.index for part in parts}):
        which = f"Part {missing[0]} of {total} is" if len(missing) == 1 else f"{len(missing)} of {total} parts are"
        shown = f" ({', '.join(map(str, missing))})" if len(missing) > 1 else ""
        yield RunEnded("", Ending.INTERRUPTED, f"{which} missing{shown}.", 0, 0.0)


def _check_owner(event: Event, folder: Path, owners: dict[int, Path]) -> None:
    """Raise RecordError if the event is of a cell that another record holds: its breaches would count twice."""
    numbers: list[int] = []
    if isinstance(event, ExchangeSeen):
        numbers = [event.exchange.number]
    elif isinstance(event, ExchangesCounted):
        numbers = [each.number for each in event.created]
    for cell in {number // NUMBERS_OF_A_CELL for number in numbers} - {0}:
        if owners.setdefault(cell, folder) is not folder:
            raise RecordError(f"{folder} and {owners[cell]} hold the same part of the campaign")


def _append(log: CampaignLog, event: Event) -> None:
    log.emit(event)
    log.take()
    for _ in log.waiting():
        pass


def _moved(event: Event, offset: int) -> Event:
    """Return the event with the numbers of its exchanges moved, as every shard counts from 1."""

    def moved(view: ExchangeView) -> ExchangeView:
        return replace(view, number=view.number + offset)

    match event:
        case ExchangeSeen():
            return replace(event, exchange=moved(event.exchange))
        case VerdictGiven():
            exchanges = tuple(map(moved, event.verdict.exchanges))
            return replace(event, verdict=replace(event.verdict, exchanges=exchanges))
        case ExchangesCounted() | CreatedByWorker():
            created = tuple(replace(each, number=each.number + offset) for each in event.created)
            return replace(event, created=created)
        case FailureRepeated() if event.exchange:
            return replace(event, exchange=event.exchange + offset)
        case _:
            return event


def _long_files(folder: Path) -> Iterator[Path]:
    """Return the files with what is too long to print, named after a kind and the number of the request."""
    return (path for kind in ("body", "message") for path in folder.glob(f"{kind}-*.bin"))


def _end(ends: Sequence[RunEnded]) -> RunEnded:
    """Return how the shards ended together: as the first that ended early, if there is one, and why each did."""
    early = [end for end in ends if end.ending is not Ending.COMPLETE] or ends[:1]
    why = " ".join(dict.fromkeys(end.why for end in early))
    duration_s = max(end.duration_s for end in ends)
    return RunEnded(now_text(), early[0].ending, why, sum(end.requests for end in ends), duration_s)
