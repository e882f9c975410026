"""`leadlists-contract clauses`: list the clauses, or explain one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from contract_tests.commands.options import Command, run_options
from contract_tests.commands.output import say
from contract_tests.composition.suites import gather, load_suites
from contract_tests.contract.loading import load_specification
from contract_tests.settings.sources import PLACEHOLDER_URL


@click.command(cls=Command)
@click.argument("prefix", nargs=-1)
@click.option(
    "--explain",
    metavar="ID",
    help="explain one clause: its place on the API page, the oracles that judge it (file and line), its readings, the "
    "defects of the mock that break it, and the planned requests that probe it",
)
@run_options(("spec", "suite"))
def command(prefix: tuple[str, ...], explain: str | None, **flags: Any) -> None:
    """List all clauses, or those whose IDs start with PREFIX."""
    if explain is None:
        list_clauses({**flags, "clauses": prefix}, None)
        return
    from contract_tests import explanation  # needs the plan and the mock's defects

    settings = gather({**flags, "url": PLACEHOLDER_URL}, sends=False)
    say(explanation.explain(explain, load_specification(settings.spec_folder), load_suites(settings.suites)).text)


def list_clauses(flags: Mapping[str, Any], config: Path | None) -> None:
    """Print the clauses that a run with these flags would judge."""
    settings = gather({**flags, "url": flags.get("url") or PLACEHOLDER_URL}, config=config)
    specification = load_specification(settings.spec_folder)
    chosen = specification.select(settings.clauses)
    for clause in specification.clauses.values():
        if clause.id in chosen:
            note = f"  [not judged: {clause.unjudged}]" if clause.unjudged else ""
            say(f"{clause.id:<42} {clause.kind:<9} {clause.statement}{note}")
