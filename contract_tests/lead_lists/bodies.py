"""Bodies of lead lists, as data: a plain one, one for each permitted variation, open reading and hidden violation."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

ICP = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"  # no ICP has it
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


LEFT_OUT = object()  # the value of an omitted field
HIDDEN_BEHIND = (100, 1000)  # how many valid IDs precede an invalid one
# Fields that other programs interpret as "do not check this" or "do not do this".
SWITCHES = {
    "draft": True,
    "dryRun": True,
    "validate": False,
    "skipValidation": True,
    "debug": True,
    "force": True,
    "length": 0,
    "version": 2,
    "_method": "DELETE",
}
# Parsers that merge objects carelessly treat these as fields of the body itself.
PROTOTYPE_FIELDS = {"__proto__": {"type": "company", "companyIds": [COMPANIES[0]]}}


def _company(number: int) -> str:
    return f"7b0f8d6e-3c52-4a7e-9d41-{number:012x}"


def long_name(length: int) -> str:
    """Return a name that no compression makes much shorter: databases compress a text before they measure it."""
    digests = b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(length // 80 + 1))
    return base64.urlsafe_b64encode(digests).decode()[: length - 1] + "!"


def base(name: str, accepted: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A body that every right server takes: nothing in it has to exist, nothing is an open question.

    accepted: a body that this server accepts instead; without a name if it accepts others too.
    """
    usual: dict[str, Any] = {
        "name": name,
        "type": "person",
        "icpId": None,
        "startDate": "2030-01-01T00:00:00.000Z",
        "endDate": "2030-03-31T23:59:59.000Z",
        "personIds": [],
        "companyIds": [],
    }
    return {**usual, **(accepted or {})}


# What a server may accept that refuses the plain body: the page's example, less what need not exist there.
_EXAMPLE_LESS_NAME = {key: value for key, value in PAGE_EXAMPLE.items() if key != "name"}
OTHER_BASES: tuple[Mapping[str, Any], ...] = (
    _EXAMPLE_LESS_NAME,
    {**_EXAMPLE_LESS_NAME, "icpId": None},
    PAGE_EXAMPLE,
    {**PAGE_EXAMPLE, "icpId": None},
)


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the body without some fields."""
    return {key: value for key, value in body.items() if key not in names}


# Instants of 2030 that a server changes if it stores its local time without the offset: the second half of the hour
# that comes twice, in UTC; and a time of the hour that is skipped, for a server that takes UTC for its own time.
CLOCK_CHANGES = (
    "2030-04-06T14:30:00.000Z",  # twice in Auckland
    "2030-04-06T16:45:00.000Z",  # twice in Sydney and Adelaide
    "2030-04-07T03:30:00.000Z",  # twice in Santiago
    "2030-10-26T23:30:00.000Z",  # twice in Jerusalem
    "2030-11-03T05:30:00.000Z",  # twice in Halifax and Havana
    "2030-11-03T07:30:00.000Z",  # twice in Chicago
    "2030-11-03T08:30:00.000Z",  # twice in Denver
    "2030-11-03T09:30:00.000Z",  # twice in Los Angeles
    "2030-03-29T02:30:00.000Z",  # skipped in Jerusalem
    "2030-03-31T01:30:00.000Z",  # skipped in London and Lisbon
    "2030-03-31T03:30:00.000Z",  # skipped in Athens and Helsinki
    "2030-09-29T02:50:00.000Z",  # skipped in Auckland
    "2030-10-06T02:15:00.000Z",  # skipped in Sydney, Adelaide and on Lord Howe Island
)

# Permitted variations: changes to the base, one at a time.
PERMITTED: Mapping[str, Mapping[str, Any]] = {
    "a list of companies": {"type": "company"},
    "a start in the past": {"startDate": "2024-01-01T00:00:00.000Z"},
    "a start in 1971": {"startDate": "1971-01-01T00:00:00.000Z"},
    "an end on the last of December": {"endDate": "2030-12-31T23:59:59.000Z"},
    "an end in the last millisecond of a month": {"endDate": "2030-04-30T23:59:59.999Z"},
    "a start at noon, an end at the start of a month": {
        "startDate": "2030-01-01T12:00:00.000Z",
        "endDate": "2030-03-01T00:00:00.000Z",
    },
    "a start with milliseconds that count": {"startDate": "2030-01-01T00:00:00.001Z"},
    "a start without milliseconds": {"startDate": "2030-01-01T00:00:00Z"},
    "an end without milliseconds": {"endDate": "2030-03-31T23:59:59Z"},
    "leap days": {"startDate": "2028-02-29T00:00:00.000Z", "endDate": "2032-02-29T23:59:59.000Z"},
    "both dates in the past": {"startDate": "2024-01-01T00:00:00.000Z", "endDate": "2024-03-31T23:59:59.000Z"},
    "dates of 1971": {"startDate": "1971-01-01T00:00:00.000Z", "endDate": "1971-12-31T23:59:59.000Z"},
    "dates of 2099": {"startDate": "2099-01-01T00:00:00.000Z", "endDate": "2099-12-31T23:59:59.000Z"},
    "a summer, with milliseconds": {"startDate": "2030-07-01T00:00:00.001Z", "endDate": "2030-08-31T23:59:59.987Z"},
    "hours that European clocks skip and repeat": {
        "startDate": "2030-03-31T02:30:00.000Z",
        "endDate": "2030-10-27T01:30:00.000Z",
    },
    "a day on which American clocks change": {
        "startDate": "2030-03-10T02:30:00.000Z",
        "endDate": "2030-11-03T06:30:00.000Z",
    },
    "a name of one letter": {"name": "Q"},
    "a name of eighty letters": {
        "name": "A lead list whose name is as long as a line of a terminal, eighty letters, none"
    },
    "a name with accents": {"name": "Größe, café, naïve: señor Łukasz at 5 °C"},
    "a name in Greek, Hebrew, Chinese, Hindi and Thai": {"name": "Αθήνα שלום 销售线索 काव्य ที่"},
    "a name with emoji": {"name": "Launch 🚀 top 💯 ❤\ufe0f 𝒜"},
    "a name with quotes": {"name": 'O\'Brien & "Sons"; DROP TABLE lists; --'},
    "a name with code characters": {"name": "100% {name} $HOME \\n C:\\temp {{7*7}} %s"},
    "a name of eighty characters of three bytes": {"name": "销售线索列表" * 13 + "末尾"},
    "a name of eighty characters of four bytes": {"name": "🚀💯🎯📈" * 20},
    "a name with spaces inside and URL characters": {"name": "a  b+c%20d&e=f?g#h"},
    "a name with compatibility characters": {"name": "① ﬁ ² Ⅳ ﷺ ß ı"},
    "a name in quotes": {"name": "\"quoted\" 'twice'"},
    "a name like a number": {"name": "0123"},
    "a name like a fraction": {"name": "1e3"},
    "a name like a null": {"name": "null"},
    "a name like a boolean": {"name": "true"},
    "a name like a formula": {"name": "=1+1"},
    # A server that tests names for truth, or guesses their type, changes these.
    "a name of one zero": {"name": "0"},
    "a name like false": {"name": "false"},
    "a name like an empty list": {"name": "[]"},
    "a name of more digits than a float holds": {"name": "9007199254740993"},
    "a name like a date": {"name": "2024-01-01"},
    "a name with an ampersand": {"name": 'R&D: Tom\'s "A" <5 >3 a&&b'},
    "a name with dates, slashes and a phone number": {
        "name": "Select x from y: 2024-01-01T00:00:00Z 1/2 +49 (0)30 #1 @me :id ?"
    },
    "a name in the languages of templates": {
        "name": "${7*7} #{7*7} <%=7%> {0} %1$s %(x)s $(id) `id` $& $' $` \\1 ^.*$ [a-z]+"
    },
    "dates around the end of 32 bits": {
        "startDate": "2038-01-19T03:14:07.000Z",
        "endDate": "2038-01-19T03:14:08.001Z",
    },
}

# Headers that go with a long text: a server that compresses long responses does so only where the client allows it.
HEADERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "a name of eighty characters of four bytes": (("Accept-Encoding", "identity, gzip;q=0, deflate;q=0.0, br;q=0"),),
    "a name of 70,000 characters": (("Accept-Encoding", "identity, supergzip, deflated, x-broken"),),
}

# Permitted variations together: any two options of two choices occur in one of ROWS (a covering array, strength 2).
CHOICES: tuple[tuple[Mapping[str, Any], ...], ...] = (
    ({"type": "person"}, {"type": "company"}, {"type": LEFT_OUT}),
    (
        {"endDate": "2030-03-31T23:59:59.000Z"},
        {"startDate": "2024-01-01T00:00:00Z", "endDate": "2024-03-31T23:59:59Z"},
        {"startDate": "2028-02-29T12:30:00.250Z", "endDate": "2028-12-31T23:59:59.999Z"},
    ),
    ({"name": "Chosen"}, {"name": "Ausgewählt"}, {"name": "選択 🎯"}),
    ({"companyIds": []}, {"companyIds": LEFT_OUT}),
)
ROWS = ("00010", "01112", "02201", "10111", "11200", "12002", "20202", "21001", "22100", "22210")  # the last: wire

# Open questions: label -> changes to the base (one question each, as far as possible).
OPEN_QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "an empty name": {"name": ""},
    "a name of spaces": {"name": "   "},
    "spaces around the name": {"name": "  Spring campaign  "},
    **{f"a name of {length:,} characters": {"name": long_name(length)} for length in (81, 257, 4100, 70_000)},
    "a decomposed name": {"name": "Cafe\u0301 Mu\u0308nchen"},
    "a name with tags": {"name": "Q1 <b>bold</b> <script>alert(1)</script> &amp; Co"},
    "a name with character references": {"name": "&lt;b&gt; &amp; &#39;x&#39; &copy; %26lt;"},
    "a name with joiners": {
        "name": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    },
    "a name with an unclosed tag": {"name": "a <b and more"},
    "NUL in the name": {"name": "before\u0000after"},
    "a control character in the name": {"name": "before\u0007after"},
    "a tab and a line end in the name": {"name": "before\tbetween\nafter"},
    "a line separator and an override of direction in the name": {"name": "before\u2028between\u202eafter"},
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
    "dates without time": {"startDate": "2030-01-01", "endDate": "2030-03-31"},
    "dates with an offset": {"startDate": "2030-01-01T01:00:00.000+01:00", "endDate": "2030-03-31T23:59:59.000-05:30"},
    "offsets with minutes": {
        "startDate": "2030-01-01T05:45:00.000+05:45",
        "endDate": "2030-03-31T23:59:59.000-00:30",
    },
    "dates with a large offset": {"startDate": "2030-01-01T00:00:00.000+15:00"},
    "dates without time zone that summer time skips": {
        "startDate": "2030-03-10T02:30:00.000",
        "endDate": "2030-03-31T02:30:00.000",
    },
    "tenths of a second": {"startDate": "2030-01-01T00:00:00.5Z"},
    "microseconds": {"startDate": "2030-01-01T00:00:00.123987Z"},
    "a fraction that rounds up to the next year": {
        "startDate": "2030-12-31T23:59:59.9999999Z",
        "endDate": "2031-12-31T23:59:59.9999996Z",
    },
    "offsets that carry instants out of the calendar": {
        "startDate": "0001-01-01T00:00:00.000+14:00",
        "endDate": "9999-12-31T23:59:59.999-14:00",
    },
    "milliseconds around the Unix epoch": {
        "startDate": "1969-12-31T23:59:59.999Z",
        "endDate": "1970-01-01T00:00:00.000Z",
    },
    "years before 1900 and after 3000": {
        "startDate": "1582-10-10T12:34:56.789Z",
        "endDate": "3001-03-01T12:34:56.789Z",
    },
    "a leap second": {"startDate": "2016-12-31T23:59:60.000Z"},
    "hour 24": {"startDate": "2030-01-01T24:00:00.000Z"},
    "a date in lower case": {"startDate": "2030-01-01t00:00:00.000z"},
    "a date with a space for T": {"startDate": "2030-01-01 00:00:00Z"},
    "a date without seconds": {"startDate": "2030-01-01T00:00Z"},
    "a week": {"startDate": "2030-W01-1"},
    "a date in basic form": {"startDate": "20300101T000000Z"},
    "dates in words": {"startDate": "January 1, 2030", "endDate": "Sun, 31 Mar 2030 23:59:59 GMT"},
    "a date with slashes": {"startDate": "01/02/2030"},
    "dates as news readers and C write them": {
        "startDate": "Tuesday, 01-Jan-30 00:00:00 GMT",
        "endDate": "Sun Mar 31 23:59:59 2030",
    },
    "a Unix time": {"startDate": "1893456000000"},
    "the year 500": {"startDate": "0500-01-01T00:00:00.000Z"},
    "a date with a line end": {"startDate": "2030-01-01T00:00:00.000Z\n"},
    "the end before the start": {"startDate": "2030-03-31T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    "the end at the start": {"startDate": "2030-01-01T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    "numbers for person ids": {"personIds": [1001, 1002]},
    "an empty person id": {"personIds": [""]},
    "person ids": {"personIds": ["lead_abc123", "lead_def456"]},
    "person ids in another order": {"personIds": ["lead_zz9", "lead_aa1", "lead_mm5"]},
    "person ids of odd spelling": {
        "personIds": ["lead_AbC", "007", "a,b", "a;b|c", "é%2F", "x y", "R&D", "O'Neil", "a\\b", '"q"', "{a}"]
    },
    "person ids like other types": {
        "personIds": [
            "0",
            "false",
            "null",
            "true",
            "[]",
            "{}",
            "NaN",
            "undefined",
            "1e3",
            "-0",
            "0.10",
            "0x1F",
            "1_000",
            "9007199254740993",
            "2024-01-01",
            "2024-01-01T00:00:00.000Z",
            "Infinity",
            "off",
        ]
    },
    "spaces around person ids": {"personIds": [" lead_1", "lead_2 ", "\tlead_3"]},
    "person ids that differ in case alone": {"personIds": ["lead_abcd", "lead_ABCD"]},
    "a person id in two scripts": {"personIds": ["лид_线索"]},
    "a person id of 65 characters": {"personIds": ["lead_" + "x" * 59 + "!"]},
    "the last of 2,000 person ids alone": {"personIds": ["lead_01999"]},
    "person ids that are UUIDs": {"personIds": [COMPANIES[0], COMPANIES[1]]},
    "a person id twice": {"personIds": ["lead_abc123", "lead_abc123", "lead_def456", "lead_abc123"]},
    # In the opposite order to the next two: a server that locks rows in the order of the request runs into a deadlock.
    "100 person ids, the last first": {"personIds": [f"lead_{n:05d}" for n in reversed(range(100))]},
    **{f"{count:,} person ids": {"personIds": [f"lead_{n:05d}" for n in range(count)]} for count in (257, 2000)},
    "company ids": {"type": "company", "companyIds": list(COMPANIES)},
    "a company id twice": {"type": "company", "companyIds": [COMPANIES[0], *COMPANIES, COMPANIES[0]]},
    "a company id in capitals too": {"type": "company", "companyIds": [COMPANIES[1], COMPANIES[1].upper()]},
    **{
        f"{count:,} company ids": {"type": "company", "companyIds": [_company(n) for n in range(count)]}
        for count in (1001,)
    },
    "company ids in upper case": {"type": "company", "companyIds": [COMPANIES[1].upper()]},
    "person ids on a list of companies": {"type": "company", "personIds": ["lead_abc123"]},
    "company ids on a list of people": {"companyIds": [COMPANIES[0]]},
    "companyIds null": {"companyIds": None},
    "fields of no meaning here": {"colour": "green", "persons": [], "orgId": "org_1"},
    "fields like switches": SWITCHES,
    "documented keys in other cases": {"Name": "Other", "TYPE": "company", "startdate": "2001-01-01T00:00:00.000Z"},
    "fields that the server makes, in other spellings": {
        "ID": "11111111-2222-4333-8444-555555555555",
        "_id": "11111111-2222-4333-8444-555555555555",
        "created_at": "2001-01-01T00:00:00.000Z",
        "Updated-At": "2001-01-01T00:00:00.000Z",
        "user_ids": ["user_somebody_else"],
        "UserIds": ["user_somebody_else"],
        "leadList": {"id": "11111111-2222-4333-8444-555555555555", "userIds": ["user_somebody_else"]},
    },
    "keys of prototypes": {"__proto__": {"admin": True}, "constructor": {"name": "x"}},
    "a field nested deep": {"x": json.loads("[" * 40 + "]" * 40)},
    "fields that the server makes": {
        "id": "11111111-2222-4333-8444-555555555555",
        "createdAt": "2001-01-01T00:00:00.000Z",
        "updatedAt": "2001-01-01T00:00:00.000Z",
    },
    "null for the fields that the server makes": {"id": None, "createdAt": None, "updatedAt": None},
    "owners of the client's choice": dict.fromkeys(("userId", "ownerId", "createdBy"), "user_somebody_else"),
    "an empty list of users": {"userIds": []},
    "users of the client's choice": {"userIds": ["user_somebody_else"]},
}

# Values with one error deep inside, where a superficial check does not look.
HIDDEN_VIOLATIONS: Mapping[str, Mapping[str, Any]] = {
    **{
        f"null after {count:,} person ids": {"personIds": [*(f"lead_{n:05d}" for n in range(count)), None]}
        for count in HIDDEN_BEHIND
    },
    **{
        f"not a UUID after {count:,} company ids": {
            "type": "company",
            "companyIds": [*(_company(n) for n in range(count)), "company_3"],
        }
        for count in HIDDEN_BEHIND
    },
    "a plural for type": {"type": "companies"},
    "an option with an object for type": {"type": {"person": {}}},  # as some formats write a variant
    "the second company id is null": {"type": "company", "companyIds": [COMPANIES[0], None]},
    "an object for a person id of a list of companies": {"type": "company", "personIds": [{"id": "lead_abc123"}]},
    "endDate null next to fields like switches": {**SWITCHES, "endDate": None},
    **{
        f"endDate null after {count:,} characters": {"padding": "n" * count, "endDate": None}
        for count in (70_000, 1_000_000)
    },
    "the type constructor": {"type": "constructor"},
    "a type that is hard to quote": {"type": "\"'}{<b>\\\u2028\n\u0000"},
    "the body inside a field": {"data": base("Inside"), **dict.fromkeys(("name", "startDate", "endDate"), None)},
    "a start of now": {"startDate": "now"},
    "a start a week after a date": {"startDate": "2030-01-01 10:00:00 +1 week"},
    "a start of epoch": {"startDate": "epoch"},
    "a start in a day": {"startDate": "+1 day"},
    "a start without a date": {"startDate": "12:00:00Z"},
    "name and dates wrong at once": {"name": 12345678901234567890123, "startDate": "soon", "endDate": None},
    "invalid company ids on a list of people": {"companyIds": ["company_1"]},
}
