"""The parameters of a campaign as a file in its folder, so that it can be resumed without naming them again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract_tests.results.files import write_whole
from contract_tests.results.record import RecordError

FILE_NAME = "campaign.json"


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `fuzz` was called with, as the user wrote it, without secrets.

    options: those of `run` that were given as flags. max_created: of all shards together. app: what
    the command itself served.
    """

    url: str
    budget: str
    own: tuple[str, ...] = ()
    max_created: int | None = None
    shard: str | None = None
    app: str | None = None
    delete_url: str | None = None
    reports: tuple[str, ...] = ()
    rude: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the file. Raises OSError."""
        write_whole(folder / FILE_NAME, json.dumps(dataclasses.asdict(self), indent=2).encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Parameters:
        """Read the file. Raises RecordError with the name of the file."""
        path = folder / FILE_NAME
        try:
            fields = json.loads(path.read_bytes())
            return cls(**fields | {name: tuple(fields[name]) for name in ("own", "reports")})
        except OSError as error:
            raise RecordError(f"{path} cannot be read: {error.strerror}; only a campaign can be resumed") from None
        except (ValueError, TypeError, KeyError) as error:
            raise RecordError(f"{path} is not the file of a campaign: {error}") from None
