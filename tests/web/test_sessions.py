"""People sign in: what they hold then, what ends it, and what a stranger can do with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from aiohttp import ClientSession, CookieJar
from webkit import PASSWORD, Person, Web, give_password, person, web_at

from acd.core.ids import AgentName
from acd.ports.store import Role

pytestmark = pytest.mark.app


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR) as running:
        yield running


async def _change_row(web: Web, name: str, *, role: Role, password: str | None = None) -> None:
    rows = {row.profile.name: row for row in await web.centre.agent_store.agents()}
    row = replace(rows[AgentName(name)], role=role)
    await web.centre.agent_store.save_agent(row, password=password)


async def test_a_person_signs_in_and_out(web: Web):
    await give_password(web, "ann")
    async with person(web) as ann:
        assert (await ann.ask("/api/v1/session"))[0] == 401
        assert await ann.sign_in("ann") == 200
        status, found = await ann.ask("/api/v1/session")
        assert status == 200
        assert (found["agent"], found["role"], found["csrf"]) == ("ann", "agent", ann.csrf)
        assert (await ann.ask("/api/v1/queues"))[0] == 200
        _, sip = await ann.ask("/api/v1/session/sip")
        assert (sip["uri"], sip["ha1"], sip["path"]) == ("sip:2001-web@asterisk", "0" * 32, "/sip")

        secret = ann.cookie
        assert (await ann.ask("/api/v1/session", method="DELETE"))[0] == 204
        assert ann.cookie is None
        headers = {"Cookie": f"acd_session={secret}"}
        status, answer = await web.ask("/api/v1/queues", token=None, headers=headers)
        assert (status, answer["error"]["code"]) == (401, "session-ended")


async def test_the_cookie_is_for_our_pages_alone(web: Web):
    await give_password(web, "ann")
    body = {"login": "ann", "password": PASSWORD}
    url = web.server.make_url("/api/v1/session")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        async with session.post(url, json=body) as reply:
            (plain,) = reply.headers.getall("Set-Cookie")
        headers = {"X-Forwarded-Proto": "https"}
        async with session.post(url, json=body, headers=headers) as reply:
            (secure,) = reply.headers.getall("Set-Cookie")
    assert plain.startswith("acd_session=")
    assert secure.startswith("__Host-acd_session=")
    for cookie in (plain, secure):
        assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert "Secure" not in plain.split("; ")
    assert "Secure" in secure.split("; ")


async def test_a_session_planted_in_a_browser_is_not_taken_over(web: Web):
    await give_password(web, "ann")
    async with person(web, "bob") as bob:
        async with person(web) as ann:  # her browser was given his session
            url = web.server.make_url("/")
            ann.session.cookie_jar.update_cookies({"acd_session": bob.cookie}, url)
            planted = ann.cookie
            assert await ann.sign_in("ann") == 200
            assert ann.cookie != planted
        assert (await bob.ask("/api/v1/session"))[0] == 401  # and it ended there
    async with person(web) as ann:
        ann.session.cookie_jar.update_cookies({"acd_session": "x" * 43}, url)
        assert await ann.sign_in("ann") == 200
        assert ann.cookie != "x" * 43


async def _try_presence(one: Person, **headers: str) -> tuple[int, str]:
    status, answer = await one.ask(
        "/api/v1/agents/ann/presence",
        method="POST",
        json={"presence": "not_ready"},
        headers=headers,
    )
    return status, answer.get("error", {}).get("code", "")


async def test_another_sites_page_changes_nothing_with_our_cookie(web: Web):
    async with person(web, "sue") as sue:
        seq = web.centre.state.seq
        right, wrong = sue.csrf, "0" * 64
        sue.csrf = ""
        assert await _try_presence(sue) == (403, "csrf-refused")
        sue.csrf = wrong
        assert await _try_presence(sue) == (403, "csrf-refused")
        sue.csrf = right
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            assert await _try_presence(sue, Origin=origin) == (403, "origin-refused")
        assert web.centre.state.seq == seq
        assert await _try_presence(sue) == (200, "")
        async with person(web, "ann") as ann:  # a token fits its own session only
            ann.csrf = right
            assert await _try_presence(ann) == (403, "csrf-refused")
    status, answer = await web.ask(
        "/api/v1/session",
        method="POST",
        token=None,
        json={"login": "ann", "password": PASSWORD},
        headers={"Origin": "http://evil.example"},
    )
    assert (status, answer["error"]["code"]) == (403, "origin-refused")


@pytest.mark.parametrize("how", ["role", "password", "removed"])
async def test_who_is_not_as_before_is_signed_out(web: Web, how):
    async with person(web, "ann") as ann:
        if how == "role":
            await _change_row(web, "ann", role=Role.SUPERVISOR)
        elif how == "password":
            await _change_row(web, "ann", role=Role.AGENT, password="another password")
        else:
            await web.centre.agent_store.remove_agent(AgentName("ann"))
        assert (await ann.ask("/api/v1/queues"))[0] == 401


async def test_guessing_is_refused_after_ten_tries_whether_the_account_exists(web: Web):
    web.centre.agent_store.verify_password = _never  # argon2 is not what is tested here
    async with person(web) as stranger:
        for login in ("ann", "nobody"):
            statuses = [await stranger.sign_in(login, f"guess {n}") for n in range(12)]
            assert statuses == [401] * 10 + [429] * 2, login
        # Many at once are not checked at once: they are counted before.
        many = await asyncio.gather(*(stranger.sign_in("bob", f"guess {n}") for n in range(30)))
        assert sorted(many) == [401] * 10 + [429] * 20
        body = {"login": "ann", "password": PASSWORD}
        status, answer = await stranger.ask("/api/v1/session", method="POST", json=body)
        assert (status, answer["error"]["code"]) == (429, "sign-in-throttled")
        assert 0 < answer["error"]["details"]["retry_after_seconds"] <= 900
        # From elsewhere the same account is open.
        headers = {"X-Forwarded-For": "198.51.100.7"}
        status, _ = await stranger.ask("/api/v1/session", method="POST", json=body, headers=headers)
        assert status == 401


async def _never(name: str, password: str) -> bool:
    return False


async def test_the_same_words_for_a_wrong_password_and_a_wrong_name(web: Web):
    await give_password(web, "ann")
    async with person(web) as stranger:
        told = []
        for login, password in (("ann", "wrong"), ("nobody", PASSWORD), ("' OR 1=1 --", "x")):
            body = {"login": login, "password": password}
            told.append(await stranger.ask("/api/v1/session", method="POST", json=body))
        assert told[0][0] == 401
        assert told[0] == told[1] == told[2]


async def test_signing_in_and_failing_to_are_on_record(web: Web):
    await give_password(web, "ann")
    async with person(web) as ann:
        await ann.sign_in("ann", "wrong")
        await ann.sign_in("my secret typed into the wrong field", "x")
        await ann.sign_in("ann")
        await ann.ask("/api/v1/session", method="DELETE")
    found = [row.entry for row in await web.centre.audit_store.entries()]
    assert [(one.actor, one.action) for one in found] == [
        ("agent:ann", "session.end"),
        ("agent:ann", "session.begin"),
        ("anonymous", "session.refuse"),
        ("anonymous", "session.refuse"),
    ]
    assert [one.details["login"] for one in found[2:]] == ["", "ann"]
