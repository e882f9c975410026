"""The command `leadlists-mock`: command line to settings to one server process. Only this module exits."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from mock_server import settings as settings_module
from mock_server.contract import SpecError
from mock_server.readings import ReadingError
from mock_server.settings import FIELDS, SettingError, Settings, is_repeatable

EXIT_USAGE = 2
EXIT_PORT = 3


@click.group(invoke_without_command=True)
@click.option("--config", type=click.Path(path_type=Path))
@click.option("--ready-json", is_flag=True)
@click.pass_context
def main(context: click.Context, config: Path | None, ready_json: bool, **flags: Any) -> None:
    """Serve a mock."""
    try:
        context.obj = settings_module.gather(flags, os.environ, config)
        if context.invoked_subcommand is None:
            _serve(context.obj, ready_json)
    except (SettingError, ReadingError, SpecError) as error:
        _fail(EXIT_USAGE, str(error))


def _serve(settings: Settings, ready_json: bool) -> None:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    from mock_server import app as app_module
    from mock_server import server

    built = app_module.build(settings)
    try:
        listener = server.listen(settings.host, settings.port)
    except server.PortTaken as error:
        _fail(EXIT_PORT, f"{error}; choose another with --port, or take a free one with --port 0")
    url = server.url_of(listener)
    def on_ready() -> None:
        users = [{"id": u, "token": t} for u, t in settings.user]
        print(json.dumps({"url": url, "pid": os.getpid(), "users": users, "endpoint": url + built.contract.operations["createLeadList"].path}), flush=True)
    server.serve(built.app, listener, settings, render_error=built.stages.render_error, on_ready=on_ready)


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _fail(code: int, message: str) -> NoReturn:
    click.echo(f"leadlists-mock: {message}", err=True)
    raise SystemExit(code)


for _name in FIELDS:
    _field = FIELDS[_name]
    _flag = "--" + _name.replace("_", "-")
    if isinstance(_field.default, bool):
        main = click.option(_flag, is_flag=True, default=None, help=_field.metadata["help"])(main)
    else:
        main = click.option(_flag, metavar=_field.metadata["shown"], multiple=is_repeatable(_name), help=_field.metadata["help"])(main)
