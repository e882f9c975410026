"""The contract for generators of types, with the details of a 400 as this mock sends them."""

from __future__ import annotations

import orjson

from mock_server.contract.spec_files import content_of

PROBLEM, BAD_REQUEST = "Problem", "BadRequest"  # schemas of the spec
_DETAILS = {"type": "array", "items": {"$ref": f"#/components/schemas/{PROBLEM}"}}


def for_types(source: bytes) -> bytes:
    """Return the spec as JSON, in which the details of a 400 are an array of problems with a path and a message.

    The API page leaves the form of `details` open, so the types of the contract itself need a cast at each use.
    """
    document = content_of(source)
    schemas = document.get("components", {}).get("schemas", {})
    if PROBLEM in schemas and BAD_REQUEST in schemas:
        schemas[PROBLEM]["required"] = ["path", "message"]
        code = {"type": "string", "enum": ["BAD_REQUEST"]}
        properties = {"code": code, "message": {"type": "string"}, "details": _DETAILS}
        error = {"type": "object", "required": ["code", "message"], "properties": properties}
        schemas[BAD_REQUEST] = {"type": "object", "required": ["error"], "properties": {"error": error}}
    return orjson.dumps(document)
