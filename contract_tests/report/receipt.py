"""Search written files for secrets by decoding them: deliberately another way than the one that masks secrets."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

SHORTEST = 8  # a shorter secret could be an ordinary word
PIECE_BYTES = 256 * 1024  # of a long file; the search holds up to twenty times as much

_HEX = re.compile(rb"[0-9a-f][0-9a-f :-]{14,}")
_NUMBERS = re.compile(rb"[0-9][0-9, ]{14,}")  # of bytes
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_IS_BASE64 = bytes(bool(_BASE64.fullmatch(bytes([byte]) * 11)) for byte in range(256))  # for each byte, 1 or 0
_STANDARD = bytes.maketrans(b"-_", b"+/")  # the alphabet of RFC 4648 §5 to that of §4
_ESCAPE = re.compile(rb"\\(?:u00|x)([0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The number of secrets found, and of files searched. command: to search again."""

    found: int
    files: int
    command: str

    @property
    def text(self) -> str:
        """The receipt as one sentence."""
        files = "file" if self.files == 1 else "files"
        return f"Secrets found: {self.found} in {self.files} {files}; check with: {self.command}"


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
    if not any(b'"' in secret for secret in wanted):
        # No other form has a quote in it either. Most of what is between two quotes occurs in many lines of a record,
        # and nearly always there is no secret.
        distinct = b'"'.join(set(content.split(b'"')))
        if not _count(distinct, wanted):
            return 0
    return _count(content, wanted)


def _count(content: bytes, wanted: Collection[bytes]) -> int:
    lower = content.lower()
    unescaped = _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), lower)
    bare = unescaped.replace(b"\\", b"")
    unquoted = unquote_to_bytes(lower)
    plain = [lower, unquoted, unquote_to_bytes(unquoted), bare, html.unescape(lower.decode("latin-1")).encode("utf-8")]
    plain.append(unquote_to_bytes(bare.replace(b"\0", b"")))
    plain = [text.lower() for text in plain]
    encoded = _encoded(content.replace(b"\\/", b"/"), wanted)
    return encoded + sum(max(text.count(secret) for text in plain) for secret in wanted)


@lru_cache(maxsize=4)  # a run searches all its files for the same secrets, which may be hundreds
def _searched(secrets: frozenset[str]) -> frozenset[bytes]:
    """Return the secrets in lower case, without the short ones and those that are part of another."""
    wanted = {secret.encode().lower() for secret in secrets if len(secret) >= SHORTEST}
    return frozenset(wanted - {one for one in wanted for other in wanted if one != other and one in other})


def _encoded(content: bytes, wanted: Collection[bytes]) -> int:
    """Count the secrets that the content has in base64, in base64 of base64, in hexadecimal or as numbers of bytes."""
    return sum(text.count(secret) for text in map(bytes.lower, _decoded(content)) for secret in wanted)


def _decoded(content: bytes) -> Iterator[bytes]:
    """Decode all runs of hexadecimal digits, of numbers of bytes, and of base64 in base64 or not."""
    lower = content.lower()
    runs = [run.translate(None, b" :-").decode() for run in _HEX.findall(lower)]
    yield b"\n".join(
        bytes.fromhex(run[start : start + (len(run) - start) // 2 * 2]) for run in runs for start in (0, 1)
    )
    numbers = re.findall(rb"[0-9]{1,3}", b"\n".join(_NUMBERS.findall(lower)))
    yield bytes(int(number) % 256 for number in numbers)
    for once in _from_base64(content):
        yield once
        yield from _from_base64(once)


def _from_base64(content: bytes) -> Iterator[bytes]:
    """Decode the runs of base64 characters together, from four characters on: each run begins at one of them."""
    if b"\1" * 11 not in content.translate(_IS_BASE64):
        return  # far faster than a search
    runs = b"A".join(_BASE64.findall(content)).translate(_STANDARD)
    for start in range(4):
        part = runs[start:] + b"AAA"  # what is missing at its end
        yield base64.b64decode(part[: len(part) // 4 * 4])
