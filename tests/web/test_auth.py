"""Who may do what: deny by default, for every route there is."""

from __future__ import annotations

import pytest
from aiohttp import web as aio
from aiohttp.test_utils import TestServer
from webkit import OWN_TOKEN, Web

from acd.ports.store import Role
from acd.web.auth import PUBLIC, RANK, need_of
from acd.web.server import make_app

pytestmark = pytest.mark.app

NEEDS = {
    ("GET", "/"): PUBLIC,
    ("GET", "/wallboard"): PUBLIC,
    ("GET", "/admin"): PUBLIC,
    ("GET", "/favicon.ico"): PUBLIC,
    ("GET", "/static/{path}"): PUBLIC,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("POST", "/api/v1/session"): PUBLIC,
    ("GET", "/api/v1/session"): Role.READ,
    ("DELETE", "/api/v1/session"): Role.READ,
    ("GET", "/api/v1/session/sip"): Role.AGENT,
    ("GET", "/api/v1/contacts"): Role.READ,
    ("GET", "/api/v1/contacts/{id}"): Role.READ,
    ("GET", "/api/v1/contacts/{id}/trace"): Role.READ,
    ("GET", "/api/v1/contacts/{id}/why"): Role.READ,
    ("GET", "/api/v1/queues"): Role.READ,
    ("GET", "/api/v1/queues/{name}"): Role.READ,
    ("GET", "/api/v1/agents"): Role.READ,
    ("GET", "/api/v1/agents/{name}"): Role.READ,
    ("POST", "/api/v1/agents/reload"): Role.ADMIN,
    ("POST", "/api/v1/agents/{name}/presence"): Role.SUPERVISOR,
}
"""Written down a second time, so that nobody opens a route by accident."""

API = [(method, path, need) for (method, path), need in NEEDS.items() if need is not PUBLIC]


def _routes(app: aio.Application) -> dict[tuple[str, str], object]:
    found = {}
    for route in app.router.routes():
        assert route.resource is not None
        if route.method != "HEAD":
            found[route.method, route.resource.canonical] = need_of(route.handler)
    return found


async def test_every_route_declares_what_it_needs(web: Web):
    assert _routes(make_app(web.centre, own_token="x", host="127.0.0.1")) == NEEDS


async def test_a_route_that_forgot_to_is_open_to_nobody(web: Web):
    async def forgetful(_: aio.Request) -> aio.Response:
        return aio.json_response({})

    app = make_app(web.centre, own_token=OWN_TOKEN, host="127.0.0.1")
    app.router.add_get("/api/v1/forgotten", forgetful)
    async with TestServer(app) as server:
        headers = {"Authorization": f"Bearer {web.tokens[Role.ADMIN]}"}
        async with web.session.get(server.make_url("/api/v1/forgotten"), headers=headers) as reply:
            assert reply.status == 403


@pytest.mark.parametrize(("method", "path", "need"), API)
@pytest.mark.parametrize("role", list(Role))
async def test_a_token_opens_what_its_role_includes(web: Web, method, path, need, role):
    status, answer = await web.ask(
        path.format(id="c-1-x", name="nobody"), method=method, token=web.tokens[role], json={}
    )
    if RANK[role] < RANK[need]:
        assert status == 403
        assert answer["error"]["code"] == "role-insufficient"
        assert answer["error"]["details"] == {"role": role, "needed": need}
    else:
        assert status not in (401, 403), answer


@pytest.mark.parametrize(("method", "path", "need"), API)
async def test_nothing_is_told_without_a_token(web: Web, method, path, need):
    for token in (None, "", "acd_wrong", "x" * 1000, "Zoë"):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        status, answer = await web.ask(
            path.format(id="c-1-x", name="ann"), method=method, token=None, headers=headers
        )
        assert status == 401
        assert answer["error"]["code"] in ("token-missing", "token-invalid")


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
