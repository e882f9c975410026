"""`leadlists-contract readings`: list what the API page leaves open."""

from __future__ import annotations

import click

from contract_tests.commands.options import Command
from contract_tests.commands.output import say
from contract_tests.contract.loading import load_specification


@click.command(cls=Command)
def command() -> None:
    """List the open questions of the API page.

    Each question has its options, and whether an option passes, warns or fails a run.
    """
    for reading in load_specification().readings.values():
        say(f"{reading.id}: {reading.question} ({reading.clause})")
        for option, meaning in reading.options.items():
            say(f"    {option:<18} {reading.treatment(option):<5} {meaning}")
