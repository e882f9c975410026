"""Index the headers of a request once."""

from __future__ import annotations

import functools
from collections.abc import Set
from typing import Any

from starlette.datastructures import Headers


class IndexedHeaders(Headers):
    """Starlette's headers with a dictionary, because its own lookup decodes every header each time.

    Names are in lower case, as in every ASGI scope.
    """

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._list = raw
        self._index = dict(self._list)
        self._has_repeated = len(self._index) < len(self._list)

    @property
    def names(self) -> Set[bytes]:
        """The names, in lower case."""
        return self._index.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of a name."""
        name = _raw(key)
        if name not in self._index:
            return default
        return super().get(key) if self._has_repeated else self._index[name].decode("latin-1")

    def __getitem__(self, key: str) -> str:
        if self._has_repeated:
            return super().__getitem__(key)
        return self._index[_raw(key)].decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Return all values of a name, in order."""
        if self._has_repeated:
            return super().getlist(key)
        value = self._index.get(_raw(key))
        return [] if value is None else [value.decode("latin-1")]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _raw(key) in self._index


@functools.lru_cache(maxsize=256)  # the names that callers look up, not those of requests
def _raw(name: str) -> bytes:
    return name.lower().encode("latin-1", "replace")
