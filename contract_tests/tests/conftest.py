"""Fixtures of the suite's tests: real servers on real sockets, and runs against them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from contract_tests.composition.run import open_run
from contract_tests.contract.loading import load_specification
from contract_tests.contract.specification import Specification
from contract_tests.results.result import RunResult
from contract_tests.settings.values import Session, Settings
from contract_tests.tests.fewer_requests import with_fewer_requests as with_fewer_requests
from contract_tests.tests.servers import right_core, second_server
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.starting import serving

USERS = {"token-1": "user_1", "token-2": "user_2"}
EXPIRED = {"token-3": "user_1"}
FIRST = Session("first", bearer="token-1", cookie=("__session", "token-1"), user_id="user_1")
SECOND = Session("second", bearer="token-2", user_id="user_2")
ROOT = Path(__file__).parents[2]

# The same examples in every run, and no deadline. For new examples: pytest --hypothesis-profile=default.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("tests")


def need_curl() -> None:
    """Skip the test that calls this if there is no curl; .ci/tools installs it."""
    if shutil.which("curl") is None:
        pytest.skip("no curl: see .ci/tools curl")


def shown(value: str | bytes) -> str:
    """Return a test ID for this value, in ASCII and without backslashes, which pytest doubles with each collection."""
    return ascii(value).replace("\\", "/")


@pytest.fixture(scope="session")
def specification() -> Specification:
    return load_specification()


def settings_for(url: str, **changes: object) -> Settings:
    """Return the settings for one of the test servers."""
    return replace(Settings(url, FIRST, SECOND, expired_bearer="token-3"), **changes)  # type: ignore[arg-type]


def judged(settings: Settings, **options: Any) -> RunResult:
    """Return the result of a whole run against one of the test servers."""
    with open_run(settings, **options) as run:
        return run.conduct(lambda event: None)


@pytest.fixture(scope="session")
def right_url() -> Iterator[str]:
    with serve(right_core.RightCore(USERS, EXPIRED)) as url:
        yield url


@pytest.fixture(scope="session")
def second_url() -> Iterator[str]:
    with serve(second_server.app(USERS, expired=tuple(EXPIRED))) as url:
        yield url


@contextmanager
def mock_process(*flags: str) -> Iterator[str]:
    """Run the mock as a separate process; the suite knows only its URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLISTS_")}
    with serving("mock_server", "--port", "0", "--ready-json", *flags, env=environment) as line:
        assert line, f"the mock did not start with {flags}"
        yield json.loads(line)["url"]


@pytest.fixture
def start_mock() -> Iterator[Callable[..., str]]:
    with ExitStack() as stack:
        yield lambda *flags: stack.enter_context(mock_process(*flags))


MOCK_FIRST = Session("first", bearer="xyz789-session", cookie=("__session", "xyz789-session"), user_id="user_xyz789")
MOCK_SECOND = Session("second", bearer="abc123-session", user_id="user_abc123")
ICP_ID = "0b7a1c52-93f4-4d0e-8a6b-5e2f7c9d1a34"
PERSON_IDS = ("lead_one", "lead_two", "lead_three")
