"""`leadlists-contract fuzz`: search a server for breaches for as long as a budget lasts."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from hypothesis.database import ExampleDatabase
from rich.console import Console

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.deletion import check_template
from contract_tests.campaign.ledger import created_in
from contract_tests.campaign.parameters import Parameters
from contract_tests.campaign.permit import Permit, permit_for
from contract_tests.commands.created import delete
from contract_tests.commands.inputs import read_inputs, read_wanted
from contract_tests.commands.options import EXIT_CODES, Command, config_option, report_option, run_options
from contract_tests.commands.output import complain, conclude, say, write_file, write_ledger, write_wanted
from contract_tests.commands.time_notice import TimeNotice
from contract_tests.composition.campaign import cells_of, open_campaign
from contract_tests.composition.cluster import open_crew
from contract_tests.composition.examples import open_examples
from contract_tests.composition.suites import FUZZ_OPTIONS
from contract_tests.engine import hypothesis_files
from contract_tests.engine.interruption import stop_on_signals
from contract_tests.report import discovered
from contract_tests.report.campaign import CampaignReport
from contract_tests.report.campaign import dry_run as dry_run_text
from contract_tests.report.formats import Wanted
from contract_tests.results.events import Ending
from contract_tests.settings.manners import Shard, shard_from
from contract_tests.settings.options import SECRET_OPTIONS
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings

CAN_CONTINUE = {
    Ending.INTERRUPTED,
    Ending.TERMINATED,
    Ending.TARGET_GONE,
    Ending.SESSION_ENDED,
    Ending.QUOTA_USED_UP,
}


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("url", required=False)
@click.option(
    "--budget",
    metavar="AMOUNT",
    default="10m",
    help="time or requests that the campaign may spend: 90s, 2h, '5000 requests' (default 10m)",
)
@click.option(
    "--max-created",
    metavar="N",
    type=click.IntRange(min=1),
    help="maximum number of lead lists that the campaign creates (default: no limit on private networks, else 10000)",
)
@click.option(
    "--i-own",
    "own",
    metavar="HOST",
    multiple=True,
    help="confirm that this host outside private networks is yours and may be fuzzed; can be repeated",
)
@click.option(
    "--shard",
    metavar="K/N",
    help="carry out part K of N of the campaign (default: CI_NODE_INDEX/CI_NODE_TOTAL, or JOB_COMPLETION_INDEX)",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="let the workers of a Dask cluster carry out the campaign: tcp://HOST:8786, or `local` for this machine",
)
@click.option(
    "--rude",
    is_flag=True,
    help="also send malformed HTTP: contradicting lengths, cut bodies, headers that are too long; "
    "through a shared front end it can disturb other users",
)
@click.option(
    "--examples",
    metavar="PLACE",
    help="first send the requests that earlier campaigns found, and save those that this one finds: in a folder, or "
    "redis://HOST:PORT/DB",
)
@click.option("--delete-url", metavar="URL", help="afterwards send DELETE for each created list; {id} is its ID")
@click.option("--dry-run", is_flag=True, help="list the first parts of the campaign, and exit; sends nothing")
@run_options(
    FUZZ_OPTIONS,
    rate="maximum number of requests in a second (default: no limit on private networks, else 5: as many as a person "
    "who clicks quickly sends)",
    wait="maximum time to wait for a server that is still starting (default 0), or that is away in the middle of the "
    "campaign (at least 60, as long as a deployment)",
)
@config_option
@report_option()
def command(
    url: str | None,
    budget: str,
    max_created: int | None,
    own: tuple[str, ...],
    shard: str | None,
    dask: str | None,
    rude: bool,
    examples: str | None,
    delete_url: str | None,
    dry_run: bool,
    config: Path | None,
    reports: tuple[str, ...],
    **flags: Any,
) -> int:
    """Search the server at URL for breaches until a budget is used up.

    After the planned requests of `run`, the command sends random ones: drawn from the contract, mutations of those that
    the server treated in a new way, sequences by several users, requests from the schema, and unusual bytes. It groups
    what it finds by cause, makes each finding smaller, and sends it again before it reports it. The same seed sends the
    same requests to a server that behaves the same. Ctrl-C ends the campaign with its report.

    Outside this machine and private networks, the command needs --i-own HOST and sends 5 requests in a second, unless
    --rate gives another number.
    """
    wanted = read_wanted(reports)
    inputs = read_inputs({**flags, "url": url}, config)
    settings = replace(inputs.settings, rude=rude)
    allowance = Allowance.parse(budget)
    part = shard_from(shard, os.environ)
    permit = permit_for(settings, own=own, max_created=max_created, shard=part)
    template = None if delete_url is None else check_template(delete_url, settings.url)
    if dry_run:
        cells = cells_of(settings, allowance, part, has_examples=examples is not None)
        say(dry_run_text(allowance, settings.seed, permit, part, cells))
        return 0
    given = {name: flags[name] for name in FUZZ_OPTIONS if flags[name] and name not in (*SECRET_OPTIONS, "run_folder")}
    order = Order(settings, inputs.folder, allowance, permit, part, template, tuple(wanted))
    return carry_out(
        order,
        dask=dask,
        examples=None if examples is None else open_examples(examples),
        parameters=Parameters(
            settings.url, budget, own, max_created, str(part), settings.app, delete_url, reports, rude, given
        ),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A campaign, or a shard of one, that is ready to begin. delete_url: the checked template, None to keep all."""

    settings: Settings
    folder: Path
    allowance: Allowance
    permit: Permit
    shard: Shard
    delete_url: str | None
    reports: tuple[Wanted, ...]


def carry_out(
    order: Order,
    *,
    dask: str | None = None,
    examples: ExampleDatabase | None = None,
    parameters: Parameters | None = None,
) -> int:
    """Carry out a campaign and return its exit code.

    dask: where other processes carry out its cells. examples: of other campaigns. parameters: written to its folder;
    None to resume a campaign.
    """
    say(str(order.permit))
    folder, masker = order.folder, Masker(order.settings.secrets)
    hypothesis_files.keep_in()
    with ExitStack() as stack:
        crew = stack.enter_context(open_crew(dask, order.settings, order.permit, folder)) if dask else None
        campaign = open_campaign(
            order.settings,
            order.allowance,
            order.permit,
            shard=order.shard,
            folder=folder,
            masker=masker,
            resumes=parameters is None,
            crew=crew,
            examples=examples,
        )
        conductor = stack.enter_context(campaign)
        if parameters is not None:
            try:
                parameters.write(folder)
            except OSError as error:
                complain(f"{folder} cannot be written ({error.strerror}), so `resume` cannot continue this campaign")
        time_s = None if parameters is None else order.allowance.time_s  # a resumed one has planned requests already
        notice = TimeNotice(conductor.planned, time_s, order.permit.rate_per_s, at_once=1)
        stop_on_signals(conductor.stop)
        console = CampaignReport(Console(highlight=False, emoji=False), conductor.log, order.allowance)
        result = conductor.conduct(notice.before(console.listen))
    console.stop()

    def print_table() -> None:
        console.conclude(result, folder)
        write_file(folder / discovered.FILE_NAME, discovered.findings_file(result, folder))

    conclude(result, print_table, conductor.log.record_problem or conductor.examples_problem)
    write_ledger(folder, conductor.log.unwritten)
    write_wanted(order.reports, result, folder, masker.secrets)
    if result.ending in CAN_CONTINUE and order.settings.app is None:
        say(f"Continue with: leadlists-contract resume {folder}")
    code = result.exit_code()
    if order.delete_url is not None:
        paced = replace(order.settings, rate_per_s=order.permit.rate_per_s)
        deleting = delete(paced, folder, created_in(folder, conductor.log.unwritten), order.delete_url)
        code = deleting if deleting > 1 else code
    return code
