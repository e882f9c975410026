"""Suggest the names that a misspelled one can mean."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NAME_CHARACTERS = 60  # no known name is longer, and comparing takes quadratic time


def near(name: str, known: Iterable[str], likeness: float = 0.7, most: int = 1) -> str:
    """Return up to `most` known names that resemble this one, the most similar first; empty if there is none."""
    if len(name) > NAME_CHARACTERS:
        return ""
    return " or ".join(difflib.get_close_matches(name, [*known], n=most, cutoff=likeness))
