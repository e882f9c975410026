"""Search written files for secrets by decoding them: deliberately another way than the one that masks secrets."""

from __future__ import annotations

import base64
import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

SHORTEST = 8  # a shorter secret could be an ordinary word
PIECE_BYTES = 256 * 1024  # of a long file; the search holds up to twenty times as much

_HEX = re.compile(rb"(?:[0-9a-f]{2}[ :-]?){8,}")
_NUMBERS = re.compile(rb"(?:[0-9]{1,3}(?:, ?| )){7,}[0-9]{1,3}")  # of bytes
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_ESCAPE = re.compile(rb"\\{1,32}(?:u00|x)([0-9a-f]{2})")  # with a bound: `+` would take long for many backslashes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The number of secrets found, and of files searched. command: to search again."""

    found: int
    files: int
    command: str

    @property
    def text(self) -> str:
        """The receipt as one sentence."""
        times = "time" if self.found == 1 else "times"
        files = "file" if self.files == 1 else "files"
        return f"Canary found {self.found} {times} in {self.files} {files}; check with: {self.command}"


def search(contents: Iterable[bytes | Path], secrets: Collection[str], folder: Path) -> Receipt:
    """Count the secrets in files, or in their contents. folder: of the run, for the command that searches again.

    Raises OSError.
    """
    counts = [sum(appearances(piece, secrets) for piece in _pieces(content)) for content in contents]
    return Receipt(sum(counts), len(counts), f"leadlists-contract receipt {folder}")


def files_of(folder: Path) -> Iterator[Path]:
    """Return every file in the folder of a run, sorted by name."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    """Read a file in pieces of whole lines, as no secret has a line break: the record of a campaign has gigabytes."""
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece + file.readline()


def appearances(content: bytes, secrets: Collection[str]) -> int:
    """Count the secrets in the content: plain, in any case, escaped, as numbers, in base64 or hexadecimal."""
    wanted = _searched(frozenset(secrets))
    if not wanted:
        return 0
    lower = content.lower()
    unescaped = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), lower)
    bare = unescaped.replace(b"\\", b"")
    unquoted = unquote_to_bytes(lower)
    plain = [lower, unquoted, unquote_to_bytes(unquoted), bare, html.unescape(lower.decode("latin-1")).encode("utf-8")]
    plain.append(unquote_to_bytes(bare.replace(b"\0", b"")))
    decoded: Counter[bytes] = Counter()
    # No encoded form has a quote in it, and most of what is between two quotes occurs in many lines of a record.
    for piece, times in Counter(content.replace(b"\\/", b"/").split(b'"')).items():
        if len(piece) >= SHORTEST:
            decoded.update(dict.fromkeys(_decoded(piece), times))
    return sum(
        max(text.lower().count(secret) for text in plain)
        + sum(times for text, times in decoded.items() if secret in text.lower())
        for secret in wanted
    )


@lru_cache(maxsize=4)  # a run searches all its files for the same secrets, which may be hundreds
def _searched(secrets: frozenset[str]) -> frozenset[bytes]:
    """Return the secrets in lower case, without the short ones and those that are part of another."""
    wanted = {secret.encode().lower() for secret in secrets if len(secret) >= SHORTEST}
    return frozenset(wanted - {one for one in wanted for other in wanted if one != other and one in other})


def _decoded(piece: bytes) -> Iterator[bytes]:
    """Decode every run of hexadecimal digits, of numbers of bytes, and of base64 in base64 or not."""
    lower = piece.lower()
    for run in _HEX.findall(lower):
        yield bytes.fromhex(re.sub("[ :-]", "", run.decode()))
    for run in _NUMBERS.findall(lower):
        yield bytes(int(number) % 256 for number in re.findall(rb"[0-9]+", run))
    for run in _BASE64.findall(piece):
        for once in _from_base64(run):
            yield once
            for inner in _BASE64.findall(once):
                yield from _from_base64(inner)


def _from_base64(run: bytes) -> Iterator[bytes]:
    """Decode a run of base64 characters from its first, second, third and fourth character on."""
    plain = run.replace(b"-", b"+").replace(b"_", b"/")
    for start in range(4):
        part = plain[start:] + b"AAA"  # what is missing at its end
        yield base64.b64decode(part[: len(part) // 4 * 4])
