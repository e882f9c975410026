"""The pages for people: each file of their folders at an address of its own, by a table made once.

An address is looked up in the table and never becomes a path, so that none leads out of the folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

DASHBOARD = "/__mock__/"
REFERENCE = "/__mock__/reference/"

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing but our own files and the mock itself; data never becomes markup or script, whatever is in it.
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one page, beside this module, and what the page may load."""

    name: str
    policy: str = STRICT_POLICY


# Swagger UI puts markup together from texts, each cleaned by DOMPurify; it knows no trusted types.
REFERENCE_POLICY = STRICT_POLICY.partition("; require-trusted-types-for")[0]

FOLDERS = {DASHBOARD: Folder("dashboard"), REFERENCE: Folder("reference", REFERENCE_POLICY)}


class Pages:
    """The files of all folders, by the paths of requests."""

    def __init__(self, folders: Mapping[str, Folder] = FOLDERS) -> None:
        self._files: dict[str, tuple[bytes, Mapping[str, str]]] = {}
        self._moved = {address.removesuffix("/"): address for address in folders}
        for address, folder in folders.items():
            headers = {"content-security-policy": folder.policy, "referrer-policy": "no-referrer"}
            for path in (Path(__file__).parent / folder.name).iterdir():
                if path.suffix in MEDIA_TYPES and not path.is_symlink():
                    name = path.name if path.name != "index.html" else ""
                    typed = {**headers, "content-type": MEDIA_TYPES[path.suffix]}
                    self._files[address + name] = (path.read_bytes(), typed)

    def has(self, path: str) -> bool:
        """Whether something is at the path of a request."""
        return path in self._files or path in self._moved

    def answer(self, path: str, query: str) -> Response:
        """The file at a path, or where it is with a slash behind it."""
        if path in self._moved:
            target = self._moved[path] + (f"?{query}" if query else "")
            return Response(status_code=307, headers={"location": target})
        content, headers = self._files[path]
        return Response(content, headers=headers)
