"""The OpenAPI description: the side door's own, and Safaricom's paths beside it."""

from typing import Any

from pokea.simulator.world.routes import OAUTH, OPERATIONS

_ERROR = {
    "type": "object",
    "properties": {
        "requestId": {"type": "string"},
        "errorCode": {"type": "string", "examples": ["400.002.02"]},
        "errorMessage": {"type": "string"},
    },
}


def with_safaricom(document: dict[str, Any]) -> dict[str, Any]:
    """Add Safaricom's paths; their bodies are open objects, since it ignores unknown fields."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["SafaricomError"] = _ERROR
    components["securitySchemes"] = {
        "app": {"type": "http", "scheme": "basic"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    paths = document.setdefault("paths", {})
    paths[OAUTH] = {"get": _token()}
    for path, operation in OPERATIONS.items():
        paths[path] = {"post": _operation(path, operation.product, rows=operation.rows)}
    return document


def _responses() -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/SafaricomError"}}}
    return {
        "200": {
            "description": "Accepted, or answered",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        "default": {"description": "Safaricom's error envelope", "content": error},
    }


def _token() -> dict[str, Any]:
    return {
        "tags": ["safaricom"],
        "operationId": "oauth",
        "summary": "A token for an hour",
        "security": [{"app": []}],
        "parameters": [
            {
                "name": "grant_type",
                "in": "query",
                "required": True,
                "schema": {"type": "string", "enum": ["client_credentials"]},
            }
        ],
        "responses": _responses(),
    }


def _operation(path: str, product: str, *, rows: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": True}
    if rows:
        schema = {"oneOf": [schema, {"type": "array", "items": schema}]}
    return {
        "tags": ["safaricom"],
        "operationId": path.strip("/").replace("/", "_").replace("-", "_"),
        "summary": f"Safaricom's {product}",
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": _responses(),
    }
