"""A defect: a named breach of the contract, told with the clause that it breaks."""

from __future__ import annotations

from dataclasses import dataclass

from mock_server.defects.changes import Change


@dataclass(frozen=True, slots=True)
class Defect:
    """`difficulty` says what shows it: easy, any request; medium, a certain kind of input; hard, anything rarer."""

    id: str
    clause: str
    difficulty: str
    group: str
    description: str
    change: Change


@dataclass(frozen=True, slots=True)
class Group:
    """Makes the defects of one class."""

    name: str

    def easy(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "easy", self.name, description, change)

    def medium(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "medium", self.name, description, change)

    def hard(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "hard", self.name, description, change)
