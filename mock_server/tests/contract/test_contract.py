"""Test loading the spec: invalid ones are refused, and a second operation costs its spec and one coroutine."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server import create_app
from mock_server.contract.extensions import without_extensions
from mock_server.contract.openapi import Contract, load
from mock_server.contract.spec_files import SpecError, find_spec_dir, read_yaml
from mock_server.operations import OPERATIONS
from mock_server.settings.values import SettingError
from mock_server.tests.conftest import GOOD, LOGIN, Ask

AssertError = Callable[..., dict[str, Any]]
WriteSpec = Callable[[Callable[[dict[str, Any]], None]], Path]

NOTE_PATHS: dict[str, Any] = {
    "/api/v1/entities/notes": {
        "post": {
            "operationId": "createNote",
            "security": [{"sessionBearer": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["text"],
                            "properties": {
                                "text": {"type": "string", "minLength": 2, "example": "hi"},
                                "due": {"type": "string", "format": "date-time"},
                                "tags": {
                                    "type": "array",
                                    "maxItems": 3,
                                    "items": {"$ref": "#/components/schemas/Uuid"},
                                },
                            },
                            "additionalProperties": False,
                        },
                        "example": {"text": "hello"},
                    }
                },
            },
            "responses": {"201": {"description": "made"}},
        },
        "get": {
            "operationId": "listNotes",
            "parameters": [
                {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}},
                {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
            ],
            "responses": {"200": {"description": "notes"}},
        },
    },
    "/api/v1/entities/notes/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Uuid"}}],
        "get": {"operationId": "getNote", "responses": {"200": {"description": "a note"}}},
        "delete": {
            "operationId": "deleteNote",
            "security": [{"sessionCookie": []}, {"sessionBearer": []}],
            "responses": {"200": {"description": "gone"}},
        },
    },
}
NOTE_ID = "660e8400-e29b-41d4-a716-446655440001"


@pytest.fixture
def write_spec(tmp_path: Path) -> WriteSpec:
    """Return a function that copies the spec folder and changes its document."""

    def write(change: Callable[[dict[str, Any]], None]) -> Path:
        shutil.copytree(find_spec_dir(), tmp_path / "spec")
        document = read_yaml(tmp_path / "spec" / "openapi.yaml")
        change(document)
        (tmp_path / "spec" / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        return tmp_path / "spec"

    return write


@pytest.fixture
def notes_app(write_spec: WriteSpec) -> Any:
    """Create a mock with four more operations, given only by their coroutines."""
    notes: dict[str, Any] = {}

    async def create_note(payload: dict[str, Any], user: str) -> dict[str, Any]:
        notes[NOTE_ID] = payload | {"id": NOTE_ID, "by": user}
        return notes[NOTE_ID]  # type: ignore[no-any-return]

    async def list_notes(q: str, limit: int = 5) -> list[Any]:
        return [note for note in notes.values() if q in note["text"]][:limit]

    async def get_note(id: str) -> Any:
        return notes[id]

    async def delete_note(id: str, user: str) -> Any:
        return {"gone": id, "by": user}

    operations: dict[str, Any] = {
        "createNote": create_note,
        "listNotes": list_notes,
        "getNote": get_note,
        "deleteNote": delete_note,
    }
    spec_dir = write_spec(lambda document: document["paths"].update(copy.deepcopy(NOTE_PATHS)))
    return create_app(spec_dir=spec_dir, operations=operations)


NOTES = "/api/v1/entities/notes"


def test_a_second_operation_is_served(notes_app: Any, ask: Ask, page_request: dict[str, Any]) -> None:
    made = ask(notes_app, path=NOTES, json={"text": "hello", "due": "2024-01-01", "tags": [NOTE_ID]})
    assert (made.status_code, made.json()["by"]) == (201, "user_xyz789")
    assert ask(notes_app, "GET", f"{NOTES}/{NOTE_ID}", headers={"authorization": None}).json() == made.json()
    assert ask(notes_app, "GET", NOTES, params={"q": "ell", "limit": "1"}).json() == [made.json()]
    assert ask(notes_app, "DELETE", f"{NOTES}/{NOTE_ID}").json() == {"gone": NOTE_ID, "by": "user_xyz789"}
    assert ask(notes_app, json=page_request).status_code == 201


def test_a_second_operation_is_validated_by_its_own_schema(notes_app: Any, ask: Ask, assert_error: AssertError) -> None:
    body = {"text": "x", "due": "2024-02-30", "tags": ["x"] * 4, "more": 1}
    error = assert_error(ask(notes_app, path=NOTES, json=body), 400, "BAD_REQUEST")
    assert {problem["path"]: problem["rule"] for problem in error["details"]} == {
        "/text": "range",
        "/due": "date",
        "/tags": "range",
        "/tags/0": "uuid",
        "/tags/1": "uuid",
        "/tags/2": "uuid",
        "/tags/3": "uuid",
        "/more": "unknown",
    }
    (missing,) = assert_error(ask(notes_app, path=NOTES, json={}), 400, "BAD_REQUEST")["details"]
    assert missing["message"] == 'text is missing; send a string, at least 2 characters, for example "hello".'


def test_a_second_operation_requires_its_own_login(notes_app: Any, ask: Ask, assert_error: AssertError) -> None:
    cookie_only = {"authorization": None, "cookie": "__session=xyz789-session"}
    assert_error(ask(notes_app, path=NOTES, json={"text": "hello"}, headers=cookie_only), 401, "UNAUTHORIZED")
    assert ask(notes_app, "DELETE", f"{NOTES}/{NOTE_ID}", headers=cookie_only).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "problems"),
    [
        (f"{NOTES}/nope", {}, {"/id": "uuid"}),
        (NOTES, {}, {"/q": "required"}),
        (NOTES, {"q": "a", "limit": "x"}, {"/limit": "type"}),
        (NOTES, {"q": "a", "limit": "10"}, {"/limit": "range"}),
        (NOTES, {"q": "a", "limit": ["1", "2"]}, {"/limit": "type"}),
    ],
)
def test_parameters_are_validated_by_their_schemas(
    path: str, query: dict[str, Any], problems: dict[str, str], notes_app: Any, ask: Ask, assert_error: AssertError
) -> None:
    error = assert_error(ask(notes_app, "GET", path, params=query), 400, "BAD_REQUEST")
    assert {problem["path"]: problem["rule"] for problem in error["details"]} == problems


def test_allow_names_all_methods_of_a_path(notes_app: Any, ask: Ask) -> None:
    assert ask(notes_app, "PUT", NOTES).headers["allow"] == "GET, POST, HEAD"
    assert ask(notes_app, "PUT", f"{NOTES}/{NOTE_ID}").headers["allow"] == "GET, DELETE, HEAD"
    assert ask(notes_app, "HEAD", f"{NOTES}?q=a").status_code == 200
    assert ask(notes_app, "GET", f"{NOTES}/{NOTE_ID}/more").status_code == 404


# -- invalid specs


def change_operation(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["paths"]["/api/v1/entities/leadlists"]["post"].update(changes)

    return change


def add_reference(reference: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Other"] = {"$ref": reference}

    return change


def add_fan_out(keyword: str) -> Callable[[dict[str, Any]], None]:
    """Add schemas of which each refers nine times to the one before: together 9**9 values."""

    def change(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        schemas["Of0"] = {"type": "string"}
        for number in range(9):
            parts = [{"$ref": f"#/components/schemas/Of{number}"} for _ in range(9)]
            named = {f"p{at}": part for at, part in enumerate(parts)}
            is_object = keyword == "properties"
            schemas[f"Of{number + 1}"] = {"properties": named, "required": [*named]} if is_object else {keyword: parts}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Of9"}}}
        document["paths"]["/fan-out"] = {"get": {"responses": {"200": {"description": "Many.", "content": content}}}}

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_operation(operationId=5), "POST /api/v1/entities/leadlists has an operationId that is not a string"),
        (change_operation(security=[{"nope": []}]), "requires the security scheme nope"),
        (lambda document: document.update(openapi="3.2.0"), "it is OpenAPI 3.2.0; the mock serves 3.0 and 3.1"),
        (lambda document: document.pop("openapi"), "it is OpenAPI without a version"),
        (lambda document: document.update(openapi="3.1.0", servers=[{}]), '/servers/0, is not OpenAPI 3.1: "url" is'),
        (lambda document: document.pop("paths"), "no `paths`"),
        (lambda document: document.update({1: 2}), "cannot be served"),
        (
            lambda document: document["paths"].update({"/x": document["paths"]["/api/v1/entities/leadlists"]}),
            "two operations have the operationId",
        ),
        (add_reference("https://evil.test/x.yaml"), r"\$ref https://evil.test/x.yaml leaves the document"),
        (add_reference("file:///etc/passwd"), "file:///etc/passwd leaves"),
        (add_reference("other.yaml#/x"), "other.yaml#/x leaves"),
        (add_reference("#/components/schemas/Nope"), "points to nothing"),
        (add_reference("#/components/schemas/Other"), "#/components/schemas/Other leads to itself"),
        (add_fan_out("allOf"), r"\$ref #/components/schemas/Of\d expands to more than 20000 schemas for one value"),
        (add_fan_out("oneOf"), "its allOf, anyOf and oneOf contain each other too often"),
        (add_fan_out("properties"), "GET /fan-out: the schema of its response 200 expands to more than 20000 values"),
        (
            lambda document: document["components"]["securitySchemes"]["sessionBearer"].update(scheme="digest"),
            r"security scheme sessionBearer: the mock supports only API keys \(apiKey\), http basic",
        ),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_an_unservable_spec_is_refused(
    change: Callable[[dict[str, Any]], None], told: str, write_spec: WriteSpec
) -> None:
    spec_dir = write_spec(change)
    with pytest.raises(SpecError, match=told):
        create_app(spec_dir=spec_dir)


def test_a_spec_names_no_python_functions(write_spec: WriteSpec, ask: Ask) -> None:
    def change(document: dict[str, Any]) -> None:
        change_operation(**{"x-openapi-router-controller": "os"})(document)
        bearer = {"x-bearerInfoFunc": "os.nothing", "x-authentication-scheme": "Bearer"}
        for scheme in document["components"]["securitySchemes"].values():
            scheme.update(bearer)
        document["x-topics"] = [{"content": {"$ref": "./docs/start.md"}}]

    app = create_app(spec_dir=write_spec(change))
    assert ask(app, "POST", "/api/v1/entities/leadlists", json=GOOD, headers=LOGIN).status_code == 201


def test_a_function_of_the_table_serves_a_spec_without_lead_lists(
    write_spec: WriteSpec, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, "createList", lambda payload: {"made": payload["name"]})
    app = create_app(spec_dir=write_spec(change_operation(operationId="createList")))
    assert ask(app, "POST", "/api/v1/entities/leadlists", json=GOOD, headers=LOGIN).json() == {"made": "n"}


@pytest.mark.parametrize(
    ("name", "hint"), [("createLeadLists", "; did you mean createLeadList?"), ("nothing", "; it has createLeadList")]
)
def test_a_function_for_an_unknown_operation_is_refused(name: str, hint: str) -> None:
    with pytest.raises(SettingError, match=re.escape(f"operations: the spec has no operation {name}{hint}")):
        create_app(operations={name: lambda: None})


def test_names_that_look_like_extensions_are_kept() -> None:
    document = {
        "x-a": 1,
        "components": {"x-b": 2, "securitySchemes": {"x-key": {"type": "apiKey", "x-c": 3}}},
        "paths": {
            "/": {"x-d": 4, "get": {"security": [{"x-key": []}], "responses": {"200": {"headers": {"x-id": {}}}}}}
        },
        "schemas": {"x-e": {"x-f": 5, "properties": {"x-g": {"x-h": 6, "example": {"x-i": 7}}, "headers": {"x-j": 8}}}},
    }
    assert without_extensions(document) == {
        "components": {"securitySchemes": {"x-key": {"type": "apiKey"}}},
        "paths": {"/": {"get": {"security": [{"x-key": []}], "responses": {"200": {"headers": {"x-id": {}}}}}}},
        "schemas": {"x-e": {"properties": {"x-g": {"example": {"x-i": 7}}, "headers": {}}}},
    }


def test_an_error_that_connexion_finds_late_is_reported(write_spec: WriteSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> None:
        raise ValueError("late")

    monkeypatch.setattr("connexion.middleware.main.ConnexionMiddleware._build_middleware_stack", fail)
    with pytest.raises(SpecError, match=r"cannot be served: ValueError\('late'\)"):
        create_app()


def test_a_spec_is_data(tmp_path: Path) -> None:
    """Jinja stays text, timestamps stay strings, tags do nothing."""
    (tmp_path / "x.yaml").write_text("a: '{{ 7*7 }}'\nb: 2024-01-01T00:00:00Z\nc: 2024-01-01\n")
    assert read_yaml(tmp_path / "x.yaml") == {"a": "{{ 7*7 }}", "b": "2024-01-01T00:00:00Z", "c": "2024-01-01"}
    (tmp_path / "x.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(SpecError, match="cannot be read"):
        read_yaml(tmp_path / "x.yaml")
    with pytest.raises(SpecError, match="cannot be read"):
        load(tmp_path, formats={})


def test_a_spec_can_be_json(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text('{"a": "\\ud83d\\ude00", "b": 1e3}')
    assert read_yaml(path) == {"a": "\U0001f600", "b": 1000.0}
    path.write_text("{a: 5}")
    assert read_yaml(path) == {"a": 5}
    path.write_text('{"a": 1, "a": 2}')
    with pytest.raises(SpecError, match="the key 'a' is defined twice"):
        read_yaml(path)
    path.write_text('{"a":' * 300 + "1" + "}" * 300)
    with pytest.raises(SpecError, match="nested deeper than 200 levels"):
        read_yaml(path)


def expanding(item: str) -> str:
    """Return a YAML file of 8 lines whose aliases expand to more than four million values."""
    rows = [
        f"{name}: &{name} {item.replace('*', '*' + before)}" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ]
    return "\n".join(["a: &a {x: 1}", *rows])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &a [*a]", "line 1, column 4, .* refers to a value that contains it"),
        ("[" * 200_000, "line 1, column 201, .* nested deeper than 200 levels"),
        ('{"a":' * 200_000, "nested deeper than 200 levels"),
        ("- " * 200_000, "nested deeper than 200 levels"),
        (f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 150}*a{']' * 150}", "expand to more than 200 levels"),
        ("- a\n" * 300_000, "more than 250000 values"),
        ("# " + "x" * (10 << 20), "larger than 10 MiB"),
        ("a: 1\nb: 2\na: 3", "line 3, column 1, .* the key 'a' is defined twice"),
        ("a: &a {b: {c: [1, *a]}}", "refers to a value that contains it"),
        (expanding(f"[{', '.join('*' * 9)}]"), "expand to more than 250000 values"),
        (expanding(f"{{<<: [{', '.join('*' * 9)}]}}"), "expand to more than 250000 values"),
    ],
)
def test_a_file_that_is_too_deep_or_expands_without_end_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SpecError, match=told):
        read_yaml(tmp_path / "x.yaml")


def test_an_alias_repeats_a_value(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &a {x: 1}\nb: [*a, *a]\nc: {<<: *a, y: 2}\n")
    assert read_yaml(tmp_path / "x.yaml") == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}], "c": {"x": 1, "y": 2}}


def test_the_base_path_of_the_first_server_is_a_prefix_of_every_path(document: dict[str, Any]) -> None:
    document = read_yaml(find_spec_dir() / "openapi.yaml") | {"servers": [{"url": "https://x.test/base/"}]}
    assert Contract(document, {}).methods("/base/api/v1/entities/leadlists") == ("POST",)
    assert Contract(document, {}).methods("/api/v1/entities/leadlists") == ()
