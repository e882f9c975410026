"""Bodies of lead lists, as data: a plain one, one for each permitted variation, open reading and hidden violation."""

from __future__ import annotations

import base64
import hashlib
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


LONG_EMOJI = "a name of 19,001 characters, most of them emoji"  # 76 kB: many servers refuse a body of more than 100 kB
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
_OF_COMPANIES = {"type": "company", "companyIds": [COMPANIES[0]]}
PROTOTYPE_FIELDS = {"__proto__": _OF_COMPANIES, "constructor": {"prototype": _OF_COMPANIES}}


def company_id(number: int) -> str:
    """Return a valid company ID."""
    return f"7b0f8d6e-3c52-4a7e-9d41-{number:012x}"


def long_name(length: int) -> str:
    """Return a name that no compression makes much shorter: databases compress a text before they measure it."""
    return base64.urlsafe_b64encode(_noise(length)).decode()[: length - 1] + "!"


def long_emoji_name(half: int) -> str:
    """Return emoji, a letter, as many emoji: a server that writes text in pieces cuts one, wherever it starts."""
    emoji = [chr(0x1F300 + 3 * byte) for byte in _noise(2 * half)]
    return "".join([*emoji[:half], "x", *emoji[half : 2 * half]])


def _noise(length: int) -> bytes:
    return b"".join(hashlib.sha512(b"%d" % number).digest() for number in range(length // 64 + 1))


def base(name: str, accepted: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a body that every correct server accepts: nothing in it has to exist, nothing is an open question.

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


# What a server may accept that refuses the plain body: the API page's example, and its variants without some IDs.
_EXAMPLE_WITHOUT_NAME = {key: value for key, value in PAGE_EXAMPLE.items() if key != "name"}
OTHER_BASES: tuple[Mapping[str, Any], ...] = (
    _EXAMPLE_WITHOUT_NAME,
    {**_EXAMPLE_WITHOUT_NAME, "icpId": None},
    PAGE_EXAMPLE,
    {**PAGE_EXAMPLE, "icpId": None},
)


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the body without some fields."""
    return {key: value for key, value in body.items() if key not in names}


def without_left_out(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body without the fields that are LEFT_OUT."""
    return {field: value for field, value in body.items() if value is not LEFT_OUT}


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

# Permitted variations: changes to the base, one at a time. Where it is about dates, the name is one that YAML, CSV, SQL
# or a guess of types reads as something else; some names have a length at which columns and indexes end.
PERMITTED: Mapping[str, Mapping[str, Any]] = {
    "a list of companies": {"type": "company"},
    "a start in the past": {"startDate": "2024-01-01T00:00:00.000Z", "name": "No"},
    "an end on the last of December": {"endDate": "2030-12-31T23:59:59.000Z", "name": "~"},
    "an end in the last millisecond of a month": {"endDate": "2030-04-30T23:59:59.999Z", "name": "NaN"},
    "a start at noon, an end at the start of a month": {
        "startDate": "2030-01-01T12:00:00.000Z",
        "endDate": "2030-03-01T00:00:00.000Z",
    },
    "a start with milliseconds that count": {"startDate": "2030-01-01T00:00:00.001Z", "name": "off"},
    "an end without milliseconds": {"endDate": "2030-03-31T23:59:59Z", "name": "TRUE"},
    "leap days": {
        "startDate": "2000-02-29T00:00:00.000Z",
        "endDate": "2032-02-29T23:59:59.000Z",
        "name": "undefined",
    },
    "both dates in the past": {
        "startDate": "2024-01-01T00:00:00.000Z",
        "endDate": "2024-03-31T23:59:59.000Z",
        "name": "1790123456789012345",
    },
    "dates of 1971": {
        "startDate": "1971-01-01T00:00:00.000Z",
        "endDate": "1971-12-31T23:59:59.000Z",
        "name": "12:30",
    },
    "dates of 2099": {
        "startDate": "2099-01-01T00:00:00.000Z",
        "endDate": "2099-12-31T23:59:59.000Z",
        "name": "1.0",
    },
    "a summer, with milliseconds": {
        "startDate": "2030-07-01T00:00:00.001Z",
        "endDate": "2030-08-31T23:59:59.987Z",
        "name": "N/A",
    },
    "hours that European clocks skip and repeat": {
        "startDate": "2030-03-31T02:30:00.000Z",
        "endDate": "2030-10-27T01:30:00.000Z",
        "name": "None",
    },
    "a day on which American clocks change": {
        "startDate": "2030-03-10T02:30:00.000Z",
        "endDate": "2030-11-03T06:30:00.000Z",
        "name": "+1",
    },
    "a name of one letter": {"name": "Q"},
    # What filters of words and of personal data mask.
    "a name of eighty characters with an address and a card number": {
        "name": "Anne, Scunthorpe, ann@example.com, https://example.com, card 4111 1111 1111 1111"
    },
    "a name with accents": {"name": "Größe, café, naïve: señor Łukasz at 5 °C “x” – €…".ljust(50, ".")},
    "a name in Greek, Hebrew, Chinese, Hindi and Thai": {"name": "Αθήνα שלום 销售线索 काव्य ที่"},
    "a name with emoji": {"name": "Launch 🚀 top 💯 ❤\ufe0f 𝒜"},
    "a name with quotes": {"name": 'O\'Brien & "Sons"; DROP TABLE lists; --'.ljust(63, "-")},
    "a name with code characters": {"name": "100% {name} $HOME \\n C:\\temp {{7*7}} %s -> (c) ...".ljust(60, ".")},
    "a name of eighty characters of three bytes": {"name": "销售线索列表" * 13 + "末尾"},
    "a name of eighty characters of four bytes": {"name": "🚀💯🎯📈" * 20},
    "a name with spaces inside and URL characters": {"name": "a  b+c%20d&e=f?g#h".ljust(32, "h")},
    "a name with compatibility characters": {"name": "① ﬁ ² Ⅳ ﷺ ß ı 〜‖−¢£¬ ～∥－￠￡￢"},
    "a name in quotes": {"name": "\"quoted\" 'twice'"},
    "a name like a number": {"name": "0123"},
    "a name like a fraction": {"name": "1e3"},
    "a name like a null": {"name": "null"},
    "a name like a formula": {"name": "=1+1"},
    # A server that tests names for truth, or guesses their type, changes these.
    "a name of one zero": {"name": "0"},
    "a name like false": {"name": "false"},
    "a name like an empty list": {"name": "[]"},
    "a name of more digits than a float holds": {"name": "9007199254740993"},
    "a name like a date": {"name": "2024-01-01"},
    "a name like an instant": {"name": "2024-01-01T00:00:00Z"},
    "a name with an ampersand": {"name": 'R&D: Tom\'s "A" <5 >3 a&&b &copy x&region=EU'.ljust(64, "U")},
    "a name with dates, slashes and a phone number": {
        "name": "Select x from y: 2024-01-01T00:00:00Z 1/2 +49 (0)30 #1 @me :id ? :+1: :)"
    },
    "a name in the languages of templates": {
        "name": "${7*7} #{7*7} <%=7%> {0} %1$s %(x)s $(id) `id` $& $' $` \\1 ^.*$ [a-z]+ \\"
    },
    "dates around the end of 32 bits": {
        "startDate": "2038-01-19T03:14:07.000Z",
        "endDate": "2038-01-19T03:14:08.001Z",
        "name": "0x1F",
    },
}

# Headers that go with a long text: a server that compresses long responses does so only where the client allows it.
HEADERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "a name of eighty characters of four bytes": (("Accept-Encoding", "identity, gzip;q=0, deflate;q=0.0, br;q=0"),),
    LONG_EMOJI: (("Accept-Encoding", "identity, supergzip, deflated, x-broken"),),
    "301 person ids": (("Accept-Encoding", "gzip, deflate"),),
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

# Values with one error deep inside, where a superficial check does not look.
HIDDEN_VIOLATIONS: Mapping[str, Mapping[str, Any]] = {
    **{
        f"null after {count:,} person ids": {"personIds": [*(f"lead_{n:05d}" for n in range(count)), None]}
        for count in HIDDEN_BEHIND
    },
    **{
        f"not a UUID after {count:,} company ids": {
            "type": "company",
            "companyIds": [*(company_id(n) for n in range(count)), "company_3"],
        }
        for count in HIDDEN_BEHIND
    },
    "a plural for type of a list with people": {"type": "companies", "personIds": ["lead_abc123"]},
    "an option with an object for type": {"type": {"person": {}}},  # as some formats write a variant
    "the second company id is null": {"type": "company", "companyIds": [COMPANIES[0], None]},
    "an object for a person id of a list of companies": {"type": "company", "personIds": [{"id": "lead_abc123"}]},
    "endDate null next to fields like switches": {**SWITCHES, "endDate": None},
    **{
        f"endDate null after {count:,} characters": {"padding": "n" * count, "endDate": None}
        for count in (70_000, 1_000_000)
    },
    "the type constructor": {"type": "constructor"},
    # To a function in C, it ends before NUL.
    "a type that is hard to quote": {"type": "person\u0000\"'}{<b>\\\u2028\n"},
    "the body inside a field": {
        **dict.fromkeys(base(""), LEFT_OUT),
        "data": {**base("Inside"), "attributes": base("Inside")},
        **dict.fromkeys(("leadList", "lead_list", "body"), base("Inside")),
    },
    "a start of now": {"startDate": "now"},
    "a start a week after a date": {"startDate": "2030-01-01 10:00:00 +1 week"},
    "a start of epoch": {"startDate": "epoch"},
    "a start without a date": {"startDate": "12:00:00Z"},
    "name and dates wrong at once": {"name": 12345678901234567890123, "startDate": "soon", "endDate": None},
    # So many problems that the response to them has a few kilobytes.
    "invalid company ids on a list of people": {"companyIds": [f"company_{n}" for n in range(1, 101)]},
}

# Violations that go with a variation of the transport instead of an omitted end: (label, changes to the base).
VARIED_VIOLATIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    # Some parsers take empty text for null, or for an empty list.
    "neither User-Agent nor Accept": ("personIds is ''", {"personIds": ""}),
    "an unknown header": ("companyIds is ''", {"companyIds": ""}),
    # Some parsers take hour 24 with any minute for the next day.
    "a body in chunks": ("endDate half an hour after 24:00", {"endDate": "2030-03-31T24:30:00.000Z"}),
    "an Accept that excludes JSON": ("an object with an id for icpId", {"icpId": {"id": ICP}}),
    # A server that normalises keys takes one of these for endDate.
    "an Origin": (
        "endDate under other keys",
        {"endDate": LEFT_OUT, **dict.fromkeys((" endDate", "endDate ", "end-date"), "2030-03-31T23:59:59.000Z")},
    ),
}
