"""Write files so that they are whole or not there, and lock those that only one process may write."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl


def write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write content, or its parts, to path, or leave what was there; missing folders are made. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def lock(file: IO[bytes]) -> None:
    """Lock a file for this process until the file is closed; raise BlockingIOError if another process has the lock.

    On Windows, and in file systems without locks, nothing is locked.
    """
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass


def _umask() -> int:
    """The mask that new files get; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
