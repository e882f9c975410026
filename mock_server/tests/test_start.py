"""What a start loads."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys, mock_server
mock_server.create_app()
unused = {"httpx", "httpx2", "jinja2", "requests", "starlette.testclient", "werkzeug", "werkzeug.serving"}
assert not unused & set(sys.modules), "loaded, and never used"
import connexion.json_schema, connexion.security
assert connexion.security.httpx.AsyncClient.__module__.startswith("httpx")
import jinja2
assert connexion.spec.jinja2.Template is jinja2.Template
from werkzeug import Request, run_simple
from werkzeug.local import LocalProxy
assert isinstance(connexion.request, LocalProxy)
import requests
assert connexion.json_schema.requests.get is requests.get
from starlette.testclient import TestClient
assert isinstance(connexion.AsyncApp("x").test_client(), TestClient)
"""


def test_the_mock_starts_without_what_connexion_needs_for_oauth_and_remote_references() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
