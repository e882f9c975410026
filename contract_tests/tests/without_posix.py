"""Run one of our modules as on Windows, as far as another system can show it.

`python -m contract_tests.tests.without_posix MODULE ARGUMENTS…`; MODULE can be `every`, which imports each of our
modules. uvloop is not installed, our modules find no module that only POSIX systems have, and an `open` without an
encoding, which differs on Windows, is an error.
"""

from __future__ import annotations

import builtins
import pkgutil
import runpy
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
OURS = ("mock_server", "contract_tests")
# What only developers run, on POSIX systems.
NOT_FOR_USERS = ("bench", "tests")

import_anything = builtins.__import__


def import_as_on_windows(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> Any:
    importer = str((globals or {}).get("__name__", "")).partition(".")[0]
    if importer in OURS and name.partition(".")[0] in POSIX_ONLY:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return import_anything(name, globals, locals, fromlist, level)


def import_every_module() -> None:
    for package in OURS:
        for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not {*NOT_FOR_USERS, "__main__"} & set(found.name.split(".")):
                import_module(found.name)


def main() -> None:
    module, *arguments = sys.argv[1:]
    sys.modules["uvloop"] = None  # type: ignore[assignment]  # as importlib documents it
    builtins.__import__ = import_as_on_windows
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"({'|'.join(OURS)})\.")
    if module == "every":
        import_every_module()
        return
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
