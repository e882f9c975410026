"""Correct responses and refusals, and corrupted ones: status, Content-Type, format, error body."""

from __future__ import annotations

import json
from typing import Any

from contract_tests.target.exchange import Headers, Request
from contract_tests.tests.corpus.exchanges import (
    FIRST,
    JSON_TYPE,
    LOGIN,
    OMIT,
    OTHER_ID,
    PATH,
    created,
    exchange,
    problem,
    request,
    sent_body,
)
from contract_tests.tests.corpus.values import (
    BAD,
    MALFORMED,
    PLAIN_BODY,
    UUID,
    Entries,
    answers_to,
    one,
    planned,
)


def answered_as_planned() -> Entries:
    """Every planned request with its correct response, or with both if it is unspecified."""
    for label, asked in ((step.label, step.request) for step in planned()):
        for answer in answers_to(asked):
            assert answer.response is not None
            yield f"{label}: {answer.response.status}", one(answer)


ASKED: dict[str, Request] = {
    "a plain request": request(),
    "a wrong body": request(BAD),
    "not JSON": MALFORMED,
    "a wrong body in capitals": request(BAD, content_type="Application/JSON"),
    "no login": request(login=()),
    "no login and a wrong body": request(BAD, login=()),
    "a malformed login": request(login=(("Authorization", "Basic x"),)),
    "an expired login": request(login=(("Authorization", "Bearer bearer-old"),)),
    "an unknown login": request(login=(("Authorization", "Bearer x"),)),
    "two logins": request(login=(*LOGIN, ("Cookie", "__session=x"))),
    "a scheme in lower case": request(login=(("Authorization", "bearer bearer-one"),)),
    "a scheme in lower case and a wrong body": request(BAD, login=(("Authorization", "bearer bearer-one"),)),
    "a cookie": request(login=FIRST.login("cookie")),
    "a cookie from elsewhere": request(login=FIRST.login("cookie"), headers=(("Origin", "https://evil.example"),)),
    "an unknown ICP": request(sent_body(icpId=UUID)),
    "an empty name": request(sent_body(name="")),
    "an empty name and an unknown ICP": request(sent_body(name="", icpId=UUID)),
    "type null": request(sent_body(type=None)),
    "type null and a wrong name": request(sent_body(type=None, name=7)),
    "many ids": request(sent_body(personIds=[f"p{n}" for n in range(150)])),
    "not UTF-8": request(raw=PLAIN_BODY.replace(b"Spring", b"Spr\xff")),
    "UTF-16": request(raw=PLAIN_BODY.decode().encode("utf-16")),
    "a charset": request(content_type="application/json; charset=utf-8"),
    "chunks": request(chunked=True),
    "a large body": request(sent_body(x="n" * 100_001)),
    "PUT": request(method="PUT"),
    "PATCH": request(method="PATCH"),
    "DELETE": request(method="DELETE", raw=b""),
    "PUT with a query": request(method="PUT", path=PATH + "?a=b"),
    "PUT without login": request(method="PUT", login=()),
    "GET": request(method="GET", raw=b""),
    "POST with a slash": request(path=PATH + "/"),
    "POST with a slash, no login": request(path=PATH + "/", login=()),
    "another path": request(path="/other"),
}
STATUSES = (200, 201, 202, 204, 300, 302, 307, 308, 400, 401, 403, 404, 415, 422, 429, 500, 501)


def statuses() -> Entries:
    """Each kind of request with each status."""
    for label, asked in ASKED.items():
        for status in STATUSES:
            yield f"{label}: {status}", one(exchange(asked, status))
        yield f"{label}: 200 with an error", one(exchange(asked, 200, problem(400)))
        yield f"{label}: 200 with JSON null", one(exchange(asked, 200, raw=b"null"))
        yield f"{label}: cut", one(exchange(asked, failure="the server closed the connection"))
    for failure in ("no connection: refused", "not sent: illegal header value"):
        yield failure, one(exchange(failure=failure))


HEADERS: dict[str, Headers] = {
    "no headers": (),
    "text/html": (("Content-Type", "text/html; charset=utf-8"),),
    "a charset": (("content-type", "Application/JSON ; Charset=utf-8"),),
    "another parameter": (("Content-Type", "application/json; profile=x"),),
    "problem+json": (("Content-Type", "application/problem+json"),),
    "hal+json": (("Content-Type", "application/hal+json; charset=utf-8"),),
    "a request id": (JSON_TYPE, ("X-Request-Id", "1")),
    "WWW-Authenticate": (JSON_TYPE, ("WWW-Authenticate", "Bearer")),
    **{
        f"Location {place!r}": (JSON_TYPE, ("Location", place))
        for place in ("", " ", "/a/b", " /a ", "http://[::1", "a b", "/é", "/%2", "/%2F?x#y", "x" * 100 + " y")
    },
}
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  ",
    "text": b"<html>\n <body> gone  wrong </body>",
    "long text": b"word " * 60,
    "text cut in a character": ("x" + "é" * 60).encode(),
    "null": b"null",
    "an array": b"[]",
    "a text": b'"id"',
    "an empty object": b"{}",
    "latin-1": '{"error":{"code":"é"}}'.encode("latin-1"),
    "a mark": b"\xef\xbb\xbf" + json.dumps(created()).encode(),
    "wrapped": json.dumps({"data": created(), "meta": {}}).encode(),
    "wrapped twice": json.dumps({"a": {"b": created()}}).encode(),
    "in a list": json.dumps([created()]).encode(),
    "more fields": json.dumps(created(orgId="o")).encode(),
    "an error next to the fields": json.dumps(created(error={})).encode(),
    "a code next to the fields": json.dumps(created(code=1)).encode(),
    "an id alone": b'{"id":"' + OTHER_ID.encode() + b'"}',
}


def labels_and_bodies() -> Entries:
    """Successes and errors with each header, and each body with each meaningful status."""
    kinds = {"success": (request(), 201), "400": (request(BAD), 400), "401": (request(login=()), 401)}
    for kind, (asked, status) in kinds.items():
        for label, headers in HEADERS.items():
            yield f"{kind}, {label}", one(exchange(asked, status, headers=headers))
        for label, raw in BODIES.items():
            yield f"{kind}, {label}", one(exchange(asked, status, raw=raw))
    yield "500, nothing", one(exchange(request(), 500, raw=b""))
    odd = request(sent_body(colour="green"))
    yield "more fields after an unknown one", one(exchange(odd, answer=created(colour="green", x=1)))


def errors() -> Entries:
    """Error bodies with one corrupted part, for each documented status."""
    kinds = {
        "400": (request(BAD), 400),
        "400 without JSON": (MALFORMED, 400),
        "400 for an open question": (request(sent_body(name="", icpId=UUID)), 400),
        "400 for a field next to a question": (request(sent_body(endDate=OMIT, icpId=UUID)), 400),
        "400 for a question of transport": (request(headers=(("Accept", "text/html"),)), 400),
        "400 for a number": (request(raw=b"7"), 400),
        "400 for a list": (request(raw=b"[]"), 400),
        "400 for a key of prototypes": (request(sent_body(**{"__proto__": {"admin": True}})), 400),
        "400 for two fields": (request(sent_body(name=7, icpId=7)), 400),
        "400 for a login": (request(login=(("Authorization", "Basic x"),)), 400),
        "401": (request(login=()), 401),
        "500": (request(), 500),
    }
    for kind, (asked, status) in kinds.items():
        for label, changes in ERRORS.items():
            yield f"{kind}: {label}", one(exchange(asked, status, problem(status, **changes)))
        for label, details in DETAILS.items() if status == 400 else ():
            yield f"{kind}: details {label}", one(exchange(asked, status, problem(status, details=details)))
        flat = problem(status)["error"]
        yield f"{kind}: flat", one(exchange(asked, status, flat))
        yield f"{kind}: flat, without code", one(exchange(asked, status, {**flat, "code": None}))
        top = {**problem(status, details=OMIT), "details": ["endDate"]}
        yield f"{kind}: details at the top", one(exchange(asked, status, top))
        yield f"{kind}: an empty error", one(exchange(asked, status, {"error": {}}))
    for label, text in INSIDES.items():
        yield f"insides: {label}", one(exchange(request(BAD), 400, problem(message=text)))


ERRORS: dict[str, dict[str, Any]] = {
    "right": {},
    "no code": {"code": OMIT},
    "a code of another status": {"code": "CONFLICT"},
    "a number for a code": {"code": 400},
    "no message": {"message": OMIT},
    "an empty message": {"message": ""},
    "a number for a message": {"message": 7},
    "details for all": {"details": ["endDate"]},
}
DETAILS: dict[str, Any] = {
    "left out": OMIT,
    "null": None,
    "a text": "endDate",
    "an empty list": [],
    "an empty object": {},
    "a list that names the field": [{"path": ["body", "endDate"]}],
    "a map that names the field": {"endDate": {"errors": ["missing"]}},
    "of other fields": ["startDate is missing", "personIds too"],
    "of no field": ["it is wrong"],
    "of the name": [{"field": "name"}],
    "of name and ICP": [{"field": "name"}, {"field": "icpId"}],
    "zero": 0,
}
INSIDES = {
    "a traceback": "Traceback (most recent call last)",
    "a file of Python": 'File "/x/y.py", line 1',
    "a line of Node": "at f (/x/y.js:10:5)",
    "a module of Node": "in node_modules/express",
    "a line of Java": "at a.b(C.java:17)",
    "a path of the server": "see /srv/app/config",
    "a path of Windows": "C:\\app\\main",
    "a path of the API": "see /api/v1/entities",
    "nothing": "endDate is missing",
}
