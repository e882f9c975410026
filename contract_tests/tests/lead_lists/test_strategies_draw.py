"""Test which values each strategy can draw, and which it never draws.

Bounds leave a margin where the draw is random: Hypothesis collects the constants of the code, so what it draws changes
with every line.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.contract.terms import Terms
from contract_tests.judging import formats
from contract_tests.lead_lists import strategies
from contract_tests.lead_lists.bodies import base
from contract_tests.requests.plan import Sender, encode
from contract_tests.settings.values import Settings
from contract_tests.target.exchange import Request
from contract_tests.tests.conftest import FIRST
from contract_tests.tests.corpus.exchanges import BASE_URL, case, exchange, sent_body, terms

T = TypeVar("T")
KNOWN = {
    "icpId": ("660e8400-e29b-41d4-a716-446655440099",),
    "personIds": ("p1", "p2", "p3"),
    "companyIds": ("c1", "c2"),
}
UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FIELDS = tuple(sent_body())


def drawn(strategy: SearchStrategy[T], examples: int = 300) -> list[T]:
    """The same examples every time."""
    found: list[T] = []

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,  # a strategy that cannot draw fails at once
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def sender(**known: tuple[str, ...]) -> Sender:
    icps, people, companies = (known.get(field, ()) for field in ("icpId", "personIds", "companyIds"))
    settings = Settings(BASE_URL, FIRST, existing_ids={"icp_id": icps, "person_id": people, "company_id": companies})
    agreed = Terms.of(terms().specification, settings)
    return Sender(agreed, agreed.specification.operations[0])


def test_lengths_range_from_0_to_the_maximum_and_are_often_short() -> None:
    lengths = drawn(strategies._lengths(300))
    assert 0 <= min(lengths) <= 2
    assert 280 < max(lengths) <= 300
    assert sum(length <= 12 for length in lengths) > 20  # 13 if each were drawn once


def test_names_have_no_open_question() -> None:
    names = drawn(strategies.names(), 200)
    assert {len(name) for name in names} >= {1, 2}
    assert 75 < max(len(name) for name in names) <= 80
    signs = set("".join(names))
    assert not signs & set("<>&\0")
    assert {unicodedata.category(sign)[0] for sign in signs - {" "}} <= set("LMNPS")
    assert {" ", "!", "~"} <= signs
    assert any(ord(sign) > 0xFFFF for sign in signs)
    assert 0.2 < sum(sign.isascii() for name in names for sign in name) / sum(map(len, names)) < 0.9
    assert all(name == name.strip() and not formats.read_text(name) for name in names)


def test_instants_are_in_undisputed_years_with_milliseconds() -> None:
    instants = drawn(strategies._instants(), 600)
    assert all(moment.tzinfo is UTC and moment.microsecond % 1000 == 0 for moment in instants)
    assert {moment.microsecond for moment in instants} > {0}
    assert len({moment.microsecond for moment in instants}) > 50
    years = {moment.year for moment in instants}
    assert 1971 <= min(years) < 1990
    assert 2080 < max(years) <= 2098
    assert all(moment <= datetime(2098, 12, 31, tzinfo=UTC) for moment in instants)


def test_bodies_to_accept_are_whole_and_varied() -> None:
    bodies = drawn(strategies.bodies_to_accept(sender(**KNOWN)), 250)
    kinds = [(body.get("type"), "companyIds" in body, bool(body.get("companyIds"))) for body in bodies]
    assert set(kinds) == {
        ("person", True, False),
        ("person", False, False),
        (None, True, False),
        (None, False, False),
        ("company", True, True),
        ("company", True, False),
        ("company", False, False),
    }
    assert {body["icpId"] for body in bodies} == {None, *KNOWN["icpId"]}
    for body in bodies:
        assert set(FIELDS) - {"type", "companyIds"} <= set(body) <= set(FIELDS)
        for field in ("personIds", "companyIds"):
            ids = body.get(field, [])
            assert set(ids) <= set(KNOWN[field])
            assert len(set(ids)) == len(ids)
        assert not body["personIds"] or body.get("type") != "company"
    assert {len(body["personIds"]) for body in bodies} == {0, 1, 2, 3}
    assert len({body["name"] for body in bodies}) > 50


def test_few_of_many_known_ids_are_sent() -> None:
    many = sender(personIds=tuple(f"p{n}" for n in range(20)))
    assert max(len(body["personIds"]) for body in drawn(strategies.bodies_to_accept(many))) == 5


def test_the_end_follows_the_start_within_a_quarter() -> None:
    bodies = drawn(strategies.bodies_to_accept(sender()), 250)
    spans = []
    for body in bodies:
        start, end = formats.instant(body["startDate"]), formats.instant(body["endDate"])
        assert start is not None
        assert end is not None
        spans.append(end - start)
    assert timedelta(seconds=1) <= min(spans) < timedelta(minutes=5)
    assert timedelta(days=2) < max(spans) < timedelta(days=90, seconds=1)
    assert len({span % timedelta(seconds=1) for span in spans}) > 50
    assert all(body["icpId"] is None and body["personIds"] == [] for body in bodies)


def test_a_body_has_several_equivalent_spellings() -> None:
    body = base("Größe")
    written = drawn(st.builds(lambda spell: spell(body), strategies._spellings()))
    assert {json.dumps(json.loads(data), sort_keys=True) for data in written} == {json.dumps(body, sort_keys=True)}
    assert set(written) == {
        encode(body),
        json.dumps(body, indent=1).encode(),
        encode({key: body[key] for key in reversed(body)}),
    }
    assert written.count(encode(body)) > len(written) / 3


def test_near_uuids_have_one_character_lost_doubled_or_wrong() -> None:
    texts = drawn(strategies._near_uuids(), 600)
    assert {len(text) for text in texts} == {35, 36, 37}
    assert not any(UUID.fullmatch(text) for text in texts if len(text) != 36)
    wrong = [text for text in texts if len(text) == 36]
    assert {text.count("g") for text in wrong} == {1}
    places = {text.index("g") for text in wrong}
    assert min(places) <= 3
    assert max(places) >= 32
    assert all(
        formats.read_uuid(text).wrong or "uuid-spellings" in formats.read_uuid(text).open_readings for text in texts
    )
    doubled = [text for text in texts if len(text) == 37]
    assert all(
        any(text[:n] + text[n + 1 :] in (text,) or text[n : n + 1] == text[n - 1 : n] for n in range(1, 37))
        for text in doubled
    )
    assert {text[14] for text in texts if UUID.fullmatch(text.replace("g", "0")) and text[14] != "g"} == {"4"}


def test_near_dates_are_not_valid_days_or_times() -> None:
    texts = drawn(strategies._near_dates(), 1000)
    dates = [match for text in texts if (match := re.fullmatch(r"2030-(\d\d)-(\d\d)T(\d\d):(\d\d):00\.000Z", text))]
    others = [text for text in texts if not text.startswith("2030-")]
    assert all(formats.read_date(text).wrong for text in texts)
    assert max(map(len, others)) == 12
    assert "" in others
    assert not any(unicodedata.category(sign)[0] in "NC" for text in others for sign in text)
    month, day, hour, minute = ([int(match[part]) for match in dates] for part in (1, 2, 3, 4))
    parts = list(zip(month, day, hour, minute, strict=True))
    assert {p[:2] for p in parts if p[1] == 31 and p[2:] == (0, 0)} >= {(2, 31), (4, 31), (6, 31), (9, 31), (11, 31)}
    assert {p[1] for p in parts if p[0] == 2 and p[1] > 28} >= {29, 30, 31}
    assert {p[2] for p in parts if p[0] == 2 and p[1] in (29, 30) and p[3] == 0} == set(range(24))
    for values, least, most in (
        ([p[0] for p in parts if p[0] > 12], 13, 99),
        ([p[1] for p in parts if p[0] > 12], 1, 28),
        ([p[1] for p in parts if p[1] > 31], 32, 99),
        ([p[0] for p in parts if p[1] > 31], 1, 12),
        ([p[2] for p in parts if p[2] > 23], 25, 99),
        ([p[3] for p in parts if p[2] > 23], 0, 99),
        ([p[0] for p in parts if p[2] > 23], 1, 12),
        ([p[1] for p in parts if p[2] > 23], 1, 28),
        ([p[3] for p in parts if p[2] < 24 and p[3]], 60, 99),
        ([p[2] for p in parts if p[2] < 24 and p[3]], 0, 23),
        ([p[0] for p in parts if p[2] < 24 and p[3]], 1, 12),
        ([p[1] for p in parts if p[2] < 24 and p[3]], 1, 28),
    ):
        assert least <= min(values) <= least + 8
        assert most - 15 <= max(values) <= most


@pytest.fixture
def faulty() -> list[dict[str, Any]]:
    return [violate(base("Spring")) for violate in drawn(strategies._violations(), 900)]


def changed(faulty: list[dict[str, Any]], field: str) -> list[Any]:
    """Return the values of a field in the bodies where it is the changed one."""
    plain = base("Spring")
    others = [{k: v for k, v in body.items() if k != field} for body in faulty]
    same = {k: v for k, v in plain.items() if k != field}
    return [body[field] for body, other in zip(faulty, others, strict=True) if field in body and other == same]


def test_one_violation_is_in_one_field(faulty: list[dict[str, Any]]) -> None:
    plain = base("Spring")
    wrong = [[field for field in FIELDS if body.get(field, ...) != plain[field]] for body in faulty]
    assert {len(fields) for fields in wrong} == {1}
    assert {fields[0] for fields in wrong} == set(FIELDS)
    left_out = {tuple(set(plain) - set(body)) for body in faulty if len(body) < len(plain)}
    assert left_out == {("name",), ("icpId",), ("startDate",), ("endDate",), ("personIds",)}


def kinds(values: list[Any]) -> set[str]:
    return {type(value).__name__ for value in values}


def nearly(seen: set[str], all_of: set[str]) -> bool:
    """Return whether only these were drawn, and most of them."""
    return seen <= all_of and len(seen) >= len(all_of) - 3


def test_each_field_is_wrong_in_each_way(faulty: list[dict[str, Any]]) -> None:
    no_text = {"bool", "int", "float", "list", "dict"}
    assert nearly(kinds(changed(faulty, "name")), no_text | {"NoneType"})
    assert nearly(kinds(changed(faulty, "type")), no_text | {"str"})
    types = [value for value in changed(faulty, "type") if isinstance(value, str)]
    assert max(map(len, types)) <= 8
    assert not {"person", "company"} & set(types)
    assert nearly(kinds(changed(faulty, "icpId")), no_text | {"str"})
    icps = {len(value) for value in changed(faulty, "icpId") if isinstance(value, str)}
    assert max(icps) == 37
    assert {35, 36, 37} <= icps
    assert max(size for size in icps if size < 35) <= 8
    for field in ("startDate", "endDate"):
        assert nearly(kinds(changed(faulty, field)), no_text | {"NoneType", "str"})
    assert nearly(kinds(changed(faulty, "personIds")), {"NoneType", "bool", "int", "str", "dict", "list"})
    assert nearly(kinds(changed(faulty, "companyIds")), {"bool", "int", "str", "dict", "list"})


def test_one_item_is_wrong_at_any_position(faulty: list[dict[str, Any]]) -> None:
    for field, good in (("personIds", str), ("companyIds", str)):
        lists = [value for value in changed(faulty, field) if isinstance(value, list)]
        bad = [[n for n, item in enumerate(items) if not _good_id(field, item)] for items in lists]
        assert {len(places) for places in bad} == {1}
        before, behind = [p[0] for p in bad], [len(items) - p[0] - 1 for items, p in zip(lists, bad, strict=True)]
        assert 0 <= min(before) <= 1
        assert 5 <= max(before) <= 12
        assert 0 <= min(behind) <= 1
        assert 2 <= max(behind) <= 3
        wrong = {type(items[p[0]]).__name__ for items, p in zip(lists, bad, strict=True)}
        more = {"str", "int"} if field == "companyIds" else set()
        assert nearly(wrong, {"NoneType", "bool", "list", "dict"} | more)
        assert {type(item) for items in lists for item in items if _good_id(field, item)} == {good}


def _good_id(field: str, item: Any) -> bool:
    if field == "personIds":
        return isinstance(item, str) and 1 <= len(item) <= 9 and item.isascii() and item.isalnum()
    return isinstance(item, str) and UUID.fullmatch(item) is not None and item[14] == "4"


def test_json_is_damaged_in_each_way() -> None:
    body = base("Spring")
    data = encode(body)
    assert {how: strategies._damaged(body, 5, how) for how in strategies._DAMAGES} == {
        "cut": data[:5],
        "comma": data[:-1] + b",}",
        "quote": b"{" + data[2:],
        "twice": data + data,
        "array": b"[" + data + b"]",
        "string": json.dumps(data.decode()).encode(),
        "number": b"5",
    }


def groups(requests: list[Request]) -> list[str]:
    found = []
    for asked in requests:
        one = case(exchange(asked))
        found.append("refuse" if one.must_reject else "accept" if one.must_accept else "open")
    return found


def with_login(**known: tuple[str, ...]) -> Sender:
    agreed = terms()
    return Sender(agreed, agreed.specification.operations[0])


def test_requests_have_the_intended_classification() -> None:
    accept = drawn(strategies.requests_to_accept(with_login()), 60)
    assert set(groups(accept)) == {"accept"}
    assert len({request.body for request in accept}) > 40
    refuse = drawn(strategies.requests_to_refuse(with_login()), 120)
    assert groups(refuse).count("refuse") > 0.75 * len(refuse)  # varies with the constants of all imported modules
    is_json = [strategies_json(request.body) for request in refuse]
    assert 0.3 < is_json.count(True) / len(is_json) < 0.95
    assert any(request.body.startswith(b"[") for request in refuse)
    numbers = [int(request.body) for request in refuse if request.body.isdigit()]
    assert all(1 <= number <= 400 for number in numbers)
    left_open = groups(drawn(strategies.requests_left_open(with_login()), 60))
    assert left_open.count("open") > len(left_open) / 3


def strategies_json(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except ValueError:
        return False


def test_unspecified_dates_have_many_formats() -> None:
    texts = drawn(strategies._any_dates(), 800)
    forms = (
        r"\d{4}-\d\d-\d\d",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ",
        r"\d\d/\d\d/\d{4}",
        r"\d{8}T\d{6}Z",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d",
    )
    matched = {form: [text for text in texts if re.fullmatch(form, text, re.ASCII)] for form in forms}
    assert all(len(found) > 2 for found in matched.values()), {form: len(found) for form, found in matched.items()}
    offsets = [text[-6:] for text in matched[forms[-1]]]
    assert {text[-6] for text in texts if re.search(r"\.\d{3}.\d\d:\d\d$", text)} == {"+", "-"}
    assert any(int(text[:4]) > 99 for text in matched[forms[0]])
    assert max(int(offset[1:3]) for offset in offsets) > 14
    assert max(int(offset[4:]) for offset in offsets) > 30
    assert all(int(offset[1:3]) < 24 and int(offset[4:]) < 60 for offset in offsets)
    assert 15 < max(len(text) for text in texts if not re.match(r"\d", text)) <= 20


def test_unspecified_bodies_change_much_or_little() -> None:
    bodies = drawn(strategies._open_bodies(sender()), 250)
    plain = base("Lead list")
    optional = {"id", "userIds", "createdAt", "persons", "orgId", "__proto__", "colour"}
    assert {field for body in bodies for field in body} == set(FIELDS) | optional
    assert all(set(FIELDS) <= set(body) for body in bodies)
    changes = [[field for field in body if body[field] != plain.get(field, ...)] for body in bodies]
    assert any(body["name"] == plain["name"] for body in bodies)
    light = [fields for fields in changes if len(fields) <= 3]
    assert 0.25 < len(light) / len(bodies) < 0.85
    assert len({field for fields in light for field in fields} & {*FIELDS, "userIds", "colour"}) >= 5
    assert {body["type"] for body in bodies} == {"person", "company"}
    icps = {body["icpId"] for body in bodies if body["icpId"]}
    assert any(icp.isupper() for icp in icps)
    assert any(icp.islower() for icp in icps)
    assert len({icp[14] for icp in icps} & set("1345")) >= 2
    assert 100 < max(len(body["name"]) for body in bodies) <= 300
    people = [body["personIds"] for body in bodies]
    assert 3 < max(map(len, people)) <= 40
    assert any(UUID.fullmatch(item) for ids in people for item in ids)
    assert any(not UUID.fullmatch(item) for ids in people for item in ids)
    assert 2 < max(len(body["companyIds"]) for body in bodies) <= 10
    for field in ("startDate", "endDate"):
        read = [formats.read_date(body[field]) for body in bodies]
        assert any(not one.wrong and not one.open_readings for one in read)
        assert any(one.open_readings for one in read)
