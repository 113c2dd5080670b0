"""What agents and supervisors do from their pages: each to what is their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from webkit import Person, Web, person, ready, web_at

from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import ContactState
from acd.core.ids import AgentName, ContactId, OfferId
from acd.ports.store import Role

pytestmark = pytest.mark.app


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR) as running:
        for name in ("ann", "bob"):
            profile = running.centre.state.agents[AgentName(name)].profile
            await running.tell(i.DefineAgent(replace(profile, capacity={Channel.CHAT: 2})))
        yield running


async def _chat(web: Web, number: int = 1) -> tuple[ContactId, OfferId | None]:
    thread = f"chat:{number}"
    await web.tell(i.MessageArrived(number, Channel.CHAT, "support", "zoe", "Zoe", thread, "Hi"))
    contact = web.centre.state.threads[thread]
    return contact, web.centre.state.contacts[contact].offer


async def _post(who: Person, path: str, **body: object) -> tuple[int, str]:
    status, answer = await who.ask(f"/api/v1/{path}", method="POST", json=body)
    return status, (answer or {}).get("error", {}).get("code", "")


async def test_an_agent_says_whether_they_take_contacts(web: Web):
    async with person(web, "ann") as ann, person(web, "sue") as sue:
        assert await _post(ann, "agents/ann/presence", presence="available") == (200, "")
        assert await _post(ann, "agents/bob/presence", presence="available") == (403, "not-yours")
        assert await _post(sue, "agents/bob/presence", presence="available") == (200, "")
        assert web.centre.state.agents[AgentName("bob")].presence == "available"


async def test_a_chat_from_offer_to_wrap_up(web: Web):
    async with person(web, "ann") as ann, person(web, "bob") as bob:
        await ready(web, "ann")
        contact, offer = await _chat(web)
        assert await _post(bob, f"offers/{offer}/accept") == (403, "not-yours")
        assert await _post(ann, f"offers/{offer}/accept") == (204, "")
        assert await _post(ann, f"offers/{offer}/accept") == (409, "offer-closed")
        for path in ("end", "wrapup", "call"):
            body = {"number": "+15550100"} if path == "call" else {}
            refused = await _post(bob, f"contacts/{contact}/{path}", **body)
            assert refused == (403, "not-yours"), path
        assert await _post(ann, f"contacts/{contact}/end") == (204, "")
        wrapup = {"disposition": "sold", "note": "Called back on Monday"}
        assert (await _post(ann, f"contacts/{contact}/wrapup", **wrapup))[0] in (204, 404)
        await web.settled()
        _, found = await ann.ask(f"/api/v1/contacts/{contact}")
        assert found["state"] == "closed"
        assert (await _post(ann, f"contacts/{contact}/end")) == (404, "contact-unknown")


async def test_a_declined_chat_goes_to_somebody_else(web: Web):
    async with person(web, "ann") as ann:
        await ready(web, "ann")
        contact, offer = await _chat(web)
        await ready(web, "bob")
        assert await _post(ann, f"offers/{offer}/decline") == (204, "")
        again = web.centre.state.offers[web.centre.state.contacts[contact].offer]
        assert again.agent == "bob"


async def test_a_chat_is_handed_to_an_agent_and_to_a_queue(web: Web):
    async with person(web, "ann") as ann, person(web, "bob") as bob:
        await ready(web, "ann")
        contact, offer = await _chat(web)
        await _post(ann, f"offers/{offer}/accept")
        await ready(web, "bob")
        path = f"contacts/{contact}/transfer"
        assert await _post(ann, path) == (400, "bad-request")
        assert await _post(ann, path, queue="support", agent="bob") == (400, "bad-request")
        assert await _post(ann, path, queue="nowhere") == (404, "queue-unknown")
        assert await _post(bob, path, agent="ann") == (403, "not-yours")
        assert await _post(ann, path, agent="bob") == (204, "")
        offer = web.centre.state.contacts[contact].offer
        assert web.centre.state.offers[offer].agent == "bob"
        assert await _post(bob, f"offers/{offer}/accept") == (204, "")
        assert await _post(bob, path, queue="sales") == (204, "")
        assert web.centre.state.contacts[contact].queue == "sales"


async def test_a_supervisor_orders_a_queue(web: Web):
    async with person(web, "ann") as ann, person(web, "sue") as sue:
        contact, _ = await _chat(web)
        path = f"contacts/{contact}"
        assert await _post(ann, f"{path}/priority", priority=5) == (403, "role-insufficient")
        assert await _post(ann, f"{path}/withdraw") == (403, "role-insufficient")
        assert await _post(sue, f"{path}/priority", priority=5) == (204, "")
        assert web.centre.state.contacts[contact].priority == 5
        assert await _post(sue, f"{path}/priority", priority=10**9) == (400, "bad-request")
        assert await _post(sue, f"{path}/withdraw") == (204, "")
        known = web.centre.state.contacts.get(contact)
        assert known is None or known.state is not ContactState.WAITING
        assert await _post(sue, "agents/bob/presence", presence="not_ready") == (200, "")
    noted = [row.entry for row in await web.centre.audit_store.entries(actor="agent:sue")]
    assert [(one.action, one.subject) for one in noted] == [
        ("agents.presence", "agent:bob"),
        ("contacts.withdraw", f"contact:{contact}"),
        ("contacts.priority", f"contact:{contact}"),
    ]
