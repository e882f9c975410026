"""Reload the spec and the seed file when they change: serve a valid change, report and ignore an invalid one.

A new spec keeps the worlds. A new seed file resets them, because a reset is what loads its lead lists.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import awatch

from mock_server.app import Mock
from mock_server.contract.readings import ReadingError
from mock_server.contract.spec_files import SpecError, shortened
from mock_server.settings.values import SettingError
from mock_server.worlds.worlds import RESET

QUIET_MS = 50  # without events; an editor that truncates a file before it writes is done by then
LONGEST_WAIT_MS = 400  # for those QUIET_MS
LOOK_AGAIN_MS = 2_000  # a folder that is renamed over another one sends no events about its files

Content = dict[str, tuple[bytes | None, ...]]


@dataclass(frozen=True, slots=True)
class Files:
    """The files to follow: the spec folder, and the seed file if there is one."""

    spec_dir: Path
    seed_file: Path | None

    def content(self) -> Content:
        """Read all files; only different bytes count as a change, whatever events the system sends."""
        spec = tuple(_bytes(self.spec_dir / name) for name in ("openapi.yaml", "readings.yaml"))
        return {"spec": spec, "seed": () if self.seed_file is None else (_bytes(self.seed_file),)}

    def name(self, of: str) -> str:
        """Return "spec" or "seed" with its path, for messages."""
        return f"spec in {self.spec_dir}" if of == "spec" else f"seed file {self.seed_file}"

    @property
    def folders(self) -> set[Path]:
        """The folders to watch; a watch on a file itself would end when an editor replaces the file."""
        return {self.spec_dir, *([] if self.seed_file is None else [self.seed_file.absolute().parent])}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class Following:
    """Replace a mock when its files change; `make` creates a mock from them."""

    def __init__(self, make: Callable[[], Mock], files: Files, *, warn: Callable[[str], None]) -> None:
        self._make = make
        self._files = files
        self._warn = warn
        self._served = self._seen = files.content()  # read before `make`, so that a change during it is detected
        self.mock = make()

    async def follow(self) -> None:
        """Follow the files until cancelled."""
        try:
            async for _ in awatch(
                *self._files.folders,
                watch_filter=None,
                step=QUIET_MS,
                debounce=LONGEST_WAIT_MS,
                rust_timeout=LOOK_AGAIN_MS,
                yield_on_timeout=True,
                recursive=False,
            ):
                await self.look()
        except OSError as error:
            self._warn(f"--reload: the files cannot be watched any more: {error}")

    async def look(self) -> None:
        """Serve the content of the files if it is new and valid."""
        found = self._files.content()
        if found == self._seen:
            return
        self._seen = found
        changed = [of for of in found if found[of] != self._served[of]]
        try:
            made = await asyncio.to_thread(self._make)
        except Exception as error:  # a file can contain anything; the current mock stays in use
            known = isinstance(error, SpecError | ReadingError | SettingError)
            why = shortened(str(error) if known else repr(error))
            return self._warn(
                f"{self._named(changed)} cannot be served: {why}; the previous one stays in use until it is fixed"
            )
        self._served = found
        self.mock.become(made)
        self._announce(changed)
        _free_memory()

    def _announce(self, changed: list[str]) -> None:
        for world in self.mock.worlds:
            if "seed" in changed:
                world.reset()
            for of in (*changed, *(RESET if "seed" in changed else ())):
                world.journal.notify(of)
        if changed:
            self._warn(f"{self._named(changed)} changed; the mock serves the new content")

    def _named(self, changed: list[str]) -> str:
        return f"the {' and the '.join(map(self._files.name, changed))}"


def _free_memory() -> None:
    """Collect the replaced mock. Its parts refer to each other, and the command has frozen the first one."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
