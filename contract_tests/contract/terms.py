"""The terms for judging a target: the contract, the settings of the user, and the base URL."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.contract.specification import EVERY_OPERATION, Operation, Specification
from contract_tests.settings.values import Settings


@dataclass(frozen=True)
class Terms:
    """The contract with the user's readings pinned, the user's settings, and the base URL of the target."""

    specification: Specification
    settings: Settings
    base_url: str

    @classmethod
    def of(cls, specification: Specification, settings: Settings) -> Terms:
        """Return the terms for a URL that is either a base URL or the endpoint itself."""
        base = settings.url
        for operation in specification.operations:
            base = base.removesuffix(operation.path)
        return cls(specification.pin(settings.readings), settings, base.rstrip("/"))

    @property
    def chosen_operations(self) -> tuple[Operation, ...]:
        """The operations that a run sends requests to: those with a clause to judge."""
        chosen = {
            self.specification.clauses[clause].operation for clause in self.specification.select(self.settings.clauses)
        }
        every = EVERY_OPERATION in chosen
        return tuple(each for each in self.specification.operations if every or each.id in chosen)

    def url(self, operation: Operation) -> str:
        """Return where the target serves the operation."""
        return self.base_url + operation.path
