"""When two texts are the same, and what the open questions on text let a server make of one. Pure."""

from __future__ import annotations

import html
import re
import unicodedata

_HALF = re.compile("[\ud800-\udfff\ufffd]")
_LOSSY = re.compile("[\ud800-\udfff\ufffd?]+")
_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>?")
_SIGNS = re.compile(r"[<>&\"'`=/\\;]+")
_SIGNS_AND_BLANKS = re.compile(r"[<>&\"'`=/\\;\s]+")  # a tag may be replaced by a blank


def same_text(sent: str, got: str) -> bool:
    """Whether got is sent, apart from what the open questions on text let a server do to it."""
    if got == sent:
        return True
    if _HALF.search(sent):  # halves of pairs, and bytes that were no UTF-8: each replaced
        sent, got = _LOSSY.sub("\ufffd", sent), _LOSSY.sub("\ufffd", got)
    forms = (sent, composed(sent))
    return any(_less_unprinted(form, got) for form in forms) or got == composed(bare(sent))


def _less_unprinted(sent: str, got: str) -> bool:
    """Whether got is sent less some blanks around it (`surrounding-blanks`) and signs that cannot be printed."""
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
    """The text with nothing around it or in it that could be trimmed or removed."""
    return "".join(c for c in text if not is_unprinted(c)).strip()


def loosely(text: str) -> str:
    """The text with all that is open about it taken away."""
    return _LOSSY.sub("\ufffd", composed(bare(text)))


def is_unprinted(char: str) -> bool:
    return not char.isprintable() and char != "\0" and not "\ud800" <= char <= "\udfff"


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def sanitised(sent: str, got: str) -> bool:
    """Whether got is sent with its tags or references removed or escaped, all other printed words still there."""
    plain, once = html.unescape(bare(sent)), html.unescape(bare(got))
    if any(once.count(sign) > plain.count(sign) for sign in "'\"\\"):
        return False  # signs doubled on the way into some other language are neither removed nor escaped
    signs = _SIGNS_AND_BLANKS if _TAG.search(plain) else _SIGNS
    rest = {signs.sub("", text) for text in (plain, _untagged(plain), _untagged(_SCRIPT.sub(" ", plain)))}
    return not rest.isdisjoint(signs.sub("", text) for text in (once, _untagged(once), html.unescape(once)))


def _untagged(text: str) -> str:
    return _TAG.sub(" ", text)
