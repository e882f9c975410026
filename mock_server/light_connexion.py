"""Import Connexion without its optional dependencies, which take a quarter of the start-up time.

Connexion uses httpx for OAuth and requests for remote `$ref`s (the spec loader refuses both), Starlette's test client
for `test_client()`, and Jinja for its own Swagger UI and for specs that it reads itself. It gets stand-ins that import
the real module on first use; afterwards `sys.modules` has no stand-in.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from types import ModuleType
from typing import Any

from starlette.types import ASGIApp, Message

UNUSED = ("httpx", "jinja2", "requests", "starlette.templating", "starlette.testclient")


class _ImportedOnUse(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks up such names
            raise AttributeError(name)
        return getattr(self._real_module(), name)

    # These two are imported by name, so they must exist.

    def TestClient(self, *arguments: Any, **options: Any) -> Any:
        """Make a test client of Starlette."""
        return self._real_module().TestClient(*arguments, **options)

    def Jinja2Templates(self, *arguments: Any, **options: Any) -> Any:
        """Make templates of Starlette."""
        return self._real_module().Jinja2Templates(*arguments, **options)

    def _real_module(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:  # on use while Connexion loads: the import would return this object
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)


def _import_connexion() -> None:
    stand_ins = {name: _ImportedOnUse(name) for name in UNUSED if name not in sys.modules}
    if "connexion" in sys.modules:
        return
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("connexion")
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


_import_connexion()


class _Built(Exception):
    """Connexion has built its middleware."""


def build(app: ASGIApp) -> None:
    """Let Connexion build its middleware, which it does at the first call, so that an error in the spec is raised."""

    async def receive() -> Message:
        raise _Built

    async def send(message: Message) -> None:
        pass

    call: Any = app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    with contextlib.suppress(_Built):
        call.send(None)
