"""``/openapi.json``: the API's contract, generated from what the routes declare (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from acd import __version__
from acd.web.auth import PUBLIC
from acd.web.routes import Declaration, declarations, route

_REFERENCE = "#/components/schemas/{name}"

_DESCRIPTION = (
    "Programs send a bearer token (`acd token create`); people sign in and hold a session cookie, "
    "with which requests that change something need the header `X-CSRF-Token`. "
    "Every error has the shape of `ErrorDocument`."
)


class ErrorDetails(msgspec.Struct):
    """What went wrong.

    Attributes:
        code: stable, kebab-case.
        message: for people.
        details: for programs.
    """

    code: str
    message: str
    details: dict[str, Any]


class ErrorDocument(msgspec.Struct):
    """Every answer that is not a success."""

    error: ErrorDetails


class OpenApi:
    """The handler; it describes the application that it is part of."""

    def __init__(self) -> None:
        self._document: dict[str, Any] | None = None

    @route("GET", "/openapi.json", PUBLIC, answer=dict[str, Any])
    async def document(self, request: web.Request) -> object:
        """Describe this API."""
        if self._document is None:
            self._document = describe(declarations(request.app))
        return self._document


def describe(found: Iterable[Declaration]) -> dict[str, Any]:
    """Return the OpenAPI document of some routes."""
    documented = [one for one in found if one.is_documented]
    kinds: list[Any] = [ErrorDocument]
    for one in documented:
        kinds += [kind for kind in (one.query, one.body, _json_answer(one)) if kind is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    schema_of = list(zip(kinds, schemas, strict=True))

    def schema(kind: Any) -> dict[str, Any]:
        return next(schema for known, schema in schema_of if known == kind)

    paths: dict[str, dict[str, Any]] = {}
    for one in documented:
        operations = paths.setdefault(one.template, {})
        operations[one.method.lower()] = _operation(one, schema, components)
    for one in documented:  # their fields are written out as parameters
        if one.query is not None:
            components.pop(one.query.__name__, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "acd", "version": __version__, "description": _DESCRIPTION},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "acd_session"},
            },
        },
    }


def _json_answer(one: Declaration) -> Any:
    return one.answer if one.media == "application/json" else None


def _operation(one: Declaration, schema: Any, components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _identifier(one),
        "tags": [_tag(one)],
        "summary": one.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in one.parts
        ],
        "responses": {
            str(int(one.status)): _good(one, schema),
            "default": {
                "description": "It was refused, or failed.",
                "content": {"application/json": {"schema": schema(ErrorDocument)}},
            },
        },
    }
    if one.description:
        operation["description"] = one.description
    if one.need is PUBLIC:
        operation["security"] = []
    else:
        operation["security"] = [{"token": []}, {"session": []}]
        operation["x-least-role"] = one.need.value
    if one.query is not None:
        described = components[one.query.__name__]
        for name, kind in described["properties"].items():
            is_required = name in described.get("required", ())
            operation["parameters"].append(
                {"name": name, "in": "query", "required": is_required, "schema": _parameter(kind)}
            )
    if one.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": schema(one.body)}}
        operation["requestBody"] = {"required": True, "content": content}
    elif one.takes != "application/json":
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": {one.takes: binary}}
    return operation


def _parameter(kind: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema without its null: a parameter that is not there is not given."""
    given = {key: value for key, value in kind.items() if key != "default"}
    choices = [one for one in given.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        del given["anyOf"]
        given.update(choices[0])
    return given


def _good(one: Declaration, schema: Any) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(one.status).phrase}
    if one.media != "application/json":
        good["content"] = {one.media: {"schema": {"type": "string"}}}
    elif one.answer is not None:
        good["content"] = {one.media: {"schema": schema(one.answer)}}
    return good


def _identifier(one: Declaration) -> str:
    """Return ``post_agents_name_presence`` for ``POST /api/v1/agents/{name}/presence``."""
    words = re.findall(r"[a-z0-9_]+", one.template.removeprefix("/api/v1"))
    return "_".join([one.method.lower(), *words])


def _tag(one: Declaration) -> str:
    words = re.findall(r"[a-z0-9_]+", one.template.removeprefix("/api/v1"))
    return words[0] if words and one.template.startswith("/api/") else "service"
