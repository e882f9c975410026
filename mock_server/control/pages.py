"""The pages for people: each file of their folders at an address of its own, by a table made once.

An address is looked up in the table and never becomes a path, so that none leads out of the folders.
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
# Nothing but our own files and the mock itself; data never becomes markup or script, whatever is in it.
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


def _no_files() -> list[Path]:
    return []


def swagger_ui() -> list[Path]:
    """List the files of Swagger UI that the API reference loads. A package of the registry brings them."""
    from swagger_ui_bundle import swagger_ui_path  # only the API reference needs it

    return [swagger_ui_path / name for name in SWAGGER_UI_FILES]


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one web page in this folder, its other parts, and its content security policy."""

    name: str
    policy: str = STRICT_POLICY
    more_files: Callable[[], list[Path]] = _no_files


SWAGGER_UI_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js")
# Swagger UI puts markup together from texts, each cleaned by DOMPurify; it knows no trusted types.
REFERENCE_POLICY = STRICT_POLICY.partition("; require-trusted-types-for")[0]

FOLDERS = {DASHBOARD: Folder("dashboard"), REFERENCE: Folder("reference", REFERENCE_POLICY, swagger_ui)}


class Pages:
    """The files of all folders, by the paths of requests."""

    def __init__(self, folders: Mapping[str, Folder] = FOLDERS) -> None:
        self._files: dict[str, tuple[Path, Mapping[str, str]]] = {}
        for address, folder in folders.items():
            headers = {"content-security-policy": folder.policy, "referrer-policy": "no-referrer"}
            for path in [*(Path(__file__).parent / folder.name).iterdir(), *folder.more_files()]:
                if path.suffix in MEDIA_TYPES and not path.is_symlink():
                    name = path.name if path.name != "index.html" else ""
                    typed = {**headers, "content-type": MEDIA_TYPES[path.suffix]}
                    self._files[address + name] = (path, typed)
            # Dev proxies take a slash away from the end of a path, so that a redirect to it would go in circles.
            self._files[address.removesuffix("/")] = self._files[address]

    def has(self, path: str) -> bool:
        """Whether something is at the path of a request."""
        return path in self._files

    def answer(self, path: str) -> Response:
        """Return the file at a path."""
        file, headers = self._files[path]
        return Response(file.read_bytes(), headers=headers)  # not kept: most mocks are never looked at
