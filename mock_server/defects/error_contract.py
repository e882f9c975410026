"""Defects of errors: wrong status, code, shape or details; leaked internals."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import orjson

from mock_server.defects.changes import Change, Value, crashes_if, together
from mock_server.defects.defect import Group
from mock_server.defects.error_changes import error, error_sent, error_status, problems, refused_as
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import Problem
from mock_server.pipeline.responses import RenderedResponse

errors = Group("errors")

_TRACE = 'Traceback (most recent call last):\n  File "/srv/app/leadlists/views.py", line 42, in create\nKeyError'
_HTML = b"<!doctype html><html><body><h1>Bad Request</h1></body></html>"


_BARE = b'{"error":{"code":"BAD_REQUEST","message":"The type is wrong"}}'
_NUL_CRASH = crashes_if(lambda payload: isinstance(payload, dict) and "\0" in str(payload.get("name")))


def _body(change: Callable[[bytes], bytes]) -> Callable[[RenderedResponse], RenderedResponse]:
    return lambda response: dataclasses.replace(response, body=change(response.body))


def _latin_1(body: bytes) -> bytes:
    return body.decode().encode("latin-1", "replace")


def _with(**values: Any) -> Callable[[Value], Value]:
    return lambda error: {**error, **values}


def _without(name: str) -> Callable[[Value], Value]:
    return lambda error: {key: each for key, each in error.items() if key != name}


def _whole(code: int, change: Callable[[Value], Any]) -> Change:
    """Replace the whole JSON body of an error."""
    return error_sent(
        code,
        lambda response: dataclasses.replace(response, body=orjson.dumps(change(orjson.loads(response.body)["error"]))),
    )


def _as(code: int, media_type: str, body: bytes | None = None) -> Change:
    """Return errors with another media type, and with another body if given."""
    return error_sent(
        code,
        lambda response: RenderedResponse(
            response.status, {"content-type": media_type}, response.body if body is None else body
        ),
    )


def _for_rule(rule: str, change: Callable[[RenderedResponse], RenderedResponse]) -> Change:
    """Replace the response to one kind of problem, as a framework does before its error handlers run."""

    def rewrite(response: RenderedResponse) -> RenderedResponse:
        details = orjson.loads(response.body)["error"].get("details", [])
        return change(response) if any(each["rule"] == rule for each in details) else response

    return error_sent(400, rewrite)


def _status_for_rule(rule: str, status: int) -> Change:
    return _for_rule(rule, lambda response: dataclasses.replace(response, status=status))


_NEIGHBOURS = {"name": "type", "type": "name", "icpId": "name", "startDate": "endDate", "endDate": "startDate"}


def _other_field(listed: tuple[Problem, ...]) -> tuple[Problem, ...]:
    def moved(each: Problem) -> Problem:
        name = each.path[1:].split("/")[0]
        other = _NEIGHBOURS.get(name, "companyIds" if name == "personIds" else "personIds")
        return each._replace(path=f"/{other}", message=each.message.replace(name, other)) if name else each

    return tuple(map(moved, listed))


def _details_of_before() -> Change:
    """Return the problems of the previous refusal, kept in a variable of the module."""

    def wrap(refused: Refused, kept: list[tuple[Problem, ...]]) -> Refused:
        before = kept.pop() if kept else refused.problems
        kept.append(refused.problems or before)
        return Refused(refused.status, before or refused.problems, headers=refused.headers, closes=refused.closes)

    def stages(stages: Any) -> Any:
        kept: list[tuple[Problem, ...]] = []
        return refused_as(lambda refused: wrap(refused, kept) if refused.status == 400 else refused).stages(stages)

    return Change(stages)


# fmt: off
DEFECTS = (
    errors.medium("validation-422", "error.400.status",
        "The server answers a failed validation with 422.", error_status(400, 422)),
    errors.medium("validation-409", "error.400.status",
        "The server answers a failed validation with 409.", error_status(400, 409)),
    errors.medium("validation-500", "http.answer.no-server-error", "The server answers a failed validation with 500.",
        error_status(400, 500)),
    errors.medium("validation-204", "error.400.status", "The server answers a failed validation with 204.",
        error_sent(400, lambda response: RenderedResponse(204, {}, b""))),
    errors.medium("validation-200", "error.400.status",
        "The server answers a failed validation with 200 and the error body.",
        error_status(400, 200)),
    errors.medium("enum-422", "error.400.status", "The server answers an unknown type with 422.",
        _status_for_rule("enum", 422)),
    errors.medium("uuid-404", "error.400.status",
        "The server answers an invalid UUID with 404.", _status_for_rule("uuid", 404)),
    errors.medium("json-500", "http.answer.no-server-error", "The server answers malformed JSON with 500.",
        _status_for_rule("json", 500)),
    errors.medium("empty-411", "error.400.status",
        "The server answers an empty body with 411.", _status_for_rule("empty", 411)),
    errors.medium("code-of-400", "error.400.code", "The code of a 400 is VALIDATION_ERROR.",
        error(400, _with(code="VALIDATION_ERROR"))),
    errors.medium("code-of-400-lower-case", "error.400.code", "The code of a 400 is in lower case.",
        error(400, _with(code="bad_request"))),
    errors.medium("code-of-400-number", "error.400.code", "The code of a 400 is the number 400.",
        error(400, _with(code=400))),
    errors.medium("code-of-401", "error.401.code", "The code of a 401 is UNAUTHENTICATED.",
        error(401, _with(code="UNAUTHENTICATED"))),
    errors.medium("code-of-401-as-400", "error.401.code", "The code of a 401 is BAD_REQUEST.",
        error(401, _with(code="BAD_REQUEST"))),
    errors.medium("code-missing", "error.400.code", "A 400 has no code.", error(400, _without("code"))),
    errors.medium("code-of-json-error", "error.400.code", "The code for malformed JSON is INVALID_JSON.",
        _for_rule("json", _body(lambda body: body.replace(b"BAD_REQUEST", b"INVALID_JSON")))),
    errors.medium("code-of-500", "error.500.code", "A crash on U+0000 has the code UNKNOWN.",
        together(_NUL_CRASH, error(500, _with(code="UNKNOWN")))),
    errors.medium("message-missing", "error.message", "Errors have no message.", error(0, _without("message"))),
    errors.medium("message-empty", "error.message", "The message is empty.", error(0, _with(message=""))),
    errors.medium("message-object", "error.message", "The message is an object keyed by language.",
        error(0, lambda error: {**error, "message": {"en": error["message"]}})),
    errors.medium("message-of-401-null", "error.message", "The message of a 401 is null.",
        error(401, _with(message=None))),
    errors.medium("details-missing", "error.400.details", "A 400 has no details.", error(400, _without("details"))),
    errors.medium("details-empty", "error.400.details", "The details are an empty array.",
        error(400, _with(details=[]))),
    errors.medium("details-null", "error.400.details", "The details are null.", error(400, _with(details=None))),
    errors.medium("details-text", "error.400.details", "The details are a string.",
        error(400, _with(details="Validation failed"))),
    errors.medium("details-of-enum-missing", "error.400.details", "The 400 for an unknown type has no details.",
        _for_rule("enum", _body(lambda body: _BARE))),
    errors.hard("details-of-other-field", "error.400.details", "The details name another field.",
        problems(_other_field)),
    errors.hard("details-of-before", "error.400.details", "The details are those of the previous refusal.",
        _details_of_before()),
    errors.medium("error-text", "error.envelope", "The error is a string instead of an object with code and message.",
        _whole(0, lambda error: {"error": error["message"]})),
    errors.medium("error-list", "error.envelope", "Errors are in an array.",
        _whole(0, lambda error: {"errors": [error]})),
    errors.medium("error-string", "error.envelope", "The body of an error is a JSON string.",
        _whole(0, lambda error: error["message"])),
    errors.medium("error-by-framework", "error.envelope", "The body of a 401 has the format of a framework.",
        _whole(401, lambda error: {"statusCode": 401, "message": error["message"]})),
    errors.medium("error-empty", "error.envelope", "Errors have no body.", error_sent(0, _body(lambda body: b""))),
    errors.medium("error-of-json-text", "error.envelope", "Malformed JSON gets the framework's own plain text.",
        _for_rule("json", _body(lambda body: b"Unexpected token"))),
    errors.medium("error-html", "error.media-type", "Errors are HTML pages.", _as(0, "text/html", _HTML)),
    errors.medium("error-label-html", "error.media-type", "The Content-Type of JSON errors is text/html.",
        _as(0, "text/html; charset=utf-8")),
    errors.medium("error-label-plain", "error.media-type", "The Content-Type of a JSON 401 is text/plain.",
        _as(401, "text/plain")),
    errors.medium("error-label-missing", "error.media-type", "Errors have no Content-Type.",
        error_sent(0, lambda response: RenderedResponse(response.status, {}, response.body))),
    errors.medium("error-utf-16", "http.answer.utf-8", "Errors are encoded in UTF-16.",
        error_sent(0, _body(lambda body: body.decode().encode("utf-16")))),
    errors.hard("error-latin-1", "http.answer.utf-8", "The message is encoded in Latin-1.",
        together(error(400, _with(message="Ungültige Anfrage")), error_sent(400, _body(_latin_1)))),
    errors.medium("trace-in-message", "error.internals", "The message of a 400 is a stack trace.",
        error(400, _with(message=_TRACE))),
    errors.medium("trace-in-details", "error.internals", "An error has a stack trace next to the details.",
        error(400, _with(stack=_TRACE))),
    errors.medium("path-in-message", "error.internals", "The message of a 401 contains a file path of the server.",
        error(401, _with(message="No session in /var/lib/sessions/store.db"))),
)
# fmt: on
