"""Session tokens that do not come from the command line: from a file, or from a command that signs in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from contract_tests.settings.values import UsageError

LOGIN_COMMAND_S = 60.0  # signing in through a browser's flow takes seconds


def token_of_file(path: str) -> str:
    """Return the token in a file, without the white space around it. Raises UsageError."""
    try:
        return _checked(Path(path).read_text(encoding="utf-8").strip(), f"--bearer-file: {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--bearer-file: {path} cannot be read: {error}") from None


def token_of_command(command: str) -> str:
    """Return the last line that a shell command prints. Raises UsageError."""
    try:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=LOGIN_COMMAND_S)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise UsageError(f"--login-command: the command gave no token: {error}") from None
    if done.returncode:
        raise UsageError(f"--login-command: the command ended with exit code {done.returncode}: {done.stderr.strip()}")
    lines = done.stdout.strip().splitlines()
    return _checked(lines[-1].strip() if lines else "", "--login-command: the command")


def _checked(token: str, source: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"{source} gives no token: one line of printable ASCII without spaces is needed")
    return token
