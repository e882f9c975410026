"""Carry out a campaign with few planned requests, so that its cells come soon."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from hypothesis.database import ExampleDatabase

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.permit import permit_for
from contract_tests.composition.campaign import open_campaign
from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.operation_suite import make_plan
from contract_tests.requests.plan import Plan
from contract_tests.results.result import RunResult
from contract_tests.settings.manners import Shard
from contract_tests.settings.values import Settings


def small_campaign(
    settings: Settings,
    folder: Path,
    *,
    requests: int,
    shard: Shard | None = None,
    examples: ExampleDatabase | None = None,
    resumes: bool = False,
    planned: slice = slice(None, None, 40),
) -> RunResult:
    """Carry out a campaign, or one shard of it. requests: about 10 are planned, 100 confirm, the rest is for cells."""
    shard = shard or Shard()
    suites = (replace(LEAD_LISTS, plan=partial(_small_plan, planned)),)
    permit = permit_for(settings, shard=shard)
    with open_campaign(
        settings,
        Allowance(requests=requests),
        permit,
        shard=shard,
        folder=folder,
        suites=suites,
        examples=examples,
        resumes=resumes,
    ) as conductor:
        return conductor.conduct(lambda event: None)


def _small_plan(planned: slice, terms: Terms, operation: Operation, tag: str) -> Plan:
    plan = make_plan((LEAD_LISTS,), terms, operation, tag)
    return Plan(plan.first, plan.concurrent[planned], base=plan.base)
