"""Keeps the user's secrets and a server's control bytes out of everything that is written."""

from __future__ import annotations

import json
from collections.abc import Mapping

MIN_SECRET_LENGTH = 4  # a shorter "secret" would blank out ordinary words


class Masker:
    """Replaces each secret by a variable's name, in its plain and its JSON-escaped form."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._texts = {secret: f"${{{name}}}" for secret, name in secrets.items() if len(secret) >= MIN_SECRET_LENGTH}
        for secret, name in list(self._texts.items()):
            self._texts.setdefault(json.dumps(secret)[1:-1], name)

    def mask(self, text: str) -> str:
        """The text without any secret."""
        for secret, name in self._texts.items():
            text = text.replace(secret, name)
        return text


def printable(text: str) -> str:
    """The text with every character that could steer a terminal made visible instead."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
