"""Read and find characters that are written as escapes of URL, JSON, Python or HTML, also escaped twice."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterable, Sequence

# Bounds instead of `+`, so that no text of a server takes long to search; 16 backslashes are four levels of JSON.
ESCAPE = re.compile(
    r"%(?:25)*(?P<url>[0-9a-f]{2})|\\{1,16}u(?P<json>[0-9a-f]{4})|\\{1,16}x(?P<python>[0-9a-f]{2})"
    r"|&\#x0*(?P<html>[0-9a-f]{1,6});|&\#0*(?P<decimal>[0-9]{1,7});|&(?P<named>[a-z]+);|\\{1,16}(?=\W)",
    re.IGNORECASE,
)

_CHARACTER = re.compile(f"{ESCAPE.pattern}|(?P<other>.)", re.IGNORECASE | re.DOTALL)

_NAMED_ENTITIES: dict[str, list[str]] = {}
for _name, _char in html.entities.html5.items():
    if len(_char) == 1 and _char.isascii() and _name.endswith(";"):
        _NAMED_ENTITIES.setdefault(_char, []).append(f"&{_name}")


def unescape(match: re.Match[str]) -> str:
    """Return the character that a match of ESCAPE means; empty for a backslash that escapes nothing else."""
    if match["named"]:
        return html.entities.html5.get(f"{match['named']};", match[0])
    digits = match["url"] or match["json"] or match["python"] or match["html"]
    code = int(digits, 16) if digits else int(match["decimal"] or -1)
    return chr(code) if 0 <= code <= 0x10FFFF else ""


def characters_of(text: str) -> tuple[Sequence[str], str]:
    """Return each character as it is written, and the same characters without escapes in lower case."""
    if not any(character in text for character in "%\\&"):
        return text, "".join(map(_lower, text))
    written, plain, before = [], [], ""
    for match in _CHARACTER.finditer(text):
        before += match[0]
        if meant := match["other"] or unescape(match):
            written.append(before)
            plain.append(_lower(meant[0]))
            before = ""
    return [*written, before], "".join(plain)


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def escaped_or_not(char: str) -> str:
    """A pattern for one character in any case: as it is, or as an escape; JSON in JSON doubles the backslash."""
    codes = [ord(each) for each in sorted({char, char.swapcase()} if char.isascii() else {char})]
    four, two, decimal = (_either(f"{code:{form}}" for code in codes) for form in ("04x", "02x", "d"))
    percent = _either("%(?:25)*".join(f"{b:02x}" for b in chr(c).encode("utf-8", "surrogatepass")) for c in codes)
    after_backslash = [f"u{four}", *([f"x{two}"] if max(codes) < 256 else [])]
    if not char.isalnum():
        after_backslash.append(re.escape(char))
    # Each begins with a character, so that the engine passes over most positions quickly.
    escapes = [
        re.escape(char),
        rf"\\\\{{0,15}}{_either(after_backslash)}",
        rf"&\#(?:0*{decimal}|x0*{_either(f'{code:x}' for code in codes)});",
        f"%(?:25)*{percent}",
        *_NAMED_ENTITIES.get(char, ()),
    ]
    return _either(escapes)


def _either(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(dict.fromkeys(patterns))})"
