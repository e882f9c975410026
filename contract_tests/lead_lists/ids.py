"""The ID fields of a new lead list, the options that name existing IDs, and the IDs that the user gave."""

from __future__ import annotations

from contract_tests.judging.meaning import IdField
from contract_tests.settings.options import Option
from contract_tests.settings.values import Settings

ID_OPTIONS = (
    Option("icp_id", "UUID", "ID of an existing ICP, which the server must accept; can be repeated", many=True),
    Option("person_id", "ID", "ID of an existing person, which the server must accept; can be repeated", many=True),
    Option("company_id", "UUID", "ID of an existing company, which the server must accept; can be repeated", many=True),
)
ID_FIELDS = (
    IdField("icpId", frozenset({"unknown-icp"}), "icp_id", deciding=("type",)),
    IdField("personIds", frozenset({"unknown-people", "person-id-form"}), "person_id", deciding=("type",)),
    IdField("companyIds", frozenset({"unknown-companies"}), "company_id", deciding=("type",)),
)


def known_ids(settings: Settings, field: str) -> tuple[str, ...]:
    """Return the existing IDs of the field that the user gave, in the order given."""
    return next((ids.known(settings) for ids in ID_FIELDS if ids.name == field), ())
