"""What a faulty server is: the right core with exactly one fault, and the clause that it breaks.

A fault is a subclass that changes one stage: its name is the class's in kebab-case, its description the docstring, and
`@breaks` names its clause. Faulty servers share nothing with the mock server, so that the two can't agree on a wrong
reading.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from contract_tests.tests.servers.right_core import Fields, Request, RightCore


class FaultyServer(NamedTuple):
    name: str
    clause: str  # the one that it breaks
    description: str
    app: type[RightCore]


declared: list[FaultyServer] = []


def breaks(clause: str) -> Callable[[type[RightCore]], type[RightCore]]:
    """Declare a class to be the faulty server of a clause."""

    def declare(app: type[RightCore]) -> type[RightCore]:
        name = re.sub(r"(?<!^)([A-Z]|(?<!\d)\d)", r"-\1", app.__name__).lower()
        declared.append(FaultyServer(name, clause, app.__doc__ or "", app))
        return app

    return declare


class Changed(RightCore):
    """The right core, where a subclass can change what comes back."""

    def build(self, request: Request, user: str, fields: Fields) -> Fields:
        created = super().build(request, user, fields)
        return created | self.changes(created)

    def changes(self, created: Fields) -> Fields:
        return {}
