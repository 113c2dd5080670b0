"""A real, busy centre for the pages of those who lead it: engine, record, Asterisk, web server."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.async_api import Page

from acd.adapters.asterisk.settings import sip_digest
from acd.adapters.home import Home
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.engine import Database
from acd.bootstrap import database_url, running
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.ids import AgentName, QueueName
from acd.ports.store import AgentRow, Role
from acd.testing.house import House, house_settings, sip_password
from acd.testing.softphone import Phones

PASSWORD = "a password long enough"

SITE = Path(__file__).parents[2] / "dialplans"

CAPACITY = {Channel.VOICE: 1, Channel.CHAT: 3, Channel.MAIL: 2}

AGENTS = (
    ("ann", "Ann Archer", ("support",)),
    ("bob", "Bob Baker", ("support", "billing")),
    ("carla", "Carla Cruz", ("support", "sales")),
    ("dev", "Dev Desai", ("sales",)),
    ("eva", "Eva Ekberg", ("billing", "sales")),
    ("finn", "Finn Fisher", ("billing",)),
)

LEADERS = (("sue", "Sue Supervisor", Role.SUPERVISOR), ("adam", "Adam Admin", Role.ADMIN))

CUSTOMERS = (
    "Maria Lopez", "Jo Fischer", "Ines Duarte", "Sam Okafor", "Priya Nair", "Wei Chen",
    "Lena Novak", "Omar Haddad",
)  # fmt: skip


@dataclass(slots=True)
class Board:
    """A running centre with contacts in every state.

    Attributes:
        url: of its pages.
    """

    house: House
    url: str
    _intake: int = 0

    async def tell(self, cause: i.Input) -> None:
        """Tell the engine something that it must take."""
        refused = await self.house.centre.ask(cause, "test")
        assert refused is None, refused

    async def write(self, thread: str, name: str, channel: Channel, text: str) -> Contact:
        """Let a customer write; return the contact once it waits in a queue."""
        await self._arrive(thread, name, channel, text)
        state = self.house.state
        await self.house.until(lambda: state.contacts[state.threads[thread]].queue)
        return state.contacts[state.threads[thread]]

    async def say(self, thread: str, text: str) -> None:
        """Let a customer write to a chat that goes on."""
        contact = self.house.state.contacts[self.house.state.threads[thread]]
        await self._arrive(thread, contact.caller_name, contact.channel, text)

    async def _arrive(self, thread: str, name: str, channel: Channel, text: str) -> None:
        self._intake += 1
        address = "widget:site" if channel is Channel.CHAT else "support@example.org"
        sender = f"{name.split()[0].lower()}@example.org"
        await self.tell(
            i.MessageArrived(self._intake, channel, address, sender, name, thread, text)
        )

    async def take(self, contact: Contact) -> None:
        """Let the agent who is offered a contact accept it and answer."""
        await self.house.until(lambda: contact.offer is not None)
        assert contact.offer is not None
        agent = self.house.state.offers[contact.offer].agent
        await self.tell(i.AcceptOffer(contact.offer))
        await self.tell(i.SendMessage(contact.id, agent, f"key-{contact.id}", "Good day!"))

    async def presence(self, name: str, presence: Presence, reason: str = "") -> None:
        """Set an agent's presence."""
        await self.tell(i.SetPresence(AgentName(name), presence, reason))

    async def fill(self) -> None:
        """Let things happen."""
        await self.house.agent("ann")
        for name in ("bob", "carla", "eva"):
            await self.presence(name, Presence.AVAILABLE)
        await self.presence("dev", Presence.NOT_READY, "lunch")
        caller = await self.house.customer("+15550123", "Maria Lopez")
        await caller.dial("300")
        ann = self.house.state.agents[AgentName("ann")]
        await self.house.until(lambda: any(w.state == "active" for w in ann.works.values()))
        for number, name in enumerate(CUSTOMERS[1:4]):
            await self.take(await self.write(f"chat:{number}", name, Channel.CHAT, "Hello?"))
        mail = await self.write("mail:1", CUSTOMERS[4], Channel.MAIL, "My parcel is late.")
        await self.take(mail)
        for name in ("bob", "carla"):
            await self.presence(name, Presence.NOT_READY, "meeting")
        await self.presence("ann", Presence.NOT_READY)
        for number, name in enumerate(CUSTOMERS[5:], start=10):
            await self.write(f"chat:{number}", name, Channel.CHAT, "Is somebody there?")


async def _provide(url: str) -> None:
    database = Database(url)
    try:
        await database.migrate()
        store = SqlAgents(database)
        for number, (name, title, queues) in enumerate(AGENTS, start=1001):
            profile = AgentProfile(
                AgentName(name), title, {"english": 2, "support": 2},
                {QueueName(queue): 1 for queue in queues}, str(number), CAPACITY,
            )  # fmt: skip
            digest = sip_digest(profile.address, sip_password(name))
            await store.save_agent(AgentRow(profile, Role.AGENT, digest), password=PASSWORD)
        for name, title, role in LEADERS:
            profile = replace(AgentProfile(AgentName(name), title), capacity={})
            await store.save_agent(AgentRow(profile, role, ""), password=PASSWORD)
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def busy_board(home: Path) -> AsyncIterator[Board]:
    """Run the sample site with agents of every kind, and let things happen."""
    site = home.with_name(f"{home.name}-site")
    shutil.copytree(SITE, site)
    settings = house_settings(home, site)
    settings.home.mkdir(parents=True, exist_ok=True)
    await _provide(database_url(settings))
    async with (
        running(settings, lambda step, done: None, with_demo=False) as centre,
        Phones() as phones,
    ):
        house = House(settings, centre, phones, Home(settings.home).secrets().caller)
        board = Board(house, centre.url)
        await board.fill()
        yield board
        await house.hang_up_all()


async def sign_in(page: Page, login: str) -> None:
    """Sign in at a page that asks for it."""
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
