"""Refusals and losses whose cause shows in other exchanges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from contract_tests.target.exchange import Exchange, Headers
from contract_tests.tests.corpus.exchanges import (
    FIRST,
    KNOWN_PERSON,
    OMIT,
    created,
    exchange,
    problem,
    request,
    sent_body,
)
from contract_tests.tests.corpus.histories import BURST_S, CAPITALS, ID_3, ID_4, made, named
from contract_tests.tests.corpus.values import BAD, SECOND_LOGIN, UUID, UUID_1, UUID_7, Entry, one


def refusals() -> Iterator[tuple[str, Entry]]:
    plain, refused = named("Plain"), exchange(status=400, at_s=1)
    later = sent_body(name="Plain", endDate="2031-01-01T00:00:00.000Z")
    yield "all refused", one(refused, exchange(request(sent_body(name="Other")), 400))
    yield "the plain one refused with an error body under 200", one(exchange(answer=problem()))
    yield "the same request refused", one(made(0), exchange(status=409, at_s=1))
    yield "the same request refused at the same moment", one(made(0), exchange(status=409, at_s=BURST_S))
    yield "the same name refused", one(plain, exchange(request(later), 409, at_s=1))
    yield "the name of two lists refused", one(plain, named("Plain", 1), exchange(request(later), 409, at_s=2))
    of_others = [made(n, sent_body(name="Plain"), how={"login": SECOND_LOGIN}) for n in range(2)]
    yield "the name of two lists of another user refused", one(*of_others, exchange(request(later), 409, at_s=2))
    other_user = exchange(request(later, login=SECOND_LOGIN), 409)
    yield "the same name refused to another user", one(plain, other_user)
    for label, changes in {
        "a name in another script": {"name": "Größe"},
        "a long name": {"name": "n" * 60},
        "companies": {"type": "company"},
        "a start in the past": {"startDate": "2020-01-01T00:00:00.000Z"},
        "an end far ahead": {"endDate": "2050-01-01T12:00:00.000Z"},
        "no type": {"type": OMIT},
        "no type and no companies": {"type": OMIT, "companyIds": OMIT},
        "a known person": {"personIds": [KNOWN_PERSON]},
        "a known ICP": {"icpId": "660e8400-e29b-41d4-a716-446655440099"},
        "an unknown ICP": {"icpId": UUID},
        "an unknown person": {"personIds": ["lead_a7"]},
        "two fields": {"startDate": "2031-01-01T00:00:00.000Z", "endDate": "2031-03-03T00:00:00.000Z"},
        "another name": {"name": "Sprung"},
        "another name and end": {"name": "Sprung", "endDate": "2030-04-30T23:59:59.000Z"},
    }.items():
        asked = request(sent_body(**changes))
        yield f"refused: {label}", one(plain, made(1), exchange(asked, 400, at_s=2))
        yield f"refused alone: {label}", one(exchange(asked, 400))
        yield f"missing: {label}", one(plain, made(1), exchange(asked, 404, at_s=2))
    ways: dict[str, dict[str, Any]] = {
        "capitals": {"content_type": CAPITALS},
        "chunks": {"chunked": True},
        "a charset": {"content_type": "application/json; charset=utf-8"},
        "line breaks": {"raw": json.dumps(sent_body(), indent=2).encode()},
        "an unknown header": {"headers": (("X-Nobody", "1"),)},
        "a cookie": {"login": FIRST.login("cookie")},
    }
    for label, how in ways.items():
        for status in (400, 401, 403, 411, 415, 429, 500):
            yield f"{label} refused with {status}", one(plain, exchange(request(**how), status, at_s=1))
    others = [exchange(request(sent_body(name=name)), 400, at_s=2) for name in ("Autumn", "Winter")]
    in_chunks = exchange(request(sent_body(name="Summer"), chunked=True), 400, at_s=3)
    yield "most plain ones refused, and one in chunks", one(plain, *others, in_chunks)
    yield "as many plain ones taken, and one in chunks", one(plain, *others[:1], in_chunks)
    odd: Headers = (("X-Nobody", "1"), ("X-Else", "2"))  # no accepted request has both
    script = exchange(request(sent_body(name="Größe")), 400, at_s=3)
    granted = (made(0), made(1, sent_body(name="Łukasz")), made(2, how={"headers": odd[:1]}))
    for label, name in {"in that script": "Ökostrom", "in ASCII": "Autumn"}.items():
        more = exchange(request(sent_body(name=name), headers=odd), 400, at_s=4)
        yield f"a name refused, and one {label} with odd headers", one(*granted, script, more)
    near, far = sent_body(name="A", startDate="2029-01-01T00:00:00.000Z"), sent_body(name="A", type="company")
    refused_one = exchange(request(sent_body(name="B")), 400, at_s=3)
    yield "the nearest differs in the start", one(made(0, near), refused_one)
    yield "two are as near", one(made(0, near), made(1, far), refused_one)
    yield "two are as near, the other first", one(made(1, far), made(0, near), refused_one)
    yield (
        "one of other headers first",
        one(made(2, near, how={"chunked": True, "headers": ()}), made(0, far), refused_one),
    )
    with_header = made(0, near, how={"headers": (("Accept", "*/*"),)})
    yield "one with another header first", one(with_header, made(1, far), refused_one)
    yield "one with other fields first", one(made(0, sent_body(type=OMIT)), made(1, far), refused_one)
    yield "a refused one before a near one", one(exchange(request(BAD), 400), made(0, near), refused_one)
    yield "a refused one first", one(exchange(request(BAD), 400), made(1, far), refused_one)
    strange = sent_body(personIds=["x1"], companyIds=[UUID], type="company", icpId=UUID)
    yield "all kinds of ids unknown", one(made(0, strange), exchange(request({**strange, "name": "C"}), 400))
    all_forms = sent_body(personIds=["x2"], companyIds=[ID_3], type="company", icpId=ID_3)
    yield "all kinds of ids unknown, others", one(made(0, strange), exchange(request(all_forms), 400))
    known = made(0, sent_body(personIds=[KNOWN_PERSON]))
    yield (
        "known people say nothing of unknown ones",
        one(known, exchange(request(sent_body(personIds=["lead_other"])), 400)),
    )
    yield "a wrong path refused", one(plain, exchange(request(path="/x"), 400))
    taken = made(0, sent_body(personIds=["lead_17"]))
    for form, ids in {"same form": ["lead_23"], "other form": ["x"], "UUID": [UUID], "mixed": ["lead_23", "x"]}.items():
        asked = request(sent_body(name="B", personIds=ids))
        yield f"unknown people refused, {form}", one(taken, exchange(asked, 400, at_s=1))
        of_companies = request(sent_body(name="B", type="company", personIds=ids))
        yield f"of companies, {form}", one(taken, exchange(of_companies, 400, at_s=1))
    icps = {"version 4": ID_3, "version 1": UUID_1, "version 7": UUID_7}
    for version, icp in icps.items():
        first = made(0, sent_body(icpId=UUID))
        yield f"an unknown ICP refused, {version}", one(first, exchange(request(sent_body(icpId=icp)), 404, at_s=1))
    known_icp = made(0, sent_body(icpId="660e8400-e29b-41d4-a716-446655440099".upper()))
    yield "a known ICP in capitals taken", one(known_icp, exchange(request(sent_body(icpId=UUID)), 404, at_s=1))
    example = made(0, sent_body(personIds=["lead_abc123"]))
    yield "the API page's people taken", one(example, exchange(request(sent_body(personIds=["lead_zzz999"])), 404))
    companies = made(0, sent_body(type="company", companyIds=[UUID]))
    asked = request(sent_body(type="company", companyIds=[ID_3]))
    yield "unknown companies refused", one(companies, exchange(asked, 404, at_s=1))


def media_types() -> Iterator[tuple[str, Entry]]:
    wrong, wrong_name = exchange(request(BAD), 400), exchange(request(sent_body(name=7)), 400)
    both = sent_body(endDate=OMIT, name=7)
    let_in = exchange(request(BAD, content_type=CAPITALS), at_s=1)
    yield "a violation under capitals", one(wrong, let_in)
    no_object = exchange(request(raw=b"[]", content_type=CAPITALS), at_s=1)
    yield "no object under capitals", one(exchange(request(raw=b"[]"), 400), no_object)
    yield "a violation under capitals, alone", one(let_in)
    yield "a violation under capitals and plain", one(exchange(request(BAD)), let_in)
    yield "a violation under capitals, another refused", one(wrong_name, let_in)
    yield "a violation under no type", one(wrong, exchange(request(BAD, content_type=None), at_s=1))
    yield "two violations under capitals", one(wrong, exchange(request(both, content_type=CAPITALS), at_s=1))
    yield "two violations, no evidence", one(made(0), exchange(request(both, content_type=CAPITALS), at_s=1))
    yield "two violations refused, one let in", one(exchange(request(both), 400), let_in)
    yield "a server error for evidence", one(exchange(request(BAD), 500), let_in)


def questions() -> Iterator[tuple[str, Entry]]:
    two = request(sent_body(name="", icpId=UUID))
    empty, icp = made(1, sent_body(name="")), made(1, sent_body(icpId=UUID))
    for status in (400, 401, 403, 404, 422, 429, 500):
        refused = exchange(two, status)
        yield f"two questions, {status}", one(refused)
        yield f"two questions, {status}, the name passes", one(refused, empty)
        yield f"two questions, {status}, the ICP passes", one(refused, icp)
        yield f"two questions, {status}, both pass", one(refused, empty, icp)
    people = exchange(request(sent_body(personIds=["x1"])), 400)
    yield "people: form or unknown", one(people)
    yield "people: the form passes", one(people, made(1, sent_body(personIds=["lead_abc123"])))
    yield "people: unknown ones pass", one(people, made(1, sent_body(personIds=[UUID])))
    twice = exchange(request(sent_body(type="company", companyIds=[UUID_1, UUID_1])), 400)
    yield "a company id twice refused", one(twice)
    passed = made(1, sent_body(type="company", companyIds=[UUID_1]))
    yield "a company id twice refused, ids pass", one(twice, passed)
    in_two_cases = made(2, sent_body(type="company", companyIds=[UUID_1, UUID_1.upper()]))
    yield "a company id twice refused, in two cases it passes", one(twice, passed, in_two_cases)
    in_two_places = made(2, sent_body(type="company", companyIds=[UUID_1, ID_3, UUID_1]))
    yield "a company id twice refused, and passed", one(twice, passed, in_two_places)
    scheme: Headers = (("Authorization", "bearer bearer-one"),)
    yield "a scheme and a name", one(exchange(request(sent_body(name=""), login=scheme), 400))


def losses() -> Iterator[tuple[str, Entry]]:
    def people(sent: list[Any], got: list[Any], at_s: float, **more: Any) -> Exchange:
        return made(at_s, sent_body(personIds=sent, **more), personIds=got)

    kept, lost = people(["x1"], ["x1"], 0), people(["y1", "y2"], [], 1)
    yield "kept and lost", one(kept, lost)
    yield "lost and kept", one(lost, people(["x1"], ["x1"], 2))
    yield "kept, lost twice", one(kept, lost, people(["z"], [], 2))
    yield "lost only", one(lost, people(["z"], [], 2))
    yield "kept in part", one(kept, people(["y", "z"], ["y"], 1))
    yield "known ones kept", one(people([KNOWN_PERSON], [KNOWN_PERSON], 0), lost)
    yield "the API page's kept", one(people(["lead_abc123"], ["lead_abc123"], 0), lost)
    yield "people of companies lost", one(kept, people(["y"], [], 1, type="company"))
    null = made(1, sent_body(personIds=["y"]), personIds=None)
    of_companies = people(["y"], [], 1, type="company")
    yield "not even a list, then lost", one(kept, null, lost)
    yield "of companies, then lost", one(kept, of_companies, lost)
    twice = request(raw=json.dumps(sent_body(personIds=["y"])).encode()[:-1] + b',"name":"Last"}')
    yield "lost after a key twice", one(kept, exchange(twice, answer=created(personIds=[], id=ID_4), at_s=1))
    both = sent_body(personIds=["x1"], companyIds=[UUID], type="company")
    gone = sent_body(name="G", personIds=["x1"], companyIds=[ID_3], type="company")
    yield "companies lost next to people", one(kept, lost, made(3, both), made(4, gone, companyIds=[]))
    two_kinds = [
        made(3, sent_body(type="company", companyIds=[UUID])),
        made(4, sent_body(type="company", companyIds=[ID_3]), companyIds=[]),
    ]
    yield "people and companies lost", one(kept, lost, *two_kinds)
    yield "not even a list", one(kept, made(1, sent_body(personIds=["y"]), personIds=None))

    def companies(sent: list[str], got: list[str], at_s: float) -> Exchange:
        return made(at_s, sent_body(type="company", companyIds=sent), companyIds=got)

    yield "companies kept and lost", one(companies([UUID], [UUID], 0), companies([ID_3], [], 1))
    yield (
        "companies of people lost",
        one(companies([UUID], [UUID], 0), made(1, sent_body(companyIds=[ID_3]), companyIds=[])),
    )
