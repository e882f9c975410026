"""Every word that an error says to a developer, but for those of single operations."""

from __future__ import annotations

from collections.abc import Mapping

# Status -> (code, message). The page documents 400, 401 and 500 (clauses error.*.code); the other codes follow the
# sibling pages (FORBIDDEN, NOT_FOUND) or, as that of any other status, the reason phrase of RFC 9110 §15.
STATUSES: Mapping[int, tuple[str, str]] = {
    400: ("BAD_REQUEST", "Request body validation failed"),
    401: (
        "UNAUTHORIZED",
        "User is not authenticated: send the header Authorization: Bearer <token>, or the session cookie",
    ),
    403: ("FORBIDDEN", "The user may not do this"),
    404: ("NOT_FOUND", "There is nothing at this path"),
    405: ("METHOD_NOT_ALLOWED", "This path does not have this method"),
    406: ("NOT_ACCEPTABLE", "The answer is JSON, which the Accept header of the request excludes"),
    413: ("CONTENT_TOO_LARGE", "The request body is too large"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The request body is of a media type that is not read here"),
    500: ("INTERNAL_ERROR", "An unexpected server error occurred"),
}

# Rule -> (what is wanted, the sentence). Every word that a problem says to a developer stands here.
WORDS: Mapping[str, tuple[str, str]] = {
    # -- the transport
    "http": ("an HTTP/1.1 request", "The request is not well-formed HTTP (RFC 9112): {got}."),
    "header_size": (
        "at most {limit} bytes of request line and headers",
        "The request line and headers are larger than {limit} bytes; cookies of other localhost projects are a usual "
        "reason: clear them, or start the mock with a larger --max-header-bytes.",
    ),
    "media_type": ("{want}", "Content-Type is {got}; send the body as {want} (curl: -H 'Content-Type: {want}')."),
    "content_encoding": ("an uncompressed body", "The body is compressed ({got}); send it without Content-Encoding."),
    "compressed": ("a whole {want} stream", "The body is not what its Content-Encoding says: a whole {want} stream."),
    "accept": ("application/json", "Accept is {got}, but the answer is application/json."),
    "size": (
        "at most {limit} bytes",
        "The body is larger than {limit} bytes; send less, or start the mock with a larger --max-body-bytes.",
    ),
    "timeout": (
        "the whole body within {limit} s",
        "The body was not complete after {limit} s; check that Content-Length is the true number of bytes.",
    ),
    "fault": (
        "{want}",
        "X-Mock-Fault, or the cookie mock_fault, cannot be read{of}: it has {got}; send {want}, for example "
        "status=500&delayMs=200.",
    ),
    "no_body": ("no body", "This call takes no body; leave it out."),
    "query": ("no query", "The URL has a query parameter {got} that this endpoint does not know; leave it out."),
    # -- the bytes
    "encoding": ("JSON in UTF-8", "The body is not UTF-8 text: {got}; encode it as UTF-8 (RFC 8259 §8.1)."),
    "byte_order_mark": ("JSON without a byte order mark", "The body starts with a byte order mark; leave it out."),
    "json": ("well-formed JSON", "The body is not JSON: {got}."),
    "empty": ("a JSON object", "The body is empty; send a JSON object."),
    "depth": ("at most {limit} levels", "The body is nested deeper than {limit} levels; flatten it."),
    "surrogate": (
        "whole characters",
        "The body has an escape {got} that is half of a surrogate pair; write both halves, or the character itself.",
    ),
    "number": ("a number that fits in 64 bits", "The number {got} is beyond the range of 64 bits; send a smaller one."),
    "duplicate_key": ("each key once", "The key {got} stands twice in one object; keep one of them."),
    # -- the schema
    "required": ("{want}", "{field} is missing; send {want}{example}."),
    "type": ("{want}", "{field} is {kind}; send {want}{example}."),
    "enum": ("{want}", "{field} is {got}; send {want}."),
    "uuid": ("{want}", "{field} is not a UUID of 8-4-4-4-12 hexadecimal digits: it is {got}; send {want}{example}."),
    "date": ("{want}", "{field} is not a date that is taken here: {reason}; send {want}{example}."),
    "format": ("{want}", "{field} is {got}, which is not {want}{example}."),
    "range": ("{want}", "{field} is {got}; send {want}{example}."),
    "unknown": ("no such field", "{field} is a field that is not known here; leave it out."),
    "schema": ("what the schema says", "{field} does not fit: {reason}."),
    "more": ("fewer problems", "There are more problems{where} than the {limit} listed; mend these first."),
}

# What a schema wants, by its type and its format.
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
