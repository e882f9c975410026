"""Run one of our modules as on Windows, as far as another system can show it.

`python -m contract_tests.tests.without_posix MODULE ARGUMENTS…`; MODULE can be `every`, which imports each of our
modules. uvloop is not installed, our modules find no module and no attribute that only POSIX systems have, the event
loop has no method that Windows lacks, and an `open` without an encoding, which differs on Windows, is an error.
"""

from __future__ import annotations

import asyncio
import builtins
import os
import pkgutil
import runpy
import signal
import socket
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
POSIX_ATTRIBUTES = {
    os: """chown chroot ctermid fchmod fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp
        getpriority getresuid getsid getuid initgroups killpg lchown lockf major mkfifo mknod nice openpty posix_spawn
        preadv pwritev sched_getaffinity sched_setaffinity sendfile setegid seteuid setgid setpgid setsid setuid statvfs
        sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid WEXITSTATUS WIFEXITED WNOHANG O_NONBLOCK O_CLOEXEC
        O_DIRECTORY O_NOFOLLOW SCHED_OTHER""",
    signal: """SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm
        getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait""",
    socket: """AF_UNIX AF_NETLINK AF_PACKET CMSG_LEN MSG_DONTWAIT MSG_NOSIGNAL SO_PEERCRED SO_REUSEPORT TCP_CORK
        TCP_DEFER_ACCEPT TCP_QUICKACK TCP_USER_TIMEOUT send_fds recv_fds sethostname""",
    time: "clock_gettime pthread_getcpuclockid tzset",
}
WINDOWS_ATTRIBUTES: dict[ModuleType, dict[str, Any]] = {
    os: {"name": "nt"},
    socket: {"SO_EXCLUSIVEADDRUSE": socket.SO_REUSEADDR},  # the nearest that other systems have
    sys: {"platform": "win32"},
}
# Neither the proactor loop of Windows nor its processes offer these.
LOOP_METHODS = ("add_reader", "add_writer", "add_signal_handler", "create_unix_server", "create_unix_connection")
OURS = ("mock_server", "contract_tests", "__main__")
# What only developers run, on POSIX systems.
NOT_FOR_USERS = ("bench", "tests")

import_anything = builtins.__import__


class _OnWindows(ModuleType):
    """A module of the standard library with the attributes that it has on Windows."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        vars(self)["_real"] = real
        vars(self)["_hidden"] = set(POSIX_ATTRIBUTES.get(real, "").split())
        vars(self).update(WINDOWS_ATTRIBUTES.get(real, {}))

    def __getattr__(self, name: str) -> Any:
        if name in self._hidden:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on Windows", name=name)
        return getattr(self._real, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._real, name, value)


ON_WINDOWS = {each.__name__: _OnWindows(each) for each in (*POSIX_ATTRIBUTES, sys)}


def _missing(*arguments: Any, **named: Any) -> Any:
    raise NotImplementedError


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
    if importer in OURS and level == 0 and name in ON_WINDOWS:
        return ON_WINDOWS[name]
    return import_anything(name, globals, locals, fromlist, level)


def import_every_module() -> None:
    for package in ("mock_server", "contract_tests"):
        for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not {*NOT_FOR_USERS, "__main__"} & set(found.name.split(".")):
                import_module(found.name)


def main() -> None:
    module, *arguments = sys.argv[1:]
    sys.modules["uvloop"] = None  # type: ignore[assignment]  # as importlib documents it
    builtins.__import__ = import_as_on_windows
    for name in LOOP_METHODS:
        setattr(asyncio.SelectorEventLoop, name, _missing)
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"({'|'.join(OURS)})\.")
    if module == "every":
        import_every_module()
        return
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
