"""What was sent, judged by the schemas of the spec: the parameters of a request, and its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.contract import OperationSpec, Parameter
from mock_server.errors import Problem, Refused, problem, schema_problems, shorten
from mock_server.readings import Readings
from mock_server.sessions import cookie_values


class BodyRules(Protocol):
    """What an operation's readings say of its body beside the schema."""

    def forgive(self, payload: Any) -> Any: ...
    def check(self, payload: Any) -> list[Problem]: ...
    def check_references(self, payload: Any) -> None: ...


class BodyCheck:
    """Refuses a body with everything that is wrong with it; called as the stage `validate`."""

    def __init__(self, rules: Mapping[str, BodyRules], date_reason: Callable[[str], str]) -> None:
        self._rules = rules  # by operationId
        self._date_reason = date_reason

    def __call__(self, operation: OperationSpec, payload: Any) -> Any:
        assert operation.body is not None
        rules = self._rules.get(operation.id)
        if rules:
            payload = rules.forgive(payload)
        problems = schema_problems(
            operation.body, payload, date_reason=self._date_reason, example=operation.example
        )
        if rules:
            problems += rules.check(payload)
        if problems:
            raise Refused(400, problems)  # error.400.status
        if rules:
            rules.check_references(payload)
        return payload


class ParameterCheck:
    """Lists what is wrong with the parameters of a request; called as the stage `check_parameters`."""

    def __init__(self, readings: Readings, date_reason: Callable[[str], str]) -> None:
        self._refuses_unknown = readings.follows("unknown-query-parameters", "refused")
        self._date_reason = date_reason

    def __call__(self, scope: Scope, operation: OperationSpec) -> list[Problem]:
        problems = []
        if scope["query_string"] and self._refuses_unknown:
            known = {parameter.name for parameter in operation.parameters if parameter.place == "query"}
            problems += [problem("query", got=shorten(name)) for name, _ in _query(scope) if name not in known]
        for parameter in operation.parameters:
            texts = _texts(scope, parameter)
            if texts:
                value = _value(texts, parameter)
                problems += schema_problems(
                    parameter.validator, value, at=(parameter.name,), date_reason=self._date_reason
                )
            elif parameter.required:
                problems.append(problem("required", (parameter.name,), got="nothing", want="a value"))
        return problems


def _texts(scope: Scope, parameter: Parameter) -> list[Any]:
    """What was sent for a parameter; Connexion has already made numbers of numeric path parameters."""
    name = parameter.name
    match parameter.place:
        case "path":
            return [scope["path_params"][name.replace("-", "_")]]
        case "query":
            return [text for key, text in _query(scope) if key == name]
        case "header":
            return Headers(scope=scope).getlist(name)
        case _:
            return cookie_values(Headers(scope=scope).getlist("cookie"), name)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _value(texts: list[Any], parameter: Parameter) -> Any:
    if parameter.type == "array":
        return texts
    # A scalar that is sent twice has no single value; as an array it breaks its schema, and the problem says so.
    return _coerced(texts[0], parameter.type) if len(texts) == 1 else texts


def _coerced(text: Any, type_name: str) -> Any:
    try:
        match type_name:
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}[text]
    except (KeyError, ValueError):
        pass
    return text
