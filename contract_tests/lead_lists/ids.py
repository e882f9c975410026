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
    IdField("icpId", "icp_id", "request.icpId.exists", "unknown-icp", deciding=("type",)),
    IdField(
        "personIds",
        "person_id",
        "request.personIds.exist",
        "unknown-people",
        form="person-id-form",
        unused="person-ids-on-company-list",
        deciding=("type",),
    ),
    IdField(
        "companyIds",
        "company_id",
        "request.companyIds.exist",
        "unknown-companies",
        unused="company-ids-on-person-list",
        deciding=("type",),
    ),
)
LISTS_OF_IDS = tuple(ids for ids in ID_FIELDS if ids.unused)


def known_ids(settings: Settings, field: str) -> tuple[str, ...]:
    """Return the existing IDs of the field that the user gave, in the order given."""
    return next((ids.known(settings) for ids in ID_FIELDS if ids.name == field), ())
