"""`leadlists-contract receipt`: search the files of a run for secrets."""

from __future__ import annotations

from pathlib import Path

import click

from contract_tests.commands.inputs import read_secrets
from contract_tests.commands.options import Command, config_option, run_folder
from contract_tests.commands.output import say
from contract_tests.report.receipt import files_of, search


@click.command(cls=Command)
@run_folder
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--secret", "more", metavar="TEXT", multiple=True, help="another text to search for; can be repeated")
@config_option
def command(folder: Path, files: tuple[Path, ...], more: tuple[str, ...], config: Path | None) -> int:
    """Search the files of a run for secrets.

    The command searches every file in RUN_DIR and every FILE for the secrets in the environment (LEADLISTS_BEARER) and
    in leadlists.toml: plain, in any case, escaped, in base64 and in hexadecimal digits. The exit code is 1 if it finds
    one.
    """
    secrets = {*read_secrets(config), *more}
    if not secrets:
        raise click.UsageError("there is no secret to search for; set LEADLISTS_BEARER, or give --secret TEXT")
    try:
        paths = [*files_of(folder), *files]
        found = search(paths, secrets, folder)
    except OSError as error:
        raise click.UsageError(f"{error.filename} cannot be read: {error.strerror}") from None
    if not paths:
        raise click.UsageError(f"there are no files in {folder}")
    say(found.text)
    return 1 if found.found else 0
