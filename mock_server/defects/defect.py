"""Defect: a named breach of the contract and the clause that it breaks."""

from __future__ import annotations

from dataclasses import dataclass

from mock_server.defects.changes import Change


@dataclass(frozen=True, slots=True)
class Defect:
    """`difficulty` says which requests show it: any (easy), one kind of input (medium), a rarer case (hard)."""

    id: str
    clause: str
    difficulty: str
    group: str
    description: str
    change: Change


@dataclass(frozen=True, slots=True)
class Group:
    """Create the defects of one class."""

    name: str

    def easy(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "easy", self.name, description, change)

    def medium(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "medium", self.name, description, change)

    def hard(self, id: str, clause: str, description: str, change: Change) -> Defect:
        return Defect(id, clause, "hard", self.name, description, change)
