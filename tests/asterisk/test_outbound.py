"""A chat becomes a call: the agent's phone rings, then the customer's, over a real trunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName
from acd.testing.carrier import carrier
from acd.testing.house import House, agent_profile, house, orphans
from acd.testing.tones import tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
NUMBER = "+15550199"
AGENTS = {
    name: replace(agent_profile(name, number, "desk"), capacity={Channel.VOICE: 1, Channel.CHAT: 2})
    for number, name in enumerate(("ann", "bob"), start=1)
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("outbound")
    async with (
        carrier(tmp_path_factory.mktemp("carrier")) as sip,
        house(home, SITE, AGENTS, sip=sip) as running,
    ):
        yield running


async def chat(centre: House) -> Contact:
    """Let somebody chat with ann; return the contact."""
    number = centre.state.intake + 1
    who = f"zoe{number}"
    arrived = i.MessageArrived(
        number, Channel.CHAT, "widget:test", who, "Zoe", f"chat:{who}", "Please call me"
    )
    assert await centre.centre.ask(arrived, "test") is None
    contact = centre.contact()
    assert contact.offer is not None
    assert await centre.centre.ask(i.AcceptOffer(contact.offer), "agent:ann") is None
    return contact


def call_of(centre: House, source: Contact) -> Contact:
    (call,) = (c for c in centre.state.contacts.values() if c.id != source.id)
    return call


async def test_the_customer_is_rung_and_heard(centre: House) -> None:
    phone = await centre.agent("ann")
    source = await chat(centre)
    asked = i.CallCustomer(source.id, AgentName("ann"), NUMBER)
    assert await centre.centre.ask(asked, "agent:ann") is None
    talk = await phone.next_call()
    await talk.wait_established()
    call = call_of(centre, source)
    await centre.until(lambda: centre.state.legs[call.leg or ""].state == "up")  # type: ignore[index]
    assert (call.ani, call.state, source.state) == (
        NUMBER, ContactState.ACTIVE, ContactState.ACTIVE,
    )  # fmt: skip
    talk.play_tone(1000)  # what the customer's side hears comes back
    await talk.wait_seconds(3)
    heard = talk.lately(2)
    assert max(tone_share(heard[at : at + 8000], 1000) for at in range(0, 16001, 4000)) > 0.9
    await talk.hangup()
    await centre.until(lambda: call.id not in centre.state.contacts)
    end = i.EndContact(source.id, by_customer=False)
    assert await centre.centre.ask(end, "agent:ann") is None
    await centre.hang_up_all()
    await centre.all_quiet()
    assert not await asyncio.to_thread(orphans, centre.settings.home)


async def test_a_number_that_is_not_listed_is_never_rung(centre: House) -> None:
    phone = await centre.agent("ann")
    source = await chat(centre)
    asked = i.CallCustomer(source.id, AgentName("ann"), "+19005550100")
    assert await centre.centre.ask(asked, "agent:ann") is None
    await (await phone.next_call()).wait_established()
    await centre.until(lambda: list(centre.state.contacts) == [source.id])
    closed = [r.body for r in await centre.records() if r.type == "ContactClosed"]
    assert closed[-1].reason == "not_reached"
    end = i.EndContact(source.id, by_customer=False)
    assert await centre.centre.ask(end, "agent:ann") is None
    await centre.hang_up_all()
    await centre.all_quiet()


async def test_a_call_is_handed_over_and_nobody_hangs(centre: House) -> None:
    ann = await centre.agent("ann")
    caller = await (await centre.customer("+15550101")).dial("200")
    await caller.wait_established()
    first = await ann.next_call()
    await first.wait_established()
    await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
    bob = await centre.agent("bob")
    contact = centre.contact()
    handed = i.TransferContact(contact.id, AgentName("ann"), to_agent=AgentName("bob"))
    assert await centre.centre.ask(handed, "agent:ann") is None
    second = await bob.next_call()
    await second.wait_established()
    await centre.until(lambda: contact.agent == "bob")
    await centre.until(lambda: all(leg.agent != "ann" for leg in centre.state.legs.values()))
    second.play_tone(1500)
    await caller.wait_seconds(3)
    heard = caller.lately(2)
    assert max(tone_share(heard[at : at + 8000], 1500) for at in range(0, 16001, 4000)) > 0.9
    await caller.hangup()
    await centre.hang_up_all()
    await centre.all_quiet()
    assert not await asyncio.to_thread(orphans, centre.settings.home)
