"""What shows the bugs of the fifth foreign set: true for the faulty server, false for the right core."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from contract_tests.tests.servers.probing import together, with_header
from contract_tests.tests.servers.sending import EXAMPLE, USERS, UUIDS, Send
from contract_tests.tests.servers.test_faulty_servers_behave import (
    age_s,
    at_once,
    error,
    ever,
    got,
    kept,
    raw,
    reply,
    status,
)

DATES_OF_ONE_SECOND = {"startDate": "2024-01-01T00:00:00Z", "endDate": "2024-01-01T00:00:00.500Z"}
FORM = b"name=Form&type=person&icpId=%b&startDate=2024-01-01&endDate=2024-03-31&personIds%%5B%%5D=lead_1"
EMOJI = "🚀" * 10_000


def people(send: Send, *ids: str) -> object:
    return kept(send, "personIds", [*ids])


def statuses(send: Send, *bodies: Mapping[str, Any]) -> list[int]:
    return [status(send, body) for body in bodies]


def expired(send: Send) -> int:
    return status(send, {}, token="token-expired")


def updated_before_created(send: Send) -> bool:
    created = got(send, {})
    return bool(created["updatedAt"] < created["createdAt"])


def second_user(send: Send, **how: Any) -> object:
    """Return userIds of the second user's list, after the first has sent the same."""
    return [got(send, {}, token=token, **how).get("userIds") for token in USERS][1]


def names_mixed_up(send: Send) -> bool:
    answers = together(send, *({"name": f"list {number}"} for number in range(8)))
    return any(answer.json()["name"] != f"list {number}" for number, answer in enumerate(answers))


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


FIFTH_SET: Mapping[str, Callable[[Send], bool]] = {
    "missing-option-is-none": lambda send: got(send, {}, without="icpId").get("icpId", "absent") is None,
    "empty-text-made-null": lambda send: status(send, {"icpId": ""}) == 201,
    "optional-takes-null": lambda send: statuses(send, {"type": None}, {"companyIds": None}) == [201, 201],
    "discriminator-required": lambda send: status(send, {}, without="type") == 400,
    "fuller-model-wins": lambda send: got(send, {"companyIds": UUIDS}, without="type").get("type") == "company",
    "query-fills-body": lambda send: got(send, {}, without="name", query="name=Query").get("name") == "Query",
    "query-overrides-body": lambda send: got(send, {}, query="type=company").get("type") == "company",
    "form-creates": lambda send: (
        with_header(send, "Content-Type", "application/x-www-form-urlencoded", body=FORM % UUIDS[0].encode()) == 201
    ),
    "any-method-creates": lambda send: [status(send, {}, method=method) for method in ("PUT", "DELETE")] == [201, 201],
    "unknown-type-stored-empty": lambda send: kept(send, "type", "robot") == "",
    "type-in-any-case": lambda send: kept(send, "type", "Person") == "person",
    "scalars-coerced": lambda send: (
        kept(send, "personIds", 7) == ["7"] and kept(send, "name", ["a"]) == "a" and kept(send, "name", None) == ""
    ),
    "company-ids-of-people-are-texts": lambda send: (
        [
            status(send, {"type": type, "companyIds": ids})
            for type, ids in (("person", ["b"]), ("person", [7]), ("company", ["b"]))
        ]
        == [201, 400, 400]
    ),
    "wrong-character-found-once": lambda send: statuses(send, *[{"icpId": f"{UUIDS[0][:-1]}z"}] * 3) == [400, 201, 400],
    "first-of-equal-keys-validated": lambda send: (
        got(send, raw().replace(b'"person"', b'"person", "type": "robot"')).get("type") == "robot"
    ),
    "blank-skips-validation": lambda send: (
        with_header(send, "Content-Type", "application/json ; charset=utf-8", body={"name": 7}) == 201
    ),
    "leap-day-crash": lambda send: status(send, {"startDate": "2024-02-29T00:00:00.000Z"}) == 500,
    "dates-compared-as-text": lambda send: status(send, DATES_OF_ONE_SECOND) == 400,
    "empty-range-has-no-ends": lambda send: (
        got(send, {"startDate": EXAMPLE["endDate"]}).get("startDate", "absent") is None
    ),
    "unprocessable-with-detail": lambda send: (
        status(send, {"name": 7}) == 422 and got(send, {"name": 7})["detail"][0]["loc"] == ["body", "name"]
    ),
    "login-page-redirect": lambda send: status(send, {}, token="") == 302,
    "error-of-the-framework": lambda send: error(send, {"name": 7})["code"] == "FST_ERR_VALIDATION",
    "expired-has-its-own-code": lambda send: error(send, {}, token="token-expired")["code"] == "TOKEN_EXPIRED",
    "errors-labelled-text": lambda send: send({"name": 7}).headers["content-type"].startswith("text/plain"),
    "details-are-an-empty-object": lambda send: error(send, {"name": 7})["details"] == {},
    "refused-body-redirects": lambda send: (
        [with_header(send, "Accept", accept, body={"name": 7}) for accept in ("*/*", "application/json")] == [302, 400]
    ),
    "refused-text-unescaped": lambda send: not is_json(reply(send, {"type": 'per"son'}).text),
    "two-problems-of-a-field-crash": lambda send: (
        statuses(send, {"companyIds": ["x"]}, {"companyIds": ["x", "y"]}) == [400, 500]
    ),
    "large-body-crash": lambda send: status(send, {"personIds": [f"lead_{number}" for number in range(9000)]}) == 500,
    "nul-ends-statement": lambda send: status(send, {"name": "a\0b"}) == 500,
    "resource-wrapped": lambda send: [*got(send, {})] == ["data"],
    "written-in-slices": lambda send: (
        [kept(send, "name", name) == name for name in (EMOJI, f"a{EMOJI}")].count(False) == 1
    ),
    "joined-id-wins": lambda send: got(send, {})["id"] == EXAMPLE["icpId"],
    "null-icp-written-empty": lambda send: kept(send, "icpId", None) == "",
    "timestamps-as-numbers": lambda send: isinstance(got(send, {})["createdAt"], int),
    "updated-at-in-whole-seconds": lambda send: ever(lambda: updated_before_created(send)),
    "created-at-of-the-client": lambda send: kept(send, "createdAt", "2001-01-01") == "2001-01-01T00:00:00.000Z",
    "local-time-labelled-utc": lambda send: age_s(send, "createdAt") < -9000,
    "latin-1-without-charset": lambda send: got(send, raw(name='"Zürich"'.encode()))["name"] == "ZÃ¼rich",
    "name-squished": lambda send: kept(send, "name", "Q1  2024") == "Q1 2024",
    "name-in-nfkc": lambda send: kept(send, "name", "№1 ﬁrms") == "No1 firms",
    "ampersand-escaped": lambda send: kept(send, "name", "R&D") == "R&amp;D",
    "name-read-as-date": lambda send: kept(send, "name", "2024-01-02T00:00:00Z") == "01/02/2024 00:00:00",
    "ids-of-one-unwrapped": lambda send: people(send, "a") == "a",
    "ids-joined-by-commas": lambda send: people(send, "a,b") == ["a", "b"],
    "gaps-make-ids-an-object": lambda send: people(send, "a", "a", "b") == {"0": "a", "2": "b"},
    "ids-as-array-keys": lambda send: people(send, "1001", "007") == [1001, "007"],
    "object-as-set": lambda send: people(send, "constructor", "lead_1") == ["lead_1"],
    "last-batch-lost": lambda send: len(got(send, {"personIds": [f"p{n}" for n in range(75)]})["personIds"]) == 50,
    "token-compared-by-its-length": lambda send: status(send, {}, token="token-") == 201,
    "token-of-the-prototype": lambda send: got(send, {}, token="constructor").get("userIds") == [None],
    "expiry-not-compared": lambda send: expired(send) == 201,
    "expired-session-cached": lambda send: [expired(send), expired(send)] == [401, 201],
    "cookie-never-expires": lambda send: (
        [expired(send), status(send, {}, token="", headers={"Cookie": "__session=token-expired"})] == [401, 201]
    ),
    "first-login-of-the-connection": lambda send: second_user(send) == ["user_one"] and expired(send) == 201,
    "key-and-body-of-another-user": lambda send: second_user(send, headers={"Idempotency-Key": "k"}) == ["user_one"],
    "equal-bodies-share-a-flight": lambda send: ever(lambda: len({one["id"] for one in at_once(send, 4)}) < 4),
    "last-row-read-back": lambda send: ever(lambda: names_mixed_up(send)),
    "ids-repeat-after-64": lambda send: len({got(send, {})["id"] for _ in range(65)}) == 64,
    "pool-reset-after-success": lambda send: (
        [
            status(send, {"type": "company", "startDate": "x"}),
            *(got(send, {}, without="type")["type"] for _ in range(2)),
        ]
        == [400, "company", "person"]
    ),
    "duplicate-aborts-transaction": lambda send: statuses(send, {"personIds": ["a", "a"]}, {}, {}) == [400, 500, 201],
}
