"""Clauses that no line of the mock enforces: those that the schema alone enforces, and those that no server can.

Every other clause of spec/clauses.yaml is named, in a comment or docstring, at the line that enforces it; a test checks
that each clause is found in exactly one of these ways.
"""

from __future__ import annotations

# Clause -> what NewLeadList in spec/openapi.yaml says of the field: the keyword, or "no" and the keyword that it lacks.
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
