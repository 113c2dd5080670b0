"""Who may do what: deny by default, for every route there is."""

from __future__ import annotations

import pytest
from aiohttp import web as aio
from aiohttp.test_utils import TestServer
from webkit import OWN_TOKEN, Web

from acd.ports.store import Role
from acd.web.server import make_app

pytestmark = pytest.mark.app


async def test_a_route_that_forgot_to_is_open_to_nobody(web: Web):
    async def forgetful(_: aio.Request) -> aio.Response:
        return aio.json_response({})

    app = make_app(web.centre, own_token=OWN_TOKEN, host="127.0.0.1")
    app.router.add_get("/api/v1/forgotten", forgetful)
    async with TestServer(app) as server:
        headers = {"Authorization": f"Bearer {web.tokens[Role.ADMIN]}"}
        async with web.session.get(server.make_url("/api/v1/forgotten"), headers=headers) as reply:
            assert reply.status == 403


@pytest.mark.parametrize("header", ["Basic YTpi", "bearer", "Bearer", ""])
async def test_only_bearer_tokens_count(web: Web, header):
    status, _ = await web.ask("/api/v1/queues", token=None, headers={"Authorization": header})
    assert status == 401


async def test_a_revoked_token_is_dead_at_once(web: Web):
    token = web.tokens[Role.READ]
    assert (await web.ask("/api/v1/queues", token=token))[0] == 200
    await web.centre.token_store.revoke_token("a read", now=web.centre.now())
    assert (await web.ask("/api/v1/queues", token=token))[0] == 401


async def test_the_key_of_the_process_is_an_admin(web: Web):
    status, _ = await web.ask("/api/v1/agents/reload", method="POST", token=OWN_TOKEN)
    assert status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost:1", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
    ],
)
async def test_a_page_that_made_its_name_point_at_us_reads_nothing(web: Web, host, status):
    assert (await web.ask("/healthz", headers={"Host": host}))[0] == status


async def test_pages_of_other_sites_change_nothing(web: Web):
    for origin, status in (("http://evil.example", 403), ("null", 403)):
        found, answer = await web.ask(
            "/api/v1/agents/reload", method="POST", headers={"Origin": origin}
        )
        assert (found, answer["error"]["code"]) == (status, "origin-refused")
    ours = str(web.server.make_url("/")).rstrip("/")
    found, _ = await web.ask("/api/v1/agents/reload", method="POST", headers={"Origin": ours})
    assert found == 200


async def test_every_answer_says_how_browsers_shall_treat_it(web: Web):
    for path in ("/healthz", "/metrics", "/api/v1/queues", "/nowhere"):
        async with web.session.get(web.server.make_url(path)) as reply:
            assert "default-src 'self'" in reply.headers["Content-Security-Policy"]
            assert reply.headers["X-Content-Type-Options"] == "nosniff"
            assert reply.headers["X-Frame-Options"] == "DENY"
            assert "Access-Control-Allow-Origin" not in reply.headers
            assert "aiohttp" not in reply.headers["Server"]
