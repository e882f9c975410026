"""The terms for judging a target: the contract, the settings of the user, and the base URL."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.contract.specification import Operation, Specification
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

    def url(self, operation: Operation) -> str:
        """Return where the target serves the operation."""
        return self.base_url + operation.path
