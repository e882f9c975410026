"""Check that each faulty server shows its defect and correct ones show none; the selfcheck finds other defects."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
import yaml

from contract_tests.tests.conftest import ROOT
from contract_tests.tests.servers import second_server
from contract_tests.tests.servers.faulty_servers import FAULTY_SERVERS
from contract_tests.tests.servers.right_core import RightCore
from contract_tests.tests.servers.sending import EXAMPLE, EXPIRED, USERS, UUIDS, App, Body, Send, sender
from contract_tests.tests.servers.serving import serve

pytestmark = pytest.mark.once

RIGHT: dict[str, App] = {"second": second_server.app(USERS, EXPIRED), "right-core": RightCore(USERS, EXPIRED)}
APPS = RIGHT | {faulty.name: faulty.app(USERS, EXPIRED) for faulty in FAULTY_SERVERS}


async def by_first_word(scope: Any, receive: Any, send: Any) -> None:
    """Serve all servers on one port, each under its name: a hundred ports close slowly."""
    _, name, path = scope["path"].split("/", 2)
    await APPS[name]({**scope, "path": f"/{path}"}, receive, send)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(by_first_word) as url:
        yield url


# -- sending requests


NOTHING = httpx2.Response(599)


def reply(send: Send, body: Body = b"", **how: Any) -> httpx2.Response:
    """Return the response, or NOTHING if it is incomplete."""
    try:
        return send(body, **how)
    except httpx2.RemoteProtocolError:
        return NOTHING


def got(send: Send, body: Body = b"", **how: Any) -> dict[str, Any]:
    """Return the JSON object of the response, or an empty one."""
    try:
        value = reply(send, body, **how).json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def kept(send: Send, field: str, value: object, **more: object) -> object:
    """Return the value of the response for a sent value."""
    return got(send, {field: value, **more}).get(field)


def error(send: Send, body: Body = b"", **how: Any) -> dict[str, Any]:
    """Return the error object of the response, at any place in the body."""
    body = got(send, body, **how)
    nested = body.get("error")
    return nested if isinstance(nested, dict) else body


def status(send: Send, body: Body = b"", **how: Any) -> int:
    return reply(send, body, **how).status_code


def taken(send: Send, body: Body = b"", **how: Any) -> bool:
    return 200 <= status(send, body, **how) < 300 and "error" not in got(send, body, **how)


def taken_from(send: Send, **headers: str) -> bool:
    """Return whether the server accepts the example with only these login headers."""
    return taken(send, {}, token="", headers=headers)


NOON = "2024-01-01T12:00:00.000Z"


def jwt(algorithm: str) -> str:
    """Return a JSON Web Token without its signature."""
    parts = (json.dumps(part, separators=(",", ":")) for part in ({"alg": algorithm}, {"sub": "user_first", "x": 1}))
    return "".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") + "." for part in parts)


def refused(send: Send, body: Body, **how: Any) -> bool:
    """Return whether the server refuses the body but accepts the example."""
    return 400 <= status(send, body, **how) < 500 and taken(send, {})


def at_once(send: Send, count: int, **how: Any) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(count) as pool:
        tokens = list(USERS) * count
        return list(
            pool.map(lambda token: got(send, {}, token=token), tokens[:count] if how else ["token-one"] * count)
        )


def ever(shows: Callable[[], bool]) -> bool:
    """Whether one of several tries shows a defect: on a busy machine, calls that start together need not overlap."""
    return any(shows() for _ in range(20))


def in_parts(fields: Mapping[str, Any]) -> bytes:
    """Return the texts of the fields, and an item of a list, as a multipart form."""
    texts = {key: value for key, value in fields.items() if isinstance(value, str)} | {"personIds[]": "lead_1"}
    parts = (f'--part\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in texts.items())
    return f"{''.join(parts)}--part--\r\n".encode()


def raw(**fields: bytes) -> bytes:
    """Return the example with the JSON text of some fields replaced by bytes."""
    text = json.dumps({**EXAMPLE, **{field: f"@{field}" for field in fields}}, ensure_ascii=False).encode()
    for field, value in fields.items():
        text = text.replace(f'"@{field}"'.encode(), value)
    return text


def age_s(send: Send, field: str) -> float:
    """Return the age of a list by its createdAt, or 0 without one."""
    try:
        moment = datetime.fromisoformat(str(got(send, {}).get(field)))
    except ValueError:
        return 0
    return (datetime.now(UTC) - moment).total_seconds() if moment.tzinfo else 0


def stands_still(send: Send) -> bool:
    first = got(send, {}).get("createdAt")
    time.sleep(0.01)
    return first is not None and first == got(send, {}).get("createdAt")


def order_s(send: Send) -> float:
    created = got(send, {})
    try:
        return (
            datetime.fromisoformat(created["updatedAt"]) - datetime.fromisoformat(created["createdAt"])
        ).total_seconds()
    except (KeyError, TypeError, ValueError):
        return 0


def users_after_another_caller(send: Send) -> Any:
    send({}, token="token-two")
    return got(send, {}).get("userIds", [])


def spread(send: Send) -> bool:
    send({"__proto__": {"polluted": True}})
    return "polluted" in got(send, {})


def same_name(send: Send) -> bool:
    bodies = [{"name": f"Once {time.time()}", "endDate": f"2024-03-{day}T00:00:00.000Z"} for day in (30, 31)]
    bodies[1]["name"] = bodies[0]["name"]
    return [taken(send, body) for body in bodies] == [True, False]


COMPANY = {"type": "company", "personIds": []}
PLAIN = {"name": "n", "personIds": []}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UPPER = {"Content-Type": "Application/JSON"}
LEAP = {"startDate": "2024-02-29T00:00:00.000Z"}

# For each faulty server, requests that show its defect: true on that server, false on every correct one.
SHOWS: Mapping[str, Callable[[Send], bool]] = {
    # conditions
    "name-of-64-cut": lambda send: [len(got(send, {"name": "n" * count})["name"]) for count in (64, 65)] == [63, 65],
    "icp-unchecked-on-company-list": lambda send: (
        [status(send, {"type": kind, "icpId": "none"}) for kind in ("person", "company")] == [400, 201]
    ),
    "type-unchecked-with-people": lambda send: (
        [status(send, {"type": "team", "personIds": people}) for people in ([], ["lead_1"])] == [400, 201]
    ),
    "companies-lost-beside-people": lambda send: (
        got(send, {"type": "company", "personIds": ["lead_1"], "companyIds": UUIDS})["companyIds"] == []
    ),
    "own-id-removed": lambda send: (
        [got(send, {"userIds": users})["userIds"] for users in (["user_x"], ["user_one"])] == [["user_one"], []]
    ),
    "first-line-is-the-body": lambda send: (
        [status(send, json.dumps(EXAMPLE).encode() + end) for end in (b" x", b"\nx")] == [400, 201]
    ),
    "type-padded": lambda send: [status(send, {"type": kind}) for kind in ("person ", " person")] == [201, 400],
    "users-joined-by-icp": lambda send: (
        [len(got(send, {"icpId": UUIDS[0]}, token=token)["userIds"]) for token in USERS] == [1, 2]
    ),
    "second-user-422": lambda send: [status(send, {"name": 7}, token=token) for token in USERS] == [400, 422],
    "arrays-joined": lambda send: (
        reply(send, raw(personIds=b'["a"],"personIds":["b"]')).json().get("personIds") == ["a", "b"]
    ),
    "form-in-parts-taken": lambda send: (
        status(send, in_parts(EXAMPLE), headers={"Content-Type": "multipart/form-data; boundary=part"}) == 201
    ),
    "offset-days-unchecked": lambda send: (
        [status(send, {"endDate": f"2030-04-31T00:00:00.000{zone}"}) for zone in ("Z", "+02:00")] == [400, 201]
    ),
    "seconds-days-unchecked": lambda send: (
        [status(send, {"endDate": f"2030-02-29T00:00:00{end}"}) for end in (".000Z", "Z")] == [400, 201]
    ),
    "any-minute-after-24": lambda send: (
        [status(send, {"endDate": f"2030-03-31T{hour}:30:00.000Z"}) for hour in (25, 24)] == [400, 201]
    ),
    "person-id-cut-at-255": lambda send: (
        [len(each) for each in got(send, {"personIds": ["x" * 300]})["personIds"]] == [255]
    ),
    "ids-unchecked-without-type": lambda send: (
        taken(send, {"personIds": [7]}, without="type") and not taken(send, {"personIds": [7]})
    ),
    "key-of-database-crash": lambda send: status(send, {"$set": 1}) == 500,
    "backslash-at-end-crash": lambda send: [status(send, {"name": name}) for name in ("\\a", "a\\")] == [201, 500],
    "other-code-by-cookie": lambda send: (
        error(send, {"name": 7}, token="", headers={"Cookie": "__session=token-one"}).get("code") == "VALIDATION_ERROR"
    ),
    "session-checked-last": lambda send: [status(send, {"name": 7}, token=token) for token in ("", "x")] == [401, 400],
    "false-is-no-icp": lambda send: [status(send, {"icpId": icp}) for icp in (False, "")] == [201, 400],
    "false-is-no-companies": lambda send: [status(send, {"companyIds": ids}) for ids in (False, "")] == [201, 400],
    "charset-in-capitals-refused": lambda send: refused(
        send, {}, headers={"Content-Type": "application/json; charset=UTF-8"}
    ),
    "several-accepted-types-refused": lambda send: refused(
        send, {}, headers={"Accept": "application/json, text/plain, */*"}
    ),
    # login
    "no-login-needed": lambda send: taken_from(send),
    "cookie-presence-suffices": lambda send: taken_from(send, Cookie="__session=x"),
    "end-of-cookie-name-suffices": lambda send: taken_from(send, Cookie="x__session=token-one"),
    "only-cookie-guarded": lambda send: taken_from(send, Authorization="Bearer x"),
    "inherited-key-is-a-session": lambda send: taken_from(send, Authorization="Bearer toString"),
    "scheme-ignored": lambda send: taken_from(send, Authorization="Basic token-one"),
    "changed-payload-taken": lambda send: taken_from(send, Authorization=f"Bearer {jwt('HS256')}c2ln"),
    "algorithm-none-taken": lambda send: taken_from(send, Authorization=f"Bearer {jwt('none')}"),
    "type-with-line-end-taken": lambda send: taken(send, {"type": "company\n"}) and not taken(send, {"type": "x"}),
    "type-ends-at-nul": lambda send: taken(send, {"type": "company\0x"}),
    "line-after-date-taken": lambda send: kept(send, "startDate", f"{NOON}\nx") == f"{NOON}\nx",
    "line-before-date-taken": lambda send: kept(send, "startDate", f"x\n{NOON}") == f"x\n{NOON}",
    "blank-person-ids-dropped": lambda send: kept(send, "personIds", ["a", "", " "]) == ["a"],
    "request-id-is-id": lambda send: got(send, {}, headers={"X-Request-Id": UUIDS[0]})["id"] == UUIDS[0],
    "details-of-the-user-before": lambda send: (
        taken(send, {}, token="token-two") and "user_two" in str(error(send, {"name": 7}).get("details"))
    ),
    "path-in-header": lambda send: "/var/www/" in str(reply(send, {"name": 7}).headers),
    "chunked-limited-to-16-kib": lambda send: status(send, iter([b" " * 16_384, json.dumps(EXAMPLE).encode()])) == 413,
    "token-prefix-suffices": lambda send: taken_from(send, Authorization="Bearer token-on"),
    "more-than-token-taken": lambda send: taken_from(send, Authorization="Bearer token-onex"),
    "token-case-ignored": lambda send: taken_from(send, Authorization="Bearer TOKEN-ONE"),
    "expired-session-taken": lambda send: taken_from(send, Authorization="Bearer token-expired"),
    "first-cookie-only": lambda send: (
        taken_from(send, Cookie="__session=token-one; b=1") and not taken_from(send, Cookie="b=1; __session=token-one")
    ),
    "validation-before-login": lambda send: status(send, {"name": 1}, token="") == 400,
    "user-of-latest-call": lambda send: ever(
        lambda: (
            {tuple(created.get("userIds", ())) for created in at_once(send, 4, both=True)}
            in ({("user_one",)}, {("user_two",)})
        )
    ),
    # errors
    "validation-422": lambda send: status(send, {"name": 1}) == 422,
    "error-answered-200": lambda send: status(send, {"name": 1}) == 200 and "error" in got(send, {"name": 1}),
    "malformed-json-code": lambda send: error(send, b"{").get("code") == "INVALID_JSON",
    "details-missing": lambda send: status(send, {"name": 1}) == 400 and "details" not in reply(send, {"name": 1}).text,
    "details-empty": lambda send: error(send, {"name": 1}).get("details") == [],
    "details-name-another-field": lambda send: "startDate" in json.dumps(error(send, {"endDate": 1}).get("details")),
    "stranger-forbidden": lambda send: status(send, {}, token="x") == 403,
    "stranger-unauthenticated": lambda send: error(send, {}, token="x").get("code") == "UNAUTHENTICATED",
    "message-empty": lambda send: error(send, {}, token="x").get("message") == "",
    "trace-in-message": lambda send: "Traceback" in str(error(send, {"name": 1}).get("message")),
    "error-as-text": lambda send: isinstance(got(send, {"name": 1}).get("error"), str),
    "error-labelled-html": lambda send: "html" in reply(send, {"name": 1}).headers.get("content-type", ""),
    # HTTP and JSON
    "nul-crash": lambda send: error(send, {"name": "\0"}).get("code") == "INTERNAL_ERROR",
    "one-id-in-two-cases-crash": lambda send: (
        status(send, {**COMPANY, "companyIds": [UUIDS[0], UUIDS[0].swapcase()]}) == 500
    ),
    "deep-nesting-crash": lambda send: status(send, raw(x=b"[" * 200 + b"]" * 200)) == 500,
    "cookie-without-value-crash": lambda send: status(send, {}, headers={"Cookie": "flag"}) == 500,
    "year-2038-crash": lambda send: status(send, {"endDate": "2099-01-01T00:00:00.000Z"}) == 500,
    "crash-with-other-code": lambda send: error(send, {"name": "\0"}).get("code") == "SERVER_ERROR",
    "answer-cut-short": lambda send: reply(send, {"name": "Ökostrom 🌱"}) is NOTHING,
    "length-overstated": lambda send: reply(send, {"name": 1}) is NOTHING,
    "success-labelled-text": lambda send: "text/plain" in reply(send, {}).headers.get("content-type", ""),
    "body-cut-by-characters": lambda send: reply(send, {"name": "Öko"}).text.endswith('Z"'),
    "answer-in-latin-1": lambda send: b"\xd6ko" in reply(send, {"name": "Öko"}).content,
    "location-in-brackets": lambda send: reply(send, {}).headers.get("location", "").startswith("<"),
    "chunked-refused": lambda send: status(send, iter([json.dumps(EXAMPLE).encode()])) == 411,
    "charset-refused": lambda send: refused(send, {}, headers={"Content-Type": "application/json; charset=utf-8"}),
    "unknown-header-refused": lambda send: refused(send, {}, headers={"X-Nobody": "1"}),
    "line-break-refused": lambda send: refused(send, json.dumps(EXAMPLE, indent=1).encode()),
    "name-must-come-first": lambda send: refused(send, json.dumps(dict(reversed(EXAMPLE.items()))).encode()),
    "upper-case-skips-validation": lambda send: (
        taken(send, {"name": 1}, headers=UPPER) and not taken(send, {"name": 1})
    ),
    "form-taken": lambda send: taken(
        send,
        urlencode({**EXAMPLE, "companyIds": "", "personIds": ""}).replace("&companyIds=", "").encode(),
        headers=FORM,
    ),
    "put-creates": lambda send: taken(send, {}, method="PUT"),
    "delete-answers-200": lambda send: status(send, {}, method="DELETE") == 200,
    # validation
    "empty-batch-taken": lambda send: status(send, b"[]") == 201,
    "id-taken-over": lambda send: kept(send, "id", UUIDS[0]) == UUIDS[0],
    "created-at-taken-over": lambda send: kept(send, "createdAt", "2001-01-01T00:00:00Z") == "2001-01-01T00:00:00Z",
    "user-ids-taken-over": lambda send: kept(send, "userIds", ["user_x"]) == ["user_x"],
    "prototype-polluted": spread,
    "name-made-text": lambda send: taken(send, {"name": 1}),
    "comma-refused": lambda send: refused(send, {"name": "Spring, early"}),
    "emoji-refused": lambda send: refused(send, {"name": "🌱"}),
    "name-unique": same_name,
    "type-required": lambda send: refused(send, {}, without="type"),
    "type-defaults-to-company": lambda send: got(send, PLAIN, without="type").get("type") == "company",
    "company-type-refused": lambda send: refused(send, COMPANY),
    "type-in-plural-taken": lambda send: taken(send, {"type": "people"}),
    "type-case-ignored": lambda send: taken(send, {"type": "PERSON"}),
    "icp-id-optional": lambda send: taken(send, {}, without="icpId"),
    "null-icp-id-refused": lambda send: refused(send, {"icpId": None}),
    "end-date-optional": lambda send: taken(send, {}, without="endDate"),
    "february-30-taken": lambda send: taken(send, {"startDate": "2024-02-30T00:00:00.000Z"}),
    "leap-day-refused": lambda send: refused(send, LEAP),
    "past-refused": lambda send: status(send, {}) == 400 and taken(send, {"startDate": "2030-01-01T00:00:00.000Z"}),
    "null-person-ids-taken": lambda send: taken(send, {"personIds": None}),
    "digits-of-any-script-taken": lambda send: taken(send, {"icpId": UUIDS[0][:-1] + "\uff11"}),
    "icp-taken": lambda send: taken(send, {"icpId": {"id": UUIDS[0]}}),
    "blank-person-ids-taken": lambda send: taken(send, {"personIds": ""}),
    "keys-trimmed": lambda send: taken(send, {" endDate": EXAMPLE["endDate"]}, without="endDate"),
    "token-is-pattern": lambda send: taken_from(send, Authorization="Bearer %"),
    "code-translated": lambda send: "GÜLTIG" in str(got(send, {"name": 7}, headers={"Accept-Language": "de-DE"})),
    "shortcodes-replaced": lambda send: got(send, {"name": ":+1:"})["name"] == "👍",
    "one-person-id-taken": lambda send: taken(send, {"personIds": "lead_1"}),
    "company-ids-required": lambda send: refused(send, {}, without="companyIds"),
    "first-company-id-checked": lambda send: taken(send, {**COMPANY, "companyIds": [UUIDS[0], "x"]}),
    "ten-company-ids-checked": lambda send: (
        taken(send, {**COMPANY, "companyIds": [UUIDS[0]] * 10 + ["x"]})
        and not taken(send, {**COMPANY, "companyIds": [UUIDS[0], "x"]})
    ),
    "company-ids-of-people-unchecked": lambda send: taken(send, {"companyIds": ["x"]}),
    # responses of a success
    "success-202": lambda send: status(send, {}) == 202,
    "success-204": lambda send: status(send, {}) == 204,
    "wrapped-in-data": lambda send: "data" in got(send, {}),
    "encoded-twice": lambda send: reply(send, {}).text.startswith('"{'),
    "same-calls-share-an-answer": lambda send: ever(
        lambda: len({made.get("id", n) for n, made in enumerate(at_once(send, 3))}) == 1
    ),
    "id-without-hyphens": lambda send: len(str(got(send, {}).get("id"))) == 32,
    "id-with-prefix": lambda send: str(got(send, {}).get("id")).startswith("list_"),
    "id-from-content": lambda send: len({got(send, {}).get("id", attempt) for attempt in range(2)}) == 1,
    "ids-recycled": lambda send: len({got(send, {}).get("id", attempt) for attempt in range(51)}) == 50,
    "creator-missing": lambda send: got(send, {}).get("userIds") == [],
    "user-ids-as-text": lambda send: isinstance(got(send, {}).get("userIds"), str),
    "previous-caller-stays": lambda send: users_after_another_caller(send) == ["user_one", "user_two"],
    "created-at-constant": lambda send: age_s(send, "createdAt") > 1e7,
    "created-at-frozen": lambda send: stands_still(send) and age_s(send, "createdAt") < 1e7,
    "clock-hour-behind": lambda send: 3500 < age_s(send, "createdAt") < 3700,
    "updated-at-in-local-time": lambda send: -7300 < age_s(send, "updatedAt") < -7100,
    "updated-before-created": lambda send: -6 < order_s(send) < -4,
    "created-at-without-zone": lambda send: (
        got(send, {}).get("createdAt", "Z+")[-1].isdigit() and "+" not in got(send, {}).get("createdAt", "Z+")
    ),
    "updated-at-in-unix-time": lambda send: isinstance(got(send, {}).get("updatedAt"), int),
    # returned fields
    "name-cut-at-64": lambda send: kept(send, "name", "n" * 80) == "n" * 64,
    "name-cut-at-255-bytes": lambda send: kept(send, "name", "🌱" * 80) == "🌱" * 63,
    "blanks-collapsed": lambda send: kept(send, "name", "a  b") == "a b",
    "name-made-plain": lambda send: kept(send, "name", "ﬁ") == "fi",
    "escaped-pair-lost": lambda send: got(send, raw(name=b'"\\ud83c\\udf31"')).get("name") == "\ufffd\ufffd",
    "emoji-lost": lambda send: kept(send, "name", "🌱") == "?",
    "every-twentieth-unnamed": lambda send: sum("name" not in got(send, {"icpId": None}) for _ in range(20)) == 1,
    "start-date-shifted": lambda send: got(send, {}).get("startDate") == "2023-12-31T19:00:00.000Z",
    "summer-time-added": lambda send: (
        kept(send, "startDate", "2024-07-01T00:00:00.000Z", endDate="2024-08-01T00:00:00.000Z")
        == "2024-07-01T01:00:00.000Z"
    ),
    "milliseconds-dropped": lambda send: (
        kept(send, "endDate", "2024-03-31T00:00:00.500Z") == "2024-03-31T00:00:00.000Z"
    ),
    "offset-sign-ignored": lambda send: (
        kept(send, "endDate", "2024-03-31T12:00:00.000-01:00") == "2024-03-31T11:00:00.000Z"
    ),
    "dates-swapped": lambda send: got(send, {}).get("startDate") == EXAMPLE["endDate"],
    "icp-id-lost": lambda send: "icpId" in got(send, {}) and got(send, {})["icpId"] is None,
    "person-ids-lowercased": lambda send: kept(send, "personIds", ["A"]) == ["a"],
    "hundred-person-ids-kept": lambda send: (
        kept(send, "personIds", [f"p{n}" for n in range(101)]) == [f"p{n}" for n in range(100)]
    ),
    "person-ids-split": lambda send: kept(send, "personIds", ["a,b"]) == ["a", "b"],
    "last-company-id-lost": lambda send: kept(send, "companyIds", UUIDS, **COMPANY) == UUIDS[:1],
    "company-ids-null-by-default": lambda send: got(send, {}, without="companyIds").get("companyIds", 0) is None,
    "company-ids-absent-by-default": lambda send: (
        "name" in got(send, {}, without="companyIds") and "companyIds" not in got(send, {}, without="companyIds")
    ),
    "type-absent-by-default": lambda send: (
        "name" in got(send, {}, without="type") and "type" not in got(send, {}, without="type")
    ),
}


def test_names_are_unique_and_clauses_exist() -> None:
    spec = yaml.safe_load((ROOT / "spec" / "clauses.yaml").read_text())
    clauses = {clause["id"] for section in spec.values() for clause in section}
    assert {faulty.clause for faulty in FAULTY_SERVERS} <= clauses
    assert len({faulty.name for faulty in FAULTY_SERVERS}) == len(FAULTY_SERVERS)
    assert {faulty.name for faulty in FAULTY_SERVERS} == SHOWS.keys()
    for faulty in FAULTY_SERVERS:
        assert faulty.description.endswith(".")
        assert "\n" not in faulty.description


@pytest.mark.parametrize("name", SHOWS)
def test_a_faulty_server_shows_its_defect(url: str, name: str) -> None:
    with httpx2.Client(base_url=f"{url}/{name}", verify=False) as client:
        assert SHOWS[name](sender(client))


@pytest.mark.parametrize("name", RIGHT)
def test_a_correct_server_shows_no_defect(url: str, name: str) -> None:
    with httpx2.Client(base_url=f"{url}/{name}", verify=False) as client:
        assert {defect for defect, is_shown in SHOWS.items() if is_shown(sender(client))} == set()
