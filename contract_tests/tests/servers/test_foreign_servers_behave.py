"""Check the foreign set: each server shows its bug and answers a plain request correctly; the right core has none."""

from __future__ import annotations

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2
import pytest
import yaml

from contract_tests.tests.conftest import ROOT
from contract_tests.tests.servers.foreign_servers import FOREIGN_SERVERS, LATER_SETS
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.sending import EXAMPLE, EXPIRED, USERS, UUIDS, Send, sender
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.test_faulty_servers_behave import error, got, kept, reply, status, taken, taken_from

pytestmark = pytest.mark.once

APPS = {"right-core": RightCore(USERS, EXPIRED)} | {
    foreign.name: foreign.app(USERS, EXPIRED) for foreign in FOREIGN_SERVERS
}


async def by_first_word(scope: Any, receive: Any, send: Any) -> None:
    _, name, path = scope["path"].split("/", 2)
    await APPS[name]({**scope, "path": f"/{path}"}, receive, send)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(by_first_word) as url:
        yield url


# -- sending requests


def with_header(send: Send, value: str, name: str) -> int:
    return status(send, {}, headers={name: value})


def start(send: Send, text: str, **more: object) -> object:
    """Return how a startDate comes back; endDate is later than every tested value."""
    return kept(send, "startDate", text, **{"endDate": "9000-01-01T00:00:00.000Z", **more})


def unsigned(algorithm: str) -> str:
    parts = ({"alg": algorithm, "typ": "JWT"}, {"sub": "user_one"})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def in_pieces(send: Send) -> httpx2.Response:
    """The example with a name in two writes, the second in the middle of a character."""
    head, _, tail = json.dumps({**EXAMPLE, "name": "Café"}, ensure_ascii=False).encode().partition(b"\xc3")

    def pieces() -> Iterator[bytes]:
        yield head + b"\xc3"
        time.sleep(0.05)
        yield tail

    return send(pieces())


def second_users_list(send: Send) -> Any:
    lists = [got(send, {}, token=token, headers={"Idempotency-Key": "k"}) for token in USERS]
    return lists[1]["userIds"]


def errors_of_second(send: Send) -> str:
    send({"name": 1})
    return json.dumps(error(send, {"endDate": 1}).get("details"))


def status_after(send: Send, *bodies: Mapping[str, Any] | bytes) -> int:
    for body in bodies[:-1]:
        send(body)
    return status(send, bodies[-1])


def comes_back(body: Mapping[str, Any]) -> Callable[[Send], bool]:
    """Return whether the fields of another body than the example come back as sent."""
    return lambda send: body.items() <= got(send, body).items()


def plain(send: Send) -> bool:
    """Return whether the API page's example comes back as sent."""
    return status(send, {}) == 201 and comes_back(EXAMPLE)(send)


COMPANIES = {"type": "company", "personIds": [], "companyIds": UUIDS}
FULL = {"type": "company", "icpId": UUIDS[0], "personIds": ["p"], "companyIds": UUIDS}


# A plain request for each server that answers the API page's example incorrectly.
PLAIN: Mapping[str, Callable[[Send], bool]] = {
    "empty-list-made-nil": comes_back({"personIds": ["p"], "companyIds": UUIDS}),
    "midnight-made-24": comes_back({"startDate": "2024-01-01T12:00:00.000Z"}),
    "id-cast-to-number": comes_back({"name": "Another list"}),
    "list-of-one-unwrapped": comes_back({"personIds": ["p", "q"], "companyIds": UUIDS}),
    "default-values-omitted": comes_back(FULL),
    "bodies-concatenated": lambda send: status(send, {}) == 201,
}

# For each server, a request that shows its bug: true on that server, false on the right core.
SHOWS: Mapping[str, Callable[[Send], bool]] = {
    # logins
    "missing-login-forbidden": lambda send: status(send, {}, token="") == 403,
    "non-ascii-token-crash": lambda send: status(send, {}, token="café") == 500,
    "unsigned-token-signs-in": lambda send: all(taken(send, {}, token=unsigned(word)) for word in ("none", "nOnE")),
    "internal-call-skips-login": lambda send: taken_from(send, **{"X-Middleware-Subrequest": "src/middleware"}),
    "proxy-names-user": lambda send: taken_from(send, **{"X-Forwarded-User": "user_two"}),
    "json-cookie-hides-session": lambda send: (
        not taken_from(send, Cookie='prefs={"a": 1}; __session=token-one')
        and taken_from(send, Cookie='__session=token-one; prefs={"a": 1}')
    ),
    "percent-in-cookie-crash": lambda send: with_header(send, "discount=20%", "Cookie") == 500,
    "idempotency-key-of-another-user": lambda send: second_users_list(send) == ["user_one"],
    # headers
    "disagreeing-addresses-crash": lambda send: (
        status(send, {}, headers={"Client-IP": "10.0.0.1", "X-Forwarded-For": "148.167.2.30"}) == 500
    ),
    "numeric-region-crash": lambda send: with_header(send, "es-419,es;q=0.9,en;q=0.8", "Accept-Language") == 500,
    "digits-of-the-language": lambda send: (
        got(send, {}, headers={"Accept-Language": "ar-EG,en;q=0.5"})["startDate"] == "٢٠٢٤-٠١-٠١T٠٠:٠٠:٠٠.٠٠٠Z"
    ),
    "several-media-types-refused": lambda send: with_header(send, "application/json, text/plain, */*", "Accept") == 406,
    "post-not-modified": lambda send: (
        with_header(send, "Fri, 01 Jan 2100 00:00:00 GMT", "If-Modified-Since") == 304
        and with_header(send, "*", "If-None-Match") == 304
    ),
    "gzip-though-refused": lambda send: (
        reply(send, {"name": "n" * 200}, headers={"Accept-Encoding": "identity, gzip;q=0"}).headers.get(
            "content-encoding"
        )
        == "gzip"
    ),
    "upgrade-refused": lambda send: with_header(send, "h2c", "Upgrade") == 400,
    "unknown-charset-crash": lambda send: with_header(send, "application/json; charset=test", "Content-Type") == 500,
    "no-media-type-no-validation": lambda send: taken(send, {"name": 1}, headers={"Content-Type": None}),
    "tab-skips-validation": lambda send: taken(
        send, {"name": 1}, headers={"Content-Type": "application/json\t; charset=utf-8"}
    ),
    "method-of-a-header": lambda send: taken(send, {}, method="PUT", headers={"X-HTTP-Method-Override": "POST"}),
    # wires
    "split-character-lost": lambda send: "\ufffd" in in_pieces(send).json()["name"],
    "body-of-previous-request": lambda send: status_after(send, {}, b"") == 201,
    "connection-leaks-on-error": lambda send: status_after(send, *[{"name": 1}] * 10, {}) == 500,
    "errors-of-earlier-requests": lambda send: "/name" in errors_of_second(send),
    "default-values-omitted": lambda send: got(send, {}).keys() & {"type", "companyIds"} == set(),
    # bodies
    "text-after-body-ignored": lambda send: taken(send, json.dumps(EXAMPLE).encode() + b" trailing"),
    "last-case-of-key-wins": lambda send: got(send, {"NAME": "other"})["name"] == "other",
    "empty-list-made-nil": lambda send: status(send, {**COMPANIES}) == 400,
    "null-items-dropped": lambda send: kept(send, "personIds", ["p", None]) == ["p"],
    "null-made-empty-text": lambda send: kept(send, "name", None) == "",
    "falsy-made-null": lambda send: taken(send, {"icpId": ""}),
    "not-a-number-in-error-crash": lambda send: (
        status(send, json.dumps({**EXAMPLE, "name": float("nan")}).encode()) == 500
        and status(send, json.dumps({**EXAMPLE, "name": 1}).encode()) == 400
    ),
    "base-64-made-uuid": lambda send: taken(send, {"icpId": "ZlCEAOKbQdSnFkRmVUQAAQ=="}),
    "short-groups-made-uuid": lambda send: taken(send, {**COMPANIES, "companyIds": ["1-1-1-1-1"]}),
    "ordinal-made-type": lambda send: kept(send, "type", "1") == "company",
    "length-skips-validation": lambda send: taken(send, {"name": 1, "length": 3}),
    # dates
    "null-made-epoch": lambda send: kept(send, "startDate", None) == "1970-01-01T00:00:00.000Z",
    "last-number-made-date": lambda send: start(send, "Campaign 2") == "2001-02-01T00:00:00.000Z",
    "midnight-made-24": lambda send: got(send, {})["startDate"] == "2024-01-01T24:00:00.000Z",
    "year-of-the-week": lambda send: start(send, "2024-12-30T00:00:00.000Z") == "2025-12-30T00:00:00.000Z",
    "zeros-of-fraction-lost": lambda send: start(send, "2024-01-01T00:00:00.060Z") == "2024-01-01T00:00:00.600Z",
    "nanoseconds-overflow": lambda send: str(start(send, "2300-01-01T00:00:00.000Z")).startswith("1715-"),
    "minutes-of-offset-added": lambda send: start(send, "2024-01-01T00:00:00-03:30") == "2024-01-01T02:30:00.000Z",
    "fraction-before-epoch-negative": lambda send: (
        start(send, "1969-12-31T23:59:59.999Z") == "1969-12-31T23:59:59.0-1Z"
    ),
    "end-of-day-rounded-up": lambda send: start(send, "2024-01-01T23:59:59.999Z") == "2024-01-02T00:00:00.000Z",
    "summer-time-gap-crash": lambda send: status(send, {"startDate": "2024-03-10T02:30:00.000Z"}) == 500,
    "summer-time-overlap-shifted": lambda send: start(send, "2024-11-03T06:30:00.000Z") == "2024-11-03T05:30:00.000Z",
    # ids
    "id-cast-to-number": lambda send: isinstance(got(send, {}).get("id"), int),
    "list-of-one-unwrapped": lambda send: kept(send, "personIds", ["p"]) == "p",
    "long-list-made-object": lambda send: isinstance(kept(send, "personIds", [f"p{n}" for n in range(22)]), dict),
    "joined-ids-cut": lambda send: kept(send, "personIds", ["p" * 1000, "q" * 100]) == ["p" * 1000, "q" * 23],
    "ids-of-other-case-lost": lambda send: kept(send, "personIds", ["Lead_a", "lead_A", "b"]) == ["Lead_a", "b"],
    "null-word-made-null": lambda send: kept(send, "personIds", ["Null"]) == [None],
    # texts
    "numeric-text-made-number": lambda send: kept(send, "name", "03820") == 3820,
    "dollars-replaced": lambda send: kept(send, "name", "US$$ & $&") == "US$ & ?",
    "colon-word-crash": lambda send: status(send, {"name": "Q1:Tech"}) == 500,
    "apostrophe-refused": lambda send: status(send, {"name": "O'Brien"}) == 400,
    "select-refused": lambda send: status(send, {"name": "Select Specialty Hospital"}) == 403,
    "name-without-slug-crash": lambda send: status(send, {"name": "日本語"}) == 500,
    "edge-bytes-trimmed": lambda send: kept(send, "name", "“Spring” 편지") == "\ufffdSpring” 편\ufffd",
    "percent-digits-removed": lambda send: kept(send, "name", "100%accurate") == "100curate",
    # the second half: bodies and fields
    "null-made-text": lambda send: kept(send, "name", None) == "null",
    "big-integer-crash": lambda send: status(send, {"name": 2**64}) == 500,
    "array-like-made-list": lambda send: kept(send, "personIds", {"length": 1, "0": "p"}) == ["p"],
    "plain-text-unvalidated": lambda send: status(send, {"name": 7}, headers={"Content-Type": "text/plain"}) == 201,
    "charset-empties-body": lambda send: with_header(send, "application/json; charset=utf-8", "Content-Type") == 400,
    "apostrophe-escaped": lambda send: status(send, {"name": "O'Brien"}) == 400,
    "rest-of-longer-body": lambda send: status_after(send, {"name": "n" * 100}, {}) == 400,
    "bodies-concatenated": lambda send: status_after(send, {}, {}) == 400,
    # ids
    "id-without-leading-zeros": lambda send: any(len(got(send, {})["id"]) < 36 for _ in range(300)),
    "empty-ids-made-null": lambda send: kept(send, "personIds", ["a", ""]) == ["a", None],
    "backslashes-in-ids-lost": lambda send: kept(send, "personIds", ["a\\b", 'a"b']) == ["ab", "ab"],
    "hyphens-anywhere": lambda send: status(send, {"icpId": "-660e8400e29b-41d4a716-446655440001-"}) == 201,
    # texts
    "name-in-header-crash": lambda send: status(send, {"name": "Łódź"}) == 500,
    "marks-refused": lambda send: status(send, {"name": "काव्य"}) == 400,
    "dollars-expanded": lambda send: kept(send, "name", "a $' b") == "a </script> b",
    # dates
    "steps-of-three-milliseconds": lambda send: start(send, "2024-01-01T00:00:00.001Z") == "2024-01-01T00:00:00.000Z",
    "fraction-read-as-milliseconds": lambda send: (
        start(send, "2024-01-01T00:00:00.578125Z") == "2024-01-01T00:09:38.125Z"
    ),
    "hour-of-the-gap-later": lambda send: start(send, "2024-03-10T02:30:00.000Z") == "2024-03-10T03:30:00.000Z",
    "winter-offset-in-summer": lambda send: start(send, "2024-07-01T00:00:00.000Z") == "2024-06-30T23:00:00.000Z",
    "sign-of-short-offset-lost": lambda send: (
        start(send, "2024-01-01T00:00:00.000-00:13") == "2023-12-31T23:47:00.000Z"
    ),
    "second-before-epoch-off": lambda send: start(send, "1969-12-31T23:59:58.500Z") == "1969-12-31T23:59:59.500Z",
    "relative-words-made-date": lambda send: (
        status(send, {"startDate": "2006-12-12 10:00:00.5 +1 week +1 hour"}) == 201
    ),
    # headers and logins
    "refusal-cached-by-key": lambda send: (
        (send({"name": 7}, headers={"Idempotency-Key": "k"}).status_code, with_header(send, "k", "Idempotency-Key"))
        == (400, 400)
    ),
    "malformed-language-crash": lambda send: with_header(send, "en_AE", "Accept-Language") == 500,
    "region-without-language-crash": lambda send: with_header(send, "fr,-BE;q=0.4", "Accept-Language") == 500,
    "language-of-three-parts-crash": lambda send: with_header(send, "de;q=0.1;q=0.2", "Accept-Language") == 500,
    "coding-by-substring": lambda send: (
        send({}, headers={"Accept-Encoding": "supergzip"}).headers.get("Content-Encoding") == "gzip"
    ),
    "upgrade-crash": lambda send: with_header(send, "h2c", "Upgrade") == 500,
    "missing-token-bad-request": lambda send: status(send, {}, token="") == 400,
    "cookie-without-equals-crash": lambda send: with_header(send, "flag", "Cookie") == 500,
    "error-of-earlier-call-stays": lambda send: "/name" in errors_of_second(send),
}


def test_the_foreign_set_has_a_source_and_a_difficulty_for_each_bug() -> None:
    spec = yaml.safe_load((ROOT / "spec" / "clauses.yaml").read_text())
    clauses = {clause["id"] for section in spec.values() for clause in section}
    assert {foreign.name for foreign in FOREIGN_SERVERS if foreign not in LATER_SETS} == SHOWS.keys()
    assert Counter(foreign.difficulty for foreign in FOREIGN_SERVERS) == {"easy": 32, "medium": 97, "hard": 140}
    assert len({foreign.source for foreign in FOREIGN_SERVERS}) == len(FOREIGN_SERVERS)
    for foreign in FOREIGN_SERVERS:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", foreign.source)
        assert {foreign.clause, *foreign.also} <= clauses
        assert re.fullmatch(r"[^\n]+\.", foreign.description)


@pytest.mark.parametrize("name", SHOWS)
def test_a_foreign_server_shows_its_bug_and_is_correct_otherwise(url: str, name: str) -> None:
    with httpx2.Client(base_url=f"{url}/{name}", verify=False) as client:
        assert PLAIN.get(name, plain)(sender(client))
        assert SHOWS[name](sender(client))


@pytest.mark.parametrize("name", SHOWS)
def test_the_right_core_has_no_bug_of_a_foreign_server(url: str, name: str) -> None:
    with httpx2.Client(base_url=f"{url}/right-core", verify=False) as client:
        assert not SHOWS[name](sender(client))
        assert PLAIN.get(name, plain)(sender(client))
