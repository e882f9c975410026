"""Spread the cells of a campaign over the workers of a Dask cluster."""

from __future__ import annotations

import dataclasses
import os
import queue
import signal
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import Cell
from contract_tests.campaign.conduct import Campaign, CampaignConductor
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.crew import CellDone, CellOrder, Gathered, Opening
from contract_tests.campaign.ledger import WorkerLedger, created_by_workers, forget_workers
from contract_tests.campaign.permit import Permit
from contract_tests.composition.campaign import ABSENCE_S, grounds
from contract_tests.composition.start import first_event
from contract_tests.composition.suites import load_suites
from contract_tests.composition.target import open_target
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.conduct import Job
from contract_tests.engine.watching import RunOver
from contract_tests.operation_suite import judge_with
from contract_tests.results.created import created_view
from contract_tests.results.events import CreatedByWorker, CreatedView, Ending, Event, ExchangeSeen
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings, UsageError

LOCAL = "local"  # instead of an address: workers on this machine
WORKERS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.25  # at what the workers have done
SIGNAL_EVERY_S = 1.0  # how often a worker asks whether to stop, and tells what it created: messages to the scheduler
STOP = -1  # what the command tells workers at the end; a larger number than before as long as it lives
GONE_AFTER_S = 60.0  # without a larger number, the command is dead; it can be busy with a long cell
MOST_NEWS = 500  # breaches that are printed before their cell is complete
ATTEMPTS = 3  # for a cell that fails, besides those for workers that die
_ONE_CELL_AT_A_TIME = threading.Lock()  # in a worker of several threads: Hypothesis seeds a random source for all


@contextmanager
def open_crew(address: str, settings: Settings, permit: Permit, folder: Path) -> Iterator[DaskCrew]:
    """Connect to a cluster, or start one on this machine. address: of the scheduler, or `local`.

    permit: of the whole campaign. folder: of its record. Raises UsageError that names the flag.
    """
    dask = _dask()
    if settings.app is not None:
        raise UsageError("--dask: the workers of a cluster cannot reach the server of --app; give its URL instead")
    with ExitStack() as stack:
        try:
            if address == LOCAL:
                with _ignoring_ctrl_c():
                    cluster = dask.LocalCluster(threads_per_worker=1, n_workers=os.cpu_count(), dashboard_address=None)
                client = dask.Client(stack.enter_context(cluster))
            else:
                client = dask.Client(address, timeout=WORKERS_WITHIN_S)
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=WORKERS_WITHIN_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"--dask: no scheduler with a worker answers at {address}: {error}") from None
        yield DaskCrew(client, settings, permit, folder.absolute())


@contextmanager
def _ignoring_ctrl_c() -> Iterator[None]:
    """Start processes that ignore Ctrl-C, which a terminal sends to all of them: the campaign ends them in order."""
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _dask() -> Any:
    """Import Dask, an extra of the package. Raises UsageError that names the flag."""
    try:
        return import_module("distributed")
    except ImportError:
        raise UsageError("--dask: Dask is missing; install it: pip install 'leadlists-contract-kit[dask]'") from None


class DaskCrew:
    """The workers of a Dask cluster. Dask carries out a cell again if the worker that had it dies."""

    def __init__(self, client: Any, settings: Settings, permit: Permit, folder: Path) -> None:
        self._client = client
        self._settings = settings
        self._permit = permit
        self._folder = folder
        self._under_way: dict[Any, CellOrder] = {}
        self._failed: Counter[int] = Counter()
        self._messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._created: dict[int, dict[str, CreatedView]] = {}  # of each cell under way, by ID
        self._reported: set[str] = set()  # breaches, of which every cell finds some

    def carry_out(
        self, cells: Iterator[Cell], opening: Opening, log: CampaignLog, limits: CampaignBudget
    ) -> Iterator[CellDone | CreatedByWorker | str | None]:
        """Keep every worker busy until the cells or the limits end; yield each cell when it is complete."""
        name = f"leadlists-{opening.started.run_id}-{os.getpid()}"
        pulse = _dask().Variable(name, client=self._client)
        self._client.subscribe_topic(name, lambda event: self._messages.put(event[1]))
        ends_at_s: float | None = None
        try:
            for turn in count():
                pulse.set(turn if ends_at_s is None else STOP)
                for cell, permit in self._startable(cells, log, limits):
                    time_s = limits.left_s if limits.left_s < float("inf") else None
                    known = frozenset(found.key for found in log.findings if found.same)
                    self._submit(CellOrder(cell, opening, self._settings, permit, time_s, known, name, self._folder))
                if not self._under_way:
                    return
                if not limits.allows_more and ends_at_s is None:
                    ends_at_s = time.monotonic() + self._settings.timeout_s + 10 * SIGNAL_EVERY_S
                if ends_at_s is not None and time.monotonic() > ends_at_s:
                    for order in self._under_way.values():
                        yield CellDone(order.cell, (), {}, is_cut_off=True, lost=self._lost(order.cell, ()))
                    return
                yield from self._read_messages()
                yield from self._complete()
                yield None
        finally:
            pulse.set(STOP)
            self._client.cancel(list(self._under_way))

    def _startable(
        self, cells: Iterator[Cell], log: CampaignLog, limits: CampaignBudget
    ) -> Iterator[tuple[Cell, Permit]]:
        """Yield cells, each with its part of the limits, while a worker is free and the limits allow more."""
        while limits.allows_more and (free := len(self._client.nthreads()) - len(self._under_way)) > 0:
            held = [order.permit for order in self._under_way.values()]
            permit = self._permit.share(held, created=log.created, free=free)
            if permit is None or (cell := next(cells, None)) is None:
                return
            yield cell, permit

    def _read_messages(self) -> Iterator[CreatedByWorker | str]:
        """Yield the breaches that workers report, and what they create; keep the IDs."""
        while not self._messages.empty():
            message = self._messages.get()
            if isinstance(message, str):
                if message not in self._reported and len(self._reported) < MOST_NEWS:
                    self._reported.add(message)
                    yield message
                continue
            index, views = message
            if any(order.cell.index == index for order in self._under_way.values()):
                created = tuple(CreatedView(*fields) for fields in views)
                self._created.setdefault(index, {}).update((view.id, view) for view in created)
                yield CreatedByWorker(created)

    def _lost(self, cell: Cell, events: Iterable[Event]) -> tuple[CreatedView, ...]:
        """What workers have created for the cell without these events: those that died."""
        created = self._created.pop(cell.index, {}) | {
            view.id: view for view in created_by_workers(self._folder, cell.index)
        }
        forget_workers(self._folder, cell.index)
        kept = {
            view.id for event in events if isinstance(event, ExchangeSeen) and (view := created_view(event.exchange))
        }
        return tuple(view for name, view in created.items() if name not in kept)

    def _submit(self, order: CellOrder) -> None:
        self._under_way[self._client.submit(carry_out_cell, order, pure=False)] = order

    def _complete(self) -> Iterator[CellDone]:
        """Wait a little, and yield the cells that are complete."""
        try:
            _dask().wait(list(self._under_way), timeout=LOOK_EVERY_S, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return
        for future in [future for future in self._under_way if future.done()]:
            order = self._under_way.pop(future)
            try:
                done: CellDone = future.result()
                yield replace(done, lost=self._lost(order.cell, done.events))
            except Exception as error:  # of whatever kind: the cell is carried out again, or the campaign ends
                self._failed[order.cell.index] += 1
                if self._failed[order.cell.index] < ATTEMPTS:
                    self._submit(order)
                else:
                    why = f"{order.cell.name} could not be carried out: {type(error).__name__}: {error}"
                    yield CellDone(order.cell, (), {}, (Ending.FAILED, why), lost=self._lost(order.cell, ()))


class SignalledBudget(CampaignBudget):
    """The limits of one cell, which also end when the campaign gives a signal, or none for long."""

    def __init__(self, log: CampaignLog, pulse: Any, *, max_time_s: float | None, max_created: int | None) -> None:
        super().__init__(log, max_time_s=max_time_s, max_created=max_created)
        self._pulse = pulse
        self._asked_at_s = self._lived_at_s = time.monotonic()
        self._turn = 0

    @property
    def allows_more(self) -> bool:
        """Return whether the budget allows another request."""
        if time.monotonic() - self._asked_at_s >= SIGNAL_EVERY_S:
            self._asked_at_s = time.monotonic()
            turn = self._pulse.get()
            if turn > self._turn:
                self._turn, self._lived_at_s = turn, self._asked_at_s
            if turn == STOP or self._asked_at_s - self._lived_at_s > GONE_AFTER_S:
                self.end()
        return super().allows_more


def carry_out_cell(order: CellOrder) -> CellDone:
    """Carry out one cell on a worker, and report new breaches at once."""
    with _ONE_CELL_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the command: they are about strategies that no user can change
        worker = _dask().get_worker()
        log = CampaignLog(gathered := Gathered(WorkerLedger(order.folder, order.cell.index)))
        over: tuple[Ending, str] | None = None
        reported: set[object] = set()
        created: list[tuple[object, ...]] = []
        reported_at_s = time.monotonic()
        with _open_cell(order, log, _dask().Variable(order.signal)) as conductor:
            try:
                for _ in conductor.carry_out(order.cell, order.opening):
                    for event in log.waiting():
                        if isinstance(event, ExchangeSeen) and (view := created_view(event.exchange)):
                            created.append(dataclasses.astuple(view))
                    news = [found.key for found in log.findings if found.key not in reported]
                    if created and (news or time.monotonic() - reported_at_s > SIGNAL_EVERY_S):
                        worker.log_event(order.signal, [order.cell.index, created])
                        created, reported_at_s = [], time.monotonic()
                    for key in news:
                        reported.add(key)
                        worker.log_event(order.signal, f"{key.clause}: {key.cause} ({key.place})")
            except RunOver as ended:
                over = ended.ending, ended.why
                conductor.record_rest()
            is_cut_off = over is not None or conductor.is_asked_to_end
        return CellDone(order.cell, tuple(gathered.events), gathered.files, over, is_cut_off)


@contextmanager
def _open_cell(order: CellOrder, log: CampaignLog, pulse: Any) -> Iterator[CampaignConductor]:
    """Join the parts of a campaign that carries out one cell. Raises RunOver if the worker has another kit."""
    settings = replace(order.settings, connections=1, rate_per_s=order.permit.rate_per_s)
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    started = order.opening.started
    own = first_event(terms)
    if (own.version, own.spec_sha256) != (started.version, started.spec_sha256):
        raise UsageError(f"a worker has version {own.version} of the kit, the campaign has {started.version}")
    masker = Masker(settings.secrets)
    budget = SignalledBudget(log, pulse, max_time_s=order.time_s, max_created=order.permit.max_created)
    suites = load_suites(settings.suites)
    grounds_of = partial(grounds, terms, suites, started.run_id)
    campaign = Campaign(lambda left: (), grounds_of, started.run_id, known=order.known)
    job = Job(started, order.opening.plans, shrinks=False)
    log.summing.add(started)
    with open_target(settings, budget.pause, masker, allows=order.permit.allows, absence_s=ABSENCE_S) as target:
        yield CampaignConductor(
            target, judge_with(terms, suites), job, campaign, budget=budget, secrets=masker, log=log
        )
