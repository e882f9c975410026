"""Judges known servers, a few at a time: each faulty one must be caught by its clause, no right one accused."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from contract_tests.contract.specification import Specification, load_specification
from contract_tests.engine.record import Record
from contract_tests.engine.run import Run, TargetError
from contract_tests.engine.searches import ZONES, search_schema, search_zone
from contract_tests.judging.expectation import Terms
from contract_tests.judging.judge import Judge
from contract_tests.judging.verdict import Outcome
from contract_tests.lead_lists.plans import make_plan
from contract_tests.selfcheck.serving import serve
from contract_tests.selfcheck.subjects import CARRIERS, SEEDS, Subject
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Session, Settings
from contract_tests.target.client import Target
from contract_tests.target.exchange import Exchange

AT_ONCE = 2 * (os.cpu_count() or 1)  # half of a quick run is waiting for the server's clock to move


@dataclass(frozen=True, slots=True)
class Result:
    """What the suite made of a subject: clauses that it called broken, advisory ones that it warned of."""

    subject: Subject
    broken: tuple[str, ...]
    advised: tuple[str, ...] = ()
    unseen: str = ""  # a reading that the suite did not see the subject follow

    @property
    def right(self) -> bool:
        """Whether the suite was: the clause named, or nobody accused and the reading seen."""
        if self.subject.clause:
            return self.subject.clause in self.broken + self.advised
        return not self.broken and not self.unseen


def check(subjects: Sequence[Subject], settings: Settings) -> Iterator[Result]:
    """Judge every subject; results come as they are ready.

    settings: what the user accepts and judges (readings, clauses, depth); its target and logins are not used.
    """
    context = get_context("spawn")  # a fork would take the threads of a parent with it
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(AT_ONCE, context) as pool:
        pending = [pool.submit(_judge, s, settings, Path(folder) / str(n)) for n, s in enumerate(subjects)]
        try:
            for done in as_completed(pending):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


_specification = cache(load_specification)  # once for each process


def _judge(subject: Subject, settings: Settings, folder: Path) -> Result:
    specification = _specification(settings.spec_folder)
    with serve(subject) as ready:
        users = [
            Session(
                name,
                bearer=user["token"] if "bearer" in subject.carriers else None,
                cookie=("__session", user["token"]) if "cookie" in subject.carriers else None,
                user_id=user["id"],
            )
            for name, user in zip(("first", "second"), ready["users"][:2], strict=True)
        ]
        own = replace(
            settings,
            url=ready["url"],
            first=users[0],
            second=users[1],
            expired_bearer="expired" if CARRIERS[0] in subject.carriers else None,
            readings={**subject.readings, **settings.readings},
        )
        return _run(own, specification, folder, subject)


def _run(settings: Settings, specification: Specification, folder: Path, subject: Subject) -> Result:
    terms = Terms.of(specification, settings)
    record = Record(folder, Masker(settings.secrets))
    with Target(timeout_s=settings.timeout_s, connections=settings.connections) as target:
        run = Run(target, Judge(terms), record, specification.select(settings.clauses))
        if subject.clause:
            run.progress = partial(_stop_when_caught, run, subject.clause)
        try:
            for operation in run.operations:
                plan = make_plan(terms, operation, "selfcheck")
                run.discover(plan)
                run.carry_out(plan)
        except TargetError:
            # To a login that is known to be good, such an answer is itself the breach.
            return Result(subject, ("success.created", "access.carrier.bearer", "error.envelope"))
        _search(run, subject)
        advisory = {clause.id for clause in specification.clauses.values() if clause.advisory}
        result = Result(
            subject,
            tuple(verdict.clause for verdict in run.broken),
            tuple(verdict.clause for verdict in run.warned if verdict.clause in advisory),
            subject.shows if subject.shows and not _seen(run, subject.shows) else "",
        )
    record.close()
    return result


def _stop_when_caught(run: Run, clause: str, _: Exchange) -> None:
    """What is left of a run cannot take back what it has found."""
    if clause in run.evidence and run.evidence[clause].outcome is Outcome.BROKEN:
        run.deadline = time.monotonic()


def _search(run: Run, subject: Subject) -> None:
    """The searches of the depth, with a share of the examples for each seed; for a broken clause, until it shows."""
    terms = run.judge.terms
    examples = terms.settings.depth.examples
    searches: list[Callable[[], object]] = []
    for seed in subject.seeds if examples else ():
        judge = Judge(replace(terms, settings=replace(terms.settings, seed=seed)))
        searches += [
            partial(_search_zone, run, judge, zone, examples // (SEEDS if subject.clause is None else 1))
            for zone in ZONES
        ]
    searches += [partial(search_schema, run, examples)] if examples else []
    for search in searches:
        if not run.in_time or (subject.clause and subject.clause in {verdict.clause for verdict in run.warned}):
            return
        search()


def _search_zone(run: Run, judge: Judge, zone: str, examples: int) -> None:
    run.judge = judge
    search_zone(run, zone, examples)


def _seen(run: Run, shown: str) -> bool:
    reading, _, option = shown.partition("=")
    return option in run.observed.get(reading, ())
