"""Several exchanges, sequential or concurrent, that show something only together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from contract_tests.target.exchange import Exchange, Headers
from contract_tests.tests.corpus.exchanges import (
    FIRST,
    OTHER_ID,
    created,
    exchange,
    problem,
    request,
    sent_body,
)
from contract_tests.tests.corpus.values import BAD, SECOND_LOGIN, Entry, answers_to, one, planned

ID_3, ID_4 = "11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555"
CAPITALS = "Application/JSON"
BURST_S = 0.001
EARLY, LATE = "2030-03-17T17:46:41.000Z", "2030-03-17T17:46:49.000Z"


def made(at_s: float = 0.0, body: Any = None, *, how: dict[str, Any] | None = None, **answer: Any) -> Exchange:
    """Return a success some seconds after the first one, with its own id."""
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
    yield "a nameless one among namesakes", one(plain, exchange(request(raw=b"[]"), 400), named("Plain", 1))
    yield "a refused one among namesakes", one(plain, exchange(request(BAD), 400), named("Plain", 1))
    other = exchange(request(sent_body(name="Other"), headers=keyed), at_s=2)
    yield "a key for two requests", one(again[0], other, again[1])
    yield "a key, no key, a key", one(made(1), again[0], made(2), again[1])
    yield "ends as the other begins", one(exchange(at_s=0.01), exchange(at_s=0))
    yield "an id that repeats in two ways", one(exchange(), exchange(at_s=1), named("B", 2, id=created()["id"]))
    yield "the same name refused once", one(plain, exchange(request(sent_body(name="Plain")), 409, at_s=1))


def shapes() -> Iterator[tuple[str, Entry]]:
    flat = problem()["error"]
    for status, asked in ((400, request(BAD)), (401, request(login=())), (500, request()), (404, request())):
        nested = exchange(request(BAD), 400)
        yield f"a flat {status} next to a nested 400", one(nested, exchange(asked, status, flat, at_s=1))
    yield "a flat one and no envelope", one(exchange(request(BAD), 400, flat), exchange(request(BAD), 400, raw=b""))
    elsewhere = exchange(request(path="/x"), 400, flat)
    yield (
        "another path, then two shapes",
        one(exchange(request(BAD), 400), elsewhere, exchange(request(BAD), 400, flat)),
    )
    yield "a success between two shapes", one(exchange(request(BAD), 400), made(0), exchange(request(BAD), 400, flat))
    yield "on another path", one(exchange(request(BAD), 400), exchange(request(path="/x"), 400, flat))
    cookie = request(login=FIRST.login("cookie"))
    yield "both carriers", one(made(0), exchange(cookie, answer=created(id=OTHER_ID), at_s=1))
    yield "one carrier refused", one(made(0), exchange(cookie, 401, at_s=1))
    yield "the cookie alone", one(exchange(cookie))


def users() -> Iterator[tuple[str, Entry]]:
    unknown = {"login": (("Cookie", "__session=cookie-three"),)}
    for label, (then, now) in {"stay": ("a", "a"), "change": ("a", "b")}.items():
        yield (
            f"users without creator {label}",
            one(made(0, how=unknown, userIds=[then]), made(1, how=unknown, userIds=[now])),
        )
    yield "no list between two", one(made(0), made(1, userIds=None), made(2, userIds=["user_1"]))
    yield "no list first", one(made(1, userIds=None), made(0), by_second(2, userIds=["user_2"]))
    yield "two users", one(made(0), by_second(1, userIds=["user_2"]))
    yield "one creator for two users", one(made(0), by_second(1))
    yield "two of them for two users", one(made(0, userIds=["user_1", "a"]), by_second(1, userIds=["user_1", "a"]))
    yield "no known user", one(made(0, userIds=["a"]), by_second(1, userIds=["b"]))
    yield "numbers among users", one(made(0, userIds=[7]), made(1, userIds=["a"]))
    yield "none and some", one(made(0, userIds=[]), made(1, userIds=["a"]))
    invited = sent_body(userIds=["a"])
    yield "the invited do not count", one(made(0, invited, userIds=["a"]), made(1, userIds=["b"]))
    for label, got in {"kept": ["user_1", "a"], "displaced": ["a"], "gone": [], "null": None, "numbers": [7]}.items():
        yield f"the creator {label}", one(made(0), made(1, invited, userIds=got))
        yield f"the creator {label}, nothing known", one(made(1, invited, userIds=got))
        second = made(1, invited, how={"login": SECOND_LOGIN}, userIds=got)
        yield f"the creator {label}, of the second user", one(by_second(0, userIds=["user_2"]), second)
    null_id = made(1, sent_body(id=None), id=None)
    yield "null for the id taken over", one(made(0), null_id)
    yield "never another id than null", one(made(0, id=None), null_id)
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
    yield "in another order", one(stamped(1, stamp), stamped(0, LATE))
    yield "back after the latest", one(stamped(0, LATE), stamped(1, EARLY), stamped(2, stamp))
    yield "no stamp between", one(stamped(0, LATE), stamped(1, "x"), stamped(2, stamp))
    yield "the same stamp, then back", one(stamped(0, LATE), stamped(1, LATE), stamped(2, stamp))
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
    ends = made(1, direct)
    yield "before it begins", one(exchange(request(sent_body(name="P")), at_s=0.99), ends, made(2, admin=True))
    yield (
        "nothing before the first, something before the second",
        one(ends, named("P", 2), made(3, inherited), made(4, admin=True)),
    )
    yield "no objects", one(named("Plain"), made(1, sent_body(__proto__=[1], constructor="x")), made(2, admin=True))


def whole_plans() -> Iterator[tuple[str, Entry]]:
    """A third of the plan, answered by servers that accept or refuse open requests, or all."""
    asked = [step.request for step in planned()][::3]
    answers = [answers_to(request) for request in asked]
    for label, index in (("takes what is open", 0), ("refuses what is open", -1)):
        chosen = [each[index] for each in answers]
        later = [replace(e, sent_at_s=e.sent_at_s + n, received_at_s=e.received_at_s + n) for n, e in enumerate(chosen)]
        yield f"a plan: {label}", Entry(later)
    yield "a plan: refuses all", Entry([exchange(request, 400) for request in asked])
    yield "a plan: takes all", Entry([exchange(request) for request in asked])
