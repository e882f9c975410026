"""Many exchanges made by hand and by table, by topic: right answers, and right ones spoiled in one place each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from contract_tests.exchange import Exchange, Headers, Request
from contract_tests.plan import Step
from contract_tests.plans import make_plan
from contract_tests.tests import test_expectation, test_judge
from contract_tests.tests.exchanges import (
    FIRST,
    JSON_TYPE,
    KNOWN_ICP,
    KNOWN_PERSON,
    LOGIN,
    OMIT,
    OTHER_ID,
    PATH,
    case,
    created,
    exchange,
    problem,
    request,
    sent_body,
    terms,
)

LARGEST_BODY = 5_000  # bytes; larger ones say nothing more and take long
UUID, UUID_1, UUID_7 = test_judge.UUID, "2c1d43b8-e6d7-11ee-bd3d-0242ac120002", "018e3f5a-6b7c-7d8e-9f01-23456789abcd"
SECOND_LOGIN: Headers = (("Authorization", "Bearer bearer-two"),)
BAD = sent_body(endDate=OMIT)
ICP_ASKED = sent_body(icpId=UUID)
MALFORMED = request(raw=b'{"name":')


class Entry(NamedTuple):
    """Exchanges that are judged together, with the readings that are pinned."""

    exchanges: Sequence[Exchange]
    pins: Mapping[str, str] = {}


Entries = Iterator[tuple[str, Entry]]


def one(*exchanges: Exchange, **pins: str) -> Entry:
    return Entry(exchanges, pins)


def planned() -> list[Step]:
    """The covering set of requests, the largest left out."""
    plan = make_plan(terms(), terms().specification.operations[0], "tag")
    steps = (plan.first, *plan.apart, *plan.in_order)
    return [step for step in steps if len(step.request.body) < LARGEST_BODY]


def requests() -> Iterator[tuple[str, Request]]:
    """Requests of every zone."""
    yield from ((step.label, step.request) for step in planned())
    yield from test_expectation.ACCEPTED.items()
    yield from ((label, asked) for label, (_, asked) in test_expectation.REFUSED.items())
    yield from ((label, asked) for label, (_, _, asked) in test_expectation.OPEN.items())
    yield from ((label, request(login=headers)) for label, (_, headers) in test_expectation.LOGINS.items())
    for label, headers in MORE_HEADERS.items():
        yield label, request(headers=headers)
    for label, raw in MORE_BODIES.items():
        yield label, request(raw=raw)
    for label, changes in MORE_CHANGES.items():
        yield label, request(sent_body(**changes))
    yield "another path", request(path="/other")
    yield "a slash and a query", request(path=PATH + "/?a=b", method="PUT")
    yield "a deeper path", request(path=PATH + "/1")


MORE_HEADERS: dict[str, Headers] = {
    "a foreign origin beside a bearer": (("Origin", "https://evil.example"),),
    "an Accept of application/*": (("Accept", "application/*"),),
    "an Accept of XML": (("Accept", "application/xml"),),
    "an empty Accept": (("Accept", ""),),
    "an empty Idempotency-Key": (("Idempotency-Key", ""),),
    "a known header in capitals": (("X-NOBODY", "1"), ("ACCEPT", "*/*")),
}
_PLAIN = json.dumps(sent_body(), separators=(",", ":")).encode()


def _more(text: bytes) -> bytes:
    return _PLAIN[:-1] + b"," + text + b"}"


MORE_BODIES: dict[str, bytes] = {
    "blanks after separators": json.dumps(sent_body()).encode(),
    "blanks in odd places": _PLAIN.replace(b":", b" :"),
    "a line end behind it": _PLAIN + b"\n",
    "16 levels": _more(b'"x":' + b"[" * 15 + b"]" * 15),
    "17 levels": _more(b'"x":' + b"[" * 16 + b"]" * 16),
    "200 levels": _more(b'"x":' + b"[" * 199 + b"]" * 199),
    "201 levels": _more(b'"x":' + b"[" * 200 + b"]" * 200),
    "brackets in a text": _more(b'"x":"[[[[[[[[[[[[[[[[[[[[[[[[\\"[[{{"'),
    "brackets side by side": _more(b'"x":[' + b",".join([b"[]"] * 30) + b"]"),
    "the largest exact integer": _more(b'"x":9007199254740992'),
    "one more than that": _more(b'"x":9007199254740993'),
    "its negative": _more(b'"x":-9007199254740993'),
    "an integer of 17 digits": _more(b'"x":10000000000000000'),
    "16 digits and leading sign": _more(b'"x":-900719925474099'),
    "a real of 32 digits": _more(b'"x":0.' + b"1" * 30),
    "a real of 33 digits": _more(b'"x":0.' + b"1" * 31),
    "1e308": _more(b'"x":1e308'),
    "-1e999": _more(b'"x":-1e999'),
    "-Infinity": _more(b'"x":-Infinity'),
    "a field twice, equal": _more(b'"name":"Spring"'),
    "a field twice, the second wrong": _more(b'"name":7'),
    "a field twice, an array the second time": _more(b'"personIds":["a"]'),
    "a key twice inside": _more(b'"x":{"a":1,"a":2}'),
    "UTF-16 without a mark": _PLAIN.decode().encode("utf-16-be"),
    "UTF-32": _PLAIN.decode().encode("utf-32-le"),
    "UTF-16 with a mark": _PLAIN.decode().encode("utf-16"),
    "NUL at the third place": b'{"\0":1}',
    "a mark and no JSON": b"\xef\xbb\xbf{",
    "a mark alone": b"\xef\xbb\xbf",
    "blanks that JSON does not know": b"\x0b\x0c",
    "UTF-8 cut": _PLAIN.replace(b"Spring", b"Spr\xe2\x82"),
    "a text that is no object": b'"Spring"',
    "an object in an array": b"[{}]",
}
MORE_CHANGES: dict[str, dict[str, Any]] = {
    "a start a second before the end": {"startDate": "2030-03-31T23:59:58.000Z"},
    "a start a millisecond before the end": {"startDate": "2030-03-31T23:59:58.999Z"},
    "a start half a second before the end": {"startDate": "2030-03-31T23:59:58.500Z"},
    "dates of 1999": {"startDate": "1999-12-31T00:00:00.000Z", "endDate": "1999-12-31T12:00:00.000Z"},
    "dates of 2000": {"startDate": "2000-01-01T00:00:00.000Z", "endDate": "2000-02-29T12:00:00.000Z"},
    "dates of 2025": {"startDate": "2025-12-31T23:00:00.000Z", "endDate": "2026-01-01T00:00:00.000Z"},
    "dates of 2039": {"startDate": "2039-12-31T23:00:00.000Z", "endDate": "2040-01-01T00:00:00.000Z"},
    "dates of 1970": {"startDate": "1970-12-31T23:00:00.000Z"},
    "an end in 2100": {"endDate": "2100-01-01T00:00:00.000Z"},
    "minute 60": {"startDate": "2030-01-01T00:60:00.000Z"},
    "second 61": {"startDate": "2030-01-01T00:00:61.000Z"},
    "minute 59, second 59": {"startDate": "2030-01-01T23:59:59.999Z"},
    "24:00:01": {"startDate": "2030-01-01T24:00:01.000Z"},
    "24:01": {"startDate": "2030-01-01T24:01:00.000Z"},
    "24:00:00.001": {"startDate": "2030-01-01T24:00:00.001Z"},
    "24:00 without fraction": {"startDate": "2030-01-01T24:00:00Z"},
    "offset +14:00": {"startDate": "2030-01-01T00:00:00.000+14:00"},
    "offset +14:01": {"startDate": "2030-01-01T00:00:00.000+14:01"},
    "offset -23:59": {"startDate": "2030-01-01T00:00:00.000-23:59"},
    "offset +24:00": {"startDate": "2030-01-01T00:00:00.000+24:00"},
    "offset +01:60": {"startDate": "2030-01-01T00:00:00.000+01:60"},
    "year 0": {"startDate": "0000-02-29T00:00:00.000Z"},
    "a day alone, wrong": {"startDate": "2030-02-30"},
    "a day alone, of 1950": {"startDate": "1950-02-28"},
    "blanks around a wrong date": {"startDate": " 2030-02-30T00:00:00.000Z"},
    "a date with one digit of a fraction": {"startDate": "2030-01-01T00:00:00.0Z"},
    "both dates in words": {"startDate": "1 May", "endDate": "2 May"},
    "a start without digits": {"startDate": "soon"},
    "a name of 40 signs": {"name": "n" * 40},
    "a name of 41 signs": {"name": "n" * 41},
    "a name of 80 signs": {"name": "n" * 80},
    "a name of 81 signs": {"name": "n" * 81},
    **{f"a name with {sign}": {"name": f"a{sign}b"} for sign in "'\"\\;%`$#"},
    "a name with a comment": {"name": "a<!-- b"},
    "a name with an end tag": {"name": "a</b"},
    "a name with less than": {"name": "a < b"},
    "a name with less than and a blank": {"name": "a < 3"},
    "a name with a reference": {"name": "a&#38;b&#x26;"},
    "a name with a word for a reference": {"name": "&eacute;"},
    "a name with an address of a script": {"name": "JavaScript:x"},
    "a name with a tag in another script": {"name": "é<b>"},
    "a name with NUL and a control": {"name": "\0\u0001"},
    "a name with half a pair": {"name": "a\ud800"},
    "a name with the last half": {"name": "a\udfff"},
    "a name with a sign of private use": {"name": "a\ue000"},
    **{f"{count} person ids": {"personIds": [f"p{n}" for n in range(count)]} for count in (2, 10, 16, 17, 100, 101)},
    "one UUID twice in two cases": {"personIds": [UUID, UUID.upper()]},
    "a UUID for a person": {"personIds": [UUID]},
    "a blank id": {"personIds": [" "]},
    "a known person and another": {"personIds": [KNOWN_PERSON, "x"]},
    "an ICP of version 8": {"icpId": UUID[:14] + "8" + UUID[15:]},
    "an ICP of version 9": {"icpId": UUID[:14] + "9" + UUID[15:]},
    "an ICP of version 5": {"icpId": UUID[:14] + "5" + UUID[15:]},
    "an ICP of variant c": {"icpId": UUID[:19] + "c" + UUID[20:]},
    "an ICP of variant b": {"icpId": UUID[:19] + "b" + UUID[20:]},
    "the nil ICP": {"icpId": "00000000-0000-0000-0000-000000000000"},
    "the max ICP": {"icpId": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"},
    "a known ICP in capitals": {"icpId": KNOWN_ICP.upper()},
    "an ICP in blanks": {"icpId": f" {UUID} "},
    "an ICP in blanks and braces": {"icpId": " {" + UUID + "} "},
    "wrong at one place in two ways": {"type": 7, "icpId": []},
    "a number among ids": {"personIds": ["a", 7, 7.5, True]},
    "a number among companies": {"companyIds": [UUID, 7]},
    "no people on a list of companies": {"type": "company", "personIds": OMIT},
    "no people on a list of another type": {"type": "companies", "personIds": OMIT},
    "companies on their list": {"type": "company", "companyIds": [UUID]},
    "a long wrong text": {"icpId": "x" * 200},
    "a key with a slash": {"a/b~c": 1},
    "a wrong item in a list of lists": {"personIds": [["a"], "b"]},
}


def answered_as_planned() -> Entries:
    """Every planned request and its right answer; where the answer is open, either."""
    for label, asked in ((step.label, step.request) for step in planned()):
        for answer in answers_to(asked):
            assert answer.response is not None
            yield f"{label}: {answer.response.status}", one(answer)


def answers_to(asked: Request) -> list[Exchange]:
    """The right answers to a request: a success, a refusal, or either."""
    judged = case(exchange(asked))
    if judged.operation is None:
        return [exchange(asked, 404)]
    if not judged.signed_in:
        return [exchange(asked, 401)]
    if judged.must_be_refused:
        return [exchange(asked, 400)]
    success = exchange(asked, 201, created(judged.sent or None))
    return [success] if judged.must_be_accepted else [success, exchange(asked, 400)]


ASKED: dict[str, Request] = {
    "a plain request": request(),
    "a wrong body": request(BAD),
    "no JSON": MALFORMED,
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
    "not UTF-8": request(raw=_PLAIN.replace(b"Spring", b"Spr\xff")),
    "UTF-16": request(raw=_PLAIN.decode().encode("utf-16")),
    "a charset": request(content_type="application/json; charset=utf-8"),
    "chunks": request(chunked=True),
    "a large body": request(sent_body(x="n" * 100_001)),
    "PUT": request(method="PUT"),
    "PUT without login": request(method="PUT", login=()),
    "GET": request(method="GET", raw=b""),
    "POST with a slash": request(path=PATH + "/"),
    "POST with a slash, no login": request(path=PATH + "/", login=()),
    "another path": request(path="/other"),
}
STATUSES = (200, 201, 202, 204, 302, 307, 400, 401, 403, 404, 405, 411, 413, 415, 422, 429, 500, 501)


def statuses() -> Entries:
    """Each kind of request answered with each status."""
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
    "an error beside the fields": json.dumps(created(error={})).encode(),
    "a code beside the fields": json.dumps(created(code=1)).encode(),
    "an id alone": b'{"id":"' + OTHER_ID.encode() + b'"}',
}


def labels_and_bodies() -> Entries:
    """Successes and errors under each header, and each body under each status that means something."""
    kinds = {"success": (request(), 201), "400": (request(BAD), 400), "401": (request(login=()), 401)}
    for kind, (asked, status) in kinds.items():
        for label, headers in HEADERS.items():
            yield f"{kind}, {label}", one(exchange(asked, status, headers=headers))
        for label, raw in BODIES.items():
            yield f"{kind}, {label}", one(exchange(asked, status, raw=raw))
    yield "500, nothing", one(exchange(request(), 500, raw=b""))
    odd = request(sent_body(colour="green"))
    yield "more fields after an unknown one", one(exchange(odd, answer=created(colour="green", x=1)))


WRONG_VALUES: dict[str, Any] = {
    "left out": OMIT,
    "null": None,
    "a number": 7,
    "a text": "x",
    "empty": "",
    "a list": [],
    "a list of numbers": [7],
    "a list with an empty text": [""],
    "an object": {},
    "true": True,
}


def fields() -> Entries:
    """Each field of a created list spoiled."""
    for field in created():
        for label, value in WRONG_VALUES.items():
            yield f"{field} {label}", one(exchange(answer=created(**{field: value})))
    sent = sent_body(type=OMIT, companyIds=OMIT)
    for field in ("type", "companyIds", "personIds"):
        for label, value in {**WRONG_VALUES, "company": "company", "one": [UUID]}.items():
            asked = request(sent)
            yield f"{field} not sent, {label}", one(exchange(asked, answer=created(sent, **{field: value})))
    for label, stamp in STAMPS.items():
        yield f"createdAt {label}", one(exchange(answer=created(createdAt=stamp)))
        yield f"both stamps {label}", one(exchange(answer=created(createdAt=stamp, updatedAt=stamp)))
        yield f"startDate {label}", one(exchange(answer=created(startDate=stamp)))
    for label, text in IDS.items():
        yield f"id {label}", one(exchange(answer=created(id=text)))
        yield f"icpId {label}", one(exchange(answer=created(icpId=text)))
        yield f"companyIds {label}", one(exchange(answer=created(companyIds=[text])))


STAMPS = {
    "on time": "2030-03-17T17:46:40.000Z",
    "to the second": "2030-03-17T17:46:40Z",
    "to the microsecond": "2030-03-17T17:46:40.123456Z",
    "to a tenth": "2030-03-17T17:46:40.1Z",
    "with an offset": "2030-03-17T19:46:40.000+02:00",
    "with a short offset": "2030-03-17T19:46:40+02",
    "with an offset west": "2030-03-17T12:16:40-0530",
    "299 s early": "2030-03-17T17:41:41.000Z",
    "301 s early": "2030-03-17T17:41:39.000Z",
    "302 s early": "2030-03-17T17:41:38.000Z",
    "300 s late": "2030-03-17T17:51:40.000Z",
    "301 s late": "2030-03-17T17:51:41.000Z",
    "an hour late": "2030-03-17T18:46:40.000Z",
    "without zone": "2030-03-17T17:46:40",
    "a day": "2030-03-17",
    "on 30 February": "2030-02-30T17:46:40.000Z",
    "at 24:00": "2030-03-17T24:00:00Z",
    "in year 10000": "+010000-01-01T00:59:59.000Z",
    "in year 9999, expanded": "+009999-01-01T00:59:59.000Z",
    "before year 0": "-000001-01-01T00:59:59.000Z",
    "in words": "yesterday",
}
IDS = {
    "version 1": UUID_1,
    "version 4": OTHER_ID,
    "version 7": UUID_7,
    "in capitals": OTHER_ID.upper(),
    "without hyphens": OTHER_ID.replace("-", ""),
    "in braces": "{" + OTHER_ID + "}",
    "with a blank": OTHER_ID + " ",
    "cut": OTHER_ID[:-1],
    "a number": "17",
}


def errors() -> Entries:
    """Each part of an error body spoiled, for each documented status."""
    kinds = {
        "400": (request(BAD), 400),
        "400 without JSON": (MALFORMED, 400),
        "400 for an open question": (request(sent_body(name="", icpId=UUID)), 400),
        "400 for a question of transport": (request(headers=(("Accept", "text/html"),)), 400),
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
        yield f"{kind}: flat, less code", one(exchange(asked, status, {**flat, "code": None}))
        top = {**problem(status, details=OMIT), "details": ["endDate"]}
        yield f"{kind}: details at the top", one(exchange(asked, status, top))
        yield f"{kind}: an empty error", one(exchange(asked, status, {"error": {}}))
    for label, text in INSIDES.items():
        yield f"insides: {label}", one(exchange(request(BAD), 400, problem(message=text)))


ERRORS: dict[str, dict[str, Any]] = {
    "right": {},
    "no code": {"code": OMIT},
    "a code of another status": {"code": "CONFLICT"},
    "a code in lower case": {"code": "bad_request"},
    "a number for a code": {"code": 400},
    "no message": {"message": OMIT},
    "an empty message": {"message": ""},
    "a blank message": {"message": " "},
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


def texts() -> Entries:
    """Names as they were sent and as they came back."""
    for sent, gots in NAMES.items():
        for got in (sent, *gots):
            yield f"{sent!a:.40} as {got!a:.40}", one(test_judge.renamed(sent, got))
    for data in (b"Spr\\ud800ing", b"Spr\xff\xfeing", b"What? Spr\\udfffing"):
        plain = data.decode("latin-1").replace("\\ud800", "?").replace("\\udfff", "?")
        for got in (plain, plain.replace("?", "\ufffd"), "Spring", "Spr", "Spr\ufffding", "Spr\ufffd\ufffding"):
            yield f"{data!a} as {got!a}", one(test_judge.raw_name(data, got))
    twice = test_judge.TWICE
    for field in ("name", "type", "icpId", "endDate", "personIds"):
        for label, value in (("first", OMIT), ("last", "company"), ("neither", "other")):
            asked = request(raw=twice + f',"{field}":"company"}}'.encode())
            answer = created() if value is OMIT else created(**{field: value})
            yield f"{field} twice, the {label}", one(exchange(asked, answer=answer))
    for kind in (OMIT, None, "person", "company"):
        for got_kind in ("person", "company", "Person", None):
            label = f"type {'left out' if kind is OMIT else kind} as {got_kind}"
            yield label, one(test_judge.echo(sent_body(type=kind), type=got_kind))
    icps = (None, UUID, UUID.upper(), "{" + UUID + "}", UUID.replace("-", ""), f" {UUID}", KNOWN_ICP)
    for sent_icp in icps:
        for got_icp in (*icps, ""):
            yield f"ICP {sent_icp} as {got_icp}", one(test_judge.echo(sent_body(icpId=sent_icp), icpId=got_icp))


NAMES: dict[str, tuple[str, ...]] = {
    "  Spring ": ("Spring", "Spring ", " Spring", "pring", "Sprin", "  Sprin ", "  Spring  ", ""),
    "a  b": ("a b", "ab", "a  b "),
    "ab a": ("ab a ", " ab a", "b a", "aba", "ab"),
    "aXbX": ("aXb", "aX", "XbX", "axbx"),
    "\u0007a\u202eb c\u200b": ("a\u202eb c", "ab c", "abc", "\u0007ab c", "b c", "ab c "),
    "\u0007 a": ("a", "\u0007a", " a", ""),
    "\u0007": ("", "\u0007", "x"),
    "   ": ("", " ", "x"),
    "a\0b": ("ab", "a", "a\0", "a b", "XX"),
    "Cafe\u0301 <b>": ("Café <b>", "Cafe <b>", "Café", "Café &lt;b&gt;", "Café b"),
    "Café": ("Cafe\u0301", "Cafe", "CAFÉ"),
    "Q1 <b>x</b> & \"y\" 'z'": (
        "Q1 x & \"y\" 'z'",
        "Q1 bx/b & y z",
        "Q1 &lt;b&gt;x&lt;/b&gt; &amp; &quot;y&quot; &#39;z&#39;",
        "Q1 x",
        "Q1  x  &  \"y\" 'z'",
        'Q1 <b>x</b> & ""y"" \'z\'',
        "Q1 <b>x</b> & \\\"y\\\" 'z'",
        "Q1 <b>x</b> &amp; \"y\" 'z'",
        "Q1 &amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt; &amp;amp; \"y\" 'z'",
        "q1 x & \"y\" 'z'",
    ),
    "a<script>alert(1)</script >b": ("ab", "a b", "aalert(1)b", "a", "b"),
    "a < b > c": ("a  c", "a c", "a &lt; b &gt; c", "a b c"),
    "a & b; c": ("a &amp; b; c", "a  b c", "a b c", "a"),
    "O'Brien": ("O''Brien", "OBrien", "O&#39;Brien", "O\\'Brien"),
    "n" * 90: ("n" * 80, "n" * 89, "n" * 91, "m" + "n" * 89),
    "n" * 200: ("n" * 191, "x" * 200),
    "Größe": ("Gr??e", "Grosse", "Größ", "GrÃ¶Ã\x9fe", "Grö"),
    "a b": ("a\u00a0b", "a+b", "A b"),
}


def dates() -> Entries:
    """Dates as they were sent and as they came back."""
    for sent, gots in DATES.items():
        for got in (sent, *gots):
            yield f"{sent!r} as {got!r}", one(test_judge.dated(sent, got))


_NEW_YEAR = "2030-01-01T00:00:00.000Z"
DATES: dict[str, tuple[str, ...]] = {
    _NEW_YEAR: (
        "2030-01-01T00:00:00Z",
        "2030-01-01T00:00:00.000000Z",
        "2030-01-01T00:00:00.001Z",
        "2030-01-01T00:00:00.002Z",
        "2030-01-01T02:00:00.000+02:00",
        "2029-12-31T23:45:00.000Z",
        "2030-01-01T00:00:10.000Z",
        "2029-12-31T23:59:59.500Z",
        "2030-01-01",
        "2030-01-02",
        "2030-01-01T00:00:00.000",
        "2030-13-01T00:00:00.000Z",
        "x",
    ),
    "2030-01-01": ("2030-01-01T23:59:59.999Z", "2029-12-31T23:00:00.000Z", "2030-01-01T00:00:00", "2030-01-02"),
    "2030-01-01T01:00:00.000+01:00": (_NEW_YEAR, "2030-01-01T01:00:00.000Z", "2030-01-01T02:00:00.000Z"),
    "2030-01-01T00:00:00.1234567Z": (
        "2030-01-01T00:00:00.123Z",
        "2030-01-01T00:00:00.124Z",
        "2030-01-01T00:00:00.123456Z",
        "2030-01-01T00:00:00.122Z",
    ),
    "2030-01-01T00:00:00.1235Z": ("2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00.124Z"),
    "2030-01-01T00:00:00.1234Z": ("2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00.124Z"),
    "2030-01-01T00:00:00.5Z": ("2030-01-01T00:00:00.500Z", _NEW_YEAR),
    "2016-12-31T23:59:60.500Z": ("2016-12-31T23:59:59Z", "2017-01-01T00:00:00.500Z", "2017-01-01T00:00:04.000Z"),
    "2030-01-01T24:00:00.000Z": ("2030-01-02T00:00:00.000Z", _NEW_YEAR),
    "2030-01-01T00:00:00": (_NEW_YEAR, "2030-01-01T05:00:00.000Z", "2030-01-01T00:00:00.000", "2030-01-02"),
    "January 1, 2030": (_NEW_YEAR, "2030-01-01", "x", "2030-01-01 00:00"),
    "2030-W01-1": ("2029-12-31T00:00:00.000Z", "2030-W01"),
    " 2030-01-01T00:00:00.000Z\n": (_NEW_YEAR, "2030-01-01T01:00:00.000Z"),
    "0500-01-01T00:00:00.000Z": ("0500-01-01T00:00:00Z", "500-01-01T00:00:00.000Z"),
}


def ids() -> Entries:
    """Ids as they were sent and as they came back; who has access."""
    for sent, gots in PEOPLE.items():
        for got in (list(sent), *gots):
            yield f"people {list(sent)} as {got}", one(test_judge.people(list(sent), got))
    for sent, gots in COMPANIES.items():
        for got in (list(sent), *gots):
            body = sent_body(type="company", companyIds=list(sent))
            yield f"companies {list(sent)} as {got}", one(test_judge.echo(body, companyIds=got))
    of_people = sent_body(companyIds=[UUID])
    yield "companies of people dropped", one(test_judge.echo(of_people, companyIds=[]))
    yield "companies of people kept", one(test_judge.echo(of_people))
    of_companies = sent_body(type="company", personIds=["a", "b"])
    for people in ([], ["a"], ["b", "a"]):
        yield f"people of companies as {people}", one(test_judge.echo(of_companies, personIds=people))
    many = [f"p{n:03}" for n in range(120)]
    yield "many people cut", one(test_judge.people(many, many[:100]))
    yield "many people, three lost", one(test_judge.people(many, many[:10] + many[13:]))
    for label, users in USERS.items():
        yield f"users {label}", one(exchange(answer=created(userIds=users)))
        yield f"users of the second {label}", one(exchange(request(login=SECOND_LOGIN), answer=created(userIds=users)))
    for invited in ([], ["user_2"], ["user_9"], "user_2", None):
        for creators in (["user_1"], ["user_1", "user_2"], ["user_2"], ["user_9"], [], None):
            body = sent_body(userIds=invited)
            yield f"invited {invited}, users {creators}", one(test_judge.echo(body, userIds=creators))
    known = sent_body(personIds=["user_1", "lead_a", ""])
    yield "a person among users", one(test_judge.echo(known, userIds=["user_1", "lead_a", ""]))
    for changes in SERVER_MADE:
        yield f"{changes} taken", one(test_judge.echo(sent_body(**changes), **changes))
        yield f"{changes} ignored", one(test_judge.echo(sent_body(**changes)))


PEOPLE: dict[tuple[Any, ...], tuple[list[Any], ...]] = {
    (): (["a"], [7]),
    ("a",): ([], ["A"], ["a", "a"], ["b"], [" a"], [7]),
    ("a", "b"): (["b", "a"], ["a"], ["b"], [], ["a", "b", "c"], ["a,b"]),
    ("a", "b", "a"): (["a", "b"], ["b", "a"], ["a", "a", "b"], ["a"], ["a", "b", "b"]),
    (" a ", "b"): (["a", "b"], ["a"], ["b", "a"], ["A", "b"]),
    ("e\u0301", "b"): (["é", "b"], ["e", "b"]),
    ("a\u0007",): (["a"], ["b"]),
    (KNOWN_PERSON, "x"): ([KNOWN_PERSON], ["x"], [], [KNOWN_PERSON, "y"]),
    ("lead_abc123", "x"): (["lead_abc123"], ["x"], [], ["lead_abc123", "lead_def456"]),
    (1001, 7): (["1001", "7"], ["7", "1001"], ["1001"], [1001]),
    (7.5, "a"): (["7.5", "a"], ["a"], []),
    (UUID.upper(),): ([UUID], [UUID.replace("-", "")], []),
    ("007",): (["7"], ["07"]),
}
COMPANIES: dict[tuple[str, ...], tuple[list[Any], ...]] = {
    (UUID,): ([], [UUID.upper()], ["{" + UUID + "}"], [OTHER_ID], [UUID, UUID], [None]),
    (UUID, UUID_7): ([UUID_7, UUID], [UUID], [UUID_7.upper(), UUID]),
    (UUID, UUID.upper()): ([UUID], [UUID, UUID], []),
}
USERS: dict[str, list[Any]] = {
    "of both": ["user_1", "user_2"],
    "of the first": ["user_1"],
    "of the second": ["user_2"],
    "of another": ["user_9"],
    "none": [],
    "with an empty one": ["user_1", "", "user_2"],
    "with a number": ["user_1", 7],
}
SERVER_MADE: tuple[dict[str, Any], ...] = (
    {"id": OTHER_ID},
    {"id": OTHER_ID.upper()},
    {"id": None},
    {"id": 7},
    {"createdAt": "2001-01-01T00:00:00.000Z"},
    {"createdAt": "2030-03-17T19:46:40.000+02:00"},
    {"updatedAt": "2030-03-17T17:46:40.000Z"},
    {"updatedAt": None, "createdAt": None},
    {"colour": "green"},
    {"colour": None, "shape": "round"},
    {"userIds": ["user_2", "user_3"]},
)


def tables() -> Entries:
    """The tables of the other tests, so that what they say in full is seen too."""
    for label, right in test_judge.RIGHT.items():
        if len(right.request.body) < LARGEST_BODY:
            yield f"right: {label}", one(right)
    yield from ((f"mangled: {label}", one(wrong)) for label, (_, wrong) in test_judge.MANGLED.items())
    yield from ((f"odd: {label}", one(odd)) for label, (_, odd) in test_judge.WARNED.items())
