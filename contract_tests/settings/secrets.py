"""Mask secrets and control characters in all output."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from contract_tests.settings.escapes import ESCAPE, characters_of, escaped_or_not, unescape

MIN_SECRET_LENGTH = 4  # a shorter "secret" would replace parts of ordinary words
MIN_ENCODED_LENGTH = 8  # of a shorter one, what base64 or another case makes may be an ordinary word
FRAGMENT_LENGTH = 8  # as many characters of a secret in a row are no accident
SHORTEST_WRAPPED = 40  # characters; what base64 makes of fewer fits on a line
REMEMBERED_LENGTH = 200  # characters of a text, such as a header, that occurs in many exchanges
REMEMBERED_TEXTS = 500
REMEMBERED_PARTS = 5000
KEPT_LEARNED = 64  # secrets that a server hands out; one that changes with each response turns up near that response

_LINE_BREAK = re.compile(r"(?:[\r\n]|\\{1,16}[rn])+")  # also as JSON writes it


class Secret:
    """One secret, with its possible forms: plain, encoded, escaped, or in another case.

    shown: the replacement for the plain secret. name: its name in other replacements. in_any_case: also find what
    encodes the secret in upper or lower case.
    """

    def __init__(self, text: str, name: str, shown: str, *, in_any_case: bool = False) -> None:
        self._text = text
        self._name = name
        self._shown = shown
        self._in_any_case = in_any_case
        self._is_long = len(text) >= MIN_ENCODED_LENGTH
        self._lower = text.lower()

    @cached_property
    def _encoded(self) -> Mapping[str, str]:
        """Each encoded form with its name. Latin-1 is for bytes, because bodies are masked before they are decoded."""
        if not self._is_long:
            return {}
        forms: dict[str, str] = {}
        for text in {self._text, self._text.upper(), self._lower} if self._in_any_case else {self._text}:
            data = text.encode("utf-8", "surrogatepass")
            forms |= dict.fromkeys(_base64_cores(data), "base64")
            forms |= {data.hex(): "hex", data.hex().upper(): "hex"}
        data = self._text.encode("utf-8", "surrogatepass")
        forms |= {"\0".join(self._text): "UTF-16", data.decode("latin-1"): "UTF-8"}
        return {form: name for form, name in forms.items() if form != self._text}

    @cached_property
    def _rare(self) -> Mapping[str, str]:
        """Each form that dumps and gateways make of a login, with its name; empty for a secret of the server."""
        if not (self._is_long and self._in_any_case):
            return {}
        data = self._text.encode("utf-8", "surrogatepass")
        forms = {twice: "base64" for once in set(_base64_cores(data)) for twice in _base64_cores(once.encode())}
        forms |= {digits: "hex" for mark in " :-" for digits in (data.hex(mark), data.hex(mark).upper())}
        return forms | {mark.join(map(str, data)): "bytes" for mark in (",", ", ", " ")}

    @cached_property
    def _forms(self) -> Mapping[str, str]:
        return {**self._encoded, **self._rare}

    @cached_property
    def _wrapped(self) -> re.Pattern[str] | None:
        """A pattern for the secret in base64 with line breaks (RFC 2045 §6.8); None if it is too short for a break."""
        if len(self._text) <= SHORTEST_WRAPPED:
            return None
        between = f"(?:{_LINE_BREAK.pattern})?"
        forms = [form for form, name in self._encoded.items() if name == "base64"]
        return re.compile("|".join(between.join(map(re.escape, form)) for form in forms))

    @cached_property
    def _escaped(self) -> re.Pattern[str]:
        """A pattern for the secret and its encoded forms, with characters escaped as in URL, JSON, Python or HTML."""
        data = self._text.encode("utf-8", "surrogatepass")
        forms = dict.fromkeys(
            [self._text, *_base64_cores(data), data.decode("latin-1")] if self._is_long else [self._text]
        )
        return re.compile("|".join("".join(map(escaped_or_not, form)) for form in forms), re.IGNORECASE)

    def replace_plain(self, text: str) -> str:
        """Replace the plain secret in the text."""
        return text.replace(self._text, self._shown) if self._text in text else text

    @property
    def searched(self) -> Iterable[str]:
        """The encoded forms, to search for in text between quotes; the empty text if a form can have a quote."""
        return [""] if '"' in self._text else self._forms

    def replace_encoded(self, text: str, lower: str, unescaped: str, unwrapped: str, *, has_forms: bool) -> str:
        """Replace other forms of the secret.

        lower: the text in lower case. unescaped, unwrapped: the text without escapes, or without line breaks; empty if
        it has none. has_forms: whether it can have one of the forms in `searched`.
        """
        if self._is_long and self._lower in lower:
            text = re.sub(re.escape(self._text), f"[{self._name} in another case]", text, flags=re.IGNORECASE)
        for form, name in self._forms.items() if has_forms else ():
            if form in text:
                text = text.replace(form, f"[{self._name} in {name}]")
        if unwrapped and self._wrapped is not None and any(form in unwrapped for form in self._encoded):
            text = self._wrapped.sub(f"[{self._name} in base64]", text)
        # The pattern takes long to compile and to search, so it runs only if the text still has the secret in escapes.
        if unescaped and self._is_in(unescaped) and self._is_in(ESCAPE.sub(unescape, text)):
            text = self._escaped.sub(f"[{self._name}]", text)
        return text

    def _is_in(self, unescaped: str) -> bool:
        return self._lower in unescaped.lower() or any(form in unescaped for form in self._encoded)

    @cached_property
    def fragments(self) -> frozenset[str]:
        """All parts of FRAGMENT_LENGTH characters of the secret and its encoded forms, in lower case."""
        forms = (self._text, *self._encoded) if self._is_long else ()
        return frozenset().union(*(_fragments(form.lower()) for form in forms))

    def replace_fragments(self, characters: Sequence[str], plain: str) -> list[str]:
        """Replace longer parts of the secret, which shortening a text can leave. Takes what `characters_of` returns."""
        kept = list(characters)
        hidden = [False] * (len(plain) + 1)
        for at in range(len(plain) - FRAGMENT_LENGTH + 1):
            if plain[at : at + FRAGMENT_LENGTH] in self.fragments:
                hidden[at : at + FRAGMENT_LENGTH] = [True] * FRAGMENT_LENGTH
        for at, is_hidden in enumerate(hidden[:-1]):
            if is_hidden:
                kept[at] = "" if hidden[at + 1] else f"[part of {self._name}]"
        return kept


class Masker:
    """Replace each secret by its expression, in every encoded form of the secret.

    secrets: secret -> shell expression that yields it, such as `LEADLISTS_BEARER`. Safe to use from several threads.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._given = [
            Secret(text, re.split(r"\W", name)[0], f"${{{name}}}", in_any_case=True)
            for text, name in sorted(secrets.items(), key=lambda item: -len(item[0]))
            if len(text) >= MIN_SECRET_LENGTH
        ]
        self._given_forms = _shortest_forms(self._given)
        self._texts = {text for text in secrets if len(text) >= MIN_SECRET_LENGTH}
        self._learned: dict[str, Secret] = {}
        self._masked: dict[str, str] = {}  # short texts, as masked with the secrets so far; replaced when these change
        self._harmless: set[str] = set()  # texts between quotes that have no encoded secret; replaced likewise
        self._lock = threading.Lock()

    def keep(self, texts: Iterable[str]) -> None:
        """Also mask these texts from now on: logins that replace those given."""
        with self._lock:
            new = [text for text in texts if len(text) >= MIN_SECRET_LENGTH and text not in self._texts]
            more = [Secret(text, "renewed login", "[renewed login]", in_any_case=True) for text in new]
            self._given_forms = _shortest_forms([*self._given, *more])
            self._given = [*self._given, *more]
            self._texts = {*self._texts, *new}
            self._forget()

    def learn(self, texts: Iterable[str]) -> None:
        """Also mask these texts from now on: secrets from responses of the server. The oldest give way to new ones."""
        with self._lock:
            for text in texts:
                if len(text) >= MIN_ENCODED_LENGTH and text not in self._texts:
                    known = self._learned.pop(text, None)
                    self._learned[text] = known or Secret(text, "secret of the server", "[secret of the server]")
                    if known is None:
                        self._forget()
            while len(self._learned) > KEPT_LEARNED:
                del self._learned[next(iter(self._learned))]

    def mask(self, text: str) -> str:
        """Return the text with all secrets masked."""
        if len(text) > REMEMBERED_LENGTH:
            return self._mask(text)
        remembered = self._masked  # a new secret replaces it, also while this text is masked without that secret
        masked = remembered.get(text)
        if masked is None:
            masked = self._mask(text)
            if len(remembered) >= REMEMBERED_TEXTS:
                remembered.clear()
            remembered[text] = masked
        return masked

    def _mask(self, text: str) -> str:
        lower = text.lower()
        unescaped = _changed(ESCAPE, unescape, text, "%\\&")
        unwrapped = _changed(_LINE_BREAK, "", text, "\r\n\\")
        harmless = self._harmless  # first, since a new secret replaces it
        learned = list(self._learned.values())
        secrets = (*self._given, *learned)
        for secret in secrets:  # all as they are first: a secret may be another one in another case
            text = secret.replace_plain(text)
        new = [part for part in dict.fromkeys(text.split('"')) if part not in harmless]
        joined = '"'.join(new)
        forms = chain(self._given_forms, *(secret.searched for secret in learned))
        has_forms = any(map(joined.__contains__, forms))
        if not has_forms:
            if len(harmless) + len(new) > REMEMBERED_PARTS:
                harmless.clear()
            harmless.update(part for part in new if len(part) <= REMEMBERED_LENGTH)
        for secret in secrets:
            text = secret.replace_encoded(text, lower, unescaped, unwrapped, has_forms=has_forms)
        return text

    def _forget(self) -> None:
        self._masked = {}
        self._harmless = set()

    def mask_excerpt(self, text: str) -> str:
        """Return an excerpt of a longer text with all secrets, and parts of secrets, masked."""
        text = self.mask(text)
        characters, plain = characters_of(text)
        fragments = _fragments(plain)
        for secret in (*self._given, *list(self._learned.values())):
            if not secret.fragments.isdisjoint(fragments):
                characters = secret.replace_fragments(characters, plain)
        return "".join(characters)

    @property
    def secrets(self) -> tuple[str, ...]:
        """All masked secrets, given and learned."""
        return (*self._texts, *list(self._learned))


def _shortest_forms(secrets: Iterable[Secret]) -> list[str]:
    """Return the encoded forms that contain no other one: a text without them has none of the others."""
    shortest: list[str] = []
    for form in sorted({form for secret in secrets for form in secret.searched}, key=len):
        if not any(other in form for other in shortest):
            shortest.append(form)
    return shortest


def _changed(pattern: re.Pattern[str], by: str | Callable[[re.Match[str]], str], text: str, begins: str) -> str:
    """Return the text with the matches replaced; empty if there are none. begins: the first characters of matches."""
    if not any(character in text for character in begins):
        return ""  # far faster than a search
    changed = pattern.sub(by, text)
    return "" if changed == text else changed


def _fragments(text: str) -> frozenset[str]:
    return frozenset(text[at : at + FRAGMENT_LENGTH] for at in range(len(text) - FRAGMENT_LENGTH + 1))


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
