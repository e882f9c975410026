"""What shows the bugs of the seventh foreign set: true for the faulty server, false for the right core."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from contract_tests.tests.servers.fifth_set_probes import is_json, statuses
from contract_tests.tests.servers.probing import with_header
from contract_tests.tests.servers.sending import EXAMPLE, Send
from contract_tests.tests.servers.test_faulty_servers_behave import got, kept, raw, reply, status

BROWSER = "text/html, application/xml;q=0.9, */*;q=0.8"
SESSION = "__session=token-one"


def in_another_order(send: Send) -> object:
    body = {**dict(reversed(EXAMPLE.items())), "type": "company"}
    return reply(send, json.dumps(body).encode()).json()["type"]


SEVENTH_SET: Mapping[str, Callable[[Send], bool]] = {
    "xml-for-browsers": lambda send: not is_json(reply(send, {}, headers={"Accept": BROWSER}).text),
    "expect-refused": lambda send: with_header(send, "Expect", "100-continue") == 417,
    "addresses-masked": lambda send: kept(send, "name", "Ann <ann@example.com>") == "Ann <[email]>",
    "type-read-first": lambda send: in_another_order(send) == "person",
    "one-bad-cookie-hides-all": lambda send: with_header(send, "Cookie", f"a=50%off; {SESSION}", token="") == 401,
    "yaml-reads-names": lambda send: kept(send, "name", "No") == "false",
    "defaults-polluted": lambda send: (
        [status(send, {"constructor": {"prototype": {"type": "company"}}}), got(send, {}, without="type")["type"]]
        == [201, "company"]
    ),
    "sign-in-for-browsers": lambda send: with_header(send, "Accept", BROWSER, token="") == 302,
    "last-of-batch-lost": lambda send: (
        len(got(send, {"personIds": [f"lead_{n}" for n in range(31)]})["personIds"]) == 30
    ),
    "slash-keeps-backslash": lambda send: reply(send, raw(name=b'"a\\/b"')).json()["name"] == "a\\/b",
    "date-header-is-now": lambda send: (
        reply(send, {}, headers={"Date": "Sat, 01 Jan 2000 00:00:00 GMT"}).json()["createdAt"] < "2001"
    ),
    "unique-within-icp": lambda send: (
        statuses(send, *[{"icpId": None, "name": "n"}] * 2, *[{"name": "n"}] * 2) == [201, 201, 201, 409]
    ),
    "cache-before-login": lambda send: [status(send, {}), status(send, {}, token="")] == [201, 201],
}
