"""The engine hangs, dies, is replaced, or cannot write: callers hear music, and all return.

The engine is a process of its own; its Asterisk and the telephones live on. The lease is the
shortest that can be set, so that an outage outlasts it soon.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from acd.adapters.home import Home
from acd.bootstrap import asterisk_settings, choose_ports
from acd.bootstrap.places import DATABASE_FILE
from acd.core.agent import Presence
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName
from acd.core.leg import LegState
from acd.core.record import Record
from acd.core.state import State
from acd.testing.asterisk import eventually
from acd.testing.engine import EngineProcess
from acd.testing.house import (
    agent_profile,
    console,
    house_settings,
    orphans,
    provide_agents,
    sip_password,
)
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Answer, Phone, Phones, Ring
from acd.testing.tones import tone_share

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(240),
]

SITE = Path(__file__).parent / "site"
LEASE = 6
AGENTS = {
    "ann": agent_profile("ann", 1, "desk"),
    "bob": agent_profile("bob", 2, "desk"),
}
MENU, DESK, MESSAGE, EXPERTS = "100", "200", "400", "500"  # nobody is an expert: they wait


@dataclass
class Stage:
    """One home with its Asterisk, and the telephones."""

    engine: EngineProcess
    phones: Phones
    agents: dict[str, Phone]
    caller_password: str
    sip_port: int
    first: int = 0
    customers: list[PhoneCall] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.engine.settings.home

    async def dial(self, number: str, ani: str) -> PhoneCall:
        phone = await self.phones.caller(
            "caller", self.caller_password, from_user=ani, host="127.0.0.1", port=self.sip_port
        )
        call = await phone.dial(number)
        self.customers.append(call)
        await call.wait_established()
        return call

    async def contact(self, ani: str, so: Callable[[Contact, State], object]) -> Contact:
        """Wait until the only contact of a number is so."""
        found: list[Contact] = []

        async def look() -> bool:
            state = await self.engine.state()
            found[:] = [c for c in state.contacts.values() if c.ani == ani]
            return len(found) == 1 and bool(so(found[0], state))

        await eventually(look, seconds=40, every=0.2)
        return found[0]

    async def where(self) -> dict[str, str]:
        """Return the application that each channel is in, by the caller's number."""
        lines = await asyncio.to_thread(console, self.home, "core show channels concise")
        fields = [line.split("!") for line in lines.splitlines()]
        return {words[7]: words[5] for words in fields}

    async def in_fallback(self, *numbers: str, seconds: float = LEASE + 30) -> None:
        """Wait until each of these callers has been seen to hear the dialplan's music."""
        missing = set(numbers)

        async def look() -> bool:
            found = await self.where()
            missing.difference_update(n for n in numbers if found.get(n) == "MusicOnHold")
            return not missing

        await eventually(look, seconds=seconds, every=0.2)

    async def ready(self) -> tuple[int, dict[str, dict[str, object]]]:
        """Return the status of ``/readyz`` and what it says of each part."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.engine.url}/readyz") as reply,
        ):
            return reply.status, (await reply.json())["parts"]

    async def records(self) -> list[Record]:
        """Return what was recorded in this test."""
        return [r for r in await self.engine.records() if r.seq > self.first]

    async def all_end(self, reasons: dict[str, str]) -> None:
        """Hang up, and see that there was one contact for each call and why it ended."""
        for call in self.customers:
            await call.hangup()

        async def closed() -> bool:
            return not (await self.engine.state()).contacts

        await eventually(closed, seconds=20, every=0.2)
        records = await self.records()
        opened = {r.body.contact: r.body.ani for r in records if r.type == "ContactOpened"}
        ended = [
            (opened[r.body.contact], str(r.body.reason))
            for r in records
            if r.type == "ContactClosed"
        ]
        assert sorted(ended) == sorted(reasons.items())

        async def nothing_left() -> bool:
            return not await asyncio.to_thread(orphans, self.home)

        await eventually(nothing_left, seconds=10, every=0.2)


def is_up(contact: Contact, state: State) -> bool:
    return contact.leg is not None and state.legs[contact.leg].state is LegState.UP


def waits(contact: Contact, state: State) -> bool:
    return contact.state is ContactState.WAITING and contact.has_music and is_up(contact, state)


def talks(contact: Contact, state: State) -> bool:
    return contact.state is ContactState.ACTIVE and is_up(contact, state)


async def hears_something(call: PhoneCall, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while max(memoryview(call.lately(1.0)).cast("h"), default=0) <= 500:
            assert call.end is None, f"the call was cut: {call.end}"
            await asyncio.sleep(0.1)


async def hears(call: PhoneCall, frequency: float, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while tone_share(call.lately(0.5), frequency) < 0.9:
            assert call.end is None, f"the call was cut: {call.end}"
            await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    settings = house_settings(
        tmp_path_factory.mktemp("robust"), SITE, asterisk={"lease_seconds": LEASE}
    )
    await provide_agents(settings, AGENTS)
    engine = EngineProcess(settings)
    await engine.start()
    home = Home(settings.home)
    port = home.ports({"http": 0, "sip": 0, "ari": 0, "ami": 0})["sip"]
    try:
        async with Phones() as phones:
            agents = {
                name: await phones.agent(
                    profile.address, sip_password(name), host="127.0.0.1", port=port
                )
                for name, profile in AGENTS.items()
            }
            yield Stage(engine, phones, agents, home.secrets().caller, port)
    finally:
        engine.send(signal.SIGCONT)
        await engine.kill()
        await engine.start()
        await engine.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(house: Stage) -> AsyncIterator[Stage]:
    """Begin with an empty centre and both agents logged out; end it so."""
    records = await house.engine.records()
    house.first = records[-1].seq
    printed = len(house.engine.output)
    yield house
    print(*house.engine.output[printed:], sep="\n")  # pytest shows it when the test has failed
    house.engine.send(signal.SIGCONT)
    for call in house.customers:
        await call.hangup()
    house.customers.clear()
    for phone in house.agents.values():
        phone.policy = Answer()
        for call in phone.calls:
            await call.hangup()
        phone.calls.clear()
    await asyncio.gather(*(code(phone, "*2") for phone in house.agents.values()))


async def code(phone: Phone, digits: str) -> None:
    call = await phone.dial(digits)
    await call.wait_ended(20)


async def rings(phone: Phone, ani: str) -> PhoneCall:
    """Wait for the call of a number; others are of earlier tests."""
    while ani not in (call := await phone.next_call()).peer:
        pass
    return call


async def talk(stage: Stage, name: str, ani: str) -> tuple[PhoneCall, PhoneCall]:
    """Let an agent and a caller talk, the caller whistling."""
    await code(stage.agents[name], "*1")
    caller = await stage.dial(DESK, ani)
    agent = await rings(stage.agents[name], ani)
    await agent.wait_established()
    caller.play_tone(1000)
    await hears(agent, 1000)
    return caller, agent


@pytest.mark.parametrize("outage", ["hung", "down"])
async def test_longer_than_the_lease(stage: Stage, outage: str) -> None:
    """Callers get music from the dialplan, the talk goes on, all are taken up where they were."""
    engine = stage.engine
    _, agent = await talk(stage, "ann", "+15550001")
    waiting = await stage.dial(EXPERTS, "+15550002")
    choosing = await stage.dial(MENU, "+15550003")
    before = await stage.contact("+15550002", waits)
    await stage.contact("+15550003", is_up)
    if outage == "hung":
        engine.send(signal.SIGSTOP)
    else:
        await engine.kill()
    late = await stage.dial(EXPERTS, "+15550004")
    await stage.in_fallback("+15550002", "+15550003", "+15550004")
    for call in (waiting, choosing, late):
        await hears_something(call)
    await hears(agent, 1000)
    if outage == "hung":
        engine.send(signal.SIGCONT)
    else:
        await engine.start()

    async def has_chosen() -> bool:
        """Press the key now and then, as a caller does who hears the menu again."""
        await choosing.send_dtmf("2")
        state = await engine.state()
        return [c.queue for c in state.contacts.values() if c.ani == "+15550003"] == ["experts"]

    await eventually(has_chosen, seconds=30, every=1.2)
    contact = await stage.contact("+15550002", waits)
    await stage.contact("+15550004", waits)
    assert (contact.id, contact.order_at) == (before.id, before.order_at)
    await stage.contact("+15550001", talks)
    await hears(agent, 1000)
    await stage.contact("+15550003", waits)
    await stage.all_end(
        {
            "+15550001": "customer_ended",
            "+15550002": "abandoned",
            "+15550003": "abandoned",
            "+15550004": "abandoned",
        }
    )


@pytest.mark.parametrize("outage", ["hung", "down"])
async def test_agent_answers_meanwhile(stage: Stage, outage: str) -> None:
    """An answer that nobody heard counts, though the time to answer has passed since."""
    ann = stage.agents["ann"]
    await code(ann, "*1")
    ann.policy = Ring()
    caller = await stage.dial(DESK, "+15550010")
    call = await rings(ann, "+15550010")
    await stage.contact("+15550010", lambda c, _: c.state is ContactState.OFFERED)
    if outage == "hung":
        stage.engine.send(signal.SIGSTOP)
    else:
        await stage.engine.kill()
    await call.answer()
    await call.wait_established()
    await call.wait_seconds(5)  # longer than an offer of the desk lasts
    if outage == "hung":
        stage.engine.send(signal.SIGCONT)
    else:
        await stage.engine.start()
    await stage.contact("+15550010", talks)
    caller.play_tone(1000)
    await hears(call, 1000)
    state = await stage.engine.state()
    assert state.agents[AgentName("ann")].presence is Presence.AVAILABLE
    await stage.all_end({"+15550010": "customer_ended"})


async def test_killed_in_a_message_a_code_a_ring_and_two_waiting(stage: Stage) -> None:
    """Whatever was under way is under way again, and once."""
    engine = stage.engine
    ann, bob = stage.agents["ann"], stage.agents["bob"]
    await code(ann, "*1")
    ann.policy = Ring()
    message = await stage.dial(MESSAGE, "+15550020")
    await stage.contact("+15550020", lambda c, _: c.is_leaving_message)
    message.play_tone(1000)
    await stage.dial(EXPERTS, "+15550021")
    await stage.dial(EXPERTS, "+15550022")
    second = await stage.contact("+15550022", waits)
    ringing = await stage.dial(DESK, "+15550023")
    call = await rings(ann, "+15550023")
    login = await bob.dial("*1")

    async def is_told() -> bool:
        return any(leg.farewell for leg in (await engine.state()).legs.values())

    await eventually(is_told)
    await engine.kill()
    await engine.start()
    again = await stage.contact("+15550022", waits)
    assert again.order_at == second.order_at
    await stage.contact("+15550021", waits)
    assert (await login.wait_ended(5)).by == "them"
    state = await engine.state()
    assert state.agents[AgentName("bob")].presence is Presence.AVAILABLE
    await call.answer()
    await stage.contact("+15550023", talks)
    ringing.play_tone(1500)
    await hears(call, 1500)
    assert len([call for call in ann.calls if call.incoming]) == 1  # it did not ring twice
    await stage.contact("+15550020", lambda c, _: c.is_leaving_message)
    await message.wait_seconds(3)
    await message.send_dtmf("#")
    await message.wait_ended()
    await stage.all_end(
        {
            "+15550020": "voicemail",
            "+15550021": "abandoned",
            "+15550022": "abandoned",
            "+15550023": "customer_ended",
        }
    )


async def test_database_locked_for_three_seconds(stage: Stage) -> None:
    """Nothing is decided meanwhile, nothing is lost, nobody leaves the engine's hands."""
    await code(stage.agents["ann"], "*1")
    await stage.dial(EXPERTS, "+15550030")
    await stage.contact("+15550030", waits)
    lock = sqlite3.connect(stage.home / DATABASE_FILE)
    lock.execute("BEGIN IMMEDIATE")
    try:
        caller = await stage.dial(DESK, "+15550031")
        await caller.wait_seconds(3)
        assert not [call for call in stage.agents["ann"].calls if call.incoming]
        assert (await stage.where())["+15550030"] == "Stasis"
    finally:
        lock.rollback()
        lock.close()
    await stage.contact("+15550031", talks)
    await stage.all_end({"+15550030": "abandoned", "+15550031": "customer_ended"})


async def test_disk_refuses_the_log(stage: Stage) -> None:
    """Callers hear music instead of silence, `readyz` says why, and all goes on with the disk."""
    engine = stage.engine
    _, agent = await talk(stage, "ann", "+15550040")
    await stage.dial(EXPERTS, "+15550041")
    await stage.contact("+15550041", waits)

    async def are_back() -> bool:
        found = await stage.where()
        return found["+15550041"] == found["+15550042"] == "Stasis"

    limits = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        await stage.dial(EXPERTS, "+15550042")
        await stage.in_fallback("+15550041", "+15550042")
        status, parts = await stage.ready()
        assert (status, parts["record"]["ok"]) == (503, False)
        await hears(agent, 1000)
    finally:
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, limits)
    await stage.contact("+15550041", waits)
    await stage.contact("+15550042", waits)
    await stage.contact("+15550040", talks)
    await eventually(are_back, seconds=30, every=0.2)
    assert (await stage.ready())[0] == 200
    await stage.all_end(
        {"+15550040": "customer_ended", "+15550041": "abandoned", "+15550042": "abandoned"}
    )


async def test_second_engine_in_the_home_is_refused(stage: Stage) -> None:
    _, agent = await talk(stage, "ann", "+15550050")
    second = EngineProcess(stage.engine.settings)
    await second.launch()
    assert await second.ended() == 1
    assert f"another `acd up` runs in {stage.home}" in second.output[0]
    await hears(agent, 1000)
    await stage.all_end({"+15550050": "customer_ended"})


async def test_replaced_by_another_engine(stage: Stage) -> None:
    """An engine whose application another one takes ends at once, and leaves it the calls."""
    _, agent = await talk(stage, "ann", "+15550060")
    await stage.dial(EXPERTS, "+15550061")
    before = await stage.contact("+15550061", waits)
    settings = stage.engine.settings
    home = Home(settings.home)
    asterisk = asterisk_settings(settings, home, choose_ports(settings, home))
    credentials = aiohttp.encode_basic_auth(asterisk.ari_user, asterisk.ari_password)
    printed = len(stage.engine.output)
    async with (
        aiohttp.ClientSession(headers={"Authorization": credentials}) as session,
        session.ws_connect(f"{asterisk.ari_url}/events", params={"app": asterisk.ari_app}),
    ):
        async with asyncio.timeout(10):
            assert await stage.engine.ended() == 1
    said = stage.engine.output[printed:]
    assert len([line for line in said if line.startswith("acd: ")]) == 1, said
    assert "has taken over" in said[-2] + said[-1]
    await hears(agent, 1000)
    await stage.engine.start()
    assert (await stage.contact("+15550061", waits)).id == before.id
    await stage.contact("+15550060", talks)
    await hears(agent, 1000)
    await stage.all_end({"+15550060": "customer_ended", "+15550061": "abandoned"})
