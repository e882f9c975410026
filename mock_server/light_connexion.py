"""Import Connexion without packages that the mock never uses, which take a third of the start-up time.

Connexion uses httpx and requests for OAuth and for remote `$ref`s (the spec loader refuses both), Jinja for specs with
variables, Starlette's test client for `test_client()`, and most of Werkzeug for Flask apps. It gets stand-ins that
import the real module on first use; afterwards `sys.modules` has no stand-in.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

# Each with the classes that Connexion imports by name.
UNUSED = {
    "httpx": (),
    "jinja2": (),
    "requests": (),
    "starlette.templating": ("Jinja2Templates",),
    "starlette.testclient": ("TestClient",),
}


class _ImportedOnUse(ModuleType):
    def __init__(self, name: str, classes: tuple[str, ...]) -> None:
        super().__init__(name)
        for each in classes:
            setattr(self, each, functools.partial(self._make, each))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks up such names
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)

    def _make(self, name: str, *arguments: Any, **options: Any) -> Any:
        return getattr(importlib.import_module(self.__name__), name)(*arguments, **options)


def _werkzeug() -> ModuleType:
    """Return a package without the server and the test client of Werkzeug, but with its other modules."""
    package = ModuleType("werkzeug")
    found = importlib.util.find_spec("werkzeug")
    package.__path__ = list(found.submodule_search_locations or ()) if found else []
    package.Request = object  # type: ignore[attr-defined]  # the type of a parameter
    return package


def _import_connexion() -> None:
    stand_ins: dict[str, ModuleType] = {
        name: _ImportedOnUse(name, classes) for name, classes in UNUSED.items() if name not in sys.modules
    }
    if "werkzeug" not in sys.modules:
        stand_ins["werkzeug"] = _werkzeug()
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
