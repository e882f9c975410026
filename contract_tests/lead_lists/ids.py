"""The ID fields of a new lead list, and the existing IDs that the user gave."""

from __future__ import annotations

from contract_tests.judging.meaning import IdField
from contract_tests.settings.values import Settings

ID_FIELDS = (
    IdField("icpId", frozenset({"unknown-icp"}), lambda settings: settings.icp_ids, beside=("type",)),
    IdField(
        "personIds",
        frozenset({"unknown-people", "person-id-form"}),
        lambda settings: settings.person_ids,
        beside=("type",),
    ),
    IdField("companyIds", frozenset({"unknown-companies"}), lambda settings: settings.company_ids, beside=("type",)),
)


def known_ids(settings: Settings, field: str) -> frozenset[str]:
    """Return the existing IDs of the field that the user gave."""
    return frozenset(next((ids.known(settings) for ids in ID_FIELDS if ids.name == field), ()))
