"""Who may do what: every route there is, asked by everybody there is."""

from __future__ import annotations

import pytest
from needs import NEEDS
from webkit import Web, signed_in, web_at

from acd.ports.store import Role
from acd.web.auth import PUBLIC, RANK
from acd.web.cookies import csrf_token
from acd.web.routes import declarations

pytestmark = pytest.mark.app

PEOPLE = {
    "ann": Role.AGENT,
    "bob": Role.AGENT,
    "sue": Role.SUPERVISOR,
    "adam": Role.ADMIN,
}
PROGRAMS = {f"a {role}": role for role in Role}
PARTS = {"id": "c-1-none", "name": "nobody", "path": "none", "version": "none"}


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR, adam=Role.ADMIN) as running:
        yield running


async def _headers(web: Web, who: str | None) -> dict[str, str]:
    """Return what somebody sends who is signed in, or holds a token, or does not."""
    if who is None:
        return {}
    if who in PROGRAMS:
        return {"Authorization": f"Bearer {web.tokens[PROGRAMS[who]]}"}
    secret = await signed_in(web, who)
    return {"Cookie": f"acd_session={secret}", "X-CSRF-Token": csrf_token(secret)}


async def _ask(web: Web, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    url = web.server.make_url(path.format(**PARTS))
    body = {} if method in ("GET", "DELETE") else {"json": {}}
    async with web.session.request(method, url, headers=headers, **body) as reply:
        if reply.content_type != "application/json" or reply.status < 400:
            return reply.status, ""
        return reply.status, (await reply.json())["error"]["code"]


async def test_the_table_names_every_route_and_what_it_needs(web: Web):
    found = {(one.method, one.template): one.need for one in declarations(web.server.app)}
    assert found == NEEDS


async def test_everybody_gets_what_their_role_includes_and_nothing_else(web: Web):
    everybody = {None: None} | PEOPLE | PROGRAMS
    wrong = []
    for (method, path), need in NEEDS.items():
        for who, role in everybody.items():
            status, code = await _ask(web, method, path, await _headers(web, who))
            if need is PUBLIC:
                is_right = status < 500 and code not in ("token-missing", "role-insufficient")
            elif role is None:
                is_right = (status, code) == (401, "token-missing")
            elif RANK[role] < RANK[need]:
                is_right = (status, code) == (403, "role-insufficient")
            else:
                is_right = status < 500 and status != 401 and code != "role-insufficient"
            if not is_right:
                wrong.append((method, path, who, status, code))
    assert wrong == []


async def test_a_wrong_token_opens_nothing(web: Web):
    for text in ("", "acd_wrong", "x" * 1000, "Zoë", "acd_' OR 1=1 --"):
        headers = {"Authorization": f"Bearer {text}"}
        for (method, path), need in NEEDS.items():
            if need is not PUBLIC:
                status, code = await _ask(web, method, path, headers)
                assert status == 401, (method, path)
                assert code in ("token-missing", "token-invalid")


async def test_a_page_of_another_site_changes_nothing_with_a_session(web: Web):
    for (method, path), need in NEEDS.items():
        if method == "GET" or need is PUBLIC:
            continue
        headers = await _headers(web, "adam")
        del headers["X-CSRF-Token"]
        assert (await _ask(web, method, path, headers)) == (403, "csrf-refused"), path
        headers = await _headers(web, "adam") | {"Origin": "http://evil.example"}
        assert (await _ask(web, method, path, headers)) == (403, "origin-refused"), path
