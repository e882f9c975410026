"""Mask secrets and control characters in all output."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

MIN_SECRET_LENGTH = 4  # a shorter "secret" would replace parts of ordinary words
MIN_ENCODED_LENGTH = 8  # of a shorter one, what base64 or another case makes may be an ordinary word
FRAGMENT_LENGTH = 8  # as many characters of a secret in a row are no accident
KEPT_LEARNED = 64  # secrets that a server hands out; one that changes with each response turns up near that response

_ESCAPE = re.compile(
    r"%(?P<url>[0-9a-f]{2})|\\+u(?P<json>[0-9a-f]{4})|\\+x(?P<python>[0-9a-f]{2})"
    r"|&\#x0*(?P<html>[0-9a-f]{1,6});|&\#0*(?P<decimal>[0-9]{1,7});|\\+(?=\W)",
    re.IGNORECASE,
)


class Secret:
    """One secret, with its possible forms: plain, encoded, escaped, or in another case.

    shown: the replacement for the plain secret. name: its name in other replacements.
    """

    def __init__(self, text: str, name: str, shown: str) -> None:
        self._text = text
        self._name = name
        self._shown = shown
        self._is_long = len(text) >= MIN_ENCODED_LENGTH
        self._lower = text.lower()

    @cached_property
    def _encoded(self) -> Mapping[str, str]:
        """Each encoded form with its name. Latin-1 is for bytes, because bodies are masked before they are decoded."""
        if not self._is_long:
            return {}
        data = self._text.encode("utf-8", "surrogatepass")
        forms = dict.fromkeys(_base64_cores(data), "base64")
        forms |= {data.hex(): "hex", data.hex().upper(): "hex"}
        forms |= {"\0".join(self._text): "UTF-16", data.decode("latin-1"): "UTF-8"}
        return {form: name for form, name in forms.items() if form != self._text}

    @cached_property
    def _escaped(self) -> re.Pattern[str]:
        """A pattern for the secret and its encoded forms, with characters escaped as in URL, JSON, Python or HTML."""
        forms = [self._text, *(form for form, name in self._encoded.items() if name in ("base64", "UTF-8"))]
        return re.compile("|".join("".join(map(_escaped_or_not, form)) for form in forms), re.IGNORECASE)

    def replace_plain(self, text: str) -> str:
        """Replace the plain secret in the text."""
        return text.replace(self._text, self._shown) if self._text in text else text

    def replace_encoded(self, text: str, lower: str, unescaped: str) -> str:
        """Replace other forms of the secret. lower: the text in lower case. unescaped: the text without escapes."""
        if self._is_long and self._lower in lower:
            text = re.sub(re.escape(self._text), f"[{self._name} in another case]", text, flags=re.IGNORECASE)
        for form, name in self._encoded.items():
            if form in text:
                text = text.replace(form, f"[{self._name} in {name}]")
        # The pattern is slow, so it runs only if the text contains the secret.
        if unescaped and (self._lower in unescaped.lower() or any(form in unescaped for form in self._encoded)):
            text = self._escaped.sub(f"[{self._name}]", text)
        return text

    def replace_fragments(self, text: str) -> str:
        """Replace longer parts of the secret, which shortening a text can leave."""
        for form in (self._text, *self._encoded) if self._is_long else ():
            start = 0
            while start + FRAGMENT_LENGTH <= len(form):
                end = start + FRAGMENT_LENGTH
                if form[start:end] not in text:
                    start += 1
                    continue
                while end < len(form) and form[start : end + 1] in text:
                    end += 1
                text = text.replace(form[start:end], f"[part of {self._name}]")
                start = end
        return text


class Masker:
    """Replace each secret by its expression, in every encoded form of the secret.

    secrets: secret -> shell expression that yields it, such as `LEADLISTS_BEARER`. Safe to use from several threads.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._given = [
            Secret(text, re.split(r"\W", name)[0], f"${{{name}}}")
            for text, name in sorted(secrets.items(), key=lambda item: -len(item[0]))
            if len(text) >= MIN_SECRET_LENGTH
        ]
        self._texts = {text for text in secrets if len(text) >= MIN_SECRET_LENGTH}
        self._learned: dict[str, Secret] = {}
        self._lock = threading.Lock()

    def learn(self, texts: Iterable[str]) -> None:
        """Also mask these texts from now on: secrets from responses of the server."""
        new = [t for t in texts if len(t) >= MIN_ENCODED_LENGTH and t not in self._texts and t not in self._learned]
        with self._lock:
            for text in new:
                self._learned[text] = Secret(text, "secret of the server", "[secret of the server]")
            while len(self._learned) > KEPT_LEARNED:
                del self._learned[next(iter(self._learned))]

    def mask(self, text: str) -> str:
        """Return the text with all secrets masked."""
        lower = text.lower()
        unescaped = _ESCAPE.sub(_unescape, text)
        if unescaped == text:
            unescaped = ""
        secrets = (*self._given, *list(self._learned.values()))
        for secret in secrets:  # all as they are first: a secret may be another one in another case
            text = secret.replace_plain(text)
        for secret in secrets:
            text = secret.replace_encoded(text, lower, unescaped)
        return text

    def mask_excerpt(self, text: str) -> str:
        """Return an excerpt of a longer text with all secrets, and parts of secrets, masked."""
        text = self.mask(text)
        for secret in (*self._given, *list(self._learned.values())):
            text = secret.replace_fragments(text)
        return text

    @property
    def secrets(self) -> tuple[str, ...]:
        """All masked secrets, given and learned."""
        return (*self._texts, *list(self._learned))


def _escaped_or_not(char: str) -> str:
    """A pattern for one character: as it is, or as an escape; JSON in JSON doubles the backslash."""
    code = ord(char)
    escapes = [re.escape(char), rf"\\+u{code:04x}", rf"&\#0*{code};", rf"&\#x0*{code:x};"]
    if not char.isalnum():
        escapes.append(rf"\\+{re.escape(char)}")
    if code < 256:
        escapes.append(rf"\\+x{code:02x}")
    escapes.append("".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")))
    return f"(?:{'|'.join(dict.fromkeys(escapes))})"


def _unescape(match: re.Match[str]) -> str:
    digits = match["url"] or match["json"] or match["python"] or match["html"]
    code = int(digits, 16) if digits else int(match["decimal"] or -1)
    return chr(code) if 0 <= code <= 0x10FFFF else ""


def _base64_cores(data: bytes) -> Iterator[str]:
    """The characters of base64 (RFC 4648 §4, §5) that depend on data alone, wherever it begins in what is encoded."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).rstrip(b"=").decode()
        end = len(encoded) - (1 if (before + len(data)) % 3 else 0)
        core = encoded[(0, 2, 3)[before] : end]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def printable(text: str) -> str:
    """Return the text with visible replacements for control characters."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
