"""Open a run that judges a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from contract_tests.composition.start import first_event
from contract_tests.composition.suites import load_suites
from contract_tests.composition.target import open_target, serving
from contract_tests.contract.loading import load_specification
from contract_tests.contract.specification import Specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.engine.conduct import Conductor, Job
from contract_tests.engine.searches import searches
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.results.event_log import EventLog
from contract_tests.results.record import Record
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings


@contextmanager
def open_run(
    settings: Settings,
    *,
    specification: Specification | None = None,
    folder: Path | None = None,
    seeds: tuple[int, ...] = (),
    shrinks: bool = True,
    draws_ahead: bool = False,
    suites: tuple[OperationSuite, ...] | None = None,
    masker: Masker | None = None,
) -> Iterator[Conductor]:
    """Open a run that has sent nothing yet; when the block ends, close its connections and its record.

    specification: the contract, if it has been loaded. folder: where the record goes; without it none is written.
    seeds: of the searches, which share the examples; the one of the settings if there are none. draws_ahead: faster,
    but only where the process does not use the module `random`. suites: of each operation that has more to it than its
    schema; without them the bundled one, and those that the settings name. masker: learns the secrets that the server
    hands out. Raises RecordError.
    """
    with serving(settings) as reached:
        specification = specification or load_specification(reached.spec_folder)
        terms = Terms.of(specification, reached)
        masker = masker or Masker(reached.secrets)
        suites = load_suites(reached.suites) if suites is None else suites
        judge = judge_with(terms, suites)
        budget = Budget(max_time_s=reached.max_time_s)
        seeds = seeds or (reached.seed,)
        job = Job(
            first_event(terms),
            tuple(make_plan(suites, terms, operation, f"seed {reached.seed}") for operation in terms.chosen_operations),
            partial(searches, suites, terms, examples=reached.depth.examples, seeds=seeds)
            if reached.depth.examples
            else None,
            draws_ahead=draws_ahead,
            shrinks=shrinks,
            wait_s=reached.wait_s,
        )
        record = None if folder is None else Record(folder)
        try:
            with open_target(reached, budget.pause, masker) as target:
                yield Conductor(target, judge, job, budget=budget, secrets=masker, log=EventLog(record))
        finally:
            if record is not None:
                record.close()
