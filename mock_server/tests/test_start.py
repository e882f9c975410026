"""What a start loads."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys, mock_server
mock_server.create_app()
unused = {"httpx", "httpx2", "jinja2", "requests", "starlette.templating", "starlette.testclient"}
assert not unused & set(sys.modules), "loaded, and never used"
import connexion.json_schema, connexion.middleware.swagger_ui, connexion.security, connexion.spec
assert connexion.security.httpx.AsyncClient.__module__.startswith("httpx")
import requests
assert connexion.json_schema.requests.get is requests.get
assert connexion.spec.jinja2.Template("{{ a }}").render(a=1) == "1"
from starlette.templating import Jinja2Templates
assert isinstance(connexion.middleware.swagger_ui.Jinja2Templates("."), Jinja2Templates)
from starlette.testclient import TestClient
assert isinstance(connexion.AsyncApp("x").test_client(), TestClient)
"""
OTHER_PACKAGES = """
import mock_server
import werkzeug.http, jinja2
assert werkzeug.http.parse_options_header("a; b=c") == ("a", {"b": "c"})
assert jinja2.Environment
"""
USED_EARLY = """
import sys
from mock_server.light_connexion import _ImportedOnUse
sys.modules.pop("requests", None)
sys.modules["requests"] = stand_in = _ImportedOnUse("requests")
get = stand_in.get
import requests
assert requests is not stand_in and requests.get is get
"""


def run(code: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_the_mock_starts_without_what_connexion_needs_for_other_features() -> None:
    assert run(LOADED) == (0, "")


def test_other_packages_work_in_a_process_that_imports_the_mock() -> None:
    assert run(OTHER_PACKAGES) == (0, "")


def test_a_package_that_is_used_while_connexion_loads_is_imported() -> None:
    assert run(USED_EARLY) == (0, "")
