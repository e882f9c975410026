"""The planned requests for a lead list: each permitted variation and open reading alone, sequences, a burst."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, cycle, islice
from textwrap import shorten
from typing import Any

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.lead_lists.bodies import (
    CHOICES,
    CLOCK_CHANGES,
    COMPANIES,
    HEADERS,
    HIDDEN_VIOLATIONS,
    OTHER_BASES,
    PAGE_EXAMPLE,
    PERMITTED,
    PROTOTYPE_FIELDS,
    ROWS,
    base,
    without,
    without_left_out,
)
from contract_tests.lead_lists.history import FROZEN_CLOCK_S
from contract_tests.lead_lists.ids import known_ids
from contract_tests.lead_lists.open_questions import OPEN_QUESTIONS
from contract_tests.lead_lists.sequences import about_a_list, chains, in_turn
from contract_tests.lead_lists.transport import login_steps, transport_steps
from contract_tests.requests.generic_plan import generic_plan
from contract_tests.requests.plan import BURST, Plan, Sender, Step, encode

LABEL_CHARACTERS = 16  # maximum length of a label in a name: a server that refuses thirty characters refuses names only
AXIOS_ACCEPT = ("Accept", "application/json, text/plain, */*")  # the default of a common client
# The last of the combined choices: how the body is sent.
WIRES: tuple[Mapping[str, Any], ...] = ({}, {"chunked": True}, {"media_type": "application/json;charset=UTF-8"})


def lead_list_plan(terms: Terms, operation: Operation, tag: str) -> Plan:
    """Return the planned requests; tag: part of every name, so that the lists of a run can be found."""
    return replace(_plan(Sender(terms, operation), tag), others=partial(_on_other_bases, terms, operation, tag))


def _on_other_bases(terms: Terms, operation: Operation, tag: str) -> Iterator[Plan]:
    """The same plan on the ids that the user knows, then on the API page's example."""
    known = partial(known_ids, terms.settings)
    own = {"icpId": next(iter(known("icpId")), None), "personIds": list(known("personIds"))}
    for accepted in (*((own,) if any(own.values()) else ()), *OTHER_BASES):
        yield _plan(Sender(terms, operation, accepted), tag)


def _base(sender: Sender, name: str) -> dict[str, Any]:
    return base(name, sender.base)


def _plan(sender: Sender, tag: str) -> Plan:
    terms, operation = sender.terms, sender.operation
    people = _base(sender, f"Faulty list, {tag}")
    generic = generic_plan(terms, operation, people, without(people, "type"), {**people, "type": "company"})
    steps = list(generic.concurrent)
    steps += _changed(sender, tag, _at_clock_changes(sender))
    steps += _changed(sender, tag, _open_questions(sender))
    steps += _changed(sender, tag, HIDDEN_VIOLATIONS)
    steps += _omissions(sender, tag)
    steps += _existing(sender, tag)
    steps += _spellings(sender, tag)
    steps += _at_other_ends(chain(transport_steps(sender, tag), login_steps(sender, tag)))
    steps = list(_interleaved(steps, list(_together(sender, tag))))
    users = sender.terms.settings.sessions
    burst = tuple(
        Step(
            "the same request at the same moment",
            sender.request(_base(sender, f"Burst, {tag}"), session=users[n % len(users)]),
        )
        for n in range(BURST)
    )
    return Plan(
        first=Step("a plain lead list", sender.request(_base(sender, f"First list, {tag}"))),
        concurrent=tuple(_numbered(steps, tag)),
        chains=chains(sender, tag),
        sequential=tuple(in_turn(sender, tag)),
        about=partial(about_a_list, sender, tag),
        burst=burst,
        last=Step("a plain lead list later", sender.request(_base(sender, f"Last list, {tag}"), more=(AXIOS_ACCEPT,))),
        last_after_s=FROZEN_CLOCK_S + 0.1,
        base=sender.base,
    )


def _numbered(steps: Iterable[Step], tag: str) -> Iterator[Step]:
    """Give each list its own name, so that a server that requires unique names is not misjudged."""
    end = f", {tag}".encode()
    for number, step in enumerate(steps):
        body = step.request.body.replace(end, end + f" {number}".encode(), 1)
        yield replace(step, request=replace(step.request, body=body))


def _changed(sender: Sender, tag: str, table: Mapping[str, Mapping[str, Any]]) -> Iterator[Step]:
    for label, changes in table.items():
        name = f"{shorten(label.capitalize(), LABEL_CHARACTERS, placeholder='')}, {tag}"
        body = without_left_out({**_base(sender, name), **changes})
        yield Step(label, sender.request(body, more=HEADERS.get(label, ())))


def _at_clock_changes(sender: Sender) -> Mapping[str, Mapping[str, Any]]:
    """Return the permitted variations, those without dates of their own with an end when clocks change.

    Each end occurs in other requests as well: if one is refused, another shows that the end is not the cause.
    """
    if sender.base is not None:
        return PERMITTED
    ends = cycle(CLOCK_CHANGES)
    return {
        label: changes if changes.keys() & {"startDate", "endDate"} else {**changes, "endDate": next(ends)}
        for label, changes in PERMITTED.items()
    }


def _open_questions(sender: Sender) -> Mapping[str, Mapping[str, Any]]:
    """Return the open questions, with the ID of the user and existing IDs in place of others where they are known."""
    known = partial(known_ids, sender.terms.settings)
    changes: dict[str, Mapping[str, Any]] = {}
    if own := sender.terms.settings.first.user_id:
        changes["null for the fields that the server makes"] = {"userIds": [own]}
    if people := known("personIds"):
        changes["person ids on a list of companies"] = {"personIds": [people[0]]}
    if companies := known("companyIds"):
        changes["company ids on a list of people"] = {"companyIds": [companies[0]]}
    return {**OPEN_QUESTIONS, **{label: {**OPEN_QUESTIONS[label], **change} for label, change in changes.items()}}


def _at_other_ends(steps: Iterable[Step]) -> Iterator[Step]:
    """Give each end of CLOCK_CHANGES to requests of a signed-in user with an ordinary name."""
    usual, ends = encode(base("")["endDate"]), cycle(CLOCK_CHANGES)
    for step in steps:
        request = step.request
        if usual in request.body and (request.header("Authorization") or request.header("Cookie")):
            step = replace(step, request=replace(request, body=request.body.replace(usual, encode(next(ends)))))
        yield step


def _omissions(sender: Sender, tag: str) -> Iterator[Step]:
    body = _base(sender, f"Less, {tag}")
    yield Step("type left out", sender.request(without(body, "type")))
    yield Step("companyIds left out", sender.request(without(body, "companyIds")))
    yield Step("type and companyIds left out", sender.request(without(body, "type", "companyIds")))
    yield Step(
        "type left out, company ids given", sender.request({**without(body, "type"), "companyIds": [*COMPANIES]})
    )
    companies = without({**body, "type": "company"}, "personIds")
    yield Step("personIds left out of a list of companies", sender.request(companies))
    yield Step("Name for name", sender.request({"Name": body["name"], **without(body, "name")}))
    snake = {"start_date": body["startDate"], **without(body, "startDate")}
    yield Step("start_date for startDate", sender.request(snake))
    inherited = {**without(body, "type", "companyIds"), **PROTOTYPE_FIELDS}
    yield Step("type and companyIds under keys of prototypes", sender.request(inherited))


def _existing(sender: Sender, tag: str) -> Iterator[Step]:
    """Yield the example of the API page, variants without some of its IDs, and bodies with the user's existing IDs."""
    yield Step("the API page's example", sender.request(PAGE_EXAMPLE))
    yield Step(
        "the API page's example without an ICP",
        sender.request({**PAGE_EXAMPLE, "icpId": None, "name": f"No ICP, {tag}"}),
    )
    yield Step(
        "the API page's example without people",
        sender.request({**PAGE_EXAMPLE, "personIds": [], "name": f"No people, {tag}"}),
    )
    known = partial(known_ids, sender.terms.settings)
    if icps := known("icpId"):
        yield Step("a known ICP", sender.request({**_base(sender, f"Known ICP, {tag}"), "icpId": icps[0]}))
        yield Step(
            "a known ICP in upper case",
            sender.request({**_base(sender, f"Known ICP in capitals, {tag}"), "icpId": icps[0].upper()}),
        )
    if people := known("personIds"):
        yield Step("known people", sender.request({**_base(sender, f"People, {tag}"), "personIds": list(people)}))
    if companies := known("companyIds"):
        changes = {"type": "company", "companyIds": list(companies)}
        yield Step("known companies", sender.request({**_base(sender, f"Companies, {tag}"), **changes}))


def _spellings(sender: Sender, tag: str) -> Iterator[Step]:
    body = _base(sender, f"Spelled, {tag}")
    yield Step("fields in another order", sender.request(dict(reversed(body.items()))))
    yield Step("JSON with line breaks", sender.request(raw=json.dumps(body, indent=2).encode()))
    yield Step("JSON with spaces around it", sender.request(raw=b" \r\n\t" + encode(body) + b"\n"))
    escaped = encode(body).replace(b"Spelled", b"\\u0053pel\\/led").replace(b'"name"', b'"n\\u0061me"')
    yield Step("JSON with escapes", sender.request(raw=escaped))
    python = json.dumps({**body, "name": f"Launch 🚀, {tag}"}).encode().replace(b"Launch", b"\\u004caunch")
    yield Step("JSON in ASCII, an emoji as a pair of escapes", sender.request(raw=python))
    doubled = encode({"name": f"First of two, {tag}", "personIds": ["lead_1"], **without(body, "name", "personIds")})
    again = encode({"name": f"Last of two, {tag}", "personIds": ["lead_2"]})
    yield Step("two keys twice", sender.request(raw=doubled[:-1] + b"," + again[1:]))
    typed = encode({"type": "person", **without(body, "type")})[:-1]
    yield Step("a type twice, the second undocumented", sender.request(raw=typed + b',"type":"team"}'))
    greek = encode({**body, "name": f"Αθήνα, {tag}"}).decode()
    yield Step("a body in UTF-16 with Greek letters", sender.request(raw=greek.encode("utf-16-le")))
    commented = {**body, "name": f"A // b /* c */, {tag}"}
    yield Step("comments in the JSON and in the name", sender.request(raw=b"/* x */" + encode(commented)))
    split = b" " * 20_000 + encode({**body, "name": "é" * 60 + f", {tag}"})  # more than a server reads at once
    yield Step("a character in two chunks", sender.request(raw=split, chunked=True))
    yield Step("a body in two parts", sender.request({**body, "name": "é" * 60 + f", {tag}"}, in_parts=True))
    yield Step("a byte order mark", sender.request(raw=b"\xef\xbb\xbf" + encode(body)))
    yield Step("bytes that are not UTF-8", sender.request(raw=encode(body).replace(b"Spelled", b"Spel\xff\xfeled")))
    yield Step("half a surrogate pair", sender.request(raw=encode(body).replace(b"Spelled", b"Spel\\ud800led")))
    more = encode(body)[:-1]
    huge = b',"x":[' + b"9" * 400 + b",-1e999]}"
    yield Step("an integer of 400 digits and a number beyond doubles", sender.request(raw=more + huge))
    endless = b',"x":[' + b"9" * 5000 + b",0." + b"9" * 5000 + b"]}"
    yield Step("numbers of 5,000 digits", sender.request(raw=more + endless))
    yield Step("500 arrays in one another", sender.request(raw=more + b',"x":' + b"[" * 500 + b"]" * 500 + b"}"))
    yield Step("100,000 arrays in one another", sender.request(raw=b"[" * 100_000))
    yield Step("a body of 150 kilobytes", sender.request({**body, "x": "n" * 150_000}))
    large = encode({**body, "name": "n"}).replace(b'"n"', b'"' + b"n" * 2_000_000 + b'"')  # encoding it would take long
    yield Step("a body of two megabytes", sender.request(raw=large))


def _together(sender: Sender, tag: str) -> Iterator[Step]:
    """Pairwise combinations of permitted variations; by the second user, if there is one."""
    user = sender.terms.settings.sessions[-1]
    for number, row in enumerate(ROWS):
        *body_options, wire = map(int, row)
        chosen = dict(
            pair for choice, option in zip(CHOICES, body_options, strict=True) for pair in choice[option].items()
        )
        body = {**_base(sender, ""), **chosen, "name": f"{chosen['name']}, {tag}"}
        body = without_left_out(body)
        yield Step(f"variations together, row {number + 1}", sender.request(body, session=user, **WIRES[wire]))


def _interleaved(many: Sequence[Step], few: Sequence[Step]) -> Iterator[Step]:
    """Return all steps, with the few spread evenly among the many."""
    apart = len(many) // len(few)
    among = iter(few)
    for number, step in enumerate(many):
        if number % apart == 0:
            yield from islice(among, 1)
        yield step
    yield from among
