"""Check that the mock can serve openapi.yaml, and compile each operation.

Nothing here knows lead lists; a second operation is one more entry of `Contract.operations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mock_server.contract.extensions import without_extensions
from mock_server.contract.openapi31 import in_words_of_30
from mock_server.contract.references import check_references, look_up
from mock_server.contract.schema import Components, Formats, Validator
from mock_server.contract.spec_files import SpecError, read_with_source, shortened

JSON = "application/json"
BEARER_TYPES = ("oauth2", "openIdConnect")  # of security schemes whose tokens are bearer tokens (RFC 6750)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path, the query, a header or a cookie."""

    name: str
    place: str
    required: bool
    type: str
    validator: Validator


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """The responses of one status, as the spec documents them."""

    schema: Mapping[str, Any] | None  # None: the spec documents no body
    example: Any
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Login:
    """The logins of an operation other than sessions: API keys and passwords, in words."""

    keys: tuple[str, ...]
    is_session_enough: bool


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """One operation of the spec, compiled."""

    id: str
    path: str
    method: str
    media_types: tuple[str, ...]
    body_required: bool
    body: Validator | None  # None: the operation has no request body, or one that is not JSON, which is not checked
    example: Any  # the request example, which messages quote
    login: Login
    parameters: tuple[Parameter, ...]
    success_statuses: tuple[int, ...]
    responses: Mapping[int, ResponseSpec]  # by status


class Contract:
    """A loaded spec: the document for Connexion, operations for the stages, paths and methods for 404 and 405."""

    def __init__(self, document: dict[str, Any], formats: Formats, source: bytes = b"") -> None:
        self.document = document
        self.source = source  # the bytes of the file
        check_references(document)
        self._components = Components(document, formats)
        # Connexion mounts the API below the path of the first server.
        servers = document.get("servers") or [{"url": ""}]
        self.base_path = urlsplit(servers[0]["url"]).path.rstrip("/")
        self.operations: dict[str, OperationSpec] = {}
        self._methods: dict[str, tuple[str, ...]] = {}
        self._at: dict[tuple[str, str], OperationSpec] = {}  # (method, path as the spec has it)
        for path, item in document["paths"].items():
            methods = [method for method in METHODS if method in item]
            self._methods[self.base_path + path] = tuple(method.upper() for method in methods)
            for method in methods:
                self._add(path, method, item)
        self._templates = [
            (re.compile(re.sub(r"\\{[^}]*\\}", "([^/]+)", re.escape(path))), path)
            for path in self._methods
            if "{" in path
        ]

    @property
    def paths(self) -> Iterable[str]:
        """Return the paths of the spec, with the path of its first server in front."""
        return self._methods

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods of the spec for a request path; empty for an unknown path."""
        known = self._methods.get(self._template(path)[0], ())
        return (*known, "HEAD") if "GET" in known and "HEAD" not in known else known

    def operation_at(self, method: str, path: str) -> tuple[OperationSpec | None, Mapping[str, str]]:
        """Return the operation for a method and a request path, or None, and the path parameters."""
        template, parameters = self._template(path)
        return self._at.get((method, template)), parameters

    def validator(self, schema: Mapping[str, Any]) -> Validator:
        """Compile a schema of the document."""
        return Validator(schema, self._components)

    def _template(self, path: str) -> tuple[str, Mapping[str, str]]:
        """Return the path template that a request path matches, and its parameters; an unknown path stays as it is."""
        if path not in self._methods:
            for pattern, template in self._templates:
                if found := pattern.fullmatch(path):
                    return template, dict(zip(re.findall("{([^}]*)}", template), found.groups(), strict=True))
        return path, {}

    def _add(self, path: str, method: str, item: Mapping[str, Any]) -> None:
        spec, place = item[method], f"{method.upper()} {path}"
        # Connexion routes every unknown path to an operation without an id, and keeps the last of two with one id.
        operation_id = spec.setdefault("operationId", re.sub("[^A-Za-z0-9]+", "-", place).strip("-").lower())
        if not isinstance(operation_id, str) or not operation_id:
            raise SpecError(f"{place} has an operationId that is not a string")
        if operation_id in self.operations:
            raise SpecError(f"two operations have the operationId {operation_id}; the second one is {place}")
        login = self._login(place, spec)
        body = self.resolve(spec.get("requestBody", {}))
        content = _json_part(body.get("content", {}))
        schema: Mapping[str, Any] | None = next(
            (entry["schema"] for entry in content.values() if "schema" in entry), {} if content else None
        )
        operation = OperationSpec(
            id=operation_id,
            path=self.base_path + path,
            method=method.upper(),
            media_types=tuple(media_type.lower() for media_type in content),
            body_required=bool(body.get("required", False)),
            body=None if schema is None else self.validator(schema),
            example=self._example(content),
            login=login,
            parameters=tuple(
                self._parameter(self.resolve(entry))
                for entry in [*item.get("parameters", []), *spec.get("parameters", [])]
            ),
            success_statuses=tuple(int(status) for status in spec["responses"] if str(status).startswith("2")),
            responses={
                int(status): self._response(self.resolve(entry))
                for status, entry in spec["responses"].items()
                if str(status).isdecimal()
            },
        )
        self.operations[operation_id] = self._at[operation.method, operation.path] = operation

    def _response(self, entry: Mapping[str, Any]) -> ResponseSpec:
        content = entry.get("content", {})
        content = _json_part(content) or content
        schema = next((each["schema"] for each in content.values() if "schema" in each), None)
        return ResponseSpec(schema, self._example(content), next(iter(content), JSON))

    def _example(self, content: Mapping[str, Any]) -> Any:
        for entry in content.values():
            for example in entry.get("examples", {}).values():
                return self.resolve(example).get("value")
            return entry.get("example")
        return None

    def _parameter(self, entry: Mapping[str, Any]) -> Parameter:
        schema = entry.get("schema", {})
        return Parameter(
            name=entry["name"],
            place=entry["in"],
            required=bool(entry.get("required", False)),
            type=_one(self.resolve(schema).get("type", "string")),
            validator=self.validator(schema),
        )

    def _login(self, place: str, spec: Mapping[str, Any]) -> Login:
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        keys: dict[str, str] = {}
        requirements = spec.get("security", self.document.get("security", []))
        for name in {name: None for entry in requirements for name in entry}:
            if name not in schemes:
                raise SpecError(f"{place} requires the security scheme {name}, which `components` does not define")
            if key := _key_in_words(name, self.resolve(schemes[name])):
                keys[name] = key
        return Login(tuple(keys.values()), any(not keys.keys() & entry.keys() for entry in requirements))

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow `$ref`s from a node of the document."""
        while "$ref" in node:
            node = look_up(self.document, node["$ref"])
        return node


def _key_in_words(name: str, scheme: Mapping[str, Any]) -> str | None:
    """Return where the key of a security scheme is sent, or None if the scheme is a session; raise SpecError."""
    match scheme["type"], scheme.get("in"), str(scheme.get("scheme", "")).lower():
        case ("apiKey", "cookie", _) | ("http", _, "bearer"):
            return None
        case kind, _, _ if kind in BEARER_TYPES:
            return None
        case "apiKey", "header", _:
            return f"the API key in the header {scheme['name']}"
        case "apiKey", "query", _:
            return f"the API key in the query parameter {scheme['name']}"
        case "http", _, "basic":
            return "the header Authorization: Basic"
    raise SpecError(
        f"security scheme {name}: the mock supports only API keys (apiKey), http basic, and bearer tokens (http "
        "bearer, oauth2, openIdConnect); declare one of them"
    )


def _one(types: Any) -> str:
    """Return the first of several types."""
    return str(types[0] if isinstance(types, list) else types)


def is_json(media_type: str) -> bool:
    """Return whether a media type of the spec, which may be a range, is JSON (RFC 6839 §3.1)."""
    name = media_type.partition(";")[0].strip().lower()
    return name in (JSON, "application/*", "*/*") or name.endswith("+json")


def _json_part(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {media_type: entry for media_type, entry in content.items() if is_json(media_type)}


def load(spec_dir: Path, formats: Formats) -> Contract:
    """Load the contract in `spec_dir`; raise SpecError.

    `formats` checks the string formats that depend on a reading.
    """
    path = spec_dir / "openapi.yaml"
    document, source = read_with_source(path)
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise SpecError(f"{path} is not an OpenAPI document: it has no `paths`")
    try:
        return Contract(_read(without_extensions(document)), formats, source)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    except Exception as error:  # the document has another shape than OpenAPI 3.0
        raise not_openapi(path, document, error) from error


def is_31(document: Mapping[str, Any]) -> bool:
    """Return whether a document is OpenAPI 3.1."""
    return str(document.get("openapi", "")).startswith("3.1")


def _read(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document in the words of OpenAPI 3.0; raise SpecError for another version."""
    if is_31(document):
        return in_words_of_30(document)
    version = str(document.get("openapi", document.get("swagger", "")))
    if not version.startswith("3.0"):
        raise SpecError(f"it is OpenAPI {version or 'without a version'}; the mock serves 3.0 and 3.1, so convert it")
    return document


def not_openapi(path: Path, document: Any, error: Exception) -> SpecError:
    """Explain an error from an invalid document: name the place that is not OpenAPI."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator  # slow to load, rarely needed

    version, validator = ("3.1", OpenAPIV31SpecValidator) if is_31(document) else ("3.0", OpenAPIV30SpecValidator)
    try:
        breach: Any = next(iter(validator(document).iter_errors()), None)
    except Exception:  # the validator fails at what is not JSON either, such as a key that is a number
        breach = None
    if breach is None:
        return SpecError(f"{path} cannot be served: {error!r}")
    while breach.context:  # of several alternatives, report the one that matched deepest
        breach = max(breach.context, key=lambda each: len(each.absolute_path))
    place = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in breach.absolute_path)
    told = shortened(breach.message.splitlines()[0])
    return SpecError(f"{path}, {place or 'the whole'}, is not OpenAPI {version}: {told}")
