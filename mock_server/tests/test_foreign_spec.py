"""A team's whole API: operations without code are answered from the spec, and lead lists are read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import yaml

from mock_server import RunningMock, Settings, running_mock
from mock_server.contract.examples import sample_of
from mock_server.tests.conftest import GOOD, LOGIN, PATH, ROOT, StartMock

USER = {
    "allOf": [
        {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}},
        {
            "type": "object",
            "required": ["email"],
            "properties": {
                "email": {"type": "string", "format": "email"},
                "age": {"type": "integer", "minimum": 18},
                "role": {"type": "string", "enum": ["admin", "user"]},
                "nick": {"type": "string", "minLength": 8, "nullable": True},
            },
        },
    ]
}
TREE = {
    "type": "object",
    "required": ["name", "children"],
    "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}


def returns(schema: dict[str, Any] | None = None, status: str = "200", **content: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema or {"type": "object"}, **content}}}
    return {"responses": {status: {"description": "A response.", **({} if status == "204" else body)}}}


SIGNED_IN: dict[str, Any] = {"security": [{"sessionCookie": []}, {"sessionBearer": []}]}
ID = {"name": "list-id", "in": "path", "required": True, "schema": {"type": "string"}}
MORE_PATHS: dict[str, Any] = {
    "/api/v1/users/{userId}": {
        "parameters": [{"name": "userId", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": returns({"$ref": "#/components/schemas/User"}),
        "delete": returns(status="204"),
    },
    "/api/v1/me": {
        "get": {
            "operationId": "me",
            **SIGNED_IN,
            **returns(example={"id": 1, "name": "Ana"}),
        }
    },
    "/api/v1/trees": {
        "get": {
            "security": [],
            "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1}}],
            **returns({"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}),
        },
        "post": {
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}},
            },
            **returns({"$ref": "#/components/schemas/Tree"}, "201"),
        },
    },
}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled spec and further paths; it has no readings of its own."""
    document = yaml.safe_load((ROOT / "spec" / "openapi.yaml").read_text())
    document["components"]["schemas"] |= {"User": USER, "Tree": TREE}
    created = document["paths"][PATH]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    document["paths"] |= MORE_PATHS | {
        f"{PATH}/{{list-id}}": {"get": {"parameters": [ID], **SIGNED_IN, **returns(created)}},
    }
    document["paths"][PATH]["get"] = SIGNED_IN | returns({"type": "array", "items": created})
    folder = tmp_path_factory.mktemp("team")
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document))
    return folder


@pytest.fixture(scope="module", params=["direct", "connexion"])
def mock(spec: Path, request: pytest.FixtureRequest) -> Iterator[RunningMock]:
    with running_mock(Settings(spec=str(spec), driver=request.param)) as running:
        yield running


def get(mock: RunningMock, path: str, **options: Any) -> httpx2.Response:
    return httpx2.request(options.pop("method", "GET"), mock.url + path, headers=options.pop("login", LOGIN), **options)


def test_an_operation_without_code_is_answered_by_its_example(mock: RunningMock) -> None:
    answer = get(mock, "/api/v1/me")
    assert (answer.status_code, answer.json()) == (200, {"id": 1, "name": "Ana"})
    assert answer.headers["x-mock-example"] == "example"


def test_an_operation_without_an_example_is_answered_by_its_schema(mock: RunningMock) -> None:
    answer = get(mock, "/api/v1/users/5")
    assert answer.headers["x-mock-example"] == "schema"
    for schema in USER["allOf"]:
        jsonschema_rs.validator_for(schema).validate(answer.json())
    assert answer.json()["role"] == "admin"
    (tree,) = get(mock, "/api/v1/trees").json()
    assert tree["name"] == "text"
    created = get(mock, "/api/v1/trees", method="POST", json={"name": "a", "children": []})
    assert (created.status_code, created.headers["x-mock-example"]) == (201, "schema")
    gone = get(mock, "/api/v1/users/5", method="DELETE")
    assert (gone.status_code, gone.content) == (204, b"")


def test_an_operation_without_code_checks_its_requests(mock: RunningMock) -> None:
    assert get(mock, "/api/v1/me", login={}).status_code == 401
    assert get(mock, "/api/v1/trees?limit=0").status_code == 400
    assert get(mock, "/api/v1/trees", method="POST", json={"name": 5}).status_code == 400
    assert get(mock, "/api/v1/me", method="PUT").status_code == 405


def test_lead_lists_are_read_back_where_the_spec_has_the_path(mock: RunningMock) -> None:
    mock.reset()
    created = httpx2.post(mock.url + PATH, json=GOOD, headers=LOGIN).json()
    answer = get(mock, f"{PATH}/{created['id']}")
    assert (answer.status_code, answer.json()) == (200, created)
    assert "x-mock-example" not in answer.headers
    assert get(mock, PATH).json() == [created]
    assert get(mock, f"{PATH}/none").status_code == 404
    other = {"authorization": "Bearer abc123-session"}
    assert get(mock, f"{PATH}/{created['id']}", login=other).status_code == 404
    assert get(mock, PATH, login=other).json() == []


def test_the_control_api_shows_one_list(lead_list_mock: RunningMock) -> None:
    created = httpx2.post(lead_list_mock.endpoint, json=GOOD, headers=LOGIN).json()
    assert lead_list_mock.control("GET", f"lists/{created['id']}") == created
    with pytest.raises(ValueError, match='There is no lead list "none"'):
        lead_list_mock.control("GET", "lists/none")


def test_the_start_names_the_operations_without_code(spec: Path, start_mock: StartMock) -> None:
    running = start_mock("--spec", str(spec))
    assert running.endpoint == running.url + PATH
    running.process.terminate()
    assert running.process.communicate(timeout=60)[1] == (
        "leadlists-mock: these operations have no code, so their responses are the examples of the spec: "
        "delete-api-v1-users-userid, get-api-v1-trees, get-api-v1-users-userid, me, post-api-v1-trees\n"
    )


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"example": 5, "type": "string"}, 5),
        ({"default": "a", "enum": ["b"]}, "a"),
        ({"enum": ["b", "c"]}, "b"),
        ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, True),
        ({"anyOf": [{"type": "integer"}]}, 1),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "number", "minimum": 2, "exclusiveMinimum": True}, 3),
        ({"type": "string", "format": "date"}, "2024-01-31"),
        ({"type": "string", "minLength": 6}, "text.."),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"properties": {"a": {}}}, {"a": "text"}),
        ({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}, {"a": "text", "b": "text"}),
        ({}, "text"),
    ],
    ids=str,
)
def test_samples_of_schemas(schema: dict[str, Any], value: Any) -> None:
    assert sample_of(schema, lambda node: node) == value


# -- near misses


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        (f"{PATH}/", PATH),
        (PATH.replace("/v1", "//v1"), PATH),
        (PATH.replace("leadlists", "LeadLists"), PATH),
        ("/leadlists", PATH),
        ("/entities/leadlists", PATH),
        (f"/backend{PATH}", PATH),
        ("/lists", None),
        ("/api/v1/entities", None),
        ("/api/v1/entities/leadlists/5", None),
    ],
)
def test_a_404_names_the_path_that_comes_near(path: str, meant: str | None, lead_list_mock: RunningMock) -> None:
    answer = httpx2.post(lead_list_mock.url + path, json=GOOD, headers=LOGIN)
    assert answer.status_code == 404
    told = f"There is nothing at this path; did you mean {meant} instead of {path}?"
    assert answer.json()["error"]["message"] == (told if meant else "There is nothing at this path")


def test_a_near_miss_of_a_path_with_parameters_is_named(mock: RunningMock) -> None:
    assert "did you mean /api/v1/users/{userId} instead of /users/5?" in get(mock, "/users/5").text


def test_a_405_names_the_methods(lead_list_mock: RunningMock) -> None:
    answer = httpx2.get(lead_list_mock.endpoint)
    assert answer.json()["error"]["message"] == "This path does not have this method; it has POST"


def test_the_root_leads_to_the_dashboard(lead_list_mock: RunningMock) -> None:
    for headers in ({}, {"accept": "text/html,*/*"}):
        answer = httpx2.get(lead_list_mock.url, headers=headers)
        assert answer.status_code == 404
        assert answer.headers["link"] == '</__mock__/>; rel="help"'
        assert "/__mock__/" in answer.text
    assert '<a href="/__mock__/">' in answer.text
