"""Test that the judge detects changed values, warns of unusual ones, and raises no false positive."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.target.exchange import Exchange
from contract_tests.tests.corpus.exchanges import (
    JSON_TYPE,
    KNOWN_PERSON,
    OMIT,
    OTHER_ID,
    broken_clauses,
    created,
    exchange,
    problem,
    request,
    sent_body,
    warned_clauses,
)

UUID = "7b0f8d6e-3c52-4a7e-9d41-0c5a8e2f9b13"
BAD_BODY = sent_body(endDate=OMIT)


def echo(sent: dict[str, Any], **got: Any) -> Exchange:
    return exchange(request(sent), answer=created(sent, **got))


def renamed(sent: str, got: str) -> Exchange:
    return echo(sent_body(name=sent), name=got)


def dated(sent: str, got: str) -> Exchange:
    return echo(sent_body(startDate=sent), startDate=got)


def people(sent: list[Any], got: list[Any]) -> Exchange:
    return echo(sent_body(personIds=sent), personIds=got)


def raw_name(data: bytes, got: str) -> Exchange:
    body = json.dumps(sent_body()).encode().replace(b"Spring", data)
    return exchange(request(raw=body), answer=created(name=got))


def naming(user: str) -> dict[str, Any]:
    return problem(details=[{"path": "/endDate", "by": user}])


NOW = created()["createdAt"]
DAY = "2030-01-01T00:00:00.000Z"
TWICE = json.dumps(sent_body()).encode()[:-1]
RIGHT: dict[str, Exchange] = {
    # text
    "spaces trimmed": renamed("  Spring ", "Spring"),
    "spaces trimmed on one side": renamed("  Spring ", "Spring "),
    "spaces only, trimmed to nothing": renamed("   ", ""),
    "trimmed as JavaScript does": renamed("\ufeffSpring\u00a0", "Spring"),
    "trimmed with a control left inside": renamed("\ufeffSp\u0007ring", "Sp\u0007ring"),
    "C0 controls removed, bidi marks kept": renamed("a\u0007b\u202ec", "ab\u202ec"),
    "controls removed, then trimmed": renamed("\u200b Spring", "Spring"),
    "composed": renamed("Cafe\u0301", "Café"),
    "composed and trimmed": renamed(" Cafe\u0301 ", "Café"),
    "decomposed by the server": renamed("Café", "Cafe\u0301"),
    "tags removed": renamed("Q1 <b>bold</b> &amp; Co", "Q1 bold &amp; Co"),
    "tags and scripts removed": renamed("Q1 <b>x</b> <script>alert(1)</script>", "Q1 x "),
    "half a pair replaced": raw_name(b"Spr\\ud800ing", "Spr\ufffding"),
    "half a pair replaced by three": raw_name(b"Spr\\ud800ing", "Spr\ufffd\ufffd\ufffding"),
    "half a pair replaced with the next letter": raw_name(b"Spr\\ud800ing", "Spr?ng"),
    "half a pair as a question mark": raw_name(b"Spr\\ud800ing", "Spr?ing"),
    "half a pair kept as an escape": raw_name(b"Spr\\ud800ing", "Spr\ud800ing"),
    "bytes that are not UTF-8 replaced": raw_name(b"Spr\xff\xfeing", "Spr\ufffding"),
    "the caller in the details": exchange(request(BAD_BODY), 400, naming("user_1")),
    "another user that the request names": exchange(request({**BAD_BODY, "name": "user_2"}), 400, naming("user_2")),
    "an ID that begins with that of another user": exchange(request(BAD_BODY), 400, naming("user_22")),
    # dates
    "offset normalised": dated("2030-01-01T01:00:00.000+01:00", "2030-01-01T00:00:00.000Z"),
    "written with an offset": dated("2030-01-01T00:00:00.000Z", "2030-01-01T02:00:00.000+02:00"),
    "whole seconds for whole seconds": dated("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00Z"),
    "a line end kept": dated(f"{DAY}\n", f"{DAY}\n"),
    "the date of two lines": dated(f"Start:\n{DAY}", DAY),
    "microseconds cut": dated("2030-01-01T00:00:00.123987Z", "2030-01-01T00:00:00.123Z"),
    "microseconds rounded": dated("2030-01-01T00:00:00.123987Z", "2030-01-01T00:00:00.124Z"),
    "a day as its last moment": dated("2030-01-01", "2030-01-01T23:59:59.999Z"),
    "a day as it was sent": dated("2030-01-01", "2030-01-01"),
    "local time in some time zone": dated("2030-01-01T00:00:00", "2030-01-01T05:00:00.000Z"),
    "local time stays local": dated("2030-01-01T00:00:00", "2030-01-01T00:00:00.000"),
    "a leap second as the one before": dated("2016-12-31T23:59:60.500Z", "2016-12-31T23:59:59Z"),
    "hour 24 as the next day": dated("2030-01-01T24:00:00.000Z", "2030-01-02T00:00:00.000Z"),
    "a year above 9999": dated("9999-12-31T23:59:59.000-01:00", "+010000-01-01T00:59:59.000Z"),
    "the year 500": dated("0500-01-01T00:00:00.000Z", "0500-01-01T00:00:00.000Z"),
    # ids
    "ids in another order": people(["lead_A", "lead_b"], ["lead_b", "lead_A"]),
    "an id once for twice": people(["a", "b", "a"], ["a", "b"]),
    "unknown people dropped": people(["lead_zz9"], []),
    "only the API page's people exist": people(["lead_zz9", "lead_abc123"], ["lead_abc123"]),
    "only the user's people exist": people(["lead_zz9", KNOWN_PERSON], [KNOWN_PERSON]),
    "people dropped from a list of companies": echo(sent_body(type="company", personIds=["a"]), personIds=[]),
    "numbers as strings": people([1001, 7], ["1001", "7"]),
    "a UUID of a person in lower case": people([UUID.upper()], [UUID]),
    "an ICP in lower case": echo(sent_body(icpId=UUID.upper()), icpId=UUID),
    "an ICP without hyphens": echo(sent_body(icpId=UUID.replace("-", "")), icpId=UUID),
    # bodies and statuses
    "the first of two keys": exchange(request(raw=TWICE + b',"name":"Last"}'), answer=created(name="Spring")),
    "the last of two keys": exchange(request(raw=TWICE + b',"name":"Last"}'), answer=created(name="Last")),
    "the first of two ICPs": exchange(request(raw=TWICE + b',"icpId":"' + UUID.encode() + b'"}'), answer=created()),
    "the first of two dates": exchange(request(raw=TWICE + b',"endDate":"2031-01-01T00:00:00.000Z"}')),
    "UTF-16 as an unsupported type": exchange(request(raw=json.dumps(sent_body()).encode("utf-16")), 415),
    "a violation under a type in capitals": exchange(request(BAD_BODY, content_type="Application/JSON"), 415),
    "too many ids as too large": exchange(request(sent_body(personIds=[f"p{n}" for n in range(150)])), 413),
    "too deep as too large": exchange(request(sent_body(x=json.loads("[" * 40 + "]" * 40))), 413),
    "an unknown ICP as not found": exchange(request(sent_body(icpId=UUID)), 404),
    "an unknown coding": exchange(request(raw=b"\x1b\x00", headers=(("Content-Encoding", "br"),)), 415),
    "an unknown coding that is decoded": exchange(
        request(raw=b"\x1b", headers=(("Content-Encoding", "br"),)), 201, created()
    ),
    "bad JSON with empty details": exchange(request(raw=b"{"), 400, problem(details=[])),
    "bad JSON without details": exchange(request(raw=b"{"), 400, problem(details=OMIT)),
    "an unsupported type without details": exchange(request(content_type="text/json"), 400, problem(details=OMIT)),
    "details as a map": exchange(request(BAD_BODY), 400, problem(details={"endDate": ["missing"]})),
    "flat errors": exchange(request(BAD_BODY), 400, {"code": "BAD_REQUEST", "message": "No.", "details": ["endDate"]}),
    "problem+json": exchange(request(BAD_BODY), 400, headers=(("Content-Type", "application/problem+json"),)),
    "rate limited": exchange(status=429),
    "rate limited without login": exchange(request(login=()), 429),
    "rate limited with a violation": exchange(request(BAD_BODY), 429),
    "a lower-case scheme as malformed": exchange(request(login=(("Authorization", "bearer bearer-one"),)), 400),
    "two good logins": exchange(
        request(login=(("Authorization", "Bearer bearer-one"), ("Cookie", "__session=cookie-one")))
    ),
    "a foreign cookie alone": exchange(request(login=(("Cookie", "theme=dark"),)), 401),
    "an Accept that excludes JSON": exchange(request(headers=(("Accept", "text/html"),)), 406),
    "a query refused": exchange(request(path="/api/v1/entities/leadlists?x=1"), 400),
    "GET lists": exchange(request(method="GET", raw=b""), 200, raw=b"[]"),
    "HEAD": exchange(request(method="HEAD", raw=b""), 200, raw=b""),
    "an unknown method": exchange(request(method="BREW"), 501),
    "a body over a limit, cut": exchange(
        request(sent_body(name="n" * 200_000)), failure="the server closed the connection"
    ),
    "what we could not send": exchange(failure="not sent: illegal header value"),
    "a charset on the response": exchange(headers=(("content-type", "application/json; charset=utf-8"),)),
    "a relative Location": exchange(headers=(JSON_TYPE, ("Location", "1?a=%20#b"))),
    "an empty Location": exchange(headers=(JSON_TYPE, ("Location", ""))),
    "more fields": exchange(answer=created(persons=[], orgId=None)),
    "a number beyond doubles": exchange(
        raw=json.dumps(created()).encode()[:-1] + b',"x":1e999,"y":' + b"9" * 400 + b"}"
    ),
    "half a pair in a field of its own": exchange(raw=json.dumps(created()).encode()[:-1] + b',"x":"\\ud800"}'),
    "an id of version 7": exchange(answer=created(id="018e3f5a-6b7c-7d8e-9f01-23456789abcd")),
    "an id in capitals": exchange(answer=created(id=OTHER_ID.upper())),
    "users merged": echo(sent_body(userIds=["user_2"]), userIds=["user_1", "user_2"]),
}


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT.keys())
def test_a_correct_response_is_no_false_positive(right: Exchange) -> None:
    assert broken_clauses(right) == set()


NAME, START, PEOPLE = "response.name.echo", "response.startDate.echo", "response.personIds.echo"
TEXT = "Größe & Co <b>x</b>"
MANGLED: dict[str, tuple[str, Exchange]] = {
    "read as latin-1": (NAME, renamed("Größe", "GrÃ¶Ã\x9fe")),
    "question marks for what is not ASCII": (NAME, renamed("Größe", "Gr??e")),
    "accents lost": (NAME, renamed("Größe", "Grosse")),
    "characters of four bytes lost": (NAME, renamed("Go 🚀 now", "Go  now")),
    "cut at a character of four bytes": (NAME, renamed("Go 🚀 now", "Go ")),
    "a surrogate pair as two escapes": (NAME, renamed("🚀", "\ud83d\ufffd")),
    "lower case": (NAME, renamed("Spring", "spring")),
    "compatibility forms": (NAME, renamed("①", "1")),
    "spaces joined": (NAME, renamed("a  b", "a b")),
    "quotes doubled": (NAME, renamed("O'Brien", "O''Brien")),
    "backslashes lost": (NAME, renamed("a\\n", "an")),
    "percent signs decoded": (NAME, renamed("100%25", "100%")),
    "plus as a space": (NAME, renamed("a+b", "a b")),
    "nothing left of tags": (NAME, renamed("Q1 <b>x</b>", "")),
    "cut at a tag": (NAME, renamed("Q1 <b>x</b> and more", "Q1 ")),
    "cut with spaces around": (NAME, renamed("  Spring  ", "Spri")),
    "more than the spaces trimmed": (NAME, renamed("  Spring.  ", "Spring")),
    "NUL ends it": (NAME, renamed("a\0b", "a")),
    "cut by one": (NAME, renamed("n" * 256, "n" * 255)),
    "cut with an ellipsis": (NAME, renamed("n" * 300, "n" * 252 + "...")),
    "another list's": (NAME, renamed("Spring", "Autumn")),
    "question marks run together": (NAME, renamed("What?? é", "What? é")),
    "a character decoded in two parts": (
        "http.request.chunked",
        exchange(request(sent_body(name="Größe"), chunked=True), answer=created(name="Gr\ufffd\ufffdße")),
    ),
    "another name for one sent in parts": (
        NAME,
        exchange(request(sent_body(name="Größe"), chunked=True), answer=created(name="Grosse")),
    ),
    "another name for one in UTF-16": (
        "http.request.utf-8",
        exchange(request(raw=json.dumps(sent_body()).encode("utf-16")), answer=created(name="Autumn")),
    ),
    "an hour off": (START, dated("2030-01-01T00:00:00.000Z", "2030-01-01T01:00:00.000Z")),
    "milliseconds lost": (START, dated("2030-01-01T00:00:00.987Z", "2030-01-01T00:00:00.000Z")),
    "time lost": (START, dated("2030-01-01T10:00:00.000Z", "2030-01-01T00:00:00.000Z")),
    "offset dropped": (START, dated("2030-01-01T01:00:00.000+01:00", "2030-01-01T01:00:00.000Z")),
    "offset with the wrong sign": (START, dated("2030-01-01T01:00:00.000+01:00", "2030-01-01T02:00:00.000Z")),
    "minutes of the offset lost": (START, dated("2030-01-01T05:30:00.000+05:30", "2030-01-01T00:30:00.000Z")),
    "the day before": (START, dated("2030-01-01", "2029-12-31T23:00:00.000Z")),
    "day and month swapped": (START, dated("2030-01-02T00:00:00.000Z", "2030-02-01T00:00:00.000Z")),
    "a leap day moved": (START, dated("2032-02-29T12:00:00.000Z", "2032-03-01T12:00:00.000Z")),
    "one millisecond more": (START, dated("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.001Z")),
    "ampersand escaped": (NAME, renamed("R&D", "R&amp;D")),
    "tags escaped": (NAME, renamed("Q1 <b>x</b>", "Q1 &lt;b&gt;x&lt;/b&gt;")),
    "angle brackets removed": (NAME, renamed("Q1 <b>x</b>", "Q1 bx/b")),
    "a smaller-than sign lost": (NAME, renamed("5 < 7", "5 7")),
    "text after an unclosed tag lost": (NAME, renamed("a <b and more", "a")),
    "joiners lost": (NAME, renamed("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469")),
    "only a date": ("response.startDate.format", dated("2030-01-01T00:00:00.000Z", "2030-01-01")),
    "no time zone": ("response.startDate.format", dated("2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000")),
    "no time zone in a distant year": (
        "response.startDate.format",
        dated("1500-01-01T00:00:00.000Z", "1500-01-01T00:00:00.000"),
    ),
    "a second line": ("response.startDate.format", dated(f"{DAY}\n2030-02-30", f"{DAY}\n2030-02-30")),
    "text after NUL": ("response.startDate.format", dated(f"{DAY}\0x", f"{DAY}\0x")),
    "a number": ("response.startDate.format", echo(sent_body(), startDate=1893456000)),
    "capped": (PEOPLE, people([f"p{n}" for n in range(150)], [f"p{n}" for n in range(100)])),
    "the first lost": (PEOPLE, people(["a", "b"], ["b"])),
    "one invented": (PEOPLE, people(["a"], ["a", "b"])),
    "in capitals": (PEOPLE, people(["lead_a"], ["LEAD_A"])),
    "spaces around an id lost": (PEOPLE, people([" lead_1 "], ["lead_1"])),
    "leading zeros lost": (PEOPLE, people(["007"], ["7"])),
    "joined": (PEOPLE, people(["a", "b"], ["a,b"])),
    "a known one dropped": (PEOPLE, people([KNOWN_PERSON], [])),
    "null for none": ("response.companyIds.type", echo(sent_body(), companyIds=None)),
    "an ICP with the line end it had": ("response.icpId.type", echo(sent_body(icpId=UUID + "\n"))),
    "ids as numbers": ("response.personIds.type", people(["1", "2"], [1, 2])),
    "createdAt without time zone": (
        "response.createdAt.format",
        exchange(answer=created(createdAt="2030-03-17T17:46:40")),
    ),
    "an expanded year for an ordinary one": (
        "response.createdAt.format",
        exchange(answer=created(createdAt="+002030-03-17T17:46:40.000Z")),
    ),
    "the ID of the request": (
        "request.body.server-made",
        exchange(request(headers=(("X-Request-Id", OTHER_ID),)), answer=created(id=OTHER_ID.upper())),
    ),
    "an id sent as ID": ("request.body.server-made", echo(sent_body(ID=OTHER_ID), id=OTHER_ID)),
    "a time sent as created_at": ("request.body.server-made", echo(sent_body(created_at=NOW), createdAt=NOW)),
    "a time sent as updatedat": ("request.body.server-made", echo(sent_body(updatedat=NOW), updatedAt=NOW)),
    "another user in the details": ("error.400.details", exchange(request(BAD_BODY), 400, naming("user_2"))),
    "NaN": ("http.answer.json", exchange(raw=json.dumps(created(x=float("nan"))).encode())),
    "a byte order mark": ("http.answer.utf-8", exchange(raw=b"\xef\xbb\xbf" + json.dumps(created()).encode())),
    "an error in latin-1": (
        "http.answer.utf-8",
        exchange(request(BAD_BODY), 400, raw='{"error":{"code":"BAD_REQUEST","message":"é"}}'.encode("latin-1")),
    ),
}


@pytest.mark.parametrize(("clause", "wrong"), MANGLED.values(), ids=MANGLED.keys())
def test_changed_values_are_detected(clause: str, wrong: Exchange) -> None:
    assert broken_clauses(wrong) == {clause}


WARNED: dict[str, tuple[str, Exchange]] = {
    "details at the top": (
        "error.400.details",
        exchange(request(BAD_BODY), 400, {**problem(details=OMIT), "details": ["endDate"]}),
    ),
    "details that name no field": ("error.400.details", exchange(request(BAD_BODY), 400, problem(details=["wrong"]))),
    "problem+json": ("error.media-type", RIGHT["problem+json"]),
    "a malformed login as 400": ("access.session.valid", exchange(request(login=(("Authorization", "Basic x"),)), 400)),
    "a scheme by its case": ("access.carrier.bearer", RIGHT["a lower-case scheme as malformed"]),
    "composed": (NAME, RIGHT["composed"]),
    "decomposed": (NAME, RIGHT["decomposed by the server"]),
    "sanitised": (NAME, RIGHT["tags removed"]),
    "without its tag and its control characters": (NAME, renamed("A\x07 <b>& B", "A & B")),
    "a person number": ("request.personIds.items.type", RIGHT["numbers as strings"]),
    "a UUID without hyphens": ("request.icpId.format", RIGHT["an ICP without hyphens"]),
    "a date in words": (
        "request.startDate.format",
        echo(sent_body(startDate="January 1, 2030"), startDate="2030-01-01T00:00:00Z"),
    ),
    "equal dates refused": (
        "request.endDate.order",
        exchange(request(sent_body(endDate="2030-01-01T00:00:00.000Z")), 400),
    ),
    "another order": (PEOPLE, RIGHT["ids in another order"]),
    "updatedAt later": ("response.updatedAt.order", exchange(answer=created(updatedAt="2030-03-17T17:46:41.000Z"))),
    "a path in a header": (
        "error.internals",
        exchange(request(BAD_BODY), 400, headers=(JSON_TYPE, ("X-Debug", "/var/www/app/create.py:7"))),
    ),
    "an undocumented refusal": ("error.400.status", exchange(request(sent_body(name="")), 418)),
    "an empty Location": ("http.answer.location", RIGHT["an empty Location"]),
}


@pytest.mark.parametrize(("clause", "odd"), WARNED.values(), ids=WARNED.keys())
def test_unusual_behaviour_warns(clause: str, odd: Exchange) -> None:
    assert clause in warned_clauses(odd)
    assert broken_clauses(odd) == set()
