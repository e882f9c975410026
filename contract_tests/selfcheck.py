"""Judges servers of which it is known what is wrong: each must be caught by its clause, no right one accused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from contract_tests import strategies
from contract_tests.expectation import Terms
from contract_tests.exploration import Exploration
from contract_tests.judge import Judge
from contract_tests.plan import Sender
from contract_tests.plans import make_plan
from contract_tests.record import Record
from contract_tests.run import Run, TargetError
from contract_tests.schema_driving import drive
from contract_tests.secrets import Masker
from contract_tests.settings import Session, Settings
from contract_tests.specification import Specification, Treatment
from contract_tests.target import Target

MOCK = (sys.executable, "-m", "mock_server")  # known by its command alone: the two packages never import each other
EXAMPLES = 30  # for a defect that the covering set misses


class SelfcheckError(Exception):
    """The mock cannot be run, or a defect that was asked for is unknown."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A server to judge: the mock with a defect and the clause that it breaks, or a right one with neither."""

    id: str
    flags: tuple[str, ...]
    kind: str = "right"
    difficulty: str = ""
    clause: str | None = None
    description: str = ""
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()  # accepted by name, where the server follows one of them
    carriers: tuple[str, ...] = ("bearer", "cookie")


@dataclass(frozen=True, slots=True)
class Result:
    """What the suite made of a subject."""

    subject: Subject
    broken: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the suite was: the clause named, or nobody accused."""
        return self.subject.clause in self.broken if self.subject.clause else not self.broken


def defects(wanted: Sequence[str] = (), classes: Sequence[str] = (), *, quick: bool = False) -> list[Subject]:
    """The mock's defects: those of the given ids or classes, or a spread over classes and difficulties, or all."""
    listed = _ask("defects", "--json")
    unknown = set(wanted) - {entry["id"] for entry in listed} or set(classes) - {entry["class"] for entry in listed}
    if unknown:
        raise SelfcheckError(f"no defect or class is called {', '.join(sorted(unknown))}; see leadlists-mock defects")
    chosen = [e for e in listed if (not wanted or e["id"] in wanted) and (not classes or e["class"] in classes)]
    if quick:
        chosen = list(_spread(chosen))
    return [
        Subject(e["id"], ("--defect", e["id"]), e["class"], e["difficulty"], e["clause"], e["description"])
        for e in chosen
    ]


def right_servers(specification: Specification, *, quick: bool = False) -> list[Subject]:
    """The mock in both profiles with both statuses, and with every other option of every reading."""
    found = [
        Subject(f"{profile}, {status}", ("--profile", profile, "--success-status", status))
        for profile in ("page", "strict")
        for status in ("200", "201")
    ]
    if quick:
        return found
    for reading in specification.readings.values():
        for option in reading.options:
            by_name = reading.treatment(option) is Treatment.FAIL
            one_carrier = reading.id == "session-carrier" and option in {"bearer", "cookie"}
            found.append(
                Subject(
                    f"{reading.id}={option}",
                    ("--reading", f"{reading.id}={option}"),
                    readings=((reading.id, (option,)),) if by_name else (),
                    carriers=(option,) if one_carrier else ("bearer", "cookie"),
                )
            )
    return found


def check(subjects: Sequence[Subject], settings: Settings, specification: Specification) -> Iterator[Result]:
    """Judge every subject, a few at a time; results come as they are ready.

    settings: what the user accepts and judges (readings, clauses, seed); its target and logins are not used.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pending = [
            pool.submit(_judge, subject, settings, specification, Path(folder) / str(number))
            for number, subject in enumerate(subjects)
        ]
        try:
            for done in as_completed(pending):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _judge(subject: Subject, settings: Settings, specification: Specification, folder: Path) -> Result:
    with serve_mock(*subject.flags) as ready:
        first, second = (
            Session(
                name,
                bearer=user["token"] if "bearer" in subject.carriers else None,
                cookie=("__session", user["token"]) if "cookie" in subject.carriers else None,
                user_id=user["id"],
            )
            for name, user in zip(("first", "second"), ready["users"][:2], strict=True)
        )
        own = replace(
            settings,
            url=ready["url"],
            first=first,
            second=second,
            expired_bearer="expired",
            readings={**dict(subject.readings), **settings.readings},
        )
        return Result(subject, _broken(own, specification, folder, subject.clause))


def _broken(settings: Settings, specification: Specification, folder: Path, clause: str | None) -> tuple[str, ...]:
    """The clauses that a target breaks; searches go on only until the clause in question is among them."""
    terms = Terms.of(specification, settings)
    record = Record(folder, Masker(settings.secrets))
    with Target(timeout_s=settings.timeout_s, connections=settings.connections) as target:
        run = Run(target, Judge(terms), record, specification.select(settings.clauses))
        for operation in run.operations:
            plan = make_plan(terms, operation, "selfcheck")
            try:
                run.discover(plan)
            except TargetError as error:
                # To a login that is known to be good, this answer is itself the breach.
                return ("success.created", "access.carrier.bearer", "error.envelope", str(error))
            run.carry_out(plan)
            sender = Sender(terms, operation)
            for zone in (strategies.requests_to_accept, strategies.requests_to_refuse, strategies.requests_left_open):
                if clause is None or clause not in _clauses(run):
                    Exploration(run).search(zone(sender), "a search", examples=EXAMPLES, seed=settings.seed)
            if clause is None or clause not in _clauses(run):
                drive(Exploration(run), terms, operation, examples=0, seed=settings.seed)
        broken = _clauses(run)
    record.close()
    return broken


def _clauses(run: Run) -> tuple[str, ...]:
    return tuple(verdict.clause for verdict in run.broken)


def _spread(listed: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first few of each class, hard ones before easy ones."""
    by_class: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(listed, key=lambda e: ("hard", "medium", "easy").index(e["difficulty"])):
        by_class.setdefault(entry["class"], []).append(entry)
    for entries in by_class.values():
        yield entries[0]
        if len(entries) > 1:
            yield entries[len(entries) // 2]


def _ask(*arguments: str) -> Any:
    done = subprocess.run([*MOCK, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SelfcheckError(f"the mock cannot be asked for its {arguments[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout)


@contextmanager
def serve_mock(*flags: str) -> Iterator[dict[str, Any]]:
    """The mock as a process of its own; gives what it says when it is ready."""
    command = [*MOCK, "--port", "0", "--ready-json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SelfcheckError(
                    f"the mock does not start with {' '.join(flags)}: {process.communicate()[1].strip()}"
                )
            yield json.loads(line)
        finally:
            process.terminate()
