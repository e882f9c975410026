"""The composition root: build a run from settings. Every part of a run is created and joined here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.campaign.allowance import Allowance, check_allowance
from contract_tests.campaign.bounds import CampaignBudget
from contract_tests.campaign.cells import cells
from contract_tests.campaign.conduct import Campaign, CampaignConductor
from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.permit import Permit
from contract_tests.campaign.strategies import Ground
from contract_tests.comparison.comparing import COMPARABLE, Comparison, Heard, compare
from contract_tests.contract.deviations import load_deviations
from contract_tests.contract.specification import Specification, load_specification
from contract_tests.contract.terms import Terms
from contract_tests.engine.budget import Budget
from contract_tests.engine.conduct import Conductor, Job
from contract_tests.engine.event_log import now_text
from contract_tests.engine.events import Event, ReadingView, RunStarted
from contract_tests.engine.record import Record
from contract_tests.engine.replay import Replayed, replay
from contract_tests.engine.result import RunResult
from contract_tests.engine.searches import searches
from contract_tests.engine.views import RequestView
from contract_tests.judging.verdict import Outcome
from contract_tests.lead_lists import LEAD_LISTS
from contract_tests.live.passive import PassiveJudge
from contract_tests.live.proxy import Address, ProxyProcess
from contract_tests.live.watching import BEARER, COOKIE, Watching
from contract_tests.operation_suite import OperationSuite, judge_with, make_plan
from contract_tests.requests.plan import Plan, Sender
from contract_tests.settings.connection import proxy_for, tls_context
from contract_tests.settings.manners import Shard
from contract_tests.settings.secrets import Masker
from contract_tests.settings.tokens import token_of_command, token_of_file
from contract_tests.settings.values import Settings, UsageError
from contract_tests.target.client import Target
from contract_tests.target.doctor import Check, examine
from contract_tests.target.exchange import Exchange, Request
from contract_tests.target.renewal import Renewal


@contextmanager
def open_run(
    settings: Settings,
    *,
    specification: Specification | None = None,
    folder: Path | None = None,
    seeds: tuple[int, ...] = (),
    shrinks: bool = True,
    suites: tuple[OperationSuite, ...] = (LEAD_LISTS,),
    masker: Masker | None = None,
) -> Iterator[Conductor]:
    """A run that has sent nothing yet; when the block ends, its connections and its record are closed.

    specification: the contract, if it has been loaded. folder: where the record goes; without it none is written.
    seeds: of the searches, which share the examples; the one of the settings if there are none. suites: of each
    operation that has more to it than its schema. masker: learns the secrets that the server hands out. Raises
    RecordError.
    """
    specification = specification or load_specification(settings.spec_folder)
    terms = Terms.of(specification, settings)
    masker = masker or Masker(settings.secrets)
    judge = judge_with(terms, suites)
    budget = Budget(max_time_s=settings.max_time_s)
    seeds = seeds or (settings.seed,)
    operations = terms.specification.operations
    job = Job(
        describe(terms),
        tuple(make_plan(suites, terms, operation, f"seed {settings.seed}") for operation in operations),
        lambda plans: searches(suites, terms, plans, examples=settings.depth.examples, seeds=seeds),
        shrinks,
        settings.wait_s,
    )
    record = None if folder is None else Record(folder)
    try:
        with open_target(settings, budget.pause, masker) as target:
            yield Conductor(target, judge, job, budget=budget, secrets=masker, record=record)
    finally:
        if record is not None:
            record.close()


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
    # One request after the other: the same seed must meet the same server in the same state.
    settings = replace(settings, connections=1, rate_per_s=permit.rate_per_s)
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


def compare_servers(
    a: Settings, b: Settings, *, folder: Path, listen: Callable[[str, Event], None] = lambda server, event: None
) -> Comparison:
    """Send the same requests to two servers, one after the other, and compare the responses.

    folder: gets the records of both runs, in `a` and `b`. listen: gets each event with `A` or `B`. If A cannot be
    judged, nothing is sent to B. Raises RecordError.
    """
    specification = load_specification(a.spec_folder)
    heard: list[Heard] = []
    for name, settings in (("A", a), ("B", b)):
        events: list[Event] = []

        def keep(event: Event, name: str = name, events: list[Event] = events) -> None:
            events.append(event)
            listen(name, event)

        with open_run(settings, specification=specification, folder=folder / name.lower(), shrinks=False) as run:
            result = run.conduct(keep)
        if name == "A" and result.ending not in COMPARABLE:
            return Comparison((result.started.url, b.url), result, None)
        heard.append(Heard.of(result, events))
    terms = Terms.of(specification, a)
    judge = judge_with(terms, (LEAD_LISTS,))
    sent = [operation.request_schema or {} for operation in specification.operations]

    def open_readings(request: RequestView) -> frozenset[str]:
        if request.body.is_cut:
            return frozenset()
        seen = Request(request.method, request.url, request.headers, request.body.data, request.chunked)
        return judge.case(Exchange(seen, None, None, 0.0, 0.0)).expectation.open_readings

    echoed = {field for schema in sent for field in schema.get("properties", {})}
    return compare(*heard, echoed=echoed, open_readings=open_readings)


@contextmanager
def open_watching(
    settings: Settings,
    *,
    folder: Path | None = None,
    masker: Masker | None = None,
    suites: tuple[OperationSuite, ...] = (LEAD_LISTS,),
) -> Iterator[Watching]:
    """The judging of traffic that other programs cause; when the block ends, its record is closed.

    folder: where the record goes; without it none is written. masker: learns the secrets of the traffic. Raises
    RecordError.
    """
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    started = describe(terms)
    shown = dict.fromkeys((*started.variables, BEARER, COOKIE))
    started = replace(started, depth="seen traffic", users=("the users of the traffic",), variables=tuple(shown))
    record = None if folder is None else Record(folder)
    try:
        yield Watching(
            started,
            PassiveJudge(judge_with(terms, suites)),
            base_url=terms.base_url,
            cookie_name=terms.specification.cookie_name,
            secrets=masker or Masker(settings.secrets),
            record=record,
        )
    finally:
        if record is not None:
            record.close()


def proxy_of(settings: Settings, *, host: str, port: int, keeps_host: bool = False) -> ProxyProcess:
    """Return a proxy, not yet started, for the server of the settings. host, port: where it listens."""
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    base_path = urlsplit(terms.base_url).path
    return ProxyProcess(
        Address(
            terms.base_url,
            tuple(base_path + operation.path for operation in terms.specification.operations),
            host,
            port,
            keeps_host,
            settings.ca_file,
            settings.client_cert,
            settings.client_key,
        )
    )


def examine_target(settings: Settings, masker: Masker) -> Iterator[Check]:
    """Examine the connection to the target, step by step. Raises UsageError."""
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    plan = make_plan((LEAD_LISTS,), terms, terms.specification.operations[0], "doctor")
    proxy = proxy_for(settings.url)
    with open_target(settings, Budget().pause, masker) as target:
        yield from examine(target, plan.first.request, proxy_name=proxy.shown if proxy else "")


def replay_broken(
    settings: Settings, result: RunResult, folder: Path, *, prefix: str = "", masker: Masker
) -> Iterator[Replayed]:
    """Send what showed each broken clause of a recorded run again. prefix: of the clauses. Raises RecordError."""
    judge = judge_with(Terms.of(load_specification(settings.spec_folder), settings), (LEAD_LISTS,))
    budget = Budget(max_time_s=settings.max_time_s)
    with open_target(settings, budget.pause, masker) as target:
        for found in result.broken:
            if found.clause.id.startswith(prefix) and found.worst is not None:
                yield replay(found.worst, target, judge, secrets=settings.secrets, folder=folder)


def open_target(settings: Settings, pause: Callable[[float], bool], masker: Masker) -> Target:
    """The target as the settings reach it. Raises UsageError that names what cannot be used."""
    proxy = proxy_for(settings.url)
    renewal = None
    if settings.first.bearer and (settings.login_command or settings.bearer_file):
        renewal = Renewal(settings.first.bearer, partial(_fresh_token, settings), masker.learn)
    return Target(
        timeout_s=settings.timeout_s,
        connections=settings.connections,
        pause=pause,
        tls=tls_context(settings.ca_file, settings.client_cert, settings.client_key),
        proxy=proxy.url if proxy else None,
        proxy_name=proxy.shown if proxy else "",
        renewal=renewal,
        rate_per_s=settings.rate_per_s,
    )


def _fresh_token(settings: Settings) -> str:
    """Another token, or the old one where there is none: the 401 then says what is wrong."""
    try:
        if settings.login_command:
            return token_of_command(settings.login_command)
        return token_of_file(settings.bearer_file or "")
    except UsageError:
        return settings.first.bearer or ""


def describe(terms: Terms) -> RunStarted:
    """The first event of a run: the target, who signs in, and all that reports need to know of the contract."""
    settings, specification = terms.settings, terms.specification
    chosen = specification.select(settings.clauses)
    mask = Masker(settings.secrets).mask
    return RunStarted(
        at=now_text(),
        url=mask(settings.url),
        seed=settings.seed,
        depth=settings.depth,
        users=tuple(
            f"{session.user_id or session.name + ' user'} ({' and '.join(session.carriers) or 'no login'})"
            for session in settings.sessions
        ),
        version=_version(),
        spec_sha256=_digest(specification.folder),
        variables=tuple(dict.fromkeys(settings.secrets.values())),
        clauses=tuple(clause for clause in specification.judged_clauses if clause.id in chosen),
        readings=tuple(
            ReadingView(r.id, r.clause, r.question, r.options, {o: r.treatment(o) for o in r.options}, r.usual)
            for r in specification.readings.values()
        ),
        deviations=load_deviations(settings.deviations, specification) if settings.deviations else (),
        fail_on=Outcome.WARNED if settings.fails_on_warned else Outcome.BROKEN,
    )


def _version() -> str:
    try:
        return version("leadlists-contract-kit")
    except PackageNotFoundError:  # a bare clone
        return "unknown"


def _digest(folder: Path) -> str:
    """The SHA-256 of the three files of the contract, one after the other, in hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("openapi.yaml", "clauses.yaml", "readings.yaml"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()
