"""Faulty server: the right core with exactly one defect, and the clause that it breaks.

A defect is a subclass that changes one stage: its ID is the class name in kebab-case, its description the docstring,
and `@breaks` names its clause. Faulty servers share nothing with the mock server, so that the two cannot agree on a
wrong reading.

A server with a `source` belongs to the foreign set: it repeats a public bug report of a real framework, library or
backend. Its authors do not look at what the suite sends, so its score estimates what the suite finds elsewhere.
"""

import re
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from contract_tests.tests.servers.right_core import Fields, Request, RightCore


class FaultyServer(NamedTuple):
    name: str
    clause: str  # the one that it breaks
    description: str
    app: type[RightCore]
    also: tuple[str, ...] = ()  # clauses that describe the defect equally well
    source: str = ""  # the public bug report: owner/repository#number
    difficulty: str = "medium"  # of finding it from outside


_declared: list[FaultyServer] = []


def declared_in(*modules: ModuleType) -> tuple[FaultyServer, ...]:
    """Return the servers that these modules declare, in their order, whatever was imported first."""
    return tuple(server for module in modules for server in _declared if server.app.__module__ == module.__name__)


def breaks(
    clause: str, *also: str, source: str = "", difficulty: str = "medium"
) -> Callable[[type[RightCore]], type[RightCore]]:
    """Declare a class to be the faulty server of a clause."""

    def declare(app: type[RightCore]) -> type[RightCore]:
        name = re.sub(r"(?<!^)([A-Z]|(?<!\d)\d)", r"-\1", app.__name__).lower()
        server = FaultyServer(name, clause, app.__doc__ or "", app, also, source, difficulty)
        _declared.append(server)
        return app

    return declare


class Changed(RightCore):
    """The right core; a subclass can change the response."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return created | self.changes(created)

    def changes(self, created: Fields) -> Fields:
        return {}
