"""`leadlists-contract merge`: merge the shards of a campaign."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
from rich.console import Console

from contract_tests.campaign.corpus import CampaignLog
from contract_tests.campaign.merging import merge
from contract_tests.commands.inputs import check_unused, read_secrets, read_wanted
from contract_tests.commands.options import EXIT_CODES, Command, config_option, report_option
from contract_tests.commands.output import write_file, write_ledger, write_wanted
from contract_tests.report import discovered
from contract_tests.report.console import ConsoleReport
from contract_tests.results.record import Record, RecordError, new_folder
from contract_tests.settings.secrets import printable

_EXIT_CODES = EXIT_CODES.replace("interrupted (Ctrl-C)", "a shard is missing, or was interrupted")


@click.command(cls=Command, epilog=_EXIT_CODES)
@click.argument("folders", metavar="RUN_DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--run-folder",
    "into",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="new folder (default .leadlists/runs/TIME)",
)
@report_option()
@config_option
def command(folders: tuple[Path, ...], into: Path | None, reports: tuple[str, ...], config: Path | None) -> int:
    """Merge the shards of a campaign.

    The new folder holds one record, the findings of all shards, and the list of all created lead lists. The exit code
    is that of the merged campaign.
    """
    wanted = read_wanted(reports)
    folder = into or new_folder()
    check_unused(folder)
    is_new = not folder.exists()
    record = Record(folder)
    log = CampaignLog(record)
    try:
        merge(folders, log, folder)
    except (OSError, RecordError) as error:
        record.close()
        if is_new:
            shutil.rmtree(folder)
        else:
            record.path.unlink()
        raise click.UsageError(printable(str(error))) from None
    record.close()
    result = log.summing.result()
    ConsoleReport(Console(highlight=False, emoji=False)).conclude(result, folder)
    write_file(folder / discovered.FILE_NAME, discovered.findings_file(result, folder))
    write_ledger(folder)
    write_wanted(wanted, result, folder, read_secrets(config))
    return result.exit_code()
