"""`leadlists-contract doctor`: find out why a run cannot judge a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from contract_tests.commands.options import Command, config_option, run_options
from contract_tests.commands.output import say
from contract_tests.composition.suites import DOCTOR_OPTIONS, gather
from contract_tests.composition.target import examine_target
from contract_tests.report.failure import on_one_line
from contract_tests.settings.secrets import Masker

MARKS = {True: "ok", False: "WRONG", None: "note"}


@click.command(cls=Command)
@click.argument("url", required=False)
@run_options(DOCTOR_OPTIONS, hides_others=True)
@config_option
def command(url: str | None, config: Path | None, **flags: Any) -> int:
    """Find out why a run cannot judge a server.

    The command checks the host name, the connection, TLS, the proxy, the clock, the login, redirects and rate limits
    of the server at URL, and says what to do. It sends one request, which creates a lead list if the server accepts
    it. It also accepts --depth and the other settings of `run`; those that are not listed below have no effect. The
    exit code is 3 if a check fails.
    """
    settings = gather({**flags, "url": url}, config=config)
    masker = Masker(settings.secrets)
    code = 0
    for check in examine_target(settings, masker):
        advice = f" -> {check.advice}" if check.advice else ""
        say(on_one_line(masker.mask_excerpt(f"{MARKS[check.is_right]:<6}{check.name:<12}{check.text}{advice}")))
        if check.is_right is False:
            code = 3
    return code
