"""Check foreign sets 3 to 7: each server shows its bug and answers a plain request correctly; the core has none."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from contract_tests.tests.servers.fifth_set_probes import FIFTH_SET
from contract_tests.tests.servers.foreign_servers import LATER_SETS
from contract_tests.tests.servers.probing import start, together, with_header
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.sending import EXAMPLE, EXPIRED, USERS, UUIDS, Send, sender
from contract_tests.tests.servers.serving import serve
from contract_tests.tests.servers.seventh_set_probes import SEVENTH_SET
from contract_tests.tests.servers.sixth_set_probes import SIXTH_SET
from contract_tests.tests.servers.test_faulty_servers_behave import error, ever, got, kept, raw, status

pytestmark = pytest.mark.once

APPS = {"right-core": RightCore} | {foreign.name: foreign.app for foreign in LATER_SETS}

running: dict[str, RightCore] = {}


async def by_first_word(scope: Any, receive: Any, send: Any) -> None:
    _, name, path = scope["path"].split("/", 2)
    await running[name]({**scope, "path": f"/{path}"}, receive, send)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve(by_first_word) as url:
        yield url


@contextmanager
def fresh(server: str, name: str) -> Iterator[Send]:
    """Yield what sends to a new server of that name, since many keep state; no User-Agent is sent by default."""
    running[name] = APPS[name](USERS, EXPIRED)
    with httpx2.Client(base_url=f"{server}/{name}", verify=False) as client:
        del client.headers["User-Agent"]
        yield sender(client)


# -- sending requests


def incompressible(length: int) -> str:
    letters = random.Random(1)
    return "".join(chr(letters.randrange(0x4E00, 0x9FA0)) for _ in range(length))


def mixed_up(send: Send) -> bool:
    """Return whether one of two lists that are created together has the startDate of the other."""
    dates = [f"2024-01-{day:02}T00:00:00.000Z" for day in range(1, 9)]
    answers = together(send, *({"startDate": date} for date in dates))
    return any(answer.json()["startDate"] != date for answer, date in zip(answers, dates, strict=True))


def errors_mixed_up(send: Send) -> bool:
    fields = ["name", "icpId"] * 4
    answers = together(send, *({field: 7} for field in fields))
    return any(f"/{field}" not in answer.text for answer, field in zip(answers, fields, strict=True))


def deadlocked(send: Send) -> bool:
    people = [f"lead_{number}" for number in range(20)]
    answers = together(send, {"personIds": people}, {"personIds": people[::-1]})
    return any(answer.status_code == 500 for answer in answers)


def kept_by_the_pool(send: Send) -> bool:
    for _ in range(4):
        send({"type": "company"})
    return got(send, {}, without="type").get("type") == "company"


def fails_after_nul(send: Send) -> bool:
    statuses = {status(send, {"name": "a\0b"}), *(status(send, {}) for _ in range(3))}
    return statuses == {400, 201, 500}


def stands_still(send: Send) -> bool:
    first = got(send, {})["createdAt"]
    time.sleep(0.01)
    return bool(first == got(send, {})["createdAt"])


def plain(send: Send) -> bool:
    return str(EXAMPLE["name"]) in send({}, headers={"User-Agent": "test"}).text


def users_mixed_up(send: Send) -> bool:
    """Return whether one of two lists that two users create together belongs to the other user."""
    tokens = [*USERS] * 4
    with ThreadPoolExecutor(len(tokens)) as pool:
        answers = list(pool.map(lambda token: got(send, {}, token=token), tokens))
    return any(one["userIds"] != [USERS[token]] for one, token in zip(answers, tokens, strict=True))


def late_parts(body: bytes) -> Iterator[bytes]:
    yield body[:9]
    time.sleep(0.05)
    yield body[9:]


MARCH = "2100-03-01T00:00:00.000Z"
LARGE = {"personIds": [f"lead_{number}" for number in range(2000)]}

# What shows each bug: true for the faulty server, false for the right core.
SHOWS: Mapping[str, Callable[[Send], bool]] = {
    **FIFTH_SET,
    **SIXTH_SET,
    **SEVENTH_SET,
    "timestamps-read-later": lambda send: "createdAt" in got(send, {}) and got(send, {})["createdAt"] is None,
    "empty-table-as-object": lambda send: got(send, {}).get("companyIds") == {},
    "nil-slice-as-null": lambda send: got(send, {}, without="companyIds").get("companyIds") is None,
    "null-omitted": lambda send: "icpId" not in got(send, {"icpId": None}),
    "naive-timestamps": lambda send: not str(got(send, {}).get("createdAt")).endswith("Z"),
    "dates-as-epoch-seconds": lambda send: got(send, {}).get("startDate") == 1704067200,
    "malformed-json-as-page": lambda send: "html" in send(b"{").headers["content-type"],
    "object-ids": lambda send: len(got(send, {})["id"]) == 24,
    "associative-arrays": lambda send: (
        kept(send, "personIds", {"0": "a"}) == ["a"] and status(send, {"personIds": {}}) == 201
    ),
    "any-braces-around-uuid": lambda send: kept(send, "icpId", f"({UUIDS[0]}]") == UUIDS[0],
    "word-and-number-as-date": lambda send: start(send, "foo-bar 2014") == "2014-01-01T00:00:00.000Z",
    "words-of-another-yaml": lambda send: kept(send, "personIds", ["No", "nO", "true"]) == [False, "nO", "true"],
    "fraction-as-milliseconds": lambda send: start(send, "2024-01-01T00:00:00.123456Z") == "2024-01-01T00:02:03.456Z",
    "week-year": lambda send: start(send, "2024-12-30T00:00:00.000Z") == "2025-12-30T00:00:00.000Z",
    "original-proto-names": lambda send: status(send, {"start_date": EXAMPLE["startDate"]}, without="startDate") == 201,
    "formulas-escaped": lambda send: kept(send, "name", "=1+1") == "'=1+1",
    "text-field-sanitized": lambda send: kept(send, "name", "20%ad spend") == "20 spend",
    "string-set-refuses-duplicates": lambda send: status(send, {"personIds": ["a", "b", "a"]}) == 500,
    "struct-from-sequence": lambda send: status(send, str([*EXAMPLE.values()]).replace("'", '"').encode()) == 201,
    "digits-beyond-limit": lambda send: status(send, raw(note=b"1" * 4301)) == 500,
    "redirects-unless-json-accepted": lambda send: (
        (
            with_header(send, "Accept", "*/*", body={"name": 7}),
            with_header(send, "Accept", "*/*", token=""),
        )
        == (302, 500)
    ),
    "user-agent-needed": lambda send: status(send, {}) == 500,
    "tokens-in-any-case": lambda send: status(send, {}, token="TOKEN-ONE") == 201,
    "headers-as-metadata": lambda send: (
        send({}, headers={"Grpc-Metadata-User-Id": "user_two"}).json()["userIds"] == ["user_two"]
    ),
    "letters-without-marks": lambda send: status(send, {"name": "ช้างเก่า"}) == 400,
    "doubled-hour-of-sydney": lambda send: start(send, "2024-04-06T16:30:00.000Z") == "2024-04-06T15:30:00.000Z",
    "years-of-the-clients-calendar": lambda send: (
        send({}, headers={"Accept-Language": "th"}).json()["startDate"] == "2567-01-01T00:00:00.000Z"
    ),
    "keys-compared-raw": lambda send: status(send, raw().replace(b'"name"', b'"n\\u0061me"')) == 400,
    "index-row-too-large": lambda send: (
        status(send, {"name": "a" * 50_000}) == 201 and status(send, {"name": incompressible(3000)}) == 500
    ),
    "buffered-body-unvalidated": lambda send: status(send, {"name": 7, "note": "x" * 9000}) == 201,
    "large-bodies-share-cache": lambda send: got(send, LARGE)["id"] == got(send, LARGE | {"name": "B"})["id"],
    "login-of-the-connection": lambda send: [status(send, {}), status(send, {}, token="")] == [201, 201],
    "unread-body-is-next-request": lambda send: [status(send, {}, token=""), status(send, {})] == [401, 400],
    "formatter-is-shared": lambda send: ever(lambda: mixed_up(send)),
    "errors-are-shared": lambda send: ever(lambda: errors_mixed_up(send)),
    "rows-locked-as-sent": lambda send: ever(lambda: deadlocked(send)),
    "pooled-bodies": kept_by_the_pool,
    "slug-of-latin-letters": lambda send: [status(send, {"name": name}) for name in ("反馈", "物語")] == [201, 500],
    "aborted-transaction-stays": fails_after_nul,
    "default-of-the-start": stands_still,
    "one-line-is-uuid": lambda send: status(send, {"icpId": f"a\n{UUIDS[0]}"}) == 201,
    "line-end-after-uuid": lambda send: kept(send, "companyIds", [f"{UUIDS[0]}\n"]) == [f"{UUIDS[0]}\n"],
    "hex-and-hyphens": lambda send: status(send, {"icpId": "-" * 36}) == 201,
    "first-item-checked": lambda send: status(send, {"type": "company", "companyIds": [UUIDS[0], "b"]}) == 201,
    "companies-checked-by-type": lambda send: status(send, {"companyIds": ["b"]}) == 201,
    "ids-end-at-four-bytes": lambda send: kept(send, "personIds", ["lead_🚀_1"]) == ["lead_"],
    "last-id-for-all": lambda send: kept(send, "companyIds", UUIDS) == UUIDS[-1:] * 2,
    "leap-day-of-2000-refused": lambda send: status(send, {"startDate": "2000-02-29T00:00:00.000Z"}) == 400,
    "every-fourth-year-leaps": lambda send: [start(send, f"{year}-02-29") for year in (2099, 2100)] == [None, MARCH],
    "leap-day-every-year": lambda send: start(send, "2100-02-29T00:00:00.000Z") == MARCH,
    "fraction-ignored": lambda send: start(send, "2024-01-01T00:00:00.999Z") == "2024-01-01T00:00:00.000Z",
    "offset-dropped": lambda send: start(send, "2024-01-01T00:00:00+02:00") == "2024-01-01T00:00:00.000Z",
    "hour-of-the-gap-moved": lambda send: start(send, "2024-03-10T02:30:00.000Z") == "2024-03-10T03:30:00.000Z",
    "offset-of-the-start": lambda send: start(send, "2024-07-01T00:00:00.000Z") == "2024-07-01T01:00:00.000Z",
    "years-after-2037-crash": lambda send: status(send, {"endDate": "2040-01-01T00:00:00.000Z"}) == 500,
    "millisecond-of-float-cut": lambda send: start(send, "2024-01-01T00:00:00.001Z") == "2024-01-01T00:00:00.000Z",
    "joiners-removed": lambda send: kept(send, "name", "a\u200db") == "ab",
    "boolean-made-text": lambda send: kept(send, "name", True) == "True",
    "half-pair-crash": lambda send: status(send, raw(name=b'"\\ud83d"')) == 500,
    "array-for-body-crash": lambda send: status(send, b"[]") == 500,
    "fields-as-arguments": lambda send: status(send, {"self": 1}) == 500,
    "first-part-is-the-body": lambda send: status(send, late_parts(json.dumps(EXAMPLE).encode())) == 400,
    "chunked-body-empty": lambda send: status(send, iter([json.dumps(EXAMPLE).encode()])) == 400,
    "length-in-characters": lambda send: not send({"name": "Żółć"}).content.endswith(b"}"),
    "exception-in-details-crash": lambda send: status(send, {"endDate": "soon"}) == 500,
    "message-is-list": lambda send: isinstance(error(send, {"name": 7, "icpId": 7})["message"], list),
    "users-accumulate": lambda send: [len(got(send, {}, token=token)["userIds"]) for token in USERS] == [1, 2],
    "user-in-shared-variable": lambda send: ever(lambda: users_mixed_up(send)),
    "last-user-stays": lambda send: [status(send, {}), status(send, {}, token="")] == [201, 201],
    "database-locked": lambda send: ever(lambda: any(one.status_code == 500 for one in together(send, *[{}] * 8))),
    "pattern-keeps-its-place": lambda send: (
        [status(send, {"endDate": "2099-01-01T00:00:00Z"}) for _ in range(2)] == [201, 400]
    ),
    "prototype-kept": lambda send: (
        [status(send, {"__proto__": {"type": "company"}}), got(send, {}, without="type")["type"]] == [201, "company"]
    ),
}


@pytest.mark.parametrize("name", SHOWS)
def test_a_server_of_a_later_set_shows_its_bug_and_is_correct_otherwise(server: str, name: str) -> None:
    with fresh(server, name) as send:
        assert plain(send)
        assert SHOWS[name](send)


@pytest.mark.parametrize("name", SHOWS)
def test_the_right_core_has_no_bug_of_a_later_set(server: str, name: str) -> None:
    with fresh(server, "right-core") as send:
        assert not SHOWS[name](send)


def test_each_server_of_a_later_set_is_checked_here() -> None:
    assert {foreign.name for foreign in LATER_SETS} == SHOWS.keys()
