"""The covering set for creating a lead list: every freedom alone, every open question alone, sequences and a burst."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.exchange import Headers
from contract_tests.expectation import Terms
from contract_tests.plan import BURST, Plan, Sender, Step, encode, generic_plan
from contract_tests.settings import Session
from contract_tests.specification import Operation

ICP = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"  # nobody has it
COMPANIES = ("7b0f8d6e-3c52-4a7e-9d41-0c5a8e2f9b13", "c2a9e1f4-58d7-4b36-8e0a-91d4f7b6a205")
PAGE_EXAMPLE = {
    "name": "Q1 2024 Tech Startups",
    "type": "person",
    "icpId": "660e8400-e29b-41d4-a716-446655440001",
    "startDate": "2024-01-01T00:00:00.000Z",
    "endDate": "2024-03-31T23:59:59.000Z",
    "personIds": ["lead_abc123", "lead_def456"],
    "companyIds": [],
}


def base(name: str) -> dict[str, Any]:
    """A body that every right server takes: nothing in it has to exist, nothing is an open question."""
    return {
        "name": name,
        "type": "person",
        "icpId": None,
        "startDate": "2030-01-01T00:00:00.000Z",
        "endDate": "2030-03-31T23:59:59.000Z",
        "personIds": [],
        "companyIds": [],
    }


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The body less some fields."""
    return {key: value for key, value in body.items() if key not in names}


# Freedoms that the page grants: changes to the base, one at a time.
FREEDOMS: Mapping[str, Mapping[str, Any]] = {
    "a list of companies": {"type": "company"},
    "a start in the past": {"startDate": "2024-01-01T00:00:00.000Z"},
    "both dates in the past": {"startDate": "2024-01-01T00:00:00.000Z", "endDate": "2024-03-31T23:59:59.000Z"},
    "dates of 1971": {"startDate": "1971-01-01T00:00:00.000Z", "endDate": "1971-12-31T23:59:59.999Z"},
    "dates of 2099": {"startDate": "2099-01-01T00:00:00.000Z", "endDate": "2099-12-31T23:59:59.999Z"},
    "a leap day": {"startDate": "2032-02-29T12:00:00.000Z", "endDate": "2032-02-29T23:59:59.000Z"},
    "dates without milliseconds": {"startDate": "2030-01-01T00:00:00Z", "endDate": "2030-03-31T23:59:59Z"},
    "milliseconds that count": {"startDate": "2030-01-01T00:00:00.001Z", "endDate": "2030-03-31T23:59:59.987Z"},
    "the last second before summer time": {
        "startDate": "2030-03-31T00:59:59.000Z",
        "endDate": "2030-10-27T01:30:00.000Z",
    },
    "a name of one letter": {"name": "Q"},
    "a name of eighty letters": {
        "name": "A lead list whose name is as long as a line of a terminal, eighty signs and not"
    },
    "a name with accents": {"name": "Größe, café, naïve: señor Łukasz at 5 °C"},
    "a name in Greek, Hebrew and Chinese": {"name": "Αθήνα שלום 销售线索"},
    "a name with emoji": {"name": "Launch 🚀 top 💯 𝒜"},
    "a name with quotes": {"name": 'O\'Brien & "Sons"; DROP TABLE lists; --'},
    "a name with signs of programs": {"name": "100% {name} $HOME `id` \\n {{7*7}} %s"},
    "a name like a number": {"name": "0123"},
    "a name like a null": {"name": "null"},
}

# Open questions: label -> changes to the base (one question each, as far as possible).
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "an empty name": {"name": ""},
    "a blank name": {"name": "   "},
    "blanks around the name": {"name": "  Spring campaign  "},
    "a name of 81 signs": {"name": "n" * 81},
    "a name of 255 signs": {"name": "n" * 255},
    "a name of 256 signs": {"name": "n" * 256},
    "a name of 1,025 signs": {"name": "n" * 1024 + "!"},
    "a name of 5,000 signs": {"name": "n" * 4999 + "!"},
    "a decomposed name": {"name": "Cafe\u0301 Mu\u0308nchen"},
    "a name with tags": {"name": "Q1 <b>bold</b> <script>alert(1)</script> &amp; Co"},
    "NUL in the name": {"name": "before\u0000after"},
    "a control character in the name": {"name": "before\u0007after"},
    "a line separator in the name": {"name": "before\u2028after"},
    "an override of direction in the name": {"name": "before\u202eafter"},
    "type null": {"type": None},
    "an ICP": {"icpId": ICP},
    "an ICP in upper case": {"icpId": ICP.upper()},
    "an ICP of UUID version 1": {"icpId": "2c1d43b8-e6d7-11ee-bd3d-0242ac120002"},
    "an ICP of UUID version 7": {"icpId": "018e3f5a-6b7c-7d8e-9f01-23456789abcd"},
    "a nil UUID as the ICP": {"icpId": "00000000-0000-0000-0000-000000000000"},
    "an ICP of no UUID variant": {"icpId": "660e8400-e29b-41d4-1716-446655440001"},
    "an ICP without hyphens": {"icpId": ICP.replace("-", "")},
    "an ICP in braces": {"icpId": "{" + ICP + "}"},
    "an ICP as a URN": {"icpId": "urn:uuid:" + ICP},
    "an ICP with a line end": {"icpId": ICP + "\n"},
    "an ICP with a blank before it": {"icpId": " " + ICP},
    "dates without time": {"startDate": "2030-01-01", "endDate": "2030-03-31"},
    "dates with an offset": {"startDate": "2030-01-01T01:00:00.000+01:00", "endDate": "2030-03-31T23:59:59.000-05:30"},
    "dates with a large offset": {"startDate": "2030-01-01T00:00:00.000+15:00"},
    "a date without zone": {"startDate": "2030-01-01T00:00:00.000"},
    "microseconds": {"startDate": "2030-01-01T00:00:00.123987Z"},
    "a leap second": {"startDate": "2016-12-31T23:59:60.000Z"},
    "hour 24": {"startDate": "2030-01-01T24:00:00.000Z"},
    "a date in lower case": {"startDate": "2030-01-01t00:00:00.000z"},
    "a date with a blank for T": {"startDate": "2030-01-01 00:00:00Z"},
    "a date without seconds": {"startDate": "2030-01-01T00:00Z"},
    "a year": {"startDate": "2030"},
    "a week": {"startDate": "2030-W01-1"},
    "a day of the year": {"startDate": "2030-001"},
    "a date in basic form": {"startDate": "20300101T000000Z"},
    "a date in words": {"startDate": "January 1, 2030"},
    "a date with slashes": {"startDate": "01/02/2030"},
    "a Unix time": {"startDate": "1893456000000"},
    "the year 500": {"startDate": "0500-01-01T00:00:00.000Z"},
    "a date with a line end": {"startDate": "2030-01-01T00:00:00.000Z\n"},
    "the end before the start": {"startDate": "2030-03-31T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    "the end at the start": {"startDate": "2030-01-01T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    "numbers for person ids": {"personIds": [1001, 1002]},
    "an empty person id": {"personIds": [""]},
    "person ids": {"personIds": ["lead_abc123", "lead_def456"]},
    "person ids in another order": {"personIds": ["lead_zz9", "lead_aa1", "lead_mm5"]},
    "person ids that are UUIDs": {"personIds": [COMPANIES[0], COMPANIES[1]]},
    "a person id twice": {"personIds": ["lead_abc123", "lead_def456", "lead_abc123"]},
    "150 person ids": {"personIds": [f"lead_{n:04d}" for n in range(150)]},
    "2,000 person ids": {"personIds": [f"lead_{n:05d}" for n in range(2000)]},
    "company ids": {"type": "company", "companyIds": list(COMPANIES)},
    "a company id twice": {"type": "company", "companyIds": [COMPANIES[0], COMPANIES[1], COMPANIES[0]]},
    "company ids in upper case": {"type": "company", "companyIds": [COMPANIES[1].upper()]},
    "person ids on a list of companies": {"type": "company", "personIds": ["lead_abc123"]},
    "company ids on a list of people": {"companyIds": [COMPANIES[0]]},
    "companyIds null": {"companyIds": None},
    "a field of no meaning": {"colour": "green"},
    "fields of sibling pages": {"persons": [], "orgId": "org_1"},
    "keys of prototypes": {"__proto__": {"admin": True}, "constructor": {"name": "x"}},
    "a field nested deep": {"x": json.loads("[" * 40 + "]" * 40)},
    "fields that the server makes": {
        "id": "11111111-2222-4333-8444-555555555555",
        "createdAt": "2001-01-01T00:00:00.000Z",
        "updatedAt": "2001-01-01T00:00:00.000Z",
    },
    "users of the client's choice": {"userIds": ["user_somebody_else"]},
}

# Values that are wrong in one place deep inside, where a lazy check does not look.
HIDDEN_FAULTS: Mapping[str, Mapping[str, Any]] = {
    "the last of many person ids is null": {"personIds": [*(f"lead_{n}" for n in range(20)), None]},
    "the last of many company ids is no UUID": {"type": "company", "companyIds": [*COMPANIES, "company_3"]},
    "the second company id is null": {"type": "company", "companyIds": [COMPANIES[0], None]},
    "an object for a person id": {"personIds": [{"id": "lead_abc123"}]},
    "name and dates wrong at once": {"name": 7, "startDate": "soon", "endDate": None},
    "company ids of no list of companies are no UUIDs": {"companyIds": ["company_1"]},
}


def lead_list_plan(terms: Terms, operation: Operation, tag: str) -> Plan:
    """All that a deterministic pass sends; tag: stands in every name, so that a run's lists can be found."""
    sender = Sender(terms, operation)
    generic = generic_plan(terms, operation, base(f"Faulty list, {tag}"))
    steps = list(generic.apart)
    steps += _changed(sender, tag, FREEDOMS)
    steps += _changed(sender, tag, QUESTIONS)
    steps += _changed(sender, tag, HIDDEN_FAULTS)
    steps += _omissions(sender, tag)
    steps += _existing(sender, tag)
    steps += _spellings(sender, tag)
    steps += _transport(sender, tag)
    steps += _logins(sender, tag)
    repeated = Step("the same request twice", sender.request(base(f"Repeated, {tag}")))
    burst = tuple(
        Step("the same request at the same moment", sender.request(base(f"Burst, {tag}"))) for _ in range(BURST)
    )
    return Plan(
        first=Step("a plain lead list", sender.request(base(f"First list, {tag}"))),
        apart=tuple(steps),
        in_order=(
            repeated,
            repeated,
            *_same_name(sender, tag),
            *_users_in_turn(sender, tag),
            *_idempotent(sender, tag),
        ),
        together=burst,
        last=Step("a plain lead list later", sender.request(base(f"Last list, {tag}"))),
    )


def _changed(sender: Sender, tag: str, table: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    for label, changes in table.items():
        yield Step(label, sender.request({**base(f"{label.capitalize()}, {tag}"[:80]), **changes}))


def _omissions(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"Less, {tag}")
    yield Step("type left out", sender.request(without(body, "type")))
    yield Step("companyIds left out", sender.request(without(body, "companyIds")))
    yield Step("type and companyIds left out", sender.request(without(body, "type", "companyIds")))
    companies = without({**body, "type": "company"}, "personIds")
    yield Step("personIds left out of a list of companies", sender.request(companies))
    yield Step("Name for name", sender.request({"Name": body["name"], **without(body, "name")}))


def _existing(sender: Sender, tag: str) -> Iterator[Step]:
    """The page's example, also less its ids one at a time; and ids that the user says exist."""
    yield Step("the page's example", sender.request(PAGE_EXAMPLE))
    yield Step("the page's example without an ICP", sender.request({**PAGE_EXAMPLE, "icpId": None}))
    yield Step("the page's example without people", sender.request({**PAGE_EXAMPLE, "personIds": []}))
    settings = sender.terms.settings
    if settings.icp_ids:
        yield Step("a known ICP", sender.request({**base(f"Known ICP, {tag}"), "icpId": settings.icp_ids[0]}))
        yield Step(
            "a known ICP in upper case",
            sender.request({**base(f"Known ICP in capitals, {tag}"), "icpId": settings.icp_ids[0].upper()}),
        )
    if settings.person_ids:
        yield Step("known people", sender.request({**base(f"People, {tag}"), "personIds": list(settings.person_ids)}))
    if settings.company_ids:
        changes = {"type": "company", "companyIds": list(settings.company_ids)}
        yield Step("known companies", sender.request({**base(f"Companies, {tag}"), **changes}))


def _spellings(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"Spelled, {tag}")
    yield Step("fields in another order", sender.request(dict(reversed(body.items()))))
    yield Step("JSON with line breaks", sender.request(raw=json.dumps(body, indent=2).encode()))
    yield Step("JSON with blanks around it", sender.request(raw=b" \r\n\t" + encode(body) + b"\n"))
    escaped = encode(body).replace(b"Spelled", b"\\u0053pelled")
    yield Step("JSON with escapes", sender.request(raw=escaped))
    doubled = encode({"name": f"First of two, {tag}", **without(body, "name")})[:-1]
    yield Step("a key twice", sender.request(raw=doubled + b',"name":' + encode(f"Last of two, {tag}") + b"}"))
    yield Step("a byte order mark", sender.request(raw=b"\xef\xbb\xbf" + encode(body)))
    yield Step("bytes that are not UTF-8", sender.request(raw=encode(body).replace(b"Spelled", b"Spel\xff\xfeled")))
    yield Step("half a surrogate pair", sender.request(raw=encode(body).replace(b"Spelled", b"Spel\\ud800led")))
    more = encode(body)[:-1]
    yield Step("an integer of 400 digits", sender.request(raw=more + b',"x":' + b"9" * 400 + b"}"))
    yield Step("a number beyond doubles", sender.request(raw=more + b',"x":1e999}'))
    yield Step("500 arrays in one another", sender.request(raw=more + b',"x":' + b"[" * 500 + b"]" * 500 + b"}"))
    yield Step("100,000 arrays in one another", sender.request(raw=b"[" * 100_000))
    yield Step("a body of two megabytes", sender.request({**body, "name": "n" * 2_000_000}))


def _transport(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"Sent oddly, {tag}")
    wrong = without(body, "endDate")
    yield Step("charset=utf-8", sender.request(body, media_type="application/json; charset=utf-8"))
    yield Step('charset="UTF-8" in quotes', sender.request(body, media_type='application/json;charset="UTF-8"'))
    yield Step("the media type in capitals", sender.request(body, media_type="Application/JSON"))
    yield Step("the media type in capitals, endDate left out", sender.request(wrong, media_type="Application/JSON"))
    yield Step("no Content-Type", sender.request(body, media_type=None))
    yield Step("no Content-Type, endDate left out", sender.request(wrong, media_type=None))
    for media_type in ("text/plain", "application/vnd.api+json", "application/json; charset=utf-16"):
        yield Step(f"JSON as {media_type}", sender.request(body, media_type=media_type))
    form = b"name=x&type=person&icpId=&startDate=2030-01-01&endDate=2030-01-02&personIds="
    yield Step("a form", sender.request(raw=form, media_type="application/x-www-form-urlencoded"))
    packed = gzip.compress(encode(body), mtime=0)
    yield Step("a gzipped body", sender.request(raw=packed, more=(("Content-Encoding", "gzip"),)))
    yield Step("a body in chunks", sender.request(body, chunked=True))
    yield Step("a header that nobody knows", sender.request(body, more=(("X-Nobody-Knows", "me"),)))
    yield Step("an Accept that excludes JSON", sender.request(body, more=(("Accept", "text/html"),)))
    yield Step("a query", sender.request(body, path_end="?page=2"))
    yield Step("a slash behind the path", sender.request(body, path_end="/"))
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        sent = body if method in {"PUT", "PATCH"} else None
        yield Step(f"method {method}", sender.request(sent, method=method))


def _logins(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"Signed in, {tag}")
    first = sender.terms.settings.first
    if first.bearer:
        for scheme in ("bearer", "BEARER"):
            yield Step(f"scheme {scheme}", sender.request(body, login=(("Authorization", f"{scheme} {first.bearer}"),)))
    if first.cookie:
        name, token = first.cookie
        for label, cookies in (
            ("cookies of other programs before the session", f'prefs={{"a":1}}; theme=dark; {name}={token}'),
            ("a cookie with an odd name before the session", f"a/b=1; x[0]=1; {name}={token}"),
            ("a cookie without a value before the session", f"flag; {name}={token}; z="),
        ):
            yield Step(label, sender.request(body, login=(("Cookie", cookies),)))
        foreign: Headers = (("Origin", "https://evil.example"),)
        yield Step("a cookie from a foreign origin", sender.request(body, login=first.login("cookie"), more=foreign))
        if first.bearer:
            bad_bearer, bad_cookie = ("Authorization", "Bearer not-a-session"), ("Cookie", f"{name}=not-a-session")
            yield Step(
                "a good cookie beside a bad bearer", sender.request(body, login=(bad_bearer, *first.login("cookie")))
            )
            yield Step(
                "a good bearer beside a bad cookie", sender.request(body, login=(*first.login("bearer"), bad_cookie))
            )


def _same_name(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"A name for two lists, {tag}")
    later = {**body, "endDate": "2030-04-30T23:59:59.000Z"}
    yield Step("a name", sender.request(body))
    yield Step("the same name again", sender.request(later))


def _users_in_turn(sender: Sender, tag: str) -> Iterator[Step]:
    second: Session | None = sender.terms.settings.second
    if second is None:
        return
    first = sender.terms.settings.first
    for turn, session in enumerate((first, second, first, second)):
        body = base(f"Turn {turn + 1}, {tag}")
        yield Step(f"turn {turn + 1}: the {session.name} user", sender.request(body, session=session))


def _idempotent(sender: Sender, tag: str) -> Iterator[Step]:
    key: Headers = (("Idempotency-Key", f"key-{tag}"),)
    for _ in range(2):
        yield Step("an Idempotency-Key", sender.request(base(f"Idempotent, {tag}"), more=key))
