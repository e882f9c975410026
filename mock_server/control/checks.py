"""Check recorded exchanges by the spec: user, operation, and problems of request and response.

An exchange is checked once, on its first use, and not while its request is processed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson
from starlette.datastructures import Headers

from mock_server.contract.openapi import Contract, OperationSpec, is_json
from mock_server.contract.schema import Validator
from mock_server.pipeline.errors import PROBLEMS_LISTED, Refused
from mock_server.pipeline.problems import Problem, pointer_to, shorten
from mock_server.pipeline.schema_words import wanted
from mock_server.pipeline.stages import Stages
from mock_server.worlds.journal import Exchange

Validity = Literal["valid", "invalid", "unjudged"]  # the `verdict` of the control API


@dataclass(frozen=True, slots=True)
class CheckedExchange:
    """The result of checking one exchange."""

    operation: str | None
    user: str | None
    request: Validity
    answer: Validity
    request_problems: tuple[Problem, ...]
    answer_problems: tuple[Problem, ...]


class Checker:
    """Checks exchanges by the spec, with the stages that also serve requests."""

    def __init__(self, contract: Contract, stages: Stages) -> None:
        self._contract = contract
        self._stages = stages
        self._validators: dict[tuple[str, int], Validator] = {}

    def __call__(self, exchange: Exchange) -> CheckedExchange:
        """Return the result for an exchange, by the contract at the time of its request; cache it."""
        if exchange.checked is None:
            exchange.checked = (exchange.checker or self)._check(exchange)
        return exchange.checked  # type: ignore[no-any-return]

    def user_of(self, exchange: Exchange) -> str | None:
        """Return the signed-in user of an exchange, which may still be in progress."""
        return (exchange.checker or self)._stages.user(Headers(raw=exchange.headers))

    def json_of(self, body: bytes, headers: Headers) -> Any:
        """Return the JSON of a request body, read as the mock reads it; raise ValueError if it is not JSON."""
        try:
            return self._stages.parse(body, headers)
        except Refused:  # for a limit or a reading, which do not change what the client sent
            return orjson.loads(body)

    def _check(self, exchange: Exchange) -> CheckedExchange:
        headers = Headers(raw=exchange.headers)
        operation, parameters = self._contract.operation_at(exchange.method, exchange.path)
        user = self._stages.user(headers)
        if operation is None:
            return CheckedExchange(None, user, "unjudged", "unjudged", (), ())
        asked = answered = None
        if exchange.body_complete and exchange.body_bytes == len(exchange.body):
            asked = self._request_problems(exchange, headers, operation, parameters)
        if exchange.response_bytes == len(exchange.response_body):
            answered = self._answer_problems(exchange, operation)
        return CheckedExchange(
            operation.id, user, _validity(asked), _validity(answered), tuple(asked or ()), tuple(answered or ())
        )

    def _request_problems(
        self, exchange: Exchange, headers: Headers, operation: OperationSpec, parameters: Any
    ) -> list[Problem]:
        scope = {
            "headers": exchange.headers,
            "query_string": exchange.query,
            "path_params": {name.replace("-", "_"): text for name, text in parameters.items()},
        }
        try:
            problems = self._stages.check_parameters(scope, operation)
            self._stages.negotiate(headers, operation)
            body = bytes(exchange.body)
            if operation.body is not None and (body or operation.body_required):
                self._stages.validate(operation, self._stages.parse(body, headers))
        except Refused as refusal:
            problems = [*refusal.problems] or [_problem("refused", str(refusal.status), "an accepted request", "")]
        return problems

    def _answer_problems(self, exchange: Exchange, operation: OperationSpec) -> list[Problem]:
        status = exchange.status
        if status is None or not exchange.complete:
            return [_problem("complete", "a part of a response", "a whole response", "The response was cut off.")]
        if status not in operation.responses:
            want = ", ".join(map(str, operation.responses))
            return [_problem("status", str(status), want, f"The spec has no response {status} here.")]
        schema = operation.responses[status].schema
        if schema is None or not is_json(operation.responses[status].media_type):
            return []
        try:
            value = orjson.loads(exchange.response_body)
        except orjson.JSONDecodeError as error:
            return [_problem("json", shorten(error.msg), "well-formed JSON", "The response is not JSON.")]
        validator = self._validators.get((operation.id, status))
        if validator is None:
            validator = self._validators[operation.id, status] = self._contract.validator(schema)
        return [
            Problem(pointer_to(path), check.keyword, shorten(got), wanted(check.schema, validator), check.error(got))
            for path, check, got in validator.breaches(value, PROBLEMS_LISTED)
        ]


def _validity(problems: list[Problem] | None) -> Validity:
    return "unjudged" if problems is None else "invalid" if problems else "valid"


def _problem(rule: str, got: str, want: str, message: str) -> Problem:
    return Problem("", rule, got, want, message)
