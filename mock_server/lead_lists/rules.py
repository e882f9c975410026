"""Apply the rules of the options that the mock follows to the body of createLeadList.

Three tables have them: `accepted` makes an invalid body valid before validation, `refused` adds problems to those of
the schema, `adjusted` changes a valid body before it is stored. The rules about unknown IDs are here.
"""

from __future__ import annotations

from typing import Any

from mock_server.contract.readings import Readings
from mock_server.lead_lists.accepted import ACCEPT
from mock_server.lead_lists.adjusted import ADJUST
from mock_server.lead_lists.facts import Facts
from mock_server.lead_lists.record import Payload
from mock_server.lead_lists.refused import REFUSE
from mock_server.lead_lists.words import problem
from mock_server.pipeline.errors import Refused
from mock_server.pipeline.problems import Problem, shorten

_REFERENCES = {"unknown-icp": "icpId", "unknown-people": "personIds", "unknown-companies": "companyIds"}

# A rule that a value breaks only because it breaks another one, which says more: a name of spaces, an empty ID.
_IMPLIED_BY = {"no_outer_blanks": "not_blank", "uuid": "not_empty"}


class Rules:
    """The rules of the options that the mock follows."""

    def __init__(self, readings: Readings, facts: Facts) -> None:
        self._facts = facts
        self._accept = readings.pick(ACCEPT)
        self._refuse = readings.pick(REFUSE)
        self._adjust = readings.pick(ADJUST)
        # request.icpId.exists, request.personIds.exist, request.companyIds.exist: refused only by these readings
        self._missing = [
            (int(readings[reading]), field) for reading, field in _REFERENCES.items() if readings[reading].isdigit()
        ]

    def accept(self, payload: Any) -> Any:
        """Make a body valid by the schema if a reading accepts it."""
        if isinstance(payload, dict):
            for change in self._accept:
                change(payload, self._facts)
        return payload

    def check(self, payload: Any) -> list[Problem]:
        """Return the problems of the body that the schema does not report."""
        if not isinstance(payload, dict):
            return []
        problems = [each for check in self._refuse for each in check(payload, self._facts)]
        for status, field in self._missing:
            if status == 400:
                problems += self._unknown(payload, field)
        if not problems:
            return problems
        broken = {(each.path, each.rule) for each in problems}
        return [each for each in problems if (each.path, _IMPLIED_BY.get(each.rule)) not in broken]

    def check_references(self, payload: Payload) -> None:
        """Refuse a valid body with IDs that do not exist, if a reading has a special status for them."""
        for status, field in self._missing:
            if status != 400 and (problems := self._unknown(payload, field)):
                raise Refused(status, problems)

    def adjust(self, payload: Payload) -> None:
        """Change a valid body to the one to store."""
        for change in self._adjust:
            change(payload, self._facts)

    def _unknown(self, payload: Payload, field: str) -> list[Problem]:
        value = payload.get(field)
        entries = (
            [((field, i), each) for i, each in enumerate(value)] if isinstance(value, list) else [((field,), value)]
        )
        return [
            problem("known", path, got=shorten(each))
            for path, each in entries
            if isinstance(each, str) and self._facts.uuids.plain(each) not in self._facts.known
        ]
