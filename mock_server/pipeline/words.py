"""Codes and messages of error responses, except those of single operations.

A message says what is wrong, what the request has, and what to send.
"""

from __future__ import annotations

from collections.abc import Mapping

# Status -> (code, message). The API page documents 400, 401 and 500. The other codes follow sibling pages (FORBIDDEN,
# NOT_FOUND) or the reason phrase of RFC 9110 §15.
STATUSES: Mapping[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "Request body validation failed"),  # error.400.code
    401: (
        "UNAUTHORIZED",  # error.401.code
        "User is not authenticated: send the header Authorization: Bearer <token>, or the session cookie",
    ),
    403: ("FORBIDDEN", "The user is not allowed to do this"),
    404: ("NOT_FOUND", "There is nothing at this path"),
    405: ("METHOD_NOT_ALLOWED", "This path does not support this method"),
    406: ("NOT_ACCEPTABLE", "The response is JSON, which the Accept header excludes"),
    413: ("CONTENT_TOO_LARGE", "The request body is too large"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The media type of the request body is not supported"),
    500: ("INTERNAL_ERROR", "An unexpected server error occurred"),  # error.500.code
}

# Rule -> (what is expected, the message). Each place in braces is filled by the code that reports the problem.
WORDS: Mapping[str, tuple[str, str]] = {
    # -- the transport
    "http": ("an HTTP/1.1 request", "The request is not well-formed HTTP (RFC 9112): {got}."),
    "scheme": ("{want}", "This port serves HTTPS, and the request came over plain HTTP: use {want}."),
    "header_size": (
        "at most {limit} bytes of request line and headers",
        "The request line and headers are larger than {limit} bytes; the cookies of other localhost projects are a "
        "common cause: clear them, or start the mock with a larger --max-header-bytes.",
    ),
    "media_type": ("{want}", "Content-Type is {got}; send the body as {want} (curl: -H 'Content-Type: {want}')."),
    "content_encoding": ("an uncompressed body", "The body is compressed ({got}); send it without Content-Encoding."),
    "compressed": (
        "a whole {want} stream",
        "The body is not a complete {want} stream, as its Content-Encoding says; send one, or no Content-Encoding.",
    ),
    "accept": ("application/json", "Accept is {got}, but the response is application/json; accept that."),
    "size": (
        "at most {limit} bytes",
        "The body is larger than {limit} bytes; send less, or start the mock with a larger --max-body-bytes.",
    ),
    "timeout": (
        "the whole body within {limit} s",
        "The body was not complete after {limit} s; check that Content-Length is its number of bytes.",
    ),
    "fault": (
        "{want}",
        "X-Mock-Fault, or the cookie mock_fault, is invalid{of}: {got}; send {want}, for example "
        "status=500&delayMs=200.",
    ),
    "matcher": ("{want}", "{field} has {got}; a matcher is {want}."),
    "no_body": ("no body", "This call accepts no body; omit it."),
    "query": ("no such parameter", "This endpoint does not know the query parameter {got}; {remedy}."),
    # -- bytes and JSON
    "encoding": ("JSON in UTF-8", "The body is not UTF-8 text: {got}; encode it as UTF-8 (RFC 8259 §8.1)."),
    "byte_order_mark": ("JSON without a byte order mark", "The body starts with a byte order mark; omit it."),
    "json": ("well-formed JSON", "The body is not JSON: {got}."),
    "empty": ("a JSON object", "The body is empty; send a JSON object."),
    "depth": ("at most {limit} levels", "The body is nested deeper than {limit} levels; flatten it."),
    "surrogate": (
        "whole characters",
        "The body has the escape {got}, half of a surrogate pair; write both halves, or the character itself.",
    ),
    "number": ("a number that fits in 64 bits", "The number {got} exceeds 64 bits; send a smaller one."),
    "duplicate_key": ("each key once", "One object has the key {got} twice; keep one of them."),
    # -- the schema
    "required": ("{want}", "{field} is missing; send {want}{example}."),
    "type": ("{want}", "{field} is {kind}; send {want}{example}."),
    "enum": ("{want}", "{field} is {got}; send {want}."),
    "uuid": ("{want}", "{field} is {got}, which is not a UUID; send {want}{example}."),
    "date": ("{want}", "{field} is {got}, which {reason}; send {want}{example}."),
    "format": ("{want}", "{field} is {got}; send {want}{example}."),
    "range": ("{want}", "{field} is {got}; send {want}{example}."),
    "unknown": ("no such field", "{field} is an unknown field; {remedy}."),
    "schema": ("a valid value", "{field} is invalid: {reason}."),
    "more": ("fewer problems", "There are more problems{where} than the {limit} listed; fix these first."),
}

# What a schema expects, by its type and its format.
TYPES = {
    "string": "a string",
    "array": "an array",
    "object": "a JSON object",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "value": "a value",
}
UUID_EXAMPLE = "660e8400-e29b-41d4-a716-446655440001"
FORMATS = {"uuid": "a UUID", "date-time": "an ISO 8601 date", "date": "a date", "email": "an e-mail address"}
