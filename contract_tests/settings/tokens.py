"""Session tokens that do not come from the command line: from a file, or from a command that signs in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from contract_tests.settings.values import UsageError

COOKIE = "cookie:"  # begins a line with a session cookie; a line with a bearer token has no space
LOGIN_COMMAND_S = 60.0  # signing in through a browser's flow takes seconds


def token_of_file(path: str) -> str:
    """Return the token in a file, without the white space around it. Raises UsageError."""
    try:
        return _checked(Path(path).read_text(encoding="utf-8").strip(), f"--bearer-file: {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--bearer-file: {path} cannot be read: {error}") from None


def login_of_command(command: str) -> tuple[str, str]:
    """Return the name of a cookie and its value, or "" and a bearer token, from the last line that a command prints.

    Raises UsageError.
    """
    try:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=LOGIN_COMMAND_S)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise UsageError(f"--login-command: the command gave no token: {error}") from None
    if done.returncode:
        raise UsageError(f"--login-command: the command ended with exit code {done.returncode}: {done.stderr.strip()}")
    line = (done.stdout.strip().splitlines() or [""])[-1].strip()
    if not line.lower().startswith(COOKIE):
        return "", _checked(line, "--login-command: the command")
    name, _, value = (cookie := line[len(COOKIE) :].strip()).partition("=")
    if not name or not value or not cookie.isascii() or not cookie.isprintable() or set(cookie) & set("; ,"):
        raise UsageError("--login-command: the command gives no cookie: one line `Cookie: NAME=VALUE` is needed")
    return name, value


def _checked(token: str, source: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{source} gives no token: one line of printable ASCII without spaces is needed")
    return token
