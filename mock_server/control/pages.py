"""The web pages of the mock: each file of their folders has a path in a table that is built once.

A request path is only looked up in the table and never used as a file path, so that it cannot leave the folders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
# Load only our own files and call only the mock; data can never become markup or script.
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


def _no_files() -> list[Path]:
    return []


def swagger_ui() -> list[Path]:
    """List the files of Swagger UI that the API reference loads; they come from a Python package."""
    from swagger_ui_bundle import swagger_ui_path  # only the API reference needs it

    return [swagger_ui_path / name for name in SWAGGER_UI_FILES]


@dataclass(frozen=True, slots=True)
class Folder:
    """One web page: its files in this folder, its files from elsewhere, and its content security policy."""

    name: str
    policy: str = STRICT_POLICY
    more_files: Callable[[], list[Path]] = _no_files


SWAGGER_UI_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js")
# Swagger UI builds markup from texts that DOMPurify cleans; it does not support trusted types.
REFERENCE_POLICY = STRICT_POLICY.partition("; require-trusted-types-for")[0]

FOLDERS = {DASHBOARD: Folder("dashboard"), REFERENCE: Folder("reference", REFERENCE_POLICY, swagger_ui)}


class Pages:
    """The files of all folders by request path."""

    def __init__(self, folders: Mapping[str, Folder] = FOLDERS) -> None:
        self._files: dict[str, tuple[Path, Mapping[str, str]]] = {}
        for address, folder in folders.items():
            headers = {"content-security-policy": folder.policy, "referrer-policy": "no-referrer"}
            for path in [*(Path(__file__).parent / folder.name).iterdir(), *folder.more_files()]:
                if path.suffix in MEDIA_TYPES and not path.is_symlink():
                    name = path.name if path.name != "index.html" else ""
                    typed = {**headers, "content-type": MEDIA_TYPES[path.suffix]}
                    self._files[address + name] = (path, typed)
            # Dev proxies remove a trailing slash, so that a redirect to the path with the slash would never end.
            self._files[address.removesuffix("/")] = self._files[address]

    def has(self, path: str) -> bool:
        """Return whether there is a file at the path of a request."""
        return path in self._files

    def answer(self, path: str) -> Response:
        """Return the file at a path."""
        file, headers = self._files[path]
        return Response(file.read_bytes(), headers=headers)  # not cached: most mocks never serve their web pages
