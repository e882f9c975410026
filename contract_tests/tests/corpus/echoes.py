"""Sent and returned values: text, dates, IDs; and options that the user excluded."""

from __future__ import annotations

from typing import Any

from contract_tests.tests.corpus.exchanges import (
    KNOWN_ICP,
    KNOWN_PERSON,
    OMIT,
    OTHER_ID,
    created,
    exchange,
    request,
    sent_body,
)
from contract_tests.tests.corpus.values import (
    ICP_ASKED,
    LARGEST_BODY,
    SECOND_LOGIN,
    UUID,
    UUID_7,
    Entries,
    one,
)
from contract_tests.tests.judging import test_judge


def texts() -> Entries:
    """Sent and returned names."""
    for sent, gots in NAMES.items():
        for got in (sent, *gots):
            yield f"{sent!a:.40} as {got!a:.40}", one(test_judge.renamed(sent, got))
    for data in (b"Spr\\ud800ing", b"Spr\xff\xfeing", b"What? Spr\\udfffing"):
        plain = data.decode("latin-1").replace("\\ud800", "?").replace("\\udfff", "?")
        replaced = ("Spr\ufffding", "Spr\ufffd\ufffding", "spr\ufffd\ufffding")
        for got in (plain, plain.replace("?", "\ufffd"), "Spring", "Spr", *replaced):
            yield f"{data!a} as {got!a}", one(test_judge.raw_name(data, got))
    twice = test_judge.TWICE
    for field in ("name", "type", "icpId", "endDate", "personIds"):
        for label, value in (("first", OMIT), ("last", "company"), ("neither", "other")):
            asked = request(raw=twice + f',"{field}":"company"}}'.encode())
            answer = created() if value is OMIT else created(**{field: value})
            yield f"{field} twice, the {label}", one(exchange(asked, answer=answer))
    for kind in (OMIT, None, "person", "company"):
        for got_kind in ("person", "company", "Person", None):
            label = f"type {'left out' if kind is OMIT else kind} as {got_kind}"
            yield label, one(test_judge.echo(sent_body(type=kind), type=got_kind))
    icps = (None, UUID, UUID.upper(), "{" + UUID + "}", UUID.replace("-", ""), f" {UUID}", KNOWN_ICP)
    for sent_icp in icps:
        for got_icp in (*icps, ""):
            yield f"ICP {sent_icp} as {got_icp}", one(test_judge.echo(sent_body(icpId=sent_icp), icpId=got_icp))


NAMES: dict[str, tuple[str, ...]] = {
    "  Spring ": ("Spring", "Spring ", " Spring", "pring", "Sprin", "  Sprin ", "  Spring  ", ""),
    "a  b": ("a b", "ab", "a  b "),
    "ab a": ("ab a ", " ab a", "b a", "aba", "ab"),
    "aXbX": ("aXb", "aX", "XbX", "axbx"),
    "\u0007a\u202eb c\u200b": ("a\u202eb c", "ab c", "abc", "\u0007ab c", "b c", "ab c "),
    "\u0007 a": ("a", "\u0007a", " a", ""),
    "\u0007": ("", "\u0007", "x"),
    "x \u0007y": ("x y", "xy"),
    "   ": ("", " ", "x"),
    "a\0b": ("ab", "a", "a\0", "a b", "XX"),
    "Cafe\u0301 <b>": ("Café <b>", "Cafe <b>", "Café", "Café &lt;b&gt;", "Café b"),
    "Café": ("Cafe\u0301", "Cafe", "CAFÉ"),
    "Q1 <b>x</b> & \"y\" 'z'": (
        "Q1 x & \"y\" 'z'",
        "Q1 bx/b & y z",
        "Q1 &lt;b&gt;x&lt;/b&gt; &amp; &quot;y&quot; &#39;z&#39;",
        "Q1 x",
        "Q1  x  &  \"y\" 'z'",
        'Q1 <b>x</b> & ""y"" \'z\'',
        "Q1 <b>x</b> & \\\"y\\\" 'z'",
        "Q1 <b>x</b> &amp; \"y\" 'z'",
        "Q1 &amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt; &amp;amp; \"y\" 'z'",
        "q1 x & \"y\" 'z'",
    ),
    "a<script>alert(1)</script >b": ("ab", "a b", "aalert(1)b", "a", "b"),
    "a < b > c": ("a  c", "a c", "a &lt; b &gt; c", "a b c"),
    "a & b; c": ("a &amp; b; c", "a  b c", "a b c", "a"),
    "O'Brien": ("O''Brien", "OBrien", "O&#39;Brien", "O\\'Brien"),
    "n" * 90: ("n" * 80, "n" * 89, "n" * 91, "m" + "n" * 89),
    "n" * 200: ("n" * 191, "x" * 200),
    "Größe": ("Gr??e", "Grosse", "Größ", "GrÃ¶Ã\x9fe", "Grö"),
    "a b": ("a\u00a0b", "a+b", "A b"),
    "x y\u0007 ": ("x y", "x y ", "x y\u0007", "y", "x"),
    " a b": ("a b", "b", " b"),
    "XX": ("XXXX", "X"),
    " a\u0007b ": ("a\u0007b", "a\u0007b ", "ab", "a"),
}


def dates() -> Entries:
    """Sent and returned dates."""
    for sent, gots in DATES.items():
        for got in (sent, *gots):
            yield f"{sent!r} as {got!r}", one(test_judge.dated(sent, got))


_NEW_YEAR = "2030-01-01T00:00:00.000Z"
DATES: dict[str, tuple[str, ...]] = {
    _NEW_YEAR: (
        "2030-01-01T00:00:00Z",
        "2030-01-01T00:00:00.000000Z",
        "2030-01-01T00:00:00.001Z",
        "2030-01-01T00:00:00.002Z",
        "2030-01-01T02:00:00.000+02:00",
        "2029-12-31T23:45:00.000Z",
        "2030-01-01T00:00:10.000Z",
        "2029-12-31T23:59:59.500Z",
        "2030-01-01",
        "2030-01-02",
        "2030-01-01T00:00:00.000",
        "2030-13-01T00:00:00.000Z",
        "x",
    ),
    "2030-01-01": (
        "2030-01-01T23:59:59.999Z",
        "2030-01-01T00:00:00+01:00",
        "2029-12-31T23:00:00.000Z",
        "2029-12-31T23:00:00.000-01:00",
        "2030-01-01T00:00:00",
        "2030-01-02",
    ),
    "2030-01-01T01:00:00.000+01:00": (_NEW_YEAR, "2030-01-01T01:00:00.000Z", "2030-01-01T02:00:00.000Z"),
    "2030-01-01T00:00:00.1234567Z": (
        "2030-01-01T00:00:00.123Z",
        "2030-01-01T00:00:00.124Z",
        "2030-01-01T00:00:00.123456Z",
        "2030-01-01T00:00:00.122Z",
    ),
    "2030-01-01T00:00:00.1235Z": ("2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00.124Z"),
    "2030-01-01T00:00:00.1234Z": ("2030-01-01T00:00:00.123Z", "2030-01-01T00:00:00.124Z"),
    "2030-01-01T00:00:00.5Z": ("2030-01-01T00:00:00.500Z", _NEW_YEAR),
    "2016-12-31T23:59:60.500Z": ("2016-12-31T23:59:59Z", "2017-01-01T00:00:00.500Z", "2017-01-01T00:00:04.000Z"),
    "2030-01-01T24:00:00.000Z": ("2030-01-02T00:00:00.000Z", _NEW_YEAR),
    "2030-01-01T00:00:00": (_NEW_YEAR, "2030-01-01T05:00:00.000Z", "2030-01-01T00:00:00.000", "2030-01-02"),
    "January 1, 2030": (_NEW_YEAR, "2030-01-01", "x", "2030-01-01 00:00"),
    "2030-W01-1": ("2029-12-31T00:00:00.000Z", "2030-W01"),
    " 2030-01-01T00:00:00.000Z\n": (_NEW_YEAR, "2030-01-01T01:00:00.000Z"),
    "0500-01-01T00:00:00.000Z": ("0500-01-01T00:00:00Z", "500-01-01T00:00:00.000Z"),
}


def ids() -> Entries:
    """Sent and returned IDs, and users with access."""
    for sent, gots in PEOPLE.items():
        for got in (list(sent), *gots):
            yield f"people {list(sent)} as {got}", one(test_judge.people(list(sent), got))
    for sent, gots in COMPANIES.items():
        for got in (list(sent), *gots):
            body = sent_body(type="company", companyIds=list(sent))
            yield f"companies {list(sent)} as {got}", one(test_judge.echo(body, companyIds=got))
    of_people = sent_body(companyIds=[UUID])
    yield "companies of people dropped", one(test_judge.echo(of_people, companyIds=[]))
    yield "companies of people kept", one(test_judge.echo(of_people))
    of_companies = sent_body(type="company", personIds=["a", "b"])
    for people in ([], ["a"], ["b", "a"]):
        yield f"people of companies as {people}", one(test_judge.echo(of_companies, personIds=people))
    many = [f"p{n:03}" for n in range(120)]
    yield "a fresh id for a sent one", one(test_judge.echo(sent_body(id="2001-01-01"), id="2001-01-01T00:00:00Z"))
    body = sent_body(colour="green", id=OTHER_ID)
    yield "more fields after a sent id", one(exchange(request(sent_body(id=OTHER_ID)), answer=created(orgId="o")))
    yield "more fields after both", one(exchange(request(body), answer=created(orgId="o")))
    yield "a text for a number", one(test_judge.people([7.5], ["7.5"]))
    yield "true for an id", one(exchange(request(sent_body(personIds=["a"])), answer=created(personIds=[True])))
    yield "a list for an id", one(exchange(request(sent_body(personIds=["a"])), answer=created(personIds=[["a"]])))
    yield "no people on a list of companies", one(exchange(request(sent_body(type="company", personIds=OMIT))))
    left_out = sent_body(type="company", personIds=OMIT)
    yield "people made up", one(exchange(request(left_out), answer=created(left_out, personIds=["a"])))
    yield "people not made up", one(exchange(request(left_out), answer=created(left_out, personIds=[])))
    for length in (157, 158, 159, 160):
        yield f"a name of {length} characters lost", one(test_judge.renamed("n" * length, ""))
    yield "many people cut", one(test_judge.people(many, many[:100]))
    yield "many people, three lost", one(test_judge.people(many, many[:10] + many[13:]))
    for label, users in USERS.items():
        yield f"users {label}", one(exchange(answer=created(userIds=users)))
        yield f"users of the second {label}", one(exchange(request(login=SECOND_LOGIN), answer=created(userIds=users)))
    for invited in ([], ["user_2"], ["user_9"], "user_2", None):
        for creators in (["user_1"], ["user_1", "user_2"], ["user_2"], ["user_9"], [], None):
            body = sent_body(userIds=invited)
            yield f"invited {invited}, users {creators}", one(test_judge.echo(body, userIds=creators))
    known = sent_body(personIds=["user_1", "lead_a", ""])
    yield "a person among users", one(test_judge.echo(known, userIds=["user_1", "lead_a", ""]))
    for changes in SERVER_MADE:
        yield f"{changes} taken", one(test_judge.echo(sent_body(**changes), **changes))
        yield f"{changes} ignored", one(test_judge.echo(sent_body(**changes)))


PEOPLE: dict[tuple[Any, ...], tuple[list[Any], ...]] = {
    (): (["a"], [7]),
    ("a",): ([], ["A"], ["a", "a"], ["b"], [" a"], [7]),
    ("a", "b"): (["b", "a"], ["a"], ["b"], [], ["a", "b", "c"], ["a,b"]),
    ("a", "b", "a"): (["a", "b"], ["b", "a"], ["a", "a", "b"], ["a"], ["a", "b", "b"]),
    (" a ", "b"): (["a", "b"], ["a"], ["b", "a"], ["A", "b"]),
    ("e\u0301", "b"): (["é", "b"], ["e", "b"]),
    ("a\u0007",): (["a"], ["b"]),
    (KNOWN_PERSON, "x"): ([KNOWN_PERSON], ["x"], [], [KNOWN_PERSON, "y"]),
    ("lead_abc123", "x"): (["lead_abc123"], ["x"], [], ["lead_abc123", "lead_def456"]),
    (1001, 7): (["1001", "7"], ["7", "1001"], ["1001"], [1001]),
    (7.5, "a"): (["7.5", "a"], ["a"], []),
    (UUID.upper(),): ([UUID], [UUID.replace("-", "")], []),
    ("007",): (["7"], ["07"]),
}
COMPANIES: dict[tuple[str, ...], tuple[list[Any], ...]] = {
    (UUID,): ([], [UUID.upper()], ["{" + UUID + "}"], [OTHER_ID], [UUID, UUID], [None]),
    (UUID, UUID_7): ([UUID_7, UUID], [UUID], [UUID_7.upper(), UUID]),
    ("{" + UUID + "}",): ([UUID], [UUID.replace("-", "")], [OTHER_ID]),
    ("{" + UUID + "}", UUID): (["{" + UUID + "}", "x"],),
    ("urn:uuid:" + UUID,): ([UUID], [OTHER_ID]),
    (UUID, UUID.upper()): ([UUID], [UUID, UUID], []),
}
USERS: dict[str, list[Any]] = {
    "of both": ["user_1", "user_2"],
    "of the first": ["user_1"],
    "of the second": ["user_2"],
    "of another": ["user_9"],
    "none": [],
    "with an empty one": ["user_1", "", "user_2"],
    "with a number": ["user_1", 7],
}
SERVER_MADE: tuple[dict[str, Any], ...] = (
    {"id": OTHER_ID},
    {"id": OTHER_ID.upper()},
    {"id": None},
    {"id": 7},
    {"createdAt": "2001-01-01T00:00:00.000Z"},
    {"createdAt": "2030-03-17T19:46:40.000+02:00"},
    {"updatedAt": "2030-03-17T17:46:40.000Z"},
    {"updatedAt": None, "createdAt": None},
    {"colour": "green"},
    {"colour": None, "shape": "round"},
    {"userIds": ["user_2", "user_3"]},
)


def pinned() -> Entries:
    """Options that the user excluded, which break a clause."""
    odd = test_judge.RIGHT
    yield "201 where 200 is asked for", one(exchange(), success_status="200")
    yield "200 where it is asked for", one(exchange(status=200), success_status="200")
    yield "trimmed where it is to be kept", one(odd["spaces trimmed"], surrounding_blanks="kept")
    yield "null taken for a type", one(exchange(request(sent_body(type=None)), answer=created()))
    yield (
        "null taken for a type, as agreed",
        one(exchange(request(sent_body(type=None)), answer=created()), type_null="default"),
    )
    left_out = sent_body(type="company", personIds=OMIT)
    for people in ([], ["a"], None):
        answer = exchange(request(left_out), answer=created(left_out, personIds=people))
        yield f"people left out, as agreed, as {people}", one(answer, person_ids_missing_on_company_list="default")
    unknown = exchange(request(ICP_ASKED), 404)
    yield "an unknown ICP refused although pinned as accepted", one(unknown, unknown_icp="accepted")
    yield "an unknown ICP refused as agreed", one(unknown, unknown_icp="404")
    yield "an unknown ICP taken where it is to be refused", one(exchange(request(ICP_ASKED)), unknown_icp="404")
    yield (
        "an empty name taken where it is to be refused",
        one(exchange(request(sent_body(name=""))), empty_name="refused"),
    )
    yield (
        "an empty name and no date",
        one(exchange(request(sent_body(name="", endDate=OMIT)), 400), empty_name="refused"),
    )


def tables() -> Entries:
    """The tables of the other tests, so that their complete judgements are approved too."""
    for label, right in test_judge.RIGHT.items():
        if len(right.request.body) < LARGEST_BODY:
            yield f"right: {label}", one(right)
    yield from ((f"mangled: {label}", one(wrong)) for label, (_, wrong) in test_judge.MANGLED.items())
    yield from ((f"odd: {label}", one(odd)) for label, (_, odd) in test_judge.WARNED.items())
