"""Compare texts, with the changes that the open readings on text permit. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_HALF = re.compile("[\ud800-\udfff\ufffd]")
_LOSSY = re.compile("[\ud800-\udfff\ufffd?]+")
_HALF_AND_NEXT = re.compile("[\ud800-\udfff]+[^\ud800-\udfff]?", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z/!?][^>]*>")  # as HTML reads it: `<a<b>` is one tag
# As common patterns of sanitisers read it.
_OTHER_TAGS = tuple(map(re.compile, (r"</?[a-zA-Z!?][^<>]*>", r"<[a-zA-Z/!][^>]*>", r"</?[a-zA-Z][^>]*>")))
JOINERS = "\u200c\u200d"  # parts of words and emoji: removing them changes the text


def same_text(sent: str, got: str) -> bool:
    """Return whether `got` is `sent`, apart from changes that the open readings on text permit."""
    if got == sent:
        return True
    if _HALF.search(sent):  # halves of pairs, and bytes that were no UTF-8: each replaced
        sent, got = _LOSSY.sub("\ufffd", sent), _LOSSY.sub("\ufffd", got)
    forms = (sent, composed(sent))
    return any(_less_unprinted(form, got) for form in forms) or got == composed(bare(sent))


def lost_with_half(sent: str, got: str) -> bool:
    """Return whether `got` lacks only halves of pairs and the character after each: some parsers take it for the
    other half.
    """
    return same_text(_HALF_AND_NEXT.sub("\ufffd", sent), got) if _HALF_AND_NEXT.search(sent) else False


def _less_unprinted(sent: str, got: str) -> bool:
    """Return whether `got` is `sent` without surrounding spaces and unprintable characters."""
    core = bare(sent)
    start = sent.find(core[:1]) if core else len(sent)
    end = sent.rfind(core[-1:]) + 1 if core else len(sent)
    at = 0
    for place, char in enumerate(sent):
        if at < len(got) and got[at] == char:
            at += 1
        elif not (is_unprinted(char) or (char.isspace() and not start <= place < end)):
            return False
    return at == len(got)


def bare(text: str) -> str:
    """Return the text without all characters that a server can trim or remove."""
    if text.isprintable():
        return text.strip()
    return "".join(c for c in text if not is_unprinted(c)).strip()


def loosely(text: str) -> str:
    """Return the text without all differences that the readings permit."""
    return _LOSSY.sub("\ufffd", composed(bare(text)))


def is_unprinted(char: str) -> bool:
    """Return whether a text looks the same without the character, so that a server can remove it."""
    return not char.isprintable() and char not in JOINERS and not "\ud800" <= char <= "\udfff"


def count_unprinted(text: str) -> int:
    """Return the number of characters that a server can remove."""
    return 0 if text.isprintable() else sum(map(is_unprinted, text))


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def sanitised(sent: str, got: str) -> bool:
    """Return whether got is sent with some of its whole tags removed, all other characters still there."""
    if not _TAG.search(sent):
        return False
    got, ends, at = _without_spaces(got), {0}, 0
    # The lengths of the beginnings of `got` that the text so far can have become: linear, whatever a server sends.
    for match in re.finditer(f"{_SCRIPT.pattern}|{_TAG.pattern}", sent, re.IGNORECASE | re.DOTALL):
        ends = _continued(got, ends, [sent[at : match.start()]])
        ends = _continued(got, ends, [match[0], "", *(tag.sub("", match[0]) for tag in (_TAG, *_OTHER_TAGS))])
        at = match.end()
    return len(got) in _continued(got, ends, [sent[at:]])


def _continued(got: str, ends: set[int], parts: Iterable[str]) -> set[int]:
    bare_parts = {_without_spaces(part) for part in parts}
    return {end + len(part) for end in ends for part in bare_parts if got.startswith(part, end)}


def _without_spaces(text: str) -> str:
    """The printed characters of a text: what removes a tag may close up the spaces around it."""
    return "".join(c for c in text if not is_unprinted(c) and not c.isspace())
