"""Must-accept, must-reject and unspecified requests: of the plan, of other tests, and edge cases."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

from contract_tests.target.exchange import Headers, Request
from contract_tests.tests.corpus.exchanges import (
    KNOWN_COMPANY,
    KNOWN_ICP,
    KNOWN_PERSON,
    OMIT,
    PATH,
    request,
    sent_body,
)
from contract_tests.tests.corpus.values import (
    PLAIN_BODY,
    UUID,
    planned,
)
from contract_tests.tests.judging import test_expectation


def requests() -> Iterator[tuple[str, Request]]:
    """Must-accept, must-reject and unspecified requests."""
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
    packed = {"empty": b"", "UTF-16": PLAIN_BODY.decode().encode("utf-16"), "not JSON": b"{"}
    for label, data in packed.items():
        coded = (("Content-Encoding", "gzip"),)
        yield f"{label}, packed", request(raw=gzip.compress(data, mtime=0), headers=coded)
    form = "application/x-www-form-urlencoded; charset=utf-8"
    yield "a form with a charset", request(raw=b"name=x", content_type=form)
    yield "no form and no type", request(raw=b"name=x", content_type=None)
    unknown = sent_body(type="company", personIds=OMIT, companyIds=[UUID])
    yield "no people and an unknown company", request(unknown)
    yield "an X for a name", request(sent_body(name="X"))
    yield "a known company", request(sent_body(type="company", companyIds=[KNOWN_COMPANY]))
    yield "another path", request(path="/other")
    yield "a slash and a query", request(path=PATH + "/?a=b", method="PUT")
    yield "a deeper path", request(path=PATH + "/1")


MORE_HEADERS: dict[str, Headers] = {
    "a foreign origin next to a bearer": (("Origin", "https://evil.example"),),
    "an Accept of application/*": (("Accept", "application/*"),),
    "an Accept of XML": (("Accept", "application/xml"),),
    "an empty Accept": (("Accept", ""),),
    "an empty Idempotency-Key": (("Idempotency-Key", ""),),
    "a known header in capitals": (("X-NOBODY", "1"), ("ACCEPT", "*/*")),
}


def _more(text: bytes) -> bytes:
    return PLAIN_BODY[:-1] + b"," + text + b"}"


MORE_BODIES: dict[str, bytes] = {
    "spaces after separators": json.dumps(sent_body()).encode(),
    "spaces in odd places": PLAIN_BODY.replace(b":", b" :"),
    "a newline after it": PLAIN_BODY + b"\n",
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
    "15 digits and a minus": _more(b'"x":-900719925474099'),
    "16 digits and a minus": _more(b'"x":-9007199254740991'),
    "an integer of 299 digits": _more(b'"x":' + b"9" * 299),
    "an integer of 300 digits": _more(b'"x":' + b"9" * 300),
    "two deep places": _more(b'"x":[[[]]],"y":' + b"[" * 15 + b"]" * 15 + b',"z":[]'),
    "a real of 32 digits": _more(b'"x":0.' + b"1" * 30),
    "a real of 33 digits": _more(b'"x":0.' + b"1" * 31),
    "1e308": _more(b'"x":1e308'),
    "-1e999": _more(b'"x":-1e999'),
    "-Infinity": _more(b'"x":-Infinity'),
    "a field twice, equal": _more(b'"name":"Spring"'),
    "a field twice, the second wrong": _more(b'"name":7'),
    "a field twice, an array the second time": _more(b'"personIds":["a"]'),
    "a key twice inside": _more(b'"x":{"a":1,"a":2}'),
    "UTF-16 without a mark": PLAIN_BODY.decode().encode("utf-16-be"),
    "UTF-32": PLAIN_BODY.decode().encode("utf-32-le"),
    "UTF-16 with a mark": PLAIN_BODY.decode().encode("utf-16"),
    "NUL at the third place": b'{"\0":1}',
    "a mark and not JSON": b"\xef\xbb\xbf{",
    "a mark alone": b"\xef\xbb\xbf",
    "spaces that JSON does not know": b"\x0b\x0c",
    "UTF-8 cut": PLAIN_BODY.replace(b"Spring", b"Spr\xe2\x82"),
    "a text that is not an object": b'"Spring"',
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
    "spaces around a wrong date": {"startDate": " 2030-02-30T00:00:00.000Z"},
    "a date with one digit of a fraction": {"startDate": "2030-01-01T00:00:00.0Z"},
    "both dates in words": {"startDate": "1 May", "endDate": "2 May"},
    "a start without digits": {"startDate": "soon"},
    "a name of 40 characters": {"name": "n" * 40},
    "a name of 41 characters": {"name": "n" * 41},
    "a name of 80 characters": {"name": "n" * 80},
    "a name of 81 characters": {"name": "n" * 81},
    **{f"a name with {sign}": {"name": f"a{sign}b"} for sign in "'\"\\;%`$#"},
    "a name with a comment": {"name": "a<!-- b"},
    "a name with an end tag": {"name": "a</b"},
    "a name with less than": {"name": "a < b"},
    "a name with less than and a space": {"name": "a < 3"},
    "a name with a reference": {"name": "a&#38;b&#x26;"},
    "a name with a word for a reference": {"name": "&eacute;"},
    "a name with an address of a script": {"name": "JavaScript:x"},
    "a name with a tag in another script": {"name": "é<b>"},
    "a name with NUL and a control": {"name": "\0\u0001"},
    "a name with half a pair": {"name": "a\ud800"},
    "a name with the last half": {"name": "a\udfff"},
    "a name with a private-use character": {"name": "a\ue000"},
    **{f"{count} person ids": {"personIds": [f"p{n}" for n in range(count)]} for count in (2, 10, 16, 17, 100, 101)},
    "one UUID twice in two cases": {"personIds": [UUID, UUID.upper()]},
    "a UUID for a person": {"personIds": [UUID]},
    "an id of spaces": {"personIds": [" "]},
    "a known person and another": {"personIds": [KNOWN_PERSON, "x"]},
    "an ICP of version 8": {"icpId": UUID[:14] + "8" + UUID[15:]},
    "an ICP of version 9": {"icpId": UUID[:14] + "9" + UUID[15:]},
    "an ICP of version 5": {"icpId": UUID[:14] + "5" + UUID[15:]},
    "an ICP of variant c": {"icpId": UUID[:19] + "c" + UUID[20:]},
    "an ICP of variant b": {"icpId": UUID[:19] + "b" + UUID[20:]},
    "the nil ICP": {"icpId": "00000000-0000-0000-0000-000000000000"},
    "the max ICP": {"icpId": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"},
    "a known ICP in capitals": {"icpId": KNOWN_ICP.upper()},
    "an ICP in spaces": {"icpId": f" {UUID} "},
    "an ICP in spaces and braces": {"icpId": " {" + UUID + "} "},
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
