"""Validate the parameters and the body of a request by the schemas of the spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from mock_server.contract.openapi import OperationSpec, Parameter
from mock_server.contract.readings import Readings
from mock_server.contract.schema import JsonPath, KeywordCheck, Validator
from mock_server.pipeline.errors import PROBLEMS_LISTED_OF_A_FIELD, Refused
from mock_server.pipeline.problems import GOT_CHARACTERS, Phrase, PhraseAt, Problem, kind, problem, shorten
from mock_server.pipeline.schema_words import example_at, remedy_for, shown_example, wanted
from mock_server.pipeline.sessions import cookie_values
from mock_server.pipeline.words import WORDS

# Keys that a client invents must not fill the memory.
WORDS_KEPT = 1000  # entries per schema
NAME_CHARACTERS_KEPT = 60

_PLACES = {"path": "path parameter", "query": "query parameter", "header": "header", "cookie": "cookie"}
_KINDS_KEPT = frozenset({str, int, bool, type(None)})


class BodyRules(Protocol):
    """The rules of an operation's readings for its body, in addition to the schema."""

    def accept(self, payload: Any) -> Any: ...
    def check(self, payload: Any) -> list[Problem]: ...
    def check_references(self, payload: Any) -> None: ...


class BodyCheck:
    """Refuses an invalid body with all its problems; called as the stage `validate`."""

    def __init__(self, rules: Mapping[str, BodyRules], date_reason: Callable[[str], str]) -> None:
        self._rules = rules  # by operationId
        self._date_reason = date_reason

    def __call__(self, operation: OperationSpec, payload: Any) -> Any:
        assert operation.body is not None
        rules = self._rules.get(operation.id)
        if rules:
            payload = rules.accept(payload)
        problems = schema_problems(operation.body, payload, date_reason=self._date_reason, example=operation.example)
        if rules:
            problems += rules.check(payload)
        if problems:
            raise Refused(400, problems)  # error.400.status
        if rules:
            rules.check_references(payload)
        return payload


class ParameterCheck:
    """Lists the problems of the parameters of a request; called as the stage `check_parameters`."""

    def __init__(self, readings: Readings, date_reason: Callable[[str], str]) -> None:
        self._refuses_unknown = readings.follows("unknown-query-parameters", "refused")
        self._date_reason = date_reason

    def __call__(self, scope: Scope, operation: OperationSpec) -> list[Problem]:
        problems = []
        if scope["query_string"] and self._refuses_unknown:
            known = [parameter.name for parameter in operation.parameters if parameter.place == "query"]
            problems += [
                problem("query", got=shorten(name), remedy=remedy_for(name, known))
                for name, _ in _query(scope)
                if name not in known
            ]
        for parameter in operation.parameters:
            texts = _texts(scope, parameter)
            found: list[Problem] = []
            if texts:
                value = _value(texts, parameter)
                found = schema_problems(parameter.validator, value, at=(parameter.name,), date_reason=self._date_reason)
            elif parameter.required:
                want = wanted(parameter.validator.schema, parameter.validator)
                found = [problem("required", (parameter.name,), got="nothing", want=want, example="")]
            problems += [each._replace(message=f"The {_PLACES[parameter.place]} {each.message}") for each in found]
        return problems


def _texts(scope: Scope, parameter: Parameter) -> list[Any]:
    """Return the sent values of a parameter; Connexion has already converted numeric path parameters to numbers."""
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
    # A repeated scalar has no single value; an array breaks its schema, so that the problem is reported.
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


# -- breaches of a schema, as problems


def schema_problems(
    validator: Validator,
    value: Any,
    *,
    date_reason: Callable[[str], str],
    example: Any = None,
    at: tuple[str, ...] = (),
) -> list[Problem]:
    """Return the problems of `value` at the path `at`: one per path, up to the readable maximum."""
    if validator.is_valid(value):
        return []
    found: dict[JsonPath, Problem] = {}
    in_field: dict[JsonPath, int] = {}
    for place, check, got in validator.breaches(value):
        field = place[:1]
        if check.keyword == "additionalProperties":
            place = (*place, min(set(got) - set(check.schema.get("properties", {}))))
        # Report a wrong type before a wrong value: `type` and `enum` both refuse null, and one message is enough.
        if place in found and check.keyword != "type":
            continue
        count = in_field.get(field, 0)
        if count > PROBLEMS_LISTED_OF_A_FIELD:
            continue
        in_field[field] = count + (place not in found)
        path = at + place
        key = _key(check, path, got)
        described: Problem | None = validator.problems.get(key)
        if described is None:
            described = _describe(check, path, got, validator, example, date_reason)
            if key is not None and len(path) == 1 and _is_kept(path, validator.problems):
                validator.problems[key] = described
        found[place] = described
    return list(found.values())


def _key(check: KeywordCheck, place: JsonPath, got: Any) -> Any:
    """Return the key under which to keep a problem, because forms and tests repeat their mistakes; else None.

    The class distinguishes True from 1. Equal floats can differ as text: 0.0 and -0.0.
    """
    kind_of = got.__class__
    if kind_of not in _KINDS_KEPT or (kind_of is str and len(got) > GOT_CHARACTERS):
        return None
    return check, place, kind_of, got


def _is_kept(place: JsonPath, kept: Mapping[Any, Any]) -> bool:
    """Return whether there is room for the words of a place."""
    return len(kept) < WORDS_KEPT and all(isinstance(part, int) or len(part) <= NAME_CHARACTERS_KEPT for part in place)


def _describe(
    check: KeywordCheck,
    place: JsonPath,
    got: Any,
    validator: Validator,
    example: Any,
    date_reason: Callable[[str], str],
) -> Problem:
    if check.keyword == "additionalProperties":
        name = str(place[-1])
        remedy = remedy_for(name, check.schema.get("properties", ()), lists_known=True)
        return problem("unknown", place, got=shorten(got[name]), remedy=remedy)
    phrase = validator.phrases.get((check, place)) or _phrase(check, place, validator, example)
    if phrase.rule == "required":
        return phrase.problem("nothing", {})
    text = shorten(got)
    match phrase.rule:
        case "type":
            return phrase.problem(text, {"kind": kind(got, text)})
        case "date":
            return phrase.problem(text, {"got": text, "reason": date_reason(got)})
        case "schema":
            return phrase.problem(text, {"reason": shorten(check.error(got).replace('"', "'"), 200)[1:-1]})
        case _:
            return phrase.problem(text, {"got": text})


def _phrase(check: KeywordCheck, place: JsonPath, validator: Validator, example: Any) -> PhraseAt:
    """Return the words for a breach; those of a field are kept, because they never change."""
    where = tuple([0 if isinstance(part, int) else part for part in place])  # all items of an array have the same words
    expected: tuple[str, str, str] | None = validator.expected.get((check, where))
    if expected is None:
        expected = _expected(check, where, validator, example)
        if _is_kept(where, validator.expected):
            validator.expected[check, where] = expected
    rule, want, shown = expected
    phrase = Phrase(rule, *WORDS[rule]).at(place, want=want, example=shown)
    if len(place) == 1 and _is_kept(place, validator.phrases):
        validator.phrases[check, place] = phrase
    return phrase


def _expected(check: KeywordCheck, place: JsonPath, validator: Validator, example: Any) -> tuple[str, str, str]:
    """Return the rule that a breach is about, what its schema expects, and an example of it."""
    schema = check.schema
    if check.keyword == "required":
        schema = validator.resolve(schema.get("properties", {}).get(place[-1], {}))
    shown = shown_example(example_at(example, place), schema, validator)
    return _rule(check.keyword, schema), wanted(schema, validator), shown


def _rule(keyword: str, schema: Mapping[str, Any]) -> str:
    """Return the rule (a key of WORDS) for a breach of a keyword."""
    match keyword, schema.get("format"):
        case "required" | "enum" | "type", _:
            return keyword
        case "format" | "pattern", "uuid":
            return "uuid"
        case "format", "date-time":
            return "date"
        case "format", _:
            return "format"
        case "pattern", _:
            return "range"
        case _ if keyword.startswith(("min", "max")):
            return "range"
        case _:
            return "schema"
