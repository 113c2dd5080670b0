"""A chat becomes a call: the agent's phone rings, then the customer's, over a real trunk."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName
from acd.testing.house import House, agent_profile, house, orphans
from acd.testing.tones import tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
NUMBER = "+15550199"
AGENTS = {
    name: replace(agent_profile(name, number, "desk"), capacity={Channel.VOICE: 1, Channel.CHAT: 2})
    for number, name in enumerate(("ann", "bob"), start=1)
}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A centre whose carrier is a SIPp that answers every call and sends back what it hears."""
    port = free_port()
    sip = {
        "trunks": {"carrier": ["127.0.0.2"]},
        "outbound": {"trunk": "carrier", "host": f"127.0.0.1:{port}", "allow": ["+1555"]},
    }
    carrier = await asyncio.create_subprocess_exec(
        "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-rtp_echo", "-nostdin",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("carrier"),
    )  # fmt: skip
    try:
        home = tmp_path_factory.mktemp("outbound")
        async with house(home, SITE, AGENTS, sip=sip) as running:
            yield running
    finally:
        carrier.kill()
        await carrier.wait()


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
