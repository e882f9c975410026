"""A server that keeps the lead list contract."""

from typing import TYPE_CHECKING, Any

import mock_server.light_connexion  # noqa: F401  # before anything imports Connexion
from mock_server.app import create_app
from mock_server.running import NotHeld, RunningMock, running_mock
from mock_server.settings.values import Settings

if TYPE_CHECKING:
    from mock_server.pytest_fixture import lead_list_mock

__all__ = ["NotHeld", "RunningMock", "Settings", "create_app", "lead_list_mock", "running_mock"]


def __getattr__(name: str) -> Any:
    if name != "lead_list_mock":  # the fixture needs pytest, so it is imported only on use
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mock_server.pytest_fixture import lead_list_mock

    return lead_list_mock
