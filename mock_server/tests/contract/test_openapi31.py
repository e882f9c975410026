"""OpenAPI 3.1: a spec in its words means the same to the mock, and further keywords of JSON Schema are checked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from mock_server import RunningMock, Settings, running_mock
from mock_server.contract.openapi31 import in_words_of_30
from mock_server.contract.spec_files import SpecError
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT

BUNDLED: dict[str, Any] = yaml.safe_load((ROOT / "spec" / "openapi.yaml").read_text())
PET = {
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string", "examples": ["Rex", "Tom"]},
        "kind": {"const": "dog"},
        "age": {"type": ["integer", "null"], "exclusiveMinimum": 0},
        "either": {"type": ["string", "integer"]},
        "owner": {"$ref": "#/components/schemas/Owner", "description": "Who feeds it."},
        "second": {"oneOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "tags": {"type": "array", "contains": {"const": "pet"}, "maxContains": 1},
    },
    "patternProperties": {"^x-": {"type": "string"}},
    "additionalProperties": False,
    "if": {"properties": {"name": {"const": "Old"}}},
    "then": {"required": ["age"]},
}
OWNER = {
    "type": "object",
    "properties": {"id": {"$ref": "#/components/schemas/Owner/$defs/Id"}},
    "$defs": {"Id": {"type": "string", "minLength": 2}},
}
CONTENT = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
PETS = {
    "post": {
        "security": [{"sessionCookie": []}, {"sessionBearer": []}],
        "requestBody": {"required": True, **CONTENT},
        "responses": {"201": {"description": "The pet.", **CONTENT}},
    }
}
ONE_PET = {
    "parameters": [
        {"name": "n", "in": "path", "required": True, "schema": {"type": ["integer"]}},
        {"name": "most", "in": "query", "schema": {"type": ["integer", "null"], "exclusiveMaximum": 5}},
    ],
    "get": {"responses": {"200": {"description": "The pet.", **CONTENT}}},
}


def in_words_of_31(node: Any) -> Any:
    """Return a document with types in place of `nullable`."""
    if isinstance(node, list):
        return [in_words_of_31(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: in_words_of_31(value) for key, value in node.items()}
    return node | {"type": [node["type"], "null"]} if node.pop("nullable", False) else node


def test_the_bundled_spec_in_words_of_31_means_the_same() -> None:
    document = in_words_of_31(BUNDLED) | {"openapi": "3.1.0"}
    assert document["components"] != BUNDLED["components"]
    assert in_words_of_30(document) == BUNDLED | {"openapi": "3.1.0"}


@pytest.fixture(scope="module", params=["direct", "connexion"])
def mock(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[RunningMock]:
    document = copy.deepcopy(in_words_of_31(BUNDLED)) | {"openapi": "3.1.1", "webhooks": {"born": PETS}}
    document["components"]["schemas"] |= {"Pet": PET, "Owner": OWNER}
    document["components"]["pathItems"] = {"One": ONE_PET}
    document["paths"] |= {"/pets": PETS, "/pets/{n}": {"$ref": "#/components/pathItems/One"}}
    folder: Path = tmp_path_factory.mktemp("team")
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document))
    with running_mock(Settings(spec=str(folder), driver=request.param)) as running:
        yield running


def test_a_spec_in_31_is_served(mock: RunningMock) -> None:
    assert httpx2.post(mock.url + PATH, json=GOOD, headers=LOGIN).status_code == 201
    refused = httpx2.post(mock.url + PATH, json=GOOD | {"icpId": 5}, headers=LOGIN)
    assert refused.json()["error"]["details"][0]["want"] == "a UUID or null"
    answer = httpx2.get(f"{mock.url}/pets/4")
    assert (answer.status_code, answer.json()["name"], answer.json()["kind"]) == (200, "Rex", "dog")
    assert httpx2.get(f"{mock.url}/pets/4?most=5").status_code == 400
    assert httpx2.get(f"{mock.url}/pets/five").status_code == 404
    assert httpx2.post(f"{mock.url}/pets", json={}).status_code == 401


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({}, {}),
        ({"age": None, "either": 5, "second": None, "pair": ["a", 1], "tags": ["pet"], "x-a": "b"}, {}),
        ({"name": "Old", "age": 12}, {}),
        ({"kind": "cat"}, {"/kind": "enum"}),
        ({"age": 0}, {"/age": "schema"}),
        ({"either": 1.5}, {"/either": "type"}),
        ({"owner": {"id": "a"}}, {"/owner/id": "range"}),
        ({"second": 3}, {"/second": "schema"}),
        ({"pair": ["a", "b"]}, {"/pair": "schema"}),
        ({"pair": ["a", 1, 2]}, {"/pair": "schema"}),
        ({"tags": ["a"]}, {"/tags": "schema"}),
        ({"tags": ["pet", "pet"]}, {"/tags": "schema"}),
        ({"x-a": 1}, {"": "schema"}),
        ({"other": 1}, {"": "schema"}),
        ({"name": "Old"}, {"": "schema"}),
        ({"name": "Old", "kind": "cat"}, {"": "schema", "/kind": "enum"}),
    ],
    ids=str,
)
def test_keywords_of_31_are_checked(change: dict[str, Any], problems: dict[str, str], mock: RunningMock) -> None:
    answer = httpx2.post(f"{mock.url}/pets", json={"name": "Rex", "kind": "dog"} | change, headers=LOGIN)
    assert answer.status_code == (400 if problems else 201)
    if problems:
        assert {each["path"]: each["rule"] for each in answer.json()["error"]["details"]} == problems


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (True, {}),
        (False, {"not": {}}),
        ({"type": "null"}, {"enum": [None]}),
        ({"type": ["string", "null"], "enum": ["a", None]}, {"type": "string", "nullable": True, "enum": ["a"]}),
        ({"type": ["string", "integer", "null"]}, {"type": ["string", "integer"], "nullable": True}),
        ({"exclusiveMinimum": 3, "minimum": 5}, {"minimum": 5}),
        ({"exclusiveMaximum": 3, "maximum": 5}, {"maximum": 3, "exclusiveMaximum": True}),
        ({"$ref": "#/x", "description": "a"}, {"$ref": "#/x"}),
        ({"$ref": "#/x", "minLength": 2}, {"allOf": [{"$ref": "#/x"}, {"minLength": 2}]}),
        ({"examples": [], "$comment": "a"}, {}),
        ({"items": {"const": 5}}, {"items": {"enum": [5]}}),
        ({"default": {"const": 5}}, {"default": {"const": 5}}),
    ],
    ids=str,
)
def test_schemas_are_rewritten(schema: Any, expected: Any) -> None:
    document = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"A": schema}}}
    assert in_words_of_30(document)["components"]["schemas"]["A"] == expected


@pytest.mark.parametrize("keyword", ["$id", "$anchor", "$dynamicRef"])
def test_a_keyword_that_changes_where_references_lead_is_refused(keyword: str) -> None:
    document = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"A": {keyword: "a"}}}}
    with pytest.raises(SpecError, match=rf"does not follow the keyword \{keyword} in a schema"):
        in_words_of_30(document)
