"""The headers of a request, decoded and indexed once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers


class IndexedHeaders(Headers):
    """Starlette's headers with a dictionary: its own lookup decodes every header each time."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._list = list(raw)
        self._index: dict[str, list[str]] = {}
        for name, value in self._list:
            self._index.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of that name."""
        values = self._index.get(key.lower())
        return values[0] if values else default

    def __getitem__(self, key: str) -> str:
        return self._index[key.lower()][0]

    def getlist(self, key: str) -> list[str]:
        """Return every value of a name, in order."""
        return list(self._index.get(key.lower(), ()))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._index
