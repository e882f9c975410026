"""Bodies that show how a server treats what the API page leaves open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract_tests.lead_lists.bodies import (
    COMPANIES,
    ICP,
    LONG_EMOJI,
    SWITCHES,
    company_id,
    long_emoji_name,
    long_name,
)

# Servers that pass all fields to a function or a constructor have arguments, methods and columns of these names.
PROGRAM_NAMES = (
    "self cls user request session db data body headers args kwargs context now model query key value values items "
    "keys update copy class method action hash pk attributes errors params toString valueOf toJSON hasOwnProperty then"
)
# Open questions: label -> changes to the base (one question each, as far as possible).
OPEN_QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "an empty name": {"name": ""},
    "a name of spaces": {"name": "   "},
    "spaces around the name": {"name": "  Spring campaign  "},
    **{f"a name of {length:,} characters": {"name": long_name(length)} for length in (81, 257, 4100)},
    LONG_EMOJI: {"name": long_emoji_name(9500)},
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
    "a line separator and an override of direction in the name": {"name": "before\u2028between\u202eafter 5\u00a0kg"},
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
        "endDate": "2030-01-01T03:15:00.000-00:30",  # later, although the text is less
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
    "a date in lower case, one with a space for T": {
        "startDate": "2030-01-01t00:00:00.000z",
        "endDate": "2030-03-31 23:59:59Z",
    },
    "a date without seconds": {"startDate": "2030-01-01T00:00Z"},
    "a week": {"startDate": "2030-W01-1"},
    "a date in basic form": {"startDate": "20300101T000000Z"},
    "dates in words": {"startDate": "January 1, 2030", "endDate": "Sun, 31 Mar 2030 23:59:59 GMT"},
    "a date with slashes": {"startDate": "01/02/2030"},
    "a date in the second line": {"startDate": "Start:\n2030-01-01T00:00:00.000Z"},
    "a date with a second line": {"startDate": "2030-01-01T00:00:00.000Z\n2030-02-30"},
    "dates as news readers and C write them": {
        "startDate": "Tuesday, 01-Jan-30 00:00:00 GMT",
        "endDate": "Sun Mar 31 23:59:59 2030",
    },
    "a Unix time": {"startDate": "1893456000000"},
    "the year 500": {"startDate": "0500-01-01T00:00:00.000Z"},
    "a date with a line end": {"startDate": "2030-01-01T00:00:00.000Z\n"},
    "the end before the start": {"startDate": "2030-03-31T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    # As texts, the dates are in the opposite order.
    "a start without milliseconds, an end in the same second": {
        "startDate": "2030-03-31T23:59:59Z",
        "endDate": "2030-03-31T23:59:59.500Z",
    },
    "the end at the start": {"startDate": "2030-01-01T00:00:00.000Z", "endDate": "2030-01-01T00:00:00.000Z"},
    "numbers for person ids": {"personIds": [1001, 1002]},
    "an empty person id": {"personIds": ["lead_zz9", "", " "]},
    "person ids": {"personIds": ["lead_abc123", "lead_def456"]},
    "person ids in another order": {"personIds": ["lead_zz9", "lead_aa1", "lead_mm5"]},
    "person ids of odd spelling": {
        # Keys of every object in JavaScript; two texts with one hash code in Java.
        "personIds": [
            *("lead_AbC", "007", "a,b", "a;b|c", "é%2F", "x y", "R&D", "O'Neil", "a\\b", '"q"', "{a}"),
            *("constructor", "__proto__", "Aa", "BB"),
        ]
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
            "1790123456789012345",
            "2024-01-01",
            "2024-01-01T00:00:00.000Z",
            "Infinity",
            "off",
        ]
    },
    "spaces around person ids": {"personIds": [" lead_1", "lead_2 ", "\tlead_3"]},
    "person ids that differ in case alone": {"personIds": ["lead_abcd", "lead_ABCD"]},
    "person ids in several scripts": {"personIds": ["лид_线索", "lead_🚀_1", "\u0645\u06cc\u200c\u062e"]},
    "a person id of 300 characters": {"personIds": ["lead_" + "x" * 294 + "!"]},
    "the last of 2,049 person ids alone": {"personIds": ["lead_02048"]},
    "person ids that are UUIDs": {"personIds": [COMPANIES[0], COMPANIES[1]]},
    "a person id twice": {"personIds": ["lead_abc123", "lead_abc123", "lead_def456", "lead_abc123"]},
    # In the opposite order to the next two: a server that locks rows in the order of the request runs into a deadlock.
    # Each number is one more than full batches of common sizes: a server that writes rows in batches may lose the last.
    "91 person ids, the last first": {"personIds": [f"lead_{n:05d}" for n in reversed(range(91))]},
    **{f"{count:,} person ids": {"personIds": [f"lead_{n:05d}" for n in range(count)]} for count in (301, 2049)},
    "company ids": {"type": "company", "companyIds": list(COMPANIES)},
    "a company id twice": {"type": "company", "companyIds": [COMPANIES[0], *COMPANIES, COMPANIES[0]]},
    "a company id in capitals too": {"type": "company", "companyIds": [COMPANIES[1], COMPANIES[1].upper()]},
    **{
        f"{count:,} company ids": {"type": "company", "companyIds": [company_id(n) for n in range(count)]}
        for count in (1001,)
    },
    "company ids in upper case": {"type": "company", "companyIds": [COMPANIES[1].upper()]},
    "person ids on a list of companies": {"type": "company", "personIds": ["lead_abc123"]},
    "company ids on a list of people": {"companyIds": [COMPANIES[0]]},
    "companyIds null": {"companyIds": None},
    "fields of no meaning here": {
        "colour": "green",
        "persons": [],
        "orgId": "org_1",
        **dict.fromkeys(PROGRAM_NAMES.split(), "x"),
        **dict.fromkeys(("$set", "a.b", ""), "x"),  # some databases refuse such keys
    },
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
