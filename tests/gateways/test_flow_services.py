"""Chats whose flows ask services, tell them things and send notices: whole centre, real servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from acd.app import delivery, lookups
from acd.testing.chatclient import chat
from acd.testing.mailserver import DROP, MailServer, mail_server
from acd.testing.service import BAD_DAYS, WebService, web_service
from acd.testing.textcentre import TextCentre, text_centre

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

DESK = "desk@example.org"

NUMBERS = """
"widget:ask" = { flow = "ask" }
"widget:wait" = { flow = "wait" }
"widget:tell" = { flow = "tell" }
"widget:mail" = { flow = "mail" }
"widget:sms" = { flow = "sms" }
"sms:+15550100" = { flow = "mail" }
"mail" = { flow = "mail" }
"""


def lookup(seconds: float) -> str:
    return f"""
start = "look"
on_fail = "sorry"
[node.look]
type = "lookup"
service = "crm"
path = "/customers/7"
take = {{ tier = "customer.tier" }}
timeout_seconds = {seconds}
next = "told"
not_found = "unknown"
[node.told]
type = "say"
text = "You are {{tier}}."
next = "end"
[node.unknown]
type = "say"
text = "We do not know you."
next = "end"
[node.sorry]
type = "say"
text = "Sorry."
next = "end"
[node.end]
type = "hangup"
"""


def node(keys: str) -> str:
    return f"""
start = "a"
on_fail = "sorry"
[node.a]
{keys}
next = "done"
[node.done]
type = "say"
text = "Done."
next = "end"
[node.sorry]
type = "say"
text = "Sorry."
next = "end"
[node.end]
type = "hangup"
"""


FILES = {
    "numbers.toml": NUMBERS,
    "queues.toml": "[desk]\n",
    "prompts/en.toml": "",
    "ask.toml": lookup(0.5),
    "wait.toml": lookup(25),
    "tell.toml": node(
        'type = "webhook"\nservice = "crm"\npath = "/calls"\nbody = { channel = "{channel}" }'
    ),
    "mail.toml": node(
        'type = "send"\nto = "mail"\naddress = "Jo@example.org"\nsubject = "Your order"\n'
        'text = "Good day,\\nit is on its way: {channel}."'
    ),
    "sms.toml": node('type = "send"\nto = "sms"\naddress = "+1 555 0123"\ntext = "Thank you."'),
}


def site(directory: Path) -> Path:
    (directory / "site" / "prompts").mkdir(parents=True)
    for name, text in FILES.items():
        (directory / "site" / name).write_text(text)
    return directory / "site"


@asynccontextmanager
async def centre_of(home: Path, where: Path, crm: str, smtp: int) -> AsyncIterator[TextCentre]:
    sms = {"channel": "sms", "address": "sms:+15550100", "url": f"{crm}/sms", "allow_private": True}
    settings: dict[str, Any] = {
        "services": {"crm": {"url": crm, "allow_private": True}},
        "webhooks": {"carrier": sms},
        "mail": {"smtp_host": "127.0.0.1", "smtp_port": smtp, "smtp_security": "none"},
        "mailboxes": {
            "desk": {"address": DESK, "title": "The Desk"},
            "other": {"address": "other@example.org"},
        },
    }
    async with text_centre(home, where, **settings) as centre:
        yield centre


class World:
    """A centre, the service that it asks and the mail server that it sends to."""

    def __init__(self, centre: TextCentre, service: WebService, server: MailServer) -> None:
        self.centre, self.service, self.server = centre, service, server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home = tmp_path_factory.mktemp("home")
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(web_service())
        server = await stack.enter_async_context(mail_server())
        where = site(tmp_path_factory.mktemp("dialplans"))
        yield World(
            await stack.enter_async_context(centre_of(home, where, service.url, server.port)),
            service,
            server,
        )


@pytest.fixture
def world(whole: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same for all, on a fresh day."""
    for module in (delivery, lookups):
        monkeypatch.setattr(module, "PAUSES", (0.05,))
    whole.service.day = "good"
    whole.service.elsewhere = whole.centre.url("/metrics")
    whole.service.asked.clear()
    whole.server.mails.clear()
    for breaker in whole.centre.outside.services.breakers.values():
        breaker.worked()
    return whole


async def says(world: World, address: str) -> list[str]:
    """Return what a customer who writes to an address is written."""
    async with chat(world.centre.session, world.centre.address, address=address) as customer:
        await customer.say("hello")
        await customer.until(lambda: len(customer.messages) > 1)
        return [message["text"] for message in customer.messages if message["author"] != "customer"]


async def test_what_the_service_knows_is_said(world: World) -> None:
    assert await says(world, "widget:ask") == ["You are gold."]
    (asked,) = world.service.asked
    assert asked.path == "/customers/7"
    assert asked.headers["idempotency-key"].startswith("t-")
    assert not world.centre.state.tasks
    assert not world.centre.state.errands


async def test_a_customer_nobody_knows(world: World) -> None:
    world.service.day = "not found"
    assert await says(world, "widget:ask") == ["We do not know you."]


@pytest.mark.parametrize("day", BAD_DAYS)
async def test_on_a_bad_day_the_error_exit_is_taken_in_time(world: World, day: str) -> None:
    world.service.day = day
    async with asyncio.timeout(20):  # the days themselves last longer, or for ever
        assert await says(world, "widget:ask") == ["Sorry."]
    assert len(world.service.asked) == 1


async def test_how_often_is_counted(world: World) -> None:
    await says(world, "widget:ask")
    async with world.centre.session.get(world.centre.url("/metrics")) as answer:
        text = await answer.text()
    assert 'acd_service_requests_total{outcome="ok",service="crm"}' in text


async def test_the_contact_does_not_wait_for_an_errand(world: World) -> None:
    world.service.day = "broken"
    assert await says(world, "widget:tell") == ["Done."]
    await world.centre.until(lambda: not world.centre.state.contacts)
    await world.service.was_asked(3)
    world.service.day = "good"
    for breaker in world.centre.outside.services.breakers.values():
        breaker.worked()
    await world.centre.until(lambda: not world.centre.state.errands)
    assert {asked.body for asked in world.service.asked} == {b'{"channel":"chat"}'}
    assert len({asked.headers["idempotency-key"] for asked in world.service.asked}) == 1


# --- notices ------------------------------------------------------------------------------------


async def test_a_mail_is_sent_once(world: World) -> None:
    assert await says(world, "widget:mail") == ["Done."]
    await world.server.until(lambda mails: mails)
    await world.centre.until(lambda: not world.centre.state.outbox)
    (mail,) = world.server.mails
    assert (mail.sender, mail.recipients) == ("", ("jo@example.org",))
    message = mail.message
    assert message["From"] == f"The Desk <{DESK}>"
    assert message["Subject"] == "Your order"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] is None
    text = str(message.get_content()).replace("\r\n", "\n")
    assert text == "Good day,\nit is on its way: chat.\n"


async def test_a_mail_whose_end_nobody_heard_is_the_same_mail(world: World) -> None:
    world.server.answers = ["451 later", DROP]
    await says(world, "widget:mail")
    await world.server.until(lambda mails: len(mails) == 2)
    await world.centre.until(lambda: not world.centre.state.outbox)
    first, second = world.server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_an_sms_is_posted_once(world: World) -> None:
    world.service.day = "broken"
    assert await says(world, "widget:sms") == ["Done."]
    await world.service.was_asked(2)
    world.service.day = "good"
    await world.centre.until(lambda: not world.centre.state.outbox)
    assert {asked.path for asked in world.service.asked} == {"/sms"}
    told = [json.loads(asked.body) for asked in world.service.asked]
    assert len({one["id"] for one in told}) == 1
    assert told[0] | {"id": ""} == {
        "id": "", "thread": "+15550123", "from": "sms:+15550100", "to": "+15550123",
        "text": "Thank you.", "author": "system",
    }  # fmt: skip


# --- restarts -----------------------------------------------------------------------------------


async def test_what_was_under_way_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    async with web_service() as service, mail_server() as server:
        where = site(tmp_path)
        service.day = "hangs"
        async with (
            centre_of(tmp_path / "home", where, service.url, server.port) as centre,
            chat(centre.session, centre.address, address="widget:wait") as customer,
            chat(centre.session, centre.address, address="widget:tell") as other,
        ):
            await customer.say("hello")
            await other.say("hello")
            await service.was_asked(2)
            assert len(centre.state.errands) == 2
            assert len(centre.state.tasks) == 1
        service.day = "good"
        async with (
            centre_of(tmp_path / "home", where, service.url, server.port) as centre,
            chat(centre.session, centre.address, resume=customer) as again,
        ):
            await again.texts("You are gold.")
            await centre.until(lambda: not centre.state.errands)
            assert centre.state.tasks == {}
        keys = [asked.headers["idempotency-key"] for asked in service.asked]
        assert len(keys) == 4
        assert len(set(keys)) == 2
