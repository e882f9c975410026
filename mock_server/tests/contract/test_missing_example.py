"""Test that lead lists are served from a spec whose request has no example, or one in another file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from mock_server import running_mock
from mock_server.settings.values import Settings
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT


@pytest.mark.parametrize("examples", [{}, {"a": {"externalValue": "http://127.0.0.1:9/x"}}], ids=["none", "elsewhere"])
def test_a_spec_without_a_request_example_is_served(examples: dict[str, Any], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(ROOT / "spec", tmp_path / "spec"))
    document = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    content = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    content.pop("example", None)
    content["examples"] = examples
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    with running_mock(Settings(port=0, spec=str(folder))) as mock:
        assert httpx2.post(mock.endpoint, json=GOOD, headers=LOGIN).status_code == 201
