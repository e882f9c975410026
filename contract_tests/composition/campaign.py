"""Open a campaign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase, MultiplexedDatabase

from contract_tests.campaign.allowance import Allowance, check_allowance
from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import Cell, cells
from contract_tests.campaign.conduct import Campaign, CampaignConductor, requests_for_cells
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.crew import Crew
from contract_tests.campaign.examples import LABEL, MOST_EXAMPLES, Examples, examples_in
from contract_tests.campaign.permit import Permit
from contract_tests.campaign.resuming import Past, RecallingTarget, ResumedLog, resumable
from contract_tests.campaign.strategies import Ground
from contract_tests.composition.start import first_event
from contract_tests.composition.suites import load_suites
from contract_tests.composition.target import open_target, serving
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.conduct import Job
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.requests.plan import Plan, Sender
from contract_tests.results.bounded_record import RECORD_BYTES, BoundedRecord
from contract_tests.results.events import Part, RunStarted
from contract_tests.settings.connection import proxy_for
from contract_tests.settings.manners import Shard
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings
from contract_tests.target.client import Target

ABSENCE_S = 60.0  # a deployment in the middle of a night must not end a campaign


@contextmanager
def open_campaign(
    settings: Settings,
    allowance: Allowance,
    permit: Permit,
    *,
    shard: Shard | None = None,
    folder: Path | None = None,
    masker: Masker | None = None,
    suites: tuple[OperationSuite, ...] | None = None,
    resumes: bool = False,
    crew: Crew | None = None,
    examples: ExampleDatabase | None = None,
    record_bytes: int = RECORD_BYTES,
) -> Iterator[CampaignConductor]:
    """Open a campaign that has sent nothing yet; when the block ends, close its connections and its record.

    permit: how fast it may send, and how many objects it may create. shard: which cells it carries out; all without it.
    folder: where the record goes; without it none is written. masker: learns the secrets that the server hands out.
    resumes: continue the campaign whose record folder has. crew: processes that carry out the cells. examples: of other
    campaigns; those of the record if it resumes. record_bytes: the limit of the record. Raises RecordError, and
    UsageError if the allowance is too small.
    """
    with serving(settings) as reached:
        # One request after the other: the same seed must meet the same server in the same state.
        reached = replace(reached, connections=1, rate_per_s=permit.rate_per_s)
        with _open(
            reached,
            allowance,
            permit,
            shard=shard or Shard(),
            folder=folder,
            masker=masker or Masker(settings.secrets),
            suites=load_suites(settings.suites) if suites is None else suites,
            resumes=resumes,
            crew=crew,
            database=examples,
            record_bytes=record_bytes,
        ) as conductor:
            yield conductor


@contextmanager
def _open(
    settings: Settings,
    allowance: Allowance,
    permit: Permit,
    *,
    shard: Shard,
    folder: Path | None,
    masker: Masker,
    suites: tuple[OperationSuite, ...],
    resumes: bool,
    crew: Crew | None,
    database: ExampleDatabase | None,
    record_bytes: int,
) -> Iterator[CampaignConductor]:
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    past = Past(folder, settings.secrets, masker.mask) if resumes and folder is not None else None
    recorded = past.started.part if past is not None and past.started is not None else None
    has_examples = recorded.has_examples if recorded else database is not None and past is None
    started = _started(terms, allowance, shard, has_examples=has_examples)
    if past is not None:
        started = resumable(past, started)
    plans = _plans(terms, suites, started.run_id)
    campaign = Campaign(
        partial(_cells, settings.seed, shard),
        partial(grounds, terms, suites, started.run_id),
        started.run_id,
        allowance.requests,
        MOST_EXAMPLES if has_examples else 0,
        past.elapsed_s if past else 0.0,
    )
    check_allowance(allowance, campaign.requests_left(plans))
    job = Job(started, plans, shrinks=False, wait_s=settings.wait_s)
    record = None if folder is None else BoundedRecord(folder, record_bytes, continues=past is not None)
    log = ResumedLog(record, past) if record and past else CampaignLog(record)
    own = InMemoryExampleDatabase() if folder is None else examples_in(folder)
    databases = MultiplexedDatabase(own, *([database] if database is not None and past is None else []))
    resent = past.requests_of(LABEL) if past else None
    examples = Examples(databases, settings.secrets, terms.base_url, started.run_id, resent)
    time_s = None if allowance.time_s is None else max(0.0, allowance.time_s - campaign.spent_s)
    budget = CampaignBudget(log, max_time_s=time_s, max_requests=allowance.requests, max_created=permit.max_created)
    try:
        kind = partial(RecallingTarget, past) if past else Target
        with open_target(
            settings, budget.pause, masker, kind=kind, allows=permit.allows, absence_s=ABSENCE_S
        ) as target:
            yield CampaignConductor(
                target,
                judge_with(terms, suites),
                job,
                campaign,
                budget=budget,
                secrets=masker,
                log=log,
                crew=crew,
                examples=examples,
            )
    finally:
        if record is not None:
            record.close()


def cells_of(settings: Settings, allowance: Allowance, shard: Shard, *, has_examples: bool) -> Iterator[Cell]:
    """Return the cells that a campaign would carry out; sends nothing. Raises UsageError as `open_campaign` does."""
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    examples = MOST_EXAMPLES if has_examples else 0
    left = requests_for_cells(allowance.requests, _plans(terms, load_suites(settings.suites), ""), examples)
    check_allowance(allowance, left)
    return _cells(settings.seed, shard, left)


def _cells(seed: int, shard: Shard, requests: int | None) -> Iterator[Cell]:
    return (cell for cell in cells(seed, requests=requests) if shard.has(cell.index))


def _started(terms: Terms, allowance: Allowance, shard: Shard, *, has_examples: bool) -> RunStarted:
    options = ", rude" * terms.settings.rude + ", with examples" * has_examples
    part = Part(f"campaign of {allowance}{options}", shard.index, shard.total, has_examples)
    depth = part.campaign + f", shard {shard}" * (shard.total > 1)
    return replace(first_event(terms), depth=depth, part=part)


def _plans(terms: Terms, suites: Sequence[OperationSuite], tag: str) -> tuple[Plan, ...]:
    return tuple(make_plan(suites, terms, operation, tag) for operation in terms.chosen_operations)


def grounds(terms: Terms, suites: Sequence[OperationSuite], tag: str, plans: Sequence[Plan]) -> list[Ground]:
    """Return what the cells of each operation start from. tag: of names. plans: on bases that the server accepts."""
    groups, settings = {suite.operation: suite.groups for suite in suites}, terms.settings
    writes_messages = proxy_for(settings.url) is None  # a proxy would write others
    return [
        Ground(
            Sender(terms, operation, plan.base, tag),
            plan,
            groups.get(operation.id, {}),
            settings.sessions,
            writes_messages,
            settings.rude,
        )
        for operation, plan in zip(terms.chosen_operations, plans, strict=True)
    ]
