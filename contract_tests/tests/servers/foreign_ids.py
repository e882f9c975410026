"""Reported bugs in ids and lists of ids."""

from typing import Any

from contract_tests.tests.servers.breach import Changed, breaks
from contract_tests.tests.servers.right_core import Fields

LISTS = ("personIds", "companyIds")


class ChangedLists(Changed):
    """The right core, where a subclass changes the ids that come back."""

    def changes(self, created: Fields) -> Fields:
        return {key: self.change(created[key]) for key in LISTS}

    def change(self, ids: list[str]) -> Any:
        return ids


@breaks("response.id.format", source="laravel/lumen-framework#467", difficulty="easy")
class IdCastToNumber(Changed):
    """The model casts the id to an integer, which keeps the digits that it starts with."""

    def changes(self, created: Fields) -> Fields:
        digits = created["id"][: len(created["id"]) - len(created["id"].lstrip("0123456789"))]
        return {"id": int(digits or 0)}


@breaks(
    "response.userIds.type",
    "response.personIds.type",
    "response.companyIds.type",
    source="jettison-json/jettison#1",
    difficulty="easy",
)
class ListOfOneUnwrapped(Changed):
    """The serializer writes a list of one element as that element."""

    def changes(self, created: Fields) -> Fields:
        return {key: value[0] for key, value in created.items() if isinstance(value, list) and len(value) == 1}


@breaks("response.personIds.type", "response.companyIds.type", source="ljharb/qs#303")
class LongListMadeObject(ChangedLists):
    """The parser turns a list with an index above 20 into an object with the indices as keys."""

    def change(self, ids: list[str]) -> Any:
        return ids if len(ids) <= 21 else {str(index): id for index, id in enumerate(ids)}


@breaks("response.personIds.echo", "response.companyIds.echo", source="molgenis/molgenis#2645")
class JoinedIdsCut(ChangedLists):
    """The database joins the ids of a list into one text and cuts it at 1,024 characters."""

    def change(self, ids: list[str]) -> Any:
        kept, left = [], 1024
        for id in ids:
            if left > 0:
                kept.append(id[:left])
            left -= len(id) + 1
        return kept


@breaks("response.personIds.echo", source="j0k3r/banditore#61", difficulty="hard")
class IdsOfOtherCaseLost(Changed):
    """The index of the database ignores case and loses the second of two ids that differ only in case."""

    def changes(self, created: Fields) -> Fields:
        first = {id.casefold(): id for id in reversed(created["personIds"])}
        return {"personIds": [id for id in created["personIds"] if first[id.casefold()] == id]}


@breaks("response.personIds.type", "response.personIds.echo", source="tminglei/slick-pg#327", difficulty="hard")
class NullWordMadeNull(ChangedLists):
    """The database reads the id NULL, in any case, as null."""

    def change(self, ids: list[str]) -> Any:
        return [None if id.lower() == "null" else id for id in ids]
