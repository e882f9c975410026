"""Several exchanges, one after the other or at the same moment, that only together say something."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract_tests.exchange import Exchange, Headers
from contract_tests.tests.corpus import BAD, SECOND_LOGIN, UUID, UUID_1, UUID_7, Entry, answers_to, one, planned
from contract_tests.tests.exchanges import (
    FIRST,
    KNOWN_PERSON,
    OMIT,
    OTHER_ID,
    created,
    exchange,
    problem,
    request,
    sent_body,
)

ID_3, ID_4 = "11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555"
CAPITALS = "Application/JSON"
BURST_S = 0.001
EARLY, LATE = "2030-03-17T17:46:41.000Z", "2030-03-17T17:46:49.000Z"


def made(at_s: float = 0.0, body: Any = None, *, how: dict[str, Any] | None = None, **answer: Any) -> Exchange:
    """A success some seconds after the first one, with an id of its own."""
    sent = sent_body() if body is None else body
    fields = {"id": f"{int(at_s * 1000):08d}-2222-4333-8444-555555555555", **answer}
    return exchange(request(body, **(how or {})), answer=created(sent, **fields), at_s=at_s)


def named(name: str, at_s: float = 0.0, **answer: Any) -> Exchange:
    return made(at_s, sent_body(name=name), **answer)


def stamped(at_s: float, stamp: str, **how: Any) -> Exchange:
    return made(at_s, how=how, createdAt=stamp, updatedAt=stamp)


def by_second(at_s: float, **answer: Any) -> Exchange:
    return made(at_s, how={"login": SECOND_LOGIN}, **answer)


def repeats() -> Iterator[tuple[str, Entry]]:
    same, plain = made(0), named("Plain")
    yield "two lists", one(same, made(1))
    yield "three lists, two names", one(same, named("Plain", 1), made(2))
    yield "one id for two names", one(same, named("Plain", 1, id=created()["id"]), exchange(at_s=3))
    yield "one id in two cases", one(exchange(), exchange(at_s=1, answer=created(id=created()["id"].upper())))
    yield "one list for the same request", one(exchange(), exchange(at_s=1))
    yield "one list for the same request, then another", one(exchange(), exchange(at_s=1), made(2))
    yield "one id with another createdAt", one(exchange(), exchange(at_s=1, answer=created(createdAt=EARLY)))
    yield "one list at the same moment", one(exchange(), exchange(at_s=BURST_S))
    yield "one list at the same moment and later", one(exchange(), exchange(at_s=BURST_S), exchange(at_s=9))
    yield "two lists at the same moment", one(made(0), made(BURST_S))
    yield "two at the same moment, one later", one(made(0), made(BURST_S), made(4))
    yield "as the first ends", one(exchange(), exchange(at_s=0.01))
    yield "begun before, ended after", one(exchange(at_s=1), exchange(at_s=0, took_s=9))
    yield "the second over before the first", one(exchange(at_s=1), exchange(at_s=0))
    keyed: Headers = (("Idempotency-Key", "k"),)
    again = [exchange(request(headers=keyed), at_s=s) for s in (0, 5)]
    yield "a key, honoured", one(*again)
    yield "a key, ignored", one(again[0], exchange(request(headers=keyed), answer=created(id=OTHER_ID), at_s=5))
    yield "a key, refused the second time", one(again[0], exchange(request(headers=keyed), 409, at_s=5))
    yield "a key with one id for others", one(*again, exchange(at_s=6))
    yield "the same name again", one(plain, named("Plain", 1, endDate="2031-01-01T00:00:00.000Z"))
    yield "the same name three times", one(plain, named("Plain", 1), named("Plain", 2))
    yield "the same name refused once", one(plain, exchange(request(sent_body(name="Plain")), 409, at_s=1))


def refusals() -> Iterator[tuple[str, Entry]]:
    plain, refused = named("Plain"), exchange(status=400, at_s=1)
    later = sent_body(name="Plain", endDate="2031-01-01T00:00:00.000Z")
    yield "all refused", one(refused, exchange(request(sent_body(name="Other")), 400))
    yield "the plain one refused with an error body under 200", one(exchange(answer=problem()))
    yield "the same request refused", one(made(0), exchange(status=409, at_s=1))
    yield "the same request refused at the same moment", one(made(0), exchange(status=409, at_s=BURST_S))
    yield "the same name refused", one(plain, exchange(request(later), 409, at_s=1))
    yield "the name of two lists refused", one(plain, named("Plain", 1), exchange(request(later), 409, at_s=2))
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
    taken = made(0, sent_body(personIds=["lead_a1"]))
    for form, ids in {"same form": ["lead_b2"], "other form": ["x"], "UUID": [UUID], "mixed": ["lead_b2", "x"]}.items():
        asked = request(sent_body(name="B", personIds=ids))
        yield f"unknown people refused, {form}", one(taken, exchange(asked, 400, at_s=1))
        of_companies = request(sent_body(name="B", type="company", personIds=ids))
        yield f"of companies, {form}", one(taken, exchange(of_companies, 400, at_s=1))
    icps = {"version 4": ID_3, "version 1": UUID_1, "version 7": UUID_7}
    for version, icp in icps.items():
        first = made(0, sent_body(icpId=UUID))
        yield f"an unknown ICP refused, {version}", one(first, exchange(request(sent_body(icpId=icp)), 404, at_s=1))
    example = made(0, sent_body(personIds=["lead_abc123"]))
    yield "the page's people taken", one(example, exchange(request(sent_body(personIds=["lead_zzz999"])), 404))
    companies = made(0, sent_body(type="company", companyIds=[UUID]))
    asked = request(sent_body(type="company", companyIds=[ID_3]))
    yield "unknown companies refused", one(companies, exchange(asked, 404, at_s=1))


def media_types() -> Iterator[tuple[str, Entry]]:
    wrong, wrong_name = exchange(request(BAD), 400), exchange(request(sent_body(name=7)), 400)
    both = sent_body(endDate=OMIT, name=7)
    let_in = exchange(request(BAD, content_type=CAPITALS), at_s=1)
    yield "a fault under capitals", one(wrong, let_in)
    yield "a fault under capitals, alone", one(let_in)
    yield "a fault under capitals and plain", one(exchange(request(BAD)), let_in)
    yield "a fault under capitals, another refused", one(wrong_name, let_in)
    yield "a fault under no type", one(wrong, exchange(request(BAD, content_type=None), at_s=1))
    yield "two faults under capitals", one(wrong, exchange(request(both, content_type=CAPITALS), at_s=1))
    yield "two faults, no evidence", one(made(0), exchange(request(both, content_type=CAPITALS), at_s=1))
    yield "two faults refused, one let in", one(exchange(request(both), 400), let_in)
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
    yield "the page's kept", one(people(["lead_abc123"], ["lead_abc123"], 0), lost)
    yield "people of companies lost", one(kept, people(["y"], [], 1, type="company"))
    yield "not even a list", one(kept, made(1, sent_body(personIds=["y"]), personIds=None))

    def companies(sent: list[str], got: list[str], at_s: float) -> Exchange:
        return made(at_s, sent_body(type="company", companyIds=sent), companyIds=got)

    yield "companies kept and lost", one(companies([UUID], [UUID], 0), companies([ID_3], [], 1))
    yield (
        "companies of people lost",
        one(companies([UUID], [UUID], 0), made(1, sent_body(companyIds=[ID_3]), companyIds=[])),
    )


def shapes() -> Iterator[tuple[str, Entry]]:
    flat = problem()["error"]
    for status, asked in ((400, request(BAD)), (401, request(login=())), (500, request()), (404, request())):
        nested = exchange(request(BAD), 400)
        yield f"a flat {status} beside a nested 400", one(nested, exchange(asked, status, flat, at_s=1))
    yield "a flat one and no envelope", one(exchange(request(BAD), 400, flat), exchange(request(BAD), 400, raw=b""))
    yield "on another path", one(exchange(request(BAD), 400), exchange(request(path="/x"), 400, flat))
    cookie = request(login=FIRST.login("cookie"))
    yield "both carriers", one(made(0), exchange(cookie, answer=created(id=OTHER_ID), at_s=1))
    yield "one carrier refused", one(made(0), exchange(cookie, 401, at_s=1))
    yield "the cookie alone", one(exchange(cookie))


def users() -> Iterator[tuple[str, Entry]]:
    yield "two users", one(made(0), by_second(1, userIds=["user_2"]))
    yield "one creator for two users", one(made(0), by_second(1))
    yield "two of them for two users", one(made(0, userIds=["user_1", "a"]), by_second(1, userIds=["user_1", "a"]))
    yield "nobody known", one(made(0, userIds=["a"]), by_second(1, userIds=["b"]))
    yield "numbers among users", one(made(0, userIds=[7]), made(1, userIds=["a"]))
    yield "none and some", one(made(0, userIds=[]), made(1, userIds=["a"]))
    invited = sent_body(userIds=["a"])
    yield "the invited do not count", one(made(0, invited, userIds=["a"]), made(1, userIds=["b"]))
    for label, got in {"kept": ["user_1", "a"], "displaced": ["a"], "gone": [], "null": None, "numbers": [7]}.items():
        yield f"the creator {label}", one(made(0), made(1, invited, userIds=got))
        yield f"the creator {label}, nothing known", one(made(1, invited, userIds=got))
        second = made(1, invited, how={"login": SECOND_LOGIN}, userIds=got)
        yield f"the creator {label}, of the second user", one(by_second(0, userIds=["user_2"]), second)
    yield "never there, displaced", one(made(0, userIds=["z"]), made(1, invited, userIds=["a"]))
    yield "invited as text", one(made(0), made(1, sent_body(userIds="a"), userIds=["a"]))


def clocks() -> Iterator[tuple[str, Entry]]:
    first, stamp = made(0), created()["createdAt"]
    yield "a frozen clock", one(first, stamped(9, stamp))
    yield "a frozen clock, soon", one(first, stamped(1.4, stamp))
    yield "a frozen clock, at the limit", one(first, stamped(1.51, stamp))
    yield "a frozen clock, below the limit", one(first, stamped(1.509, stamp))
    yield "a clock that runs", one(first, stamped(9, LATE))
    yield "a clock that runs, seen late", one(first, stamped(1, stamp), stamped(9, LATE), stamped(20, LATE))
    yield "a clock that begins wrong", one(stamped(0, "x"), stamped(5, stamp), stamped(9, LATE))
    yield "a clock for a key", one(made(0, how={"headers": (("Idempotency-Key", "k"),)}), stamped(9, stamp))
    yield "running back", one(stamped(0, LATE), stamped(1, stamp))
    yield "running back a second", one(stamped(0, EARLY), stamped(1, stamp))
    yield "running back two seconds", one(stamped(0, "2030-03-17T17:46:42.000Z"), stamped(1, stamp))
    yield "running back at the same moment", one(stamped(0, LATE), stamped(BURST_S, stamp))
    yield "running back as it ends", one(stamped(0, LATE), stamped(0.01, stamp))
    yield "told in another order", one(stamped(1, stamp), stamped(0, LATE))
    yield "back behind the latest", one(stamped(0, LATE), stamped(1, EARLY), stamped(2, stamp))
    keyed = stamped(1, stamp, headers=(("Idempotency-Key", "k"),))
    yield "running back for a key", one(stamped(0, LATE), keyed)


def pollution() -> Iterator[tuple[str, Entry]]:
    direct = sent_body(__proto__={"admin": True})
    inherited = sent_body(constructor={"prototype": {"admin": True}})
    for label, body in {"__proto__": direct, "constructor": inherited}.items():
        sender = made(1, body)
        yield f"{label} spreads", one(named("Plain"), sender, made(2, admin=True))
        yield f"{label} spreads, nothing before", one(sender, made(2, admin=True))
        yield f"{label}, there before", one(named("Plain", admin=True), sender, made(2, admin=True))
        yield f"{label}, another value", one(named("Plain"), sender, made(2, admin=False))
        yield f"{label}, at the same moment", one(named("Plain"), sender, made(1 + BURST_S, admin=True))
        yield f"{label}, as it ends", one(named("Plain"), sender, made(1.01, admin=True))
        yield f"{label}, sent itself", one(named("Plain"), sender, made(2, sent_body(admin=True), admin=True))
    yield "no objects", one(named("Plain"), made(1, sent_body(__proto__=[1], constructor="x")), made(2, admin=True))


def whole_plans() -> Iterator[tuple[str, Entry]]:
    """A third of the plan, answered by servers that take or refuse what is open, or all."""
    asked = [step.request for step in planned()][::3]
    answers = [answers_to(request) for request in asked]
    for label, index in (("takes what is open", 0), ("refuses what is open", -1)):
        chosen = [each[index] for each in answers]
        later = [replace(e, sent_at_s=e.sent_at_s + n, received_at_s=e.received_at_s + n) for n, e in enumerate(chosen)]
        yield f"a plan: {label}", Entry(later)
    yield "a plan: refuses all", Entry([exchange(request, 400) for request in asked])
    yield "a plan: takes all", Entry([exchange(request) for request in asked])


HISTORIES: dict[str, Entry] = {
    label: entry
    for part in (repeats, refusals, media_types, questions, losses, shapes, users, clocks, pollution, whole_plans)
    for label, entry in part()
}
