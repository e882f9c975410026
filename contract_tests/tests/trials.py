"""Try mutants in the process of pytest that has collected the tests."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from math import ceil
from types import CodeType
from typing import Any

import pytest

from contract_tests.tests.mutants import Mutant, find_original, put_in

AT_ONCE = 2
CPU_FACTOR = 20  # a mutant that is out of time counts as detected, which a busy machine must not cause
WALL_S = 600  # for a mutant that waits forever
MEMORY_BYTES = 4 * 1024**3
PASSED, FAILED, BROKEN = 0, 1, 70  # exit codes of the process of a mutant; BROKEN: the change could not be made


@dataclass(frozen=True, slots=True)
class Reach:
    """What the tests do without a change: how long each takes, and which functions it calls."""

    seconds: dict[str, float]
    tests: dict[tuple[str, str, str], set[str]]  # by module, class and function
    failed: list[str]


@dataclass
class Trials:
    """A plugin of pytest that runs the tests once in a process of their own, and then for each mutant.

    Each process is a fork of the one that has collected the tests, so that no mutant pays for the start, and the tests
    run in the order of their duration. survivors, untried: the result.
    """

    mutants: Sequence[Mutant]
    survivors: list[Mutant] = field(default_factory=list)
    broken: list[Mutant] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reach = self._observe(session)
        self.failed = reach.failed
        running: dict[int, Mutant] = {}
        left = [] if self.failed else list(reversed(self.mutants))
        while left or running:
            while left and len(running) < AT_ONCE:
                mutant = left.pop()
                tests = reach.tests.get((mutant.module, mutant.owner, mutant.function), set())
                items = [item for item in session.items if item.nodeid in tests]
                items.sort(key=lambda item: reach.seconds[item.nodeid])
                running[self._fork(session, mutant, items, sum(map(reach.seconds.__getitem__, tests)))] = mutant
            pid, status = os.wait()
            self._judge(running.pop(pid), os.waitstatus_to_exitcode(status), len(self.mutants) - len(left))
        return True

    def _judge(self, mutant: Mutant, exit_code: int, number: int) -> None:
        if exit_code == PASSED:
            self.survivors.append(mutant)
            print(f"{number}: not detected: {mutant.name}", flush=True)
        elif exit_code == BROKEN:
            self.broken.append(mutant)
        elif number % 50 == 0:
            print(f"{number} of {len(self.mutants)}", flush=True)

    def _fork(self, session: pytest.Session, mutant: Mutant, items: Sequence[pytest.Item], seconds: float) -> int:
        if pid := os.fork():
            return pid
        exit_code = BROKEN
        try:
            _be_silent()
            limit_s = ceil(time.process_time() + 10 + CPU_FACTOR * seconds)
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            signal.alarm(WALL_S)
            put_in(mutant)
            exit_code = FAILED  # also if the change breaks pytest itself
            if all(_passes(session, item, following) for item, following in zip_longest(items, items[1:])):
                exit_code = PASSED
        finally:
            os._exit(exit_code)

    def _observe(self, session: pytest.Session) -> Reach:
        """Run all tests in a process of their own, so that no cache holds what only the original code has made."""
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            try:
                _be_silent()
                with os.fdopen(writing, "wb") as pipe:
                    pickle.dump(_observed(session, self.mutants), pipe)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            reach: Reach = pickle.load(pipe)
        os.waitpid(pid, 0)
        return reach


def _be_silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _passes(session: pytest.Session, item: pytest.Item, following: pytest.Item | None) -> bool:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    failed, session.testsfailed = session.testsfailed, 0
    return not failed


def _observed(session: pytest.Session, mutants: Iterable[Mutant]) -> Reach:
    functions: dict[CodeType, tuple[str, str, str]] = {
        find_original(mutant).__code__: (mutant.module, mutant.owner, mutant.function) for mutant in mutants
    }
    reach = Reach({}, {key: set() for key in functions.values()}, [])
    called: set[CodeType] = set()

    def profile(frame: Any, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code in functions:
            called.add(frame.f_code)

    threading.setprofile(profile)
    sys.setprofile(profile)
    for item, following in zip_longest(session.items, session.items[1:]):
        called.clear()
        started_s = time.process_time()
        if not _passes(session, item, following):
            reach.failed.append(item.nodeid)
        reach.seconds[item.nodeid] = time.process_time() - started_s
        for code in called:
            reach.tests[functions[code]].add(item.nodeid)
    return reach
