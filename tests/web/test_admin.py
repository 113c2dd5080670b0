"""Administration: accounts, tokens, recordings; everything that was done is on record."""

from __future__ import annotations

from pathlib import Path

import pytest
from webkit import PASSWORD, Web, person, ready, web_at

from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.core.queue import Queue
from acd.ports.phones import sip_digest
from acd.ports.store import Role
from acd.testing.fakes import tiny_site

pytestmark = pytest.mark.app

SOUND = bytes(range(256)) * 8
RECORDING = "r-00ff-12ab"


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR, adam=Role.ADMIN) as running:
        (tmp_path / f"{RECORDING}.wav").write_bytes(SOUND)
        yield running


async def _do(web: Web, method: str, path: str, body: object = None) -> tuple[int, object]:
    return await web.ask(f"/api/v1/{path}", method=method, json=body if body is not None else {})


async def test_an_agent_is_added_and_works_at_once(web: Web):
    wanted = {
        "name": "cid", "title": "Cid Cole", "queues": {"sales": 2}, "skills": {"tea": 3},
        "capacity": {"voice": 1, "chat": 2}, "interrupts": {"voice": ["chat"]},
    }  # fmt: skip
    status, made = await _do(web, "POST", "agents", wanted)
    assert status == 200
    account = made["account"]
    assert {key: account[key] for key in wanted} == wanted
    assert (account["role"], account["phone"]) == ("agent", "2003")
    rows = {row.profile.name: row for row in await web.centre.agent_store.agents()}
    assert rows["cid"].sip_digest == sip_digest("2003", made["sip_password"])
    assert web.centre.state.agents[AgentName("cid")].profile.capacity[Channel.CHAT] == 2
    async with person(web) as cid:
        assert await cid.sign_in("cid", made["password"]) == 200
    status, found = await _do(web, "POST", "agents", wanted)
    assert (status, found["error"]["code"]) == (409, "agent-exists")


async def test_an_agent_is_changed_and_removed(web: Web):
    status, made = await _do(
        web, "PATCH", "agents/ann", {"title": "Ann A.", "phone": "2050", "queues": {"sales": 1}}
    )
    assert status == 200
    assert made["sip_password"]  # another phone, another password
    assert made["account"]["skills"] == {"english": 2}
    assert web.centre.state.agents[AgentName("ann")].profile.address == "2050"
    status, found = await _do(web, "PATCH", "agents/ann", {"phone": "2002"})
    assert (status, found["error"]["code"]) == (409, "phone-taken")
    status, found = await _do(web, "PATCH", "agents/ann", {"queues": {"nowhere": 1}})
    assert (status, found["error"]["code"]) == (404, "queue-unknown")
    async with person(web, "ann") as ann:
        assert await _do(web, "DELETE", "agents/ann") == (204, None)
        assert (await ann.ask("/api/v1/session"))[0] == 401
    assert "ann" not in web.centre.state.agents
    assert (await _do(web, "PATCH", "agents/ann", {}))[0] == 404


async def test_passwords_are_replaced(web: Web):
    async with person(web, "ann") as ann:
        status, made = await _do(web, "POST", "agents/ann/password")
        assert (status, len(made["password"])) == (200, 16)
        assert (await ann.ask("/api/v1/session"))[0] == 401
        assert await ann.sign_in("ann", PASSWORD) == 401
        assert await ann.sign_in("ann", made["password"]) == 200
    mine = {"password": "chosen by an admin"}
    status, made = await _do(web, "POST", "agents/ann/password", mine)
    assert (status, made["password"]) == (200, None)  # they know it
    assert (await _do(web, "POST", "agents/ann/password", {"password": "short"}))[0] == 400
    _, made = await _do(web, "POST", "agents/ann/sip-password")
    rows = {row.profile.name: row for row in await web.centre.agent_store.agents()}
    assert rows["ann"].sip_digest == sip_digest("2001", made["sip_password"])


async def test_an_admin_does_not_lock_themselves_out(web: Web):
    async with person(web, "adam") as adam:
        for method, body in (("DELETE", None), ("PATCH", {"role": "agent"})):
            status, found = await adam.ask("/api/v1/agents/adam", method=method, json=body)
            assert (status, found["error"]["code"]) == (409, "not-yourself")


async def test_tokens_are_made_and_revoked(web: Web):
    status, made = await _do(web, "POST", "tokens", {"name": "crm", "role": "read"})
    assert status == 200
    assert (await web.ask("/api/v1/queues", token=made["token"]))[0] == 200
    assert (await _do(web, "POST", "tokens", {"name": "crm", "role": "read"}))[0] == 409
    _, found = await web.ask("/api/v1/tokens")
    assert "crm" in [one["name"] for one in found["tokens"]]
    assert made["token"] not in str(found)
    assert (await _do(web, "DELETE", "tokens/crm"))[0] == 204
    assert (await web.ask("/api/v1/queues", token=made["token"]))[0] == 401
    assert (await _do(web, "DELETE", "tokens/crm"))[0] == 404


async def test_everything_is_on_record_and_no_secret_is(web: Web):
    async with person(web, "adam") as adam:
        body = {"name": "cid", "password": "chosen by an admin"}
        await adam.ask("/api/v1/agents", method="POST", json=body)
        await adam.ask("/api/v1/agents/cid", method="PATCH", json={"skills": {"tea": 1}})
        await adam.ask("/api/v1/agents/cid/password", method="POST", json={})
        await adam.ask("/api/v1/agents/cid", method="DELETE")
        _, page = await adam.ask("/api/v1/audit?subject=agent:cid&actor=agent:adam")
        actions = [one["action"] for one in page["entries"]]
        assert actions == ["agents.remove", "agents.password", "agents.change", "agents.create"]
        assert page["entries"][2]["details"] == {"skills": {"tea": 1}}
        assert "chosen by an admin" not in str(page)
        _, page = await adam.ask("/api/v1/audit?limit=2")
        assert (len(page["entries"]), page["next"]) == (2, page["entries"][-1]["seq"])
        assert (await adam.ask("/api/v1/audit/check"))[1] == {"intact": True, "first_broken": None}


async def _hear(web: Web, recording: str, **headers: str) -> tuple[int, bytes]:
    url = web.server.make_url(f"/api/v1/recordings/{recording}")
    token = web.tokens[Role.SUPERVISOR]
    headers["Authorization"] = f"Bearer {token}"
    async with web.session.get(url, headers=headers) as reply:
        return reply.status, await reply.read()


async def test_a_recording_is_heard_whole_and_in_part_and_that_is_on_record(web: Web):
    assert await _hear(web, RECORDING) == (200, SOUND)
    assert await _hear(web, RECORDING, Range="bytes=10-19") == (206, SOUND[10:20])
    assert (await _hear(web, RECORDING, Range="bytes=999999-"))[0] == 416
    found = await web.centre.audit_store.entries(subject=f"recording:{RECORDING}")
    assert [row.entry.action for row in found] == ["recordings.hear"] * 3
    assert found[0].entry.actor == "api:a supervisor"
    assert found[1].entry.details == {"range": "bytes=10-19"}


async def test_no_name_leads_out_of_the_recordings(web: Web, tmp_path: Path):
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (tmp_path / "r-link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "r-folder.wav").mkdir()
    for name in (
        "secret", "r-none", "r-link", "r-folder", "..%2fsecret", "r-..%2f..%2fsecret", "%2e%2e",
        "r-x%00", "r-%2fetc%2fpasswd", f"{RECORDING}.wav", "r-" + "x" * 200,
    ):  # fmt: skip
        status, body = await _hear(web, name)
        assert (status, b"secret" in body[:8]) == (404, False), name


async def test_recordings_are_listed_with_their_contacts(web: Web, tmp_path: Path):
    queue = Queue(QueueName("support"), offer_seconds=20, record=True)
    await web.tell(i.PublishSite(tiny_site("v2", queues={"support": queue})))
    await ready(web, "ann")
    contact = await web.call("leg-1")
    await web.answer()
    _, found = await web.ask("/api/v1/recordings?queue=support")
    (recording,) = found["recordings"]
    assert (recording["contact"], recording["party"]) == (contact, "ann")
    assert recording["is_there"] is False
    (tmp_path / f"{recording['id']}.wav").write_bytes(SOUND)
    assert await _hear(web, recording["id"]) == (200, SOUND)
    assert (await web.ask("/api/v1/recordings"))[1]["recordings"][0]["is_there"] is True
    assert (await web.ask("/api/v1/recordings?agent=bob"))[1]["recordings"] == []
