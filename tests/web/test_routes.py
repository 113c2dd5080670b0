"""Routes follow from what the handlers declare, and so does the API's contract."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import web as aio
from openapi_spec_validator import OpenAPIV31SpecValidator
from webkit import Web

from acd.ports.store import Role
from acd.web.auth import PUBLIC
from acd.web.routes import RouteError, declarations, route
from acd.web.server import make_app

pytestmark = pytest.mark.app


class Paint(msgspec.Struct, forbid_unknown_fields=True):
    color: str


class Things:
    @route("POST", "/api/v1/things/{name}/paint", Role.AGENT)
    async def paint(self, request: aio.Request, name: str, body: Paint) -> dict[str, str]:
        """Paint a thing.

        It dries alone.
        """
        return {name: body.color}

    @route("DELETE", "/api/v1/things/{name}", Role.ADMIN)
    async def remove(self, request: aio.Request, name: str) -> None:
        """Remove a thing."""


def _app(web: Web, *parts: object) -> aio.Application:
    return make_app(web.centre, own_token="x", host="127.0.0.1", parts=parts)


async def test_the_contract_is_valid_and_names_every_route(web: Web):
    status, document = await web.ask("/openapi.json", token=None)
    assert status == 200
    OpenAPIV31SpecValidator(document).validate()
    described = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    found = declarations(web.server.app)
    declared = {(one.method, one.template) for one in found if one.is_documented}
    assert described == declared
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


async def test_a_part_of_ones_own_is_served_and_described(web: Web):
    app = _app(web, Things())
    found = {(one.method, one.template): one for one in declarations(app)}
    paint = found["POST", "/api/v1/things/{name}/paint"]
    assert (paint.need, paint.body, paint.answer) == (Role.AGENT, Paint, dict[str, str])
    assert (paint.summary, paint.description) == ("Paint a thing.", "It dries alone.")
    assert found["DELETE", "/api/v1/things/{name}"].status == 204


async def test_a_route_that_declares_nothing_is_found(web: Web):
    async def forgetful(_: aio.Request) -> aio.Response:
        return aio.Response()

    app = _app(web)
    app.router.add_get("/api/v1/forgotten", forgetful)
    with pytest.raises(RouteError, match="forgotten"):
        declarations(app)


def test_a_handler_that_cannot_work_is_refused():
    with pytest.raises(RouteError):

        @route("GET", "/api/v1/things/{name}", PUBLIC)
        async def misnamed(request: aio.Request, nam: str) -> None:
            """Have another argument than the path."""
