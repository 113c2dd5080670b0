"""What every gateway promises, tested over all of them; one without a way in here fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from abc import ABC, abstractmethod
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core import inputs as i
from acd.gateways.webhook.formats import sign
from acd.ports.mail import IncomingMail
from acd.testing import mails
from acd.testing.chatclient import ChatClient, chat, new_key
from acd.testing.textcentre import TextCentre, text_centre

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
SECRET = "a secret of this test"
ADDRESS = "desk@example.org"


class Way(ABC):
    """A customer's way in.

    Attributes:
        keeps_unreadable: what cannot be read becomes a contact all the same: its sender is
            somebody who will not send it again. Else it is refused, and the sender told.
    """

    keeps_unreadable = False

    def __init__(self, centre: TextCentre) -> None:
        self.centre = centre
        self.customer = new_key()

    @property
    @abstractmethod
    def thread(self) -> str:
        """The thread of what was sent."""

    @abstractmethod
    async def send(self, key: str, text: str) -> None:
        """Send a message; return once it is said to be kept."""

    @abstractmethod
    async def send_rubbish(self) -> None:
        """Send something that cannot be read; return once that is settled."""

    async def enter(self, stack: contextlib.AsyncExitStack) -> None:  # noqa: B027
        """Open what is needed."""

    def thread_where(self, is_ours) -> str:
        """Return the thread of the newest contact that is ours."""
        found = [c.thread for c in self.centre.state.contacts.values() if is_ours(c)]
        if not found:
            raise LookupError("there is no contact yet")
        return found[-1]


class ByChat(Way):
    client: ChatClient

    async def enter(self, stack: contextlib.AsyncExitStack) -> None:
        talk = chat(self.centre.session, self.centre.address, name=self.customer)
        self.client = await stack.enter_async_context(talk)

    @property
    def thread(self) -> str:
        return self.thread_where(lambda contact: contact.caller_name == self.customer)

    async def send(self, key: str, text: str) -> None:
        await self.client.say(text, key)

    async def send_rubbish(self) -> None:
        await self.client.socket.send_bytes(b"\xff\x00")
        await self.client.socket.send_str("\x00{")
        await self.client.frame("error", code="frame-invalid")


class ByWebhook(Way):
    @property
    def thread(self) -> str:
        return f"sms:{self.customer}"

    async def send(self, key: str, text: str) -> None:
        event = {"id": key, "from": self.customer, "text": text}
        assert await self._post(json.dumps(event).encode()) == 200

    async def send_rubbish(self) -> None:
        assert await self._post(b"\xff\x00") == 400

    async def _post(self, body: bytes) -> int:
        stamp = str(int(time.time()))
        signature = f"sha256={sign(SECRET, stamp, body)}"
        headers = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": signature}
        url = self.centre.url("/webhooks/sms")
        async with self.centre.session.post(url, data=body, headers=headers) as answer:
            return answer.status


class ByTelegram(Way):
    def __init__(self, centre: TextCentre) -> None:
        super().__init__(centre)
        self.id = random.randrange(10**12)

    @property
    def thread(self) -> str:
        return f"bot:{self.id}"

    async def send(self, key: str, text: str) -> None:
        number = int(key.partition("-")[2])
        message = {"chat": {"id": self.id}, "from": {"id": self.id}, "text": text}
        body = json.dumps({"update_id": number, "message": message}).encode()
        assert await self._post(body) == 200

    async def send_rubbish(self) -> None:
        assert await self._post(b"\xff\x00") == 400

    async def _post(self, body: bytes) -> int:
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        url = self.centre.url("/webhooks/bot")
        async with self.centre.session.post(url, data=body, headers=headers) as answer:
            return answer.status


class ByMail(Way):
    keeps_unreadable = True

    @property
    def thread(self) -> str:
        return self.thread_where(lambda contact: contact.ani == f"{self.customer}@example.net")

    async def send(self, key: str, text: str) -> None:
        first = f"<{self.customer}@example.net>"
        mail = mails.mail(
            text, sender=f"{self.customer}@example.net", to=ADDRESS,
            message_id=f"<{key}@example.net>", References=first,
        )  # fmt: skip
        await self._take(mail)

    async def send_rubbish(self) -> None:
        await self._take(b"\xff\x00" + self.customer.encode())

    async def _take(self, raw: bytes) -> None:
        gateway = self.centre.texts.post.gateway
        await gateway.take(IncomingMail(f"{self.customer}@example.net", (ADDRESS,), raw))


WAYS = {"chat": ByChat, "webhook-sms": ByWebhook, "webhook-messaging": ByTelegram, "mail": ByMail}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "secret").write_text(SECRET)
    hooks = {
        "sms": {"channel": "sms", "address": "sms:+15550100", "secret_file": home / "secret"},
        "bot": {"address": "messaging:bot", "format": "telegram", "secret_file": home / "secret"},
    }
    given = {"webhooks": hooks, "mailboxes": {"desk": {"address": ADDRESS}}}
    async with text_centre(home, SITE, **given) as running:
        yield running


@pytest_asyncio.fixture(params=sorted(WAYS), loop_scope="module")
async def way(request, centre):
    async with contextlib.AsyncExitStack() as stack:
        found = WAYS[request.param](centre)
        await found.enter(stack)
        yield found


async def texts_of(way: Way, count: int) -> list[str]:
    """Return the texts of the customer's messages, once there are so many."""
    centre = way.centre
    await centre.until(lambda: way.thread in centre.state.threads)
    async with asyncio.timeout(10):
        while True:
            stored = await centre.texts.messages.thread_messages(way.thread)
            texts = [one.row.text.strip() for one in stored if one.row.author == "customer"]
            if len(texts) >= count:
                return texts
            await asyncio.sleep(0.02)


async def test_every_gateway_has_a_way_in_here(centre):
    assert {gateway.name for gateway in centre.texts.gateways} == set(WAYS)


async def test_messages_come_in_once_and_in_order(way):
    keys = [new_key() for _ in range(12)]
    for key in keys:
        await way.send(key, f"text {key}")
        if random.Random(key).random() < 0.5:
            await way.send(key, f"text {key}")  # its sender never heard that it was kept
    for key in keys[:3]:
        await way.send(key, f"text {key}")  # long after
    last = new_key()
    await way.send(last, f"text {last}")
    assert await texts_of(way, 13) == [f"text {key}" for key in (*keys, last)]
    threads = [c.thread for c in way.centre.state.contacts.values()]
    assert threads.count(way.thread) == 1


async def test_many_at_once_are_one_message_each(way):
    keys = [new_key() for _ in range(10)]
    await asyncio.gather(*(way.send(key, f"text {key}") for key in keys * 2))
    assert sorted(await texts_of(way, 10)) == sorted(f"text {key}" for key in keys)


async def test_what_cannot_be_read_harms_nobody(way):
    before = way.centre.state.intake
    await way.send_rubbish()
    if way.keeps_unreadable:
        await way.centre.until(lambda: way.centre.state.intake > before)
        (row,) = await way.centre.texts.intake.after(before, 10)
        assert await way.centre.texts.intake.raw(row.number)
    else:
        assert way.centre.state.intake == before
    await way.send(new_key(), "afterwards")
    assert await texts_of(way, 1) == ["afterwards"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }} ${x} %s",
        "=1+1",
        "\u202eabc",
        "x\u0000y",
        "😀" * 200,
    ],
    ids=["script", "template", "formula", "direction", "zero", "wide"],
)
async def test_a_text_stays_what_it_is(way, text):
    await way.send(new_key(), text)
    (found,) = await texts_of(way, 1)
    assert found in (text, text.replace("\0", ""))


async def test_a_conversation_that_was_closed_begins_anew(way):
    await way.send(new_key(), "first")
    await texts_of(way, 1)
    thread = way.thread
    contact = way.centre.state.threads[thread]
    # Ready only now: who misses what others were offered meanwhile is offered nothing more.
    await way.centre.agent("ann", chat=100, sms=100, messaging=100, mail=100)
    await way.centre.accept(contact)
    await way.centre.tell(i.EndContact(contact, by_customer=False))
    await way.centre.until(lambda: contact not in way.centre.state.contacts)
    await way.send(new_key(), "second")
    assert await texts_of(way, 2) == ["first", "second"]
    assert way.centre.state.threads[way.thread] != contact
