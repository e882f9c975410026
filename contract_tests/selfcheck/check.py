"""Judge known servers, a few at a time: detect each defect by its clause, raise no false positive."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context

from contract_tests.composition.run import open_run
from contract_tests.contract.loading import load_specification
from contract_tests.judging.verdict import Outcome
from contract_tests.results.events import Event, VerdictGiven
from contract_tests.results.result import ReadingResult
from contract_tests.selfcheck.serving import end_with_parent, serve
from contract_tests.selfcheck.subjects import CARRIERS, Subject
from contract_tests.settings.values import Session, Settings

AT_ONCE = 2 * (os.cpu_count() or 1)  # a quick run waits half of the time for the server's clock to advance


@dataclass(frozen=True, slots=True)
class Result:
    """The result of the suite for a subject: the broken clauses, and advisory clauses with a warning."""

    subject: Subject
    broken: tuple[str, ...]
    advised: tuple[str, ...] = ()
    unseen: str = ""  # a reading that the suite did not observe
    why: str = ""  # the suite could not judge a correct server

    @property
    def right(self) -> bool:
        """Return whether the suite was right: it reported the clause, or nothing on a correct server."""
        if self.subject.clause:
            return not {self.subject.clause, *self.subject.also}.isdisjoint(self.broken + self.advised)
        return not (self.broken or self.unseen or self.why)


def check(subjects: Sequence[Subject], settings: Settings, *, whole: bool = False) -> Iterator[Result]:
    """Judge every subject; yield the results as they are ready.

    A defect that only the timing of requests shows can stay hidden while several runs share the cores: a faulty server
    whose defect was missed is judged once more, alone. A false positive stays one.

    settings: readings, clauses and depth; the target and the logins are not used. whole: continue a run after it has
    detected the defect, to find the other clauses that it reports.
    """
    context = get_context("spawn")  # a fork would take the threads of a parent with it
    with ProcessPoolExecutor(AT_ONCE, context, initializer=end_with_parent) as pool:
        pending = [pool.submit(_judge, subject, settings, whole) for subject in subjects]
        try:
            missed: list[Subject] = []
            for done in as_completed(pending):
                result = done.result()
                if result.right or not result.subject.clause:
                    yield result
                else:
                    missed.append(result.subject)
            for subject in missed:
                yield pool.submit(_judge, subject, settings, whole).result()
        finally:
            pool.shutdown(cancel_futures=True)


_specification = cache(load_specification)  # once for each process


def _judge(subject: Subject, settings: Settings, whole: bool) -> Result:
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
            seed=subject.seeds[0],
            depth=subject.depth or settings.depth,
        )
        return _run(own, subject, whole)


def _run(settings: Settings, subject: Subject, whole: bool) -> Result:
    specification = _specification(settings.spec_folder)
    with open_run(settings, specification=specification, seeds=subject.seeds, shrinks=False) as run:
        with closing(run.events()) as events:
            for event in events:
                if subject.clause and not whole and _shows(event, {subject.clause, *subject.also}):
                    break  # the rest of the run cannot change the result
        result = run.result
    return Result(
        subject,
        tuple(found.clause.id for found in result.broken),
        tuple(found.clause.id for found in result.warned if found.clause.advisory),
        subject.shows if subject.shows and not _is_seen(result.readings, subject.shows) else "",
        result.why if result.exit_code() == 3 and not subject.clause else "",
    )


def _shows(event: Event, clauses: set[str]) -> bool:
    """Return whether the event reports one of the clauses as broken."""
    return (
        isinstance(event, VerdictGiven) and event.verdict.clause in clauses and event.verdict.outcome is Outcome.BROKEN
    )


def _is_seen(readings: Sequence[ReadingResult], shown: str) -> bool:
    reading, _, option = shown.partition("=")
    return any(each.reading.id == reading and option in each.seen for each in readings)
