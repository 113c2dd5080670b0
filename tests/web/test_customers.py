"""Customers, timelines and conversations over the API, of a real engine."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from pathlib import Path
from typing import Any

import pytest
from webkit import Web, ready, web_at

from acd.core import inputs as i
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.ids import LegId
from acd.ports.store import Role

pytestmark = pytest.mark.app

_rows = itertools.count(1)
NUMBER, MAIL = "+15550100", "zoe@example.org"


@contextlib.asynccontextmanager
async def patient():
    async with asyncio.timeout(5):
        yield


async def identified(web: Web) -> None:
    """Wait until customers and contacts have come up with the log, whatever that leads to."""
    async with patient():
        while True:
            seq = web.centre.state.seq
            await web.clientele.fold.reach(seq)
            await web.projector.reach(seq)
            if not web.centre.loop.backlog and web.centre.state.seq == seq:
                return


async def calls(web: Web, leg: str, ani: str = NUMBER, to: str = "support") -> dict[str, Any]:
    contact = await web.call(leg, to, ani)
    await identified(web)
    return (await web.ask(f"/api/v1/contacts/{contact}"))[1]


async def writes(web: Web, channel: Channel, thread: str, sender: str = MAIL) -> dict[str, Any]:
    cause = i.MessageArrived(
        next(_rows), channel, "support", sender, "Zoe Example", thread, "Hello"
    )
    await web.tell(cause)
    await identified(web)
    contact = web.centre.state.threads[thread]
    return (await web.ask(f"/api/v1/contacts/{contact}"))[1]


async def rings_back(web: Web, thread: str) -> dict[str, Any]:
    """Let an agent take a chat and ring its customer from there."""
    capacity = dict.fromkeys((Channel.VOICE, Channel.CHAT), 1)
    profile = AgentProfile("cat", queues={"support": 1}, address="2003", capacity=capacity)
    await web.tell(i.PbxSeen("pbx", "epoch", (), (), is_fresh=False))
    await web.tell(i.DefineAgent(profile))
    await ready(web, "cat")
    state = web.centre.state
    chat = state.contacts[state.threads[thread]]
    assert chat.offer is not None
    await web.tell(i.AcceptOffer(chat.offer))
    await web.tell(i.CallCustomer(chat.id, "cat", NUMBER))
    await web.answer()
    leg = next(leg for leg in state.legs.values() if leg.contact and leg.role == "customer")
    await web.tell(i.LegAnswered(leg.id))
    await identified(web)
    return (await web.ask(f"/api/v1/contacts/{leg.contact}"))[1]


async def change(web: Web, customer: str, **body: Any) -> tuple[int, Any]:
    return await web.ask(f"/api/v1/customers/{customer}", method="PATCH", json=body)


async def timeline(web: Web, customer: str, query: str = "") -> Any:
    return (await web.ask(f"/api/v1/customers/{customer}/timeline{query}"))[1]


async def test_one_matter_over_three_channels(web: Web):
    """A call given up in the queue, a mail, a chat and a call from it: one conversation."""
    calling = await calls(web, "leg-1", to="menu")
    customer, conversation = calling["customer_id"], calling["conversation"]
    status, card = await change(
        web, customer, name="Zoe", add_identities=[{"kind": "address", "text": "ZOE@Example.org"}]
    )
    assert status == 200
    assert card["identities"] == [
        {"kind": "number", "text": NUMBER},
        {"kind": "address", "text": MAIL},
    ]
    await web.tell(i.DigitReceived(LegId("leg-1"), "2"))  # what it is about: kept in "choice"
    await web.tell(i.LegGone(LegId("leg-1")))
    await identified(web)

    mail = await writes(web, Channel.MAIL, "mail:1")
    chat = await writes(web, Channel.CHAT, "chat:1")
    for one in (mail, chat):
        assert (one["customer_id"], one["conversation"]) == (customer, conversation)
        assert one["attributes"]["choice"] == "2"
        assert one["state"] == "waiting"

    again = await rings_back(web, "chat:1")
    assert (again["customer_id"], again["conversation"]) == (customer, conversation)
    assert again["attributes"]["choice"] == "2"
    assert again["state"] == "active"

    _, whole = await web.ask(f"/api/v1/conversations/{conversation}")
    assert [one["contact"] for one in whole["contacts"]] == [
        again["id"], chat["id"], mail["id"], calling["id"],
    ]  # fmt: skip
    assert (whole["customer"], whole["is_open"]) == (customer, True)
    assert whole["context"] == {"choice": "2"}
    page = await timeline(web, customer)
    assert [one["channel"] for one in page["entries"]] == ["voice", "chat", "mail", "voice"]
    assert [one["is_ours"] for one in page["entries"]] == [True, False, False, False]
    missed = page["entries"][-1]
    assert (missed["happened"], missed["queue"]) == ("missed", "support")
    assert missed["line"].startswith("Voice missed in support: abandoned after ")
    assert web.centre.loop.engine.illegal_count == 0


async def test_an_agent_gets_all_of_it(web: Web):
    capacity = dict.fromkeys(Channel, 1)
    await web.tell(i.DefineAgent(AgentProfile("cat", queues={"support": 1}, capacity=capacity)))
    await writes(web, Channel.CHAT, "chat:1")
    await ready(web, "cat")
    contact: Contact = web.centre.state.contacts[web.centre.state.threads["chat:1"]]
    assert contact.offer is not None
    await web.tell(i.AcceptOffer(contact.offer))
    await web.tell(i.SendMessage(contact.id, "cat", "key-1", "Good day"))
    await web.tell(i.EndContact(contact.id, by_customer=True))
    await identified(web)
    assert contact.customer is not None
    (entry,) = (await timeline(web, contact.customer))["entries"]
    assert (entry["happened"], entry["agent"], entry["messages"]) == ("answered", "cat", 2)


async def test_the_timeline_comes_in_pages(web: Web):
    made = [await calls(web, f"leg-{n}") for n in range(5)]
    newest_first = [one["id"] for one in reversed(made)]
    customer = made[0]["customer_id"]
    first = await timeline(web, customer, "?limit=3")
    assert [one["contact"] for one in first["entries"]] == newest_first[:3]
    rest = await timeline(web, customer, f"?limit=3&before={first['next']}")
    assert [one["contact"] for one in rest["entries"]] == newest_first[3:]
    assert rest["next"] is None


async def test_merging_and_taking_apart(web: Web):
    one = await calls(web, "leg-1")
    two = await writes(web, Channel.MAIL, "mail:1")
    first, second = one["customer_id"], two["customer_id"]
    assert first != second
    before = [(await web.ask(f"/api/v1/customers/{c}"))[1] for c in (first, second)]

    path = f"/api/v1/customers/{first}/merge"
    status, merged = await web.ask(path, method="POST", json={"other": second})
    assert status == 200
    assert merged["merged"] == [second]
    assert [i["text"] for i in merged["identities"]] == [NUMBER, MAIL]
    assert len((await timeline(web, first))["entries"]) == 2
    _, found = await web.ask("/api/v1/customers?q=example.org")
    assert [card["id"] for card in found["customers"]] == [first]
    status, refused = await web.ask(path, method="POST", json={"other": second})
    assert (status, refused["error"]["code"]) == (409, "customer-merged")

    path = f"/api/v1/customers/{second}/unmerge"
    status, apart = await web.ask(path, method="POST")
    assert (status, apart["merged_into"]) == (200, None)
    after = [(await web.ask(f"/api/v1/customers/{c}"))[1] for c in (first, second)]
    assert after == before
    assert len((await timeline(web, first))["entries"]) == 1
    status, refused = await web.ask(path, method="POST")
    assert (status, refused["error"]["code"]) == (409, "customer-not-merged")

    kept = await web.centre.audit_store.entries(subject=f"customer:{second}")
    assert [row.entry.action for row in kept] == ["customers.unmerge"]
    assert kept[0].entry.details == {"from": first}
    kept = await web.centre.audit_store.entries(subject=f"customer:{first}")
    assert kept[0].entry.details == {"other": second}


async def test_a_change_is_audited_without_what_it_says(web: Web):
    one = await calls(web, "leg-1")
    await change(web, one["customer_id"], note="has a dog", preferred_agent="ann")
    (row,) = await web.centre.audit_store.entries(subject=f"customer:{one['customer_id']}")
    assert row.entry.actor == "cli"
    assert row.entry.details == {"fields": ["preferred_agent", "note"]}
    _, card = await change(web, one["customer_id"], preferred_agent="", language="es")
    (row, _) = await web.centre.audit_store.entries(subject=f"customer:{one['customer_id']}")
    assert row.entry.details == {"fields": ["language", "preferred_agent"]}
    assert (card["preferred_agent"], card["note"], card["language"]) == (None, "has a dog", "es")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"add_identities": [{"kind": "address", "text": MAIL}]}, 409, "identity-taken"),
        ({"remove_identities": [{"kind": "address", "text": MAIL}]}, 409, "identity-unknown"),
        ({"add_identities": [{"kind": "number", "text": "abc"}]}, 400, "identity-invalid"),
        ({"add_identities": [{"kind": "pigeon", "text": "x"}]}, 400, "bad-request"),
        ({"preferred_agent": "nobody"}, 400, "bad-request"),
        ({"name": "x" * 201}, 400, "bad-request"),
        ({"name": "a\nb"}, 400, "bad-request"),
        ({"language": "Klingon"}, 400, "bad-request"),
        ({"color": "red"}, 400, "bad-request"),
        ([], 400, "bad-request"),
    ],
)
async def test_what_is_refused(web: Web, body: Any, status: int, code: str):
    one = await calls(web, "leg-1")
    await writes(web, Channel.MAIL, "mail:1")
    path = f"/api/v1/customers/{one['customer_id']}"
    before = await web.ask(path)
    found, error = await web.ask(path, method="PATCH", json=body)
    assert (found, error["error"]["code"]) == (status, code)
    assert await web.ask(path) == before


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "customers/x", "customer-unknown"),
        ("PATCH", "customers/x", "customer-unknown"),
        ("GET", "customers/x/timeline", "customer-unknown"),
        ("POST", "customers/x/merge", "customer-unknown"),
        ("POST", "customers/x/unmerge", "customer-unknown"),
        ("GET", "conversations/x", "conversation-unknown"),
    ],
)
async def test_what_is_not_there(web: Web, method: str, path: str, code: str):
    body = {"json": {"other": "y"}} if path.endswith("merge") else {}
    body = {"json": {}} if method == "PATCH" else body
    body = {} if path.endswith("unmerge") else body
    status, error = await web.ask(f"/api/v1/{path}", method=method, **body)
    assert (status, error["error"]["code"]) == (404, code)


async def test_who_only_reads_figures_sees_no_customers(web: Web):
    for path in ("customers", "customers/x", "customers/x/timeline", "conversations/x"):
        status, error = await web.ask(f"/api/v1/{path}", token=web.tokens[Role.READ])
        assert (status, error["error"]["code"]) == (403, "role-insufficient")
    assert (await web.ask("/api/v1/customers", token=web.tokens[Role.AGENT]))[0] == 200


async def test_after_a_restart_all_is_known_still(tmp_path: Path):
    async with web_at(tmp_path) as web:
        before = await calls(web, "leg-1")
    async with web_at(tmp_path) as web:
        await identified(web)
        _, card = await web.ask(f"/api/v1/customers/{before['customer_id']}")
        assert card["identities"] == [{"kind": "number", "text": NUMBER}]
        after = await calls(web, "leg-2")
        assert after["conversation"] == before["conversation"]
