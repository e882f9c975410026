"""The document as Connexion gets it."""

from __future__ import annotations

from typing import Any

from mock_server.contract.openapi import Contract, is_31


def for_connexion(contract: Contract) -> dict[str, Any]:
    """Return the document, or of OpenAPI 3.1, which Connexion cannot read, what it uses: paths, parameters, logins."""
    document = contract.document
    if not is_31(document):
        return document
    paths: dict[str, dict[str, Any]] = {path: {} for path in document["paths"]}
    for operation in contract.operations.values():
        path = operation.path.removeprefix(contract.base_path)
        spec = document["paths"][path][operation.method.lower()]
        paths[path][operation.method.lower()] = {
            "operationId": operation.id,
            "parameters": [
                {"name": each.name, "in": each.place, "required": each.required, "schema": {"type": each.type}}
                for each in operation.parameters
            ],
            "responses": {"200": {"description": "A response."}},
            **({"security": spec["security"]} if "security" in spec else {}),
        }
    schemes = document.get("components", {}).get("securitySchemes", {})
    reduced = {"openapi": "3.0.3", "info": {"title": "An API", "version": "1"}, "paths": paths}
    reduced |= {key: document[key] for key in ("servers", "security") if key in document}
    return reduced | {"components": {"securitySchemes": {name: contract.resolve(schemes[name]) for name in schemes}}}
