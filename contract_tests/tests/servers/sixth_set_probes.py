"""What shows the bugs of the sixth foreign set: true for the faulty server, false for the right core."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

from contract_tests.tests.servers.fifth_set_probes import is_json, people, statuses
from contract_tests.tests.servers.probing import start, with_header
from contract_tests.tests.servers.sending import EXAMPLE, PATH, USERS, UUIDS, Send
from contract_tests.tests.servers.test_faulty_servers_behave import (
    age_s,
    at_once,
    ever,
    got,
    kept,
    reply,
    status,
    taken_from,
)

NIL = "00000000-0000-0000-0000-000000000000"


def updates(send: Send) -> bool:
    """Return whether the second user's request with the id of a list of the first has that id, and no other has one."""
    first, second = USERS
    id = got(send, {}, token=first)["id"]
    return kept(send, "id", UUIDS[0]) != UUIDS[0] and got(send, {"id": id}, token=second)["id"] == id


def fails_after_pause(send: Send) -> bool:
    soon = statuses(send, {}, {})
    time.sleep(1.6)
    return [*soon, status(send, {})] == [201, 201, 500]


def large(send: Send, accept: str) -> bytes:
    return reply(send, {"personIds": ["lead_" * 50] * 20}, headers={"Accept-Encoding": accept}).content


def many_wrong(count: int) -> dict[str, list[str]]:
    return {"companyIds": ["b"] * count}


SIXTH_SET: Mapping[str, Callable[[Send], bool]] = {
    "null-is-graphql-error": lambda send: (
        [status(send, {"name": None}), [*got(send, {"name": None})]] == [200, ["data", "errors"]]
    ),
    "true-is-any-word": lambda send: kept(send, "type", True) is True,
    "list-of-bodies-creates": lambda send: (
        status(send, json.dumps([EXAMPLE, EXAMPLE]).encode()) == 201
        and len(reply(send, json.dumps([EXAMPLE, EXAMPLE]).encode()).json()) == 2
    ),
    "wrapper-taken": lambda send: status(send, json.dumps({"data": EXAMPLE}).encode()) == 201,
    "wrong-icp-not-found": lambda send: status(send, {"icpId": "b"}) == 404,
    "years-of-two-digits": lambda send: start(send, "2075-06-30T00:00:00.000Z") == "1975-06-30T00:00:00.000Z",
    "epoch-is-no-date": lambda send: str(start(send, "1970-01-01T00:00:00.000Z")) > "2025",
    "julian-before-1582": lambda send: start(send, "1500-06-01T00:00:00.000Z") == "1500-05-22T00:00:00.000Z",
    "hour-24-of-the-same-day": lambda send: start(send, "2024-03-31T24:00:00.000Z") == "2024-03-31T00:00:00.000Z",
    "dates-put-in-order": lambda send: start(send, "9500-01-01T00:00:00.000Z") == "9000-01-01T00:00:00.000Z",
    "midnight-of-berlin": lambda send: start(send, "2024-02-01") == "2024-01-31T23:00:00.000Z",
    "percent-is-verb": lambda send: kept(send, "name", "50% discount") == "50%!d(MISSING)iscount",
    "uuid-of-zeros-is-null": lambda send: kept(send, "icpId", NIL) is None,
    "hash-code-is-key": lambda send: [people(send, *ids) for ids in (("BB",), ("Aa", "BB"))] == [["BB"], ["Aa"]],
    "long-numbers-rounded": lambda send: people(send, "9007199254740993") == ["9007199254740992"],
    "json-in-json": lambda send: isinstance(reply(send, {}).json(), str),
    "average-of-nothing": lambda send: b"NaN" in reply(send, {"personIds": []}).content,
    "modified-utf-8": lambda send: b"\xed\xa0\xbd\xed\xba\x80" in reply(send, {"name": "🚀"}).content,
    "written-in-latin-1": lambda send: reply(send, {"name": "東京 Zürich"}).content.count(b"?? Z\xfcrich") == 1,
    "notice-before-json": lambda send: (
        [is_json(reply(send, {}, without=key).text) for key in ("type", "companyIds")] == [True, False]
    ),
    "callback-called": lambda send: (
        reply(send, {}, query="callback=x").content.startswith(b"/**/x({")
        and reply(send, {}, query="callback=x").headers["content-type"].startswith("application/javascript")
    ),
    "range-of-post": lambda send: with_header(send, "Range", "bytes=0-9") == 206,
    "gzip-without-label": lambda send: (
        [large(send, coding)[:2] for coding in ("gzip", "identity")] == [b"\x1f\x8b", b'{"']
    ),
    "error-cut-at-4096": lambda send: (
        [is_json(reply(send, many_wrong(count)).text) for count in (1, 100)] == [True, False]
    ),
    "slash-skips-login": lambda send: (
        [status(send, {}, token="", path=path) for path in (PATH, f"{PATH}/")] == [401, 201]
    ),
    "percent-is-any-token": lambda send: status(send, {}, token="%") == 201,
    "cookie-found-anywhere": lambda send: taken_from(send, Cookie="old__session=token-one"),
    "replica-lags": lambda send: ever(lambda: any(one["personIds"] == [] for one in at_once(send, 10))),
    "node-with-slow-clock": lambda send: sum(age_s(send, "createdAt") > 3000 for _ in range(34)) == 2,
    "save-is-merge": updates,
    "connection-dies-idle": fails_after_pause,
    "lock-left-by-refusal": lambda send: statuses(send, {"startDate": "soon"}, {}, {}) == [400, 500, 201],
}
