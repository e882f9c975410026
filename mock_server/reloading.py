"""Following the files that a mock is made of: what is saved well is served at once, anything else changes nothing.

A new spec keeps what the worlds hold. A new seed file resets them, since a reset is what gives its lead lists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import awatch

from mock_server.app import Mock
from mock_server.contract.openapi import SpecError, shortened
from mock_server.contract.readings import ReadingError
from mock_server.settings import SettingError
from mock_server.worlds.worlds import RESET

QUIET_MS = 50  # an editor that empties a file before it fills it is done by then
LONGEST_WAIT_MS = 400  # for that quiet
LOOK_AGAIN_MS = 2_000  # a folder that replaces another one sends no events about its files

Content = dict[str, tuple[bytes | None, ...]]


@dataclass(frozen=True, slots=True)
class Files:
    """What a mock is made of: the spec folder, and the seed file where there is one."""

    spec_dir: Path
    seed_file: Path | None

    def content(self) -> Content:
        """The bytes of all files; a change is what changes them, whatever the system tells."""
        spec = tuple(_bytes(self.spec_dir / name) for name in ("openapi.yaml", "readings.yaml"))
        return {"spec": spec, "seed": () if self.seed_file is None else (_bytes(self.seed_file),)}

    def name(self, of: str) -> str:
        """Where the spec or the seed is, for people."""
        return f"spec in {self.spec_dir}" if of == "spec" else f"seed file {self.seed_file}"

    @property
    def folders(self) -> set[Path]:
        """The folders to watch; a file that an editor puts in the place of another is no longer watched itself."""
        return {self.spec_dir, *([] if self.seed_file is None else [self.seed_file.absolute().parent])}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


class Following:
    """A mock that becomes another one when its files change; `make` makes a mock of them."""

    def __init__(self, make: Callable[[], Mock], files: Files, *, tell: Callable[[str], None]) -> None:
        self._make = make
        self._files = files
        self._tell = tell
        self._served = self._seen = files.content()  # before the mock is made: a change since is then seen
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
            self._tell(f"--reload: the files cannot be watched any more: {error}")

    async def look(self) -> None:
        """Serve what the files hold, if that is something new and sound."""
        found = self._files.content()
        if found == self._seen:
            return
        self._seen = found
        changed = [of for of in found if found[of] != self._served[of]]
        try:
            made = await asyncio.to_thread(self._made)
        except Exception as error:  # whatever a file can hold: the mock that there is goes on
            known = isinstance(error, SpecError | ReadingError | SettingError)
            why = shortened(str(error) if known else repr(error))
            return self._tell(
                f"{self._named(changed)} cannot be served: {why}; the previous one stays in use until it is fixed"
            )
        self._served = found
        self.mock.become(made)
        self._announce(changed)

    def _made(self) -> Mock:
        """A mock of what the files hold, ready to answer: Connexion puts itself together with its first call."""
        made = self._make()
        asyncio.run(_start(made))
        return made

    def _announce(self, changed: list[str]) -> None:
        for world in self.mock.worlds:
            if "seed" in changed:
                world.reset()
            for of in (*changed, *(RESET if "seed" in changed else ())):
                world.journal.tell(of)
        if changed:
            self._tell(f"{self._named(changed)} changed, and is served")

    def _named(self, changed: list[str]) -> str:
        return f"the {' and the '.join(map(self._files.name, changed))}"


async def _start(mock: Mock) -> None:
    """The start and the end of an ASGI app's life."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    told = []

    async def receive() -> dict[str, str]:
        return messages.pop(0)

    async def send(message: object) -> None:
        told.append(message)

    await mock({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
