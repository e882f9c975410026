"""Print a recipe with the address of the mock that these settings start."""

from __future__ import annotations

from pathlib import Path

from mock_server.connections.listening import url_of
from mock_server.settings.values import Settings

DEFAULT_URL = "http://localhost:8080"  # in the files


def playwright(settings: Settings) -> str:
    """Return the fixture for Playwright, in TypeScript."""
    text = Path(__file__).with_name("playwright.ts").read_text(encoding="utf-8")
    return text.replace(DEFAULT_URL, url_of(settings.host, settings.port, settings.scheme))
