"""Open a campaign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from contract_tests.campaign.allowance import Allowance, check_allowance
from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import cells
from contract_tests.campaign.conduct import Campaign, CampaignConductor
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.permit import Permit
from contract_tests.campaign.strategies import Ground
from contract_tests.composition.start import describe
from contract_tests.composition.target import open_target, serving
from contract_tests.contract.specification import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.conduct import Job
from contract_tests.engine.record import Record
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.requests.plan import Plan, Sender
from contract_tests.settings.manners import Shard
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings


@contextmanager
def open_campaign(
    settings: Settings,
    allowance: Allowance,
    permit: Permit,
    *,
    shard: Shard | None = None,
    folder: Path | None = None,
    masker: Masker | None = None,
    suites: tuple[OperationSuite, ...] = (LEAD_LISTS,),
) -> Iterator[CampaignConductor]:
    """A campaign that has sent nothing yet; when the block ends, its connections and its record are closed.

    permit: how fast it may send, and how many objects it may create. shard: which cells it carries out; all without it.
    folder: where the record goes; without it none is written. masker: learns the secrets that the server hands out.
    Raises RecordError, and UsageError if the allowance is too small.
    """
    with serving(settings) as reached:
        # One request after the other: the same seed must meet the same server in the same state.
        settings = replace(reached, connections=1, rate_per_s=permit.rate_per_s)
        terms = Terms.of(load_specification(settings.spec_folder), settings)
        masker = masker or Masker(settings.secrets)
        started = describe(terms)
        mine = shard or Shard()
        depth = f"campaign of {allowance}" + (f", shard {mine}" if mine.total > 1 else "")
        plans = {
            operation.id: make_plan(suites, terms, operation, f"seed {settings.seed}")
            for operation in terms.specification.operations
        }
        own = {suite.operation: suite.zones for suite in suites}

        def grounds(accepted: Sequence[Plan]) -> list[Ground]:
            return [
                Ground(Sender(terms, operation, plan.base), plan, own.get(operation.id, {}), settings.sessions)
                for operation, plan in zip(terms.specification.operations, accepted, strict=True)
            ]

        campaign = Campaign(
            lambda requests: (cell for cell in cells(settings.seed, requests=requests) if mine.has(cell.index)),
            grounds,
            f"run {re.sub('[^0-9]', '', started.at)[:14]}",
            allowance.requests,
        )
        check_allowance(allowance, campaign.requests_left(tuple(plans.values())))
        job = Job(replace(started, depth=depth), tuple(plans.values()), shrinks=False, wait_s=settings.wait_s)
        record = None if folder is None else Record(folder)
        log = CampaignLog(record)
        budget = CampaignBudget(
            log, max_time_s=allowance.time_s, max_requests=allowance.requests, max_created=permit.max_created
        )
        try:
            with open_target(settings, budget.pause, masker) as target:
                yield CampaignConductor(
                    target, judge_with(terms, suites), job, campaign, budget=budget, secrets=masker, log=log
                )
        finally:
            if record is not None:
                record.close()
