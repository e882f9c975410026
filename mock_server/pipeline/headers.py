"""Index the headers of a request once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Set
from typing import Any

from starlette.datastructures import Headers


class IndexedHeaders(Headers):
    """Starlette's headers with a dictionary, because its own lookup decodes every header each time.

    Names are in lower case, as in every ASGI scope.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._list = list(raw)
        self._index: dict[bytes, list[bytes]] = {}
        for name, value in self._list:
            if name in self._index:
                self._index[name].append(value)
            else:
                self._index[name] = [value]

    @property
    def names(self) -> Set[bytes]:
        """The names, in lower case."""
        return self._index.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first value of a name."""
        values = self._index.get(_raw(key))
        return values[0].decode("latin-1") if values else default

    def __getitem__(self, key: str) -> str:
        return self._index[_raw(key)][0].decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Return all values of a name, in order."""
        return [value.decode("latin-1") for value in self._index.get(_raw(key), ())]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _raw(key) in self._index


@functools.lru_cache(maxsize=256)  # the names that callers look up, not those of requests
def _raw(name: str) -> bytes:
    return name.lower().encode("latin-1", "replace")
