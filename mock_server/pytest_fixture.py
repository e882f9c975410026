"""The pytest fixture `lead_list_mock`, in its own module so that serving a mock does not load pytest."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from mock_server.running import RunningMock, running_mock

_MOCK = pytest.StashKey[RunningMock]()


@pytest.fixture
def lead_list_mock(request: pytest.FixtureRequest) -> RunningMock:
    """Return a mock in this process. All tests share it; each test finds it in its initial state."""
    stash = request.config.stash
    if _MOCK not in stash:
        stack = ExitStack()
        stash[_MOCK] = stack.enter_context(running_mock())
        request.config.add_cleanup(stack.close)
    mock = stash[_MOCK]
    mock.control("DELETE", "worlds/default")
    return mock
