"""Standard output and error that never fail: a closed stream, a full disk or an unknown character ends no run."""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Callable
from typing import Any

DEGRADED = "leadlists.degraded"  # name of the handler for characters that an encoding does not have

_LIKE = {"✗": "x", "·": ".", "…": "...", "§": "section ", "›": ">"}


class Output:
    """A text stream on which every write succeeds; it drops text that cannot be written.

    A closed pipe (`| head -1`) is not an error. complain: reports any other error, such as a full disk, once.
    """

    def __init__(self, stream: Any, complain: Callable[[str], object]) -> None:
        self._stream = stream
        self._complain = complain
        self.is_lost = False  # whether text was dropped although there was a reader

    def write(self, text: str) -> int:
        """Write the text, or drop it."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        """Flush the buffered text, or drop it."""
        try:
            self._stream.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        # The stream keeps unwritten text and tries again when the interpreter exits: let it succeed then.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        if error.errno != errno.EPIPE:
            self.is_lost = True
            self._complain(f"leadlists-contract: the output cannot be written: {error.strerror}\n")

    @property
    def buffer(self) -> None:
        """Hidden, because click would bypass this object to write bytes if the encoding is ASCII."""
        raise AttributeError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def install() -> None:
    """Replace standard output and error of this process by streams that never fail."""
    codecs.register_error(DEGRADED, _degraded)
    _open_closed()
    errors = _safe(sys.stderr, lambda text: None)
    sys.stdout = _safe(sys.stdout, errors.write)
    sys.stderr = errors


def _open_closed() -> None:
    """Reopen closed standard streams, otherwise the next opened file would get the printed text."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def _safe(stream: Any, complain: Callable[[str], object]) -> Output:
    if stream is None:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # for as long as the process lives
    stream.reconfigure(errors=DEGRADED)
    return Output(stream, complain)


def _degraded(error: UnicodeError) -> tuple[str, int]:
    """Return a similar ASCII character, or an escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(char: str) -> str:
    if char in _LIKE:
        return _LIKE[char]
    if "\u2800" <= char <= "\u28ff":  # of the spinner
        return "*"
    return char.encode("ascii", "backslashreplace").decode()
