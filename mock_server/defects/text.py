"""Changes of text by databases, sanitizers, encoders and columns; pure functions from text to text.

None of them is permitted by a reading (trimming, composing, removing tags or unprintable characters).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

Mangle = Callable[[str], str]


def cut(characters: int) -> Mangle:
    return lambda text: text[:characters]


def cut_bytes(size: int) -> Mangle:
    """Truncate to bytes, like a column that counts bytes, and drop the partial last character."""
    return lambda text: text.encode()[:size].decode(errors="ignore")


def replaced(old: str, new: str) -> Mangle:
    return lambda text: text.replace(old, new)


def matched(pattern: str, new: str | Callable[[re.Match[str]], str]) -> Mangle:
    return lambda text: re.sub(pattern, new, text)


def narrow(encoding: str) -> Mangle:
    """Replace characters that an older encoding lacks by question marks."""
    return lambda text: text.encode(encoding, "replace").decode(encoding)


def mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


def without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def compatible(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def percent_decoded(text: str) -> str:
    return unquote(text)


def form_decoded(text: str) -> str:
    return text.replace("+", " ")


def without_wide(text: str) -> str:
    """Replace characters of four bytes by question marks, like MySQL's utf8 with three bytes at most."""
    return re.sub("[\U00010000-\U0010ffff]", "?", text)


def until_wide(text: str) -> str:
    """Truncate before the first character of four bytes, like MySQL without strict mode."""
    return re.split("[\U00010000-\U0010ffff]", text)[0]


def typographic(text: str) -> str:
    return text.replace("'", "’").replace('"', "”").replace("--", "—")


def right_to_left_reversed(text: str) -> str:
    return re.sub("[\u0590-\u05ff]+", lambda match: match[0][::-1], text)


def unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def number_if_digits(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() else text


def mixed_endian(uuid: str) -> str:
    """Reverse the bytes of the first three groups, as Windows stores a GUID."""
    first, second, third, *rest = uuid.split("-")
    turned = ["".join(reversed([part[i : i + 2] for i in range(0, len(part), 2)])) for part in (first, second, third)]
    return "-".join([*turned, *rest])
