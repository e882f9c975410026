"""Send the exchanges of a recorded run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from contract_tests.composition.suites import load_suites
from contract_tests.composition.target import open_target, serving
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.engine.replay import Replayed, replay
from contract_tests.judging.judge import Judge
from contract_tests.operation_suite import judge_with, plain_step
from contract_tests.results.result import RunResult
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings, UsageError


def replay_broken(
    settings: Settings, result: RunResult, folder: Path, *, prefix: str = "", masker: Masker
) -> Iterator[Replayed]:
    """Send what showed each broken clause of a recorded run again. prefix: of the clauses. Raises RecordError."""
    budget = Budget(max_time_s=settings.max_time_s)
    with serving(settings) as reached, open_target(reached, budget.pause, masker) as target:
        terms = Terms.of(load_specification(reached.spec_folder), reached)
        suites = load_suites(reached.suites)
        judge = judge_with(terms, suites)
        moved = (result.started.url, reached.url)
        for found in result.broken:
            if found.clause.id.startswith(prefix) and found.worst is not None:
                _check(judge, found.clause.id, result.started.suites)
                plain = plain_step(suites, terms, found.clause.id)
                yield replay(
                    found.worst, target, judge, plain=plain, secrets=reached.secrets, folder=folder, moved=moved
                )


def _check(judge: Judge, name: str, suites: Sequence[str]) -> None:
    """Raise UsageError if the spec or the suites are not those of the run."""
    clause = judge.terms.specification.clauses.get(name)
    if clause is None:
        raise UsageError(f"the spec has no clause {name}; give the spec of the run with --spec")
    if not judge.can_judge(clause):
        options = " ".join(f"--suite {each}" for each in suites) or "--suite"
        raise UsageError(f"no oracle judges {name}; name the suite of its operation: {options}")
