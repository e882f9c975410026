"""Requests that are sent one after the other, because each has to be seen after another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.lead_lists.bodies import COMPANIES, ICP, base, without
from contract_tests.requests.plan import Sender, Step, encode
from contract_tests.settings.values import Session
from contract_tests.target.exchange import Headers


def chains(sender: Sender, tag: str) -> tuple[tuple[Step, ...], ...]:
    """Return the sequences that show the same if other requests come between their steps; tag: part of every name."""
    sequences = (_same_name, _idempotent, _corrected)
    return tuple(tuple(sequence(sender, tag)) for sequence in sequences)


def in_turn(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield the other sequences in their order: for them, the step before is the previous request of the server."""
    repeated = Step("the same request twice", sender.request(base(f"Repeated, {tag}", sender.base)))
    yield from (repeated, repeated)
    yield from _users_in_turn(sender, tag)
    # Four lists of companies one after the other, so that a pool of up to four objects has only these.
    yield from _same_companies(sender, tag)
    yield from _defaults_in_turn(sender, tag)
    yield from _once_more(sender, tag)


def about_a_list(sender: Sender, tag: str, created: Mapping[str, Any]) -> Iterator[Step]:
    """Yield a request with the ID of a list that exists: a server that saves by ID changes that list."""
    if isinstance(created.get("id"), str):
        body = {**base(f"Not that list, {tag}", sender.base), "id": created["id"]}
        user = sender.terms.settings.sessions[-1]
        yield Step("the id of another list", sender.request(body, session=user))


def _same_companies(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield the same IDs several times: a validator with state accepts them every second time."""
    body = {**base(f"Companies again, {tag}", sender.base), "type": "company", "companyIds": [*COMPANIES]}
    times: Mapping[str, Mapping[str, Any]] = {
        "once, with people": {"personIds": ["lead_abc123"], "name": f"Companies with people, {tag}"},
        "twice, with an ICP": {"icpId": ICP},  # NULL is never equal in SQL, so a unique name needs an ICP
        "three times, with the same ICP": {"icpId": ICP, "endDate": "2030-04-30T23:59:59.000Z"},
    }
    for time, changes in times.items():
        yield Step(f"the same company ids {time}", sender.request({**body, **changes}))


def _same_name(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"A name for two lists, {tag}", sender.base)
    later = {**body, "endDate": "2030-04-30T23:59:59.000Z"}
    yield Step("a name", sender.request(body))
    yield Step("the same name again", sender.request(later))


def _users_in_turn(sender: Sender, tag: str) -> Iterator[Step]:
    second: Session | None = sender.terms.settings.second
    if second is None:
        return
    first = sender.terms.settings.first
    for turn, session in enumerate((first, second, first, second)):
        # The same body of both users: a cache of responses that does not know users mixes them up.
        # Later with an ICP, whose users a server may take for those of the list.
        body = base(f"Turns {turn // 2 + 1}, {tag}", sender.base) | ({"icpId": ICP} if turn > 1 else {})
        yield Step(f"turn {turn + 1}: the {session.name} user", sender.request(body, session=session))


def _defaults_in_turn(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield steps to check that a default is that of the API page, not the value of the previous list."""
    body = base(f"Companies first, {tag}", sender.base)
    # A server that reads the type only where it expects it makes this a list of people.
    ids = {"name": body["name"], "companyIds": [*COMPANIES]}
    companies = {**ids, **without(body, "name", "type", "companyIds"), "type": "company"}
    yield Step("a list of companies, its type last, then", sender.request(companies))
    yield Step("type and companyIds left out after it", sender.request(without(body, "type", "companyIds")))


def _idempotent(sender: Sender, tag: str) -> Iterator[Step]:
    key: Headers = (("Idempotency-Key", f"key-{tag}"),)
    for _ in range(2):
        yield Step("an Idempotency-Key", sender.request(base(f"Idempotent, {tag}", sender.base), more=key))
    if second := sender.terms.settings.second:
        step = sender.request(base(f"Idempotent, {tag}", sender.base), more=key, session=second)
        yield Step("the Idempotency-Key of the other user", step)


def _corrected(sender: Sender, tag: str) -> Iterator[Step]:
    body = base(f"Corrected, {tag}", sender.base)
    key: Headers = (("Idempotency-Key", f"corrected-{tag}"),)
    yield Step("a number for name with an Idempotency-Key", sender.request({**body, "name": 7}, more=key))
    yield Step("the name corrected, the same Idempotency-Key", sender.request(body, more=key))


def _once_more(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield requests after a valid one, at the end of the run, that a server must refuse as at its start."""
    body = base(f"At the end, {tag}", sender.base)
    yield Step("no body after a right one", sender.request(raw=b""))
    second = sender.terms.settings.sessions[-1]
    yield Step("a number for name, at the end", sender.request({**body, "name": 7}, session=second))
    companies = {**body, "type": "company", "companyIds": [*COMPANIES]}
    yield Step("endDate left out, at the end", sender.request(without(companies, "endDate")))
    accepted = without(body, "type", "companyIds")
    raw = b" " * 9_000 + encode(accepted)  # a server that refuses it unread may take the rest for the next request
    yield Step("type and companyIds left out after a refusal", sender.request(raw=raw))
    if sender.operation.secured:
        # With the body that was accepted just now, which a cache in front of the login check knows.
        yield Step("no login, at the end", sender.request(raw=raw, login=()))
        if expired := sender.terms.settings.expired_bearer:
            login: Headers = (("Authorization", f"Bearer {expired}"),)
            yield Step("an expired session again", sender.request(raw=raw, login=login))
