"""Clauses that no line of the mock enforces: the schema alone enforces them, or no server can.

For every other clause of spec/clauses.yaml, a comment names the clause at each line that enforces it. A test checks
that each clause is named in exactly one of these ways, and that one of its lines runs with the default settings.
"""

from __future__ import annotations

# Clause -> the keyword of the field's schema in NewLeadList (spec/openapi.yaml), or "no" and the missing keyword.
ENFORCED_BY_SCHEMA = {
    "request.body.type": "type",
    "request.name.required": "required",
    "request.name.type": "type",
    "request.name.nullability": "no nullable",
    "request.name.text": "no pattern",
    "request.type.optional": "no required",
    "request.type.enum": "enum",
    "request.type.type": "type",
    "request.type.nullability": "no nullable",
    "request.icpId.required": "required",
    "request.icpId.type": "type",
    "request.icpId.nullability": "nullable",
    "request.startDate.required": "required",
    "request.startDate.type": "type",
    "request.startDate.nullability": "no nullable",
    "request.endDate.required": "required",
    "request.endDate.type": "type",
    "request.endDate.nullability": "no nullable",
    "request.personIds.required": "required",
    "request.personIds.type": "type",
    "request.personIds.nullability": "no nullable",
    "request.personIds.items.type": "type",
    "request.personIds.empty": "no minItems",
    "request.companyIds.optional": "no required",
    "request.companyIds.type": "type",
    "request.companyIds.nullability": "no nullable",
    "request.companyIds.items.type": "type",
}

# Clause -> why the mock has no line for it.
NOT_ENFORCED = {
    "request.name.descriptive": "it is advice to people; no request can violate it",
    "response.userIds.grants-access": "the mock has no endpoint that reads lead lists",
}
