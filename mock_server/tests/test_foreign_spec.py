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


def sends(content: dict[str, Any]) -> dict[str, Any]:
    return {"security": [], "responses": {"200": {"description": "A response.", "content": content}}}


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
# Bodies that are not JSON: the mock sends them as documented, and does not read those that it gets.
UPLOAD = {"multipart/form-data": {"schema": {"type": "object", "properties": {"file": {"type": "string"}}}}}
OTHER_LOGINS = {  # with access tokens, which are bearer tokens (RFC 6750)
    "account": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {"read": "Read."}}}},
    "partner": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "password": {"type": "http", "scheme": "basic"},
    "link": {"type": "apiKey", "in": "query", "name": "key"},
    "corporate": {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"},
}
OTHER_PATHS: dict[str, Any] = {
    "/api/v1/export": {"get": sends({"text/csv": {"schema": {"type": "string"}, "example": "id,name\n1,Ana\n"}})},
    "/api/v1/note": {"get": sends({"text/plain": {"schema": {"type": "string", "minLength": 6}}})},
    "/api/v1/photo": {"get": sends({"image/png": {"schema": {"type": "string", "format": "binary"}}})},
    "/api/v1/either": {
        "get": sends({"text/csv": {"example": "a,b"}, "application/json": {"example": {"a": "b"}}}),
    },
    "/api/v1/uploads": {"post": {"requestBody": {"required": True, "content": UPLOAD}, **returns(status="201")}},
    "/api/v1/team": {"get": {"security": [{"account": ["read"]}], **returns()}},
    "/api/v1/partners": {"get": {"security": [{"partner": []}], **returns()}},
    "/api/v1/admins": {"get": {"security": [{"password": []}], **returns()}},
    "/api/v1/links": {"get": {"security": [{"link": []}, {"sessionBearer": []}], **returns()}},
    "/api/v1/both": {"get": {"security": [{"partner": [], "sessionBearer": []}], **returns()}},
    "/api/v1/seats": {"get": {"security": [{"corporate": []}], **returns()}},
    "/api/v1/floors/{number}": {
        "get": {
            "parameters": [{"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}}],
            **returns(),
        }
    },
}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bundled spec and further paths; it has no readings of its own."""
    document = yaml.safe_load((ROOT / "spec" / "openapi.yaml").read_text())
    document["components"]["schemas"] |= {"User": USER, "Tree": TREE}
    created = document["paths"][PATH]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    document["components"]["securitySchemes"] |= OTHER_LOGINS
    document["paths"] |= MORE_PATHS | OTHER_PATHS
    document["paths"][f"{PATH}/{{list-id}}"] = {"get": {"parameters": [ID], **SIGNED_IN, **returns(created)}}
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


@pytest.mark.parametrize(
    ("path", "media_type", "body", "source"),
    [
        ("/api/v1/export", "text/csv", b"id,name\n1,Ana\n", "example"),
        ("/api/v1/note", "text/plain", b"text..", "schema"),
        ("/api/v1/photo", "image/png", b"", "nothing"),
        ("/api/v1/either", "application/json", b'{"a":"b"}', "example"),
    ],
)
def test_a_response_has_its_documented_media_type(
    path: str, media_type: str, body: bytes, source: str, mock: RunningMock
) -> None:
    answer = get(mock, path)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, media_type, body)
    assert answer.headers["x-mock-example"] == source
    (shown,) = mock.requests(path=path)[:1]
    assert shown["verdict"] == {"request": "valid", "answer": "valid"}


def test_a_request_body_that_is_not_json_is_accepted(mock: RunningMock) -> None:
    answer = get(mock, "/api/v1/uploads", method="POST", files={"file": b"abc"})
    assert answer.status_code == 201
    assert mock.requests(path="/api/v1/uploads")[0]["verdict"]["request"] == "valid"


def test_a_path_parameter_of_the_wrong_type_is_named(mock: RunningMock) -> None:
    assert get(mock, "/api/v1/floors/5").status_code == 200
    answer = get(mock, "/api/v1/floors/five")
    told = 'There is nothing at this path: number is "five"; send an integer'
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, told)


def test_a_problem_of_a_parameter_says_where_it_is(mock: RunningMock) -> None:
    message = get(mock, "/api/v1/trees?limit=a").json()["error"]["message"]
    assert message == 'The query parameter limit is the string "a"; send an integer, at least 1.'


def test_an_operation_without_code_checks_its_requests(mock: RunningMock) -> None:
    assert get(mock, "/api/v1/me", login={}).status_code == 401
    assert get(mock, "/api/v1/trees?limit=0").status_code == 400
    assert get(mock, "/api/v1/trees", method="POST", json={"name": 5}).status_code == 400
    assert get(mock, "/api/v1/me", method="PUT").status_code == 405


@pytest.mark.parametrize("path", ["/api/v1/team", "/api/v1/seats"])
def test_access_tokens_are_the_bearer_tokens_of_the_mock(path: str, mock: RunningMock) -> None:
    assert get(mock, path).status_code == 200
    assert get(mock, path, login={}).status_code == 401
    assert get(mock, path, login={"authorization": "Bearer expired"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "login", "status"),
    [
        ("partners", {"x-api-key": "any"}, 200),
        ("partners", {"x-api-key": ""}, 401),
        ("partners", LOGIN, 401),
        ("admins", {"authorization": "Basic YTpi"}, 200),
        ("admins", {"authorization": "Basic"}, 401),
        ("admins", LOGIN, 401),
        ("links?key=any", {}, 200),
        ("links", LOGIN, 200),
        ("links", {}, 401),
        ("links", {"authorization": "Bearer unknown"}, 401),
        ("both", LOGIN | {"x-api-key": "any"}, 200),
        ("both", {"x-api-key": "any"}, 401),
        ("both", LOGIN, 401),
    ],
)
def test_any_api_key_is_accepted(path: str, login: dict[str, str], status: int, mock: RunningMock) -> None:
    assert get(mock, f"/api/v1/{path}", login=login).status_code == status


def test_a_missing_api_key_is_named(mock: RunningMock) -> None:
    key = "the API key in the header X-Api-Key (the mock accepts any value)"
    missing = get(mock, "/api/v1/partners", login={}).json()["error"]["message"]
    assert missing == f"User is not authenticated: send {key}"
    either = get(mock, "/api/v1/links", login={}).json()["error"]["message"]
    assert either.endswith("session cookie, or the API key in the query parameter key (the mock accepts any value)")
    unknown = get(mock, "/api/v1/links", login={"authorization": "Bearer no"}).json()["error"]["message"]
    assert unknown.startswith("The session token is unknown")


@pytest.mark.parametrize("driver", ["direct", "connexion"])
@pytest.mark.parametrize(
    ("requirement", "login", "user"),
    [
        ({"partner": []}, {"x-api-key": "any"}, "user_xyz789"),
        ({"partner": []}, {"x-api-key": "abc123-session"}, "user_abc123"),
        (
            {"partner": [], "sessionBearer": []},
            {"x-api-key": "any", "authorization": "Bearer abc123-session"},
            "user_abc123",
        ),
    ],
)
def test_lead_lists_of_an_api_key_have_a_user(
    requirement: dict[str, Any], login: dict[str, str], user: str, driver: str, spec: Path, tmp_path: Path
) -> None:
    document = yaml.safe_load((spec / "openapi.yaml").read_text())
    document["paths"][PATH]["post"]["security"] = [requirement]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document))
    with running_mock(Settings(spec=str(tmp_path), driver=driver)) as mock:
        created = httpx2.post(mock.url + PATH, json=GOOD, headers=login)
        assert (created.status_code, created.json()["userIds"]) == (201, [user])
        assert httpx2.post(mock.url + PATH, json=GOOD).status_code == 401


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
        "delete-api-v1-users-userid, get-api-v1-admins, get-api-v1-both, get-api-v1-either, "
        "get-api-v1-export, get-api-v1-floors-number, "
        "get-api-v1-links, get-api-v1-note, get-api-v1-partners, get-api-v1-photo, "
        "get-api-v1-seats, get-api-v1-team, get-api-v1-trees, get-api-v1-users-userid, me, "
        "post-api-v1-trees, post-api-v1-uploads\n"
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
        ({"type": "string", "minLength": 3, "maxLength": 3}, "tex"),
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
        (PATH.removesuffix("s"), PATH),
        (PATH.replace("leadlists", "lead-lists"), PATH),
        (PATH.replace("v1", "v2"), PATH),
        (PATH.replace("entities", "entity"), PATH),
        ("/__mock__/verify/", "/__mock__/verify"),
        ("/__mock__/verfy", "/__mock__/verify"),
        ("/__mock__/session", "/__mock__/sessions"),
        ("//__mock__/verify", "/__mock__/verify"),
        ("/__Mock__/verify", "/__mock__/verify"),
        ("/_mock_/faults", "/__mock__/faults"),
        ("/mock/faults", "/__mock__/faults"),
        ("/__mock", "/__mock__/"),
    ],
)
def test_a_404_names_the_path_that_comes_near(path: str, meant: str, lead_list_mock: RunningMock) -> None:
    answer = httpx2.post(lead_list_mock.url + path, json=GOOD, headers=LOGIN | {"x-mock-control": "1"})
    assert answer.status_code == 404
    told = f"There is nothing at this path; did you mean {meant} instead of {path}?"
    assert answer.json()["error"]["message"] == told


@pytest.mark.parametrize("path", ["/lists", "/api/v1/entities", f"{PATH}/5", "/api/v1/entities/people", "/favicon.ico"])
def test_a_404_without_a_near_path_names_what_the_mock_has(path: str, lead_list_mock: RunningMock) -> None:
    answer = httpx2.post(lead_list_mock.url + path, json=GOOD, headers=LOGIN)
    assert answer.json()["error"]["message"] == f"There is nothing at this path; this mock has POST {PATH}"


def test_a_404_of_a_large_api_names_the_reference(lead_list_mock: RunningMock) -> None:
    told = "There is nothing at this path; see /__mock__/reference/ for what this mock has"
    assert get(lead_list_mock, "/__mock__/stop").json()["error"]["message"] == told


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
