"""`leadlists-contract resume`: continue a campaign that was cut off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from contract_tests.campaign.allowance import Allowance
from contract_tests.campaign.deletion import check_template
from contract_tests.campaign.parameters import Parameters
from contract_tests.campaign.permit import permit_for
from contract_tests.commands.fuzz import Order, carry_out
from contract_tests.commands.inputs import read_wanted
from contract_tests.commands.options import EXIT_CODES, Command, config_option, report_option, run_folder, run_options
from contract_tests.commands.output import say
from contract_tests.composition.suites import gather
from contract_tests.report.console import ConsoleReport
from contract_tests.results.events import Ending
from contract_tests.results.record_reading import read_result
from contract_tests.settings.manners import shard_from
from contract_tests.settings.options import RESUME_OPTIONS
from contract_tests.settings.values import UsageError


@click.command(cls=Command, epilog=EXIT_CODES)
@run_folder
@run_options(
    RESUME_OPTIONS,
    timeout="maximum time for one response (default: that of the campaign)",
    rate="maximum number of requests in a second (default: that of the campaign)",
    wait="maximum time to wait for a server that is still starting or away (default: that of the campaign)",
    ca_file="PEM file with certificates to trust (default: that of the campaign)",
    client_cert="PEM file with a client certificate (default: that of the campaign)",
    client_key="PEM file with the key of the client certificate (default: that of the campaign)",
)
@config_option
@report_option("write a report, as for `run` (default: those of the campaign)")
def command(folder: Path, config: Path | None, reports: tuple[str, ...], **flags: Any) -> int:
    """Continue a campaign that was cut off, for example by a crash of the machine or by Ctrl-C.

    RUN_DIR is the folder of the campaign. The command does not repeat a request whose response is in the
    record; each interruption loses at most one exchange, or one burst. Budget, shard and limits are those of the
    campaign; give the login again.
    """
    parameters = Parameters.read(folder)
    if parameters.app is not None:
        raise UsageError(f"the server of --app {parameters.app} ended with the campaign; start another campaign")
    result = read_result(folder)
    if result.ending is Ending.COMPLETE and not result.is_cut_off:
        say("The campaign is complete; nothing is sent.")
        ConsoleReport(Console(highlight=False, emoji=False)).conclude(result, folder)
        return result.exit_code()
    given = {name: value for name, value in flags.items() if value}
    settings = gather({**parameters.options, **given, "url": parameters.url}, config=config)
    settings = replace(settings, rude=parameters.rude)
    shard = shard_from(parameters.shard, {})
    order = Order(
        settings,
        folder,
        Allowance.parse(parameters.budget),
        permit_for(settings, own=parameters.own, max_created=parameters.max_created, shard=shard),
        shard,
        parameters.delete_url and check_template(parameters.delete_url, settings.url),
        tuple(read_wanted(reports or parameters.reports)),
    )
    return carry_out(order)
