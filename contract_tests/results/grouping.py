"""Group the breaches of a campaign into findings, each of which one mistake explains. Pure: a function of their set.

One mistake shows up under several clauses and with several values. Breaches are put together if they are

1. the same change of fields that hold values of one form: those whose names end with the same word, as two dates do;
   only for a field that is left out and for a wrong clock it does not matter how the value has changed;
2. refusals of valid requests with the same status and the same words of the server, or acceptances with the same
   violation, on one field: a clause on success in general only says that the suite could not tell what was refused;
3. what one of them implies: a server that needs no login accepts any; one that breaks a rule for many different fields
   has no such rule; one that makes one object twice returns one ID twice, and many values of another request.

All else stays apart: two lines for one mistake cost a minute, one line for two mistakes hides a bug.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from contract_tests.results.causes import ACCEPTED, REFUSED

Group = tuple[Hashable, ...]

MANY = 4  # different fields with one broken rule: three can still be a few with a rule of their own
_NO_LOGIN = "access.login.required"
_LOGIN_FIRST = ("access.login.first", "400")  # a server that needs no login goes on to validate
_TWICE = " twice"
_OF_ANOTHER: Group = ("echo",)
_STATUS = re.compile(r"\b(\d{3}|no response)$")


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two breaches the same. place: method, and status of the response. cause: without values."""

    clause: str
    place: str
    cause: str

    @property
    def field(self) -> str:
        """The field that the clause is about; empty if it is about none."""
        words = self.clause.split(".")
        return words[1] if words[0] in {"request", "response"} and words[1] != "body" else ""

    @property
    def rule(self) -> str:
        """The last word of the clause."""
        return self.clause.rpartition(".")[2]

    @property
    def status(self) -> str:
        """The status of the response."""
        found = _STATUS.search(self.place)
        return found[1] if found else ""


def groups(keys: Collection[Key]) -> list[list[Key]]:
    """Divide breaches into those with one cause; the first of each group names the clause that says most."""
    clearest = _clearest_by_cause(keys)
    is_open = any(key.clause == _NO_LOGIN and key.status.startswith("2") for key in keys)
    many = _rules_of_many_fields(keys)
    found: dict[Group, list[Key]] = defaultdict(list)
    for key in sorted(keys, key=_rank):
        found[_group(key, clearest, many, is_open=is_open)].append(key)
    return list(found.values())


def _group(key: Key, clearest: Mapping[Group, Key], many: Collection[Group], *, is_open: bool) -> Group:
    said = key.status, key.cause
    if key.clause.startswith("success.") or (key.cause.startswith(ACCEPTED) and not key.field):
        key = clearest.get(said, key)
    if key.cause.startswith(REFUSED):
        return *said, key.field or key.clause
    if is_open and (_is_accepted_login(key) or (key.clause, key.status) == _LOGIN_FIRST):
        return (_NO_LOGIN,)
    rule = _rule_of(key)
    if key.cause.endswith(_TWICE):
        return _OF_ANOTHER if _OF_ANOTHER in many else (_TWICE,)
    if rule in many:
        return rule
    if key.cause.startswith(ACCEPTED):
        return ACCEPTED, key.clause
    if key.field:
        return (*rule, _family(key.field), "" if key.rule in {"required", "clock"} else key.cause)
    return key.clause, key.status if key.clause.startswith("error.") else "", key.cause


def _is_accepted_login(key: Key) -> bool:
    return key.clause.startswith(("access.login.", "access.session.")) and key.status.startswith("2")


def _rule_of(key: Key) -> Group:
    """What several fields can have in common: no check, the values of another request, or a rule of the response."""
    if key.cause.startswith(ACCEPTED):
        return (ACCEPTED,)
    return _OF_ANOTHER if key.rule in {"echo", "default"} else (key.clause.partition(".")[0], key.rule)


def _rules_of_many_fields(keys: Collection[Key]) -> set[Group]:
    families: dict[Group, set[str]] = defaultdict(set)
    for key in keys:
        if key.field and not key.cause.startswith(REFUSED):
            families[_rule_of(key)].add(_family(key.field))
    return {rule for rule, fields in families.items() if len(fields) >= MANY}


def _clearest_by_cause(keys: Collection[Key]) -> dict[Group, Key]:
    """For each status and cause of a refusal or an acceptance, the breach that says most: the first on a field."""
    clearest: dict[Group, Key] = {}
    for key in sorted(keys, key=lambda key: (not key.field, _rank(key))):
        if key.cause.startswith((REFUSED, ACCEPTED)):
            clearest.setdefault((key.status, key.cause), key)
    return clearest


def _family(field: str) -> str:
    """The last word of a name in camel case."""
    return re.split(r"(?<=[a-z])(?=[A-Z])", field)[-1].lower()


def _rank(key: Key) -> tuple[object, ...]:
    """Sort first what says most: a clause on a field, then one on HTTP, then one on success in general."""
    first = key.clause.partition(".")[0]
    general = {"http": 1, "success": 2}.get(first, 0)
    return key.clause != _NO_LOGIN, general, key.clause, key.place, key.cause
