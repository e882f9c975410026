"""Explain wrong subcommands of `leadlists-mock`, and options in the wrong place."""

from __future__ import annotations

from typing import Any

import click

from mock_server.settings.sources import FIELDS


class _Subcommand(click.Command):
    """A subcommand that says where the options of `leadlists-mock` belong."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            if error.option_name.removeprefix("--").replace("-", "_") not in FIELDS:
                raise
            raise click.UsageError(f"Write {error.option_name} before {self.name}, not after it.", context) from None


class Group(click.Group):
    """A group that serves without a subcommand."""

    command_class = _Subcommand

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(context, args)
        except click.UsageError as error:
            known = ", ".join(self.commands)
            told = f"{error.message} Without a command, leadlists-mock serves; its commands are: {known}."
            raise click.UsageError(told, context) from None
