"""Webhooks against a real server, and a provider that behaves as badly as it can."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from acd.app import delivery
from acd.core import inputs as i
from acd.gateways.webhook.formats import sign
from acd.testing.chatclient import new_key
from acd.testing.textcentre import text_centre

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
SECRET = "a secret of this test"


class Provider:
    """Takes posts and answers as it is told to."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[web.Response] = []
        self.slow = False
        self.huge = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append((request.path, headers, body))
        if self.slow:
            await asyncio.sleep(10)
        if self.huge:
            return web.Response(body=b"x" * 1_000_000)
        return self.answers.pop(0) if self.answers else web.json_response({"ok": True})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    provider = Provider()
    app = web.Application()
    app.router.add_post("/{tail:.*}", provider.handle)
    async with contextlib.AsyncExitStack() as stack:
        server = TestServer(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        url = str(server.make_url("/"))
        for name, text in (("secret", SECRET), ("token", "123:abc")):
            (home / name).write_text(text + "\n")
        sms = {"channel": "sms", "address": "sms:+15550100", "secret_file": home / "secret"}
        hooks = {
            "sms": {**sms, "url": url + "sms", "allow_private": True},
            "inside": {**sms, "url": url + "sms"},
            "rebound": {**sms, "url": url.replace("127.0.0.1", "localhost") + "sms"},
            "bot": {
                "address": "messaging:bot",
                "format": "telegram",
                "url": url,
                "allow_private": True,
                "secret_file": home / "secret",
                "token_file": home / "token",
            },
        }
        centre = await stack.enter_async_context(text_centre(home, SITE, webhooks=hooks))
        await centre.agent("ann", sms=100, messaging=100)
        yield centre, provider


@pytest.fixture(autouse=True)
def no_pauses(world, monkeypatch):
    """Try again at once, with a fresh provider and closed breakers."""
    centre, provider = world
    monkeypatch.setattr(delivery, "PAUSES", (0.05,))
    provider.__init__()
    for gateway in centre.texts.gateways[1:]:
        for breaker in gateway.breakers.values():
            breaker.worked()


async def post(centre, event, *, hook="sms", at=None, headers=None):
    """Post an event as the provider does; return the status and the error's code."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    stamp = str(int(time.time() if at is None else at))
    if headers is None:
        signature = f"sha256={sign(SECRET, stamp, body)}"
        headers = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": signature}
    url = centre.url(f"/webhooks/{hook}")
    async with centre.session.post(url, data=body, headers=headers) as answer:
        return answer.status, (await answer.json()).get("error", {}).get("code")


def event(number: int, sender: str, text: str = "hello") -> dict[str, str]:
    return {"id": f"e{number}", "from": sender, "text": text, "name": "Zoe"}


async def messages(centre, thread: str) -> list[tuple[str, str]]:
    stored = await centre.texts.messages.thread_messages(thread)
    return [(one.row.author, one.row.text) for one in stored]


async def opened(centre, sender: str, hook="sms", number=None):
    """Return the contact of a sender who has written, once the agent has taken it."""
    number = number if number is not None else random.randrange(10**9)
    assert (await post(centre, event(number, sender), hook=hook))[0] == 200
    contact = await centre.contact_of(f"{hook}:{sender}")
    await centre.accept(contact.id)
    return contact.id


async def write(centre, contact, text="Good day"):
    """Let the agent write; return the message's id."""
    await centre.tell(i.SendMessage(contact, "ann", new_key(), text))
    await centre.texts.projector.reach(centre.state.seq)
    return (await centre.texts.messages.contact_messages(contact))[-1].row.id


async def state_of(centre, message, *, settled=True):
    """Return a message's state and failure; waits until it is settled."""
    if settled:
        await centre.until(lambda: message not in centre.state.outbox)
    await centre.texts.projector.reach(centre.state.seq)
    (found,) = await centre.texts.messages.messages([message])
    return found.row.state, found.row.failure


# --- in -----------------------------------------------------------------------------------------


async def test_events_five_times_shuffled_are_one_message_each(world):
    centre, _ = world
    events = [event(n, "+15550001", f"text {n}") for n in range(40)] * 5
    random.Random(1).shuffle(events)
    answers = await asyncio.gather(*(post(centre, one) for one in events))
    assert {status for status, _ in answers} == {200}
    await centre.contact_of("sms:+15550001")
    await centre.until(lambda: len(centre.state.threads) and centre.state.intake >= 40)
    await centre.texts.projector.reach(centre.state.seq)
    found = await messages(centre, "sms:+15550001")
    assert sorted(found) == sorted(("customer", f"text {n}") for n in range(40))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "signature-invalid"),
        ({"X-ACD-Signature": "sha256=00"}, "signature-invalid"),
        ({"X-ACD-Signature": "é", "X-ACD-Timestamp": "1"}, "signature-invalid"),
    ],
)
async def test_what_is_not_signed_is_refused(world, headers, code):
    centre, _ = world
    before = centre.state.intake
    assert await post(centre, event(900, "+15550002"), headers=headers) == (401, code)
    assert centre.state.intake == before


async def test_a_changed_body_or_stamp_is_refused(world):
    centre, _ = world
    body = json.dumps(event(901, "+15550002")).encode()
    stamp = str(int(time.time()))
    good = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": f"sha256={sign(SECRET, stamp, body)}"}
    assert await post(centre, body + b" ", headers=good) == (401, "signature-invalid")
    later = good | {"X-ACD-Timestamp": str(int(stamp) + 1)}
    assert await post(centre, body, headers=later) == (401, "signature-invalid")
    assert (await post(centre, body, headers=good))[0] == 200


@pytest.mark.parametrize("shift", [-301, 302])
async def test_an_event_of_another_time_is_refused(world, shift):
    centre, _ = world
    answer = await post(centre, event(902, "+15550002"), at=time.time() + shift)
    assert answer == (401, "timestamp-old")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"id": "1"}',
        b'{"id": 1, "from": "x", "text": "y"}',
        b"\xff",
        b"[" * 60_000,
    ],
)
async def test_an_event_that_cannot_be_read_is_refused(world, body):
    centre, _ = world
    assert await post(centre, body) == (400, "event-invalid")


async def test_an_event_that_is_too_large_is_refused(world):
    centre, _ = world
    assert (await post(centre, b"x" * 70_000))[0] == 413


async def test_a_webhook_that_is_not_there(world):
    centre, _ = world
    assert await post(centre, event(1, "x"), hook="other") == (404, "webhook-unknown")


# --- out ----------------------------------------------------------------------------------------


async def test_an_answer_is_posted_signed(world):
    centre, provider = world
    contact = await opened(centre, "+15550010")
    message = await write(centre, contact, "Good day, ¿qué tal?")
    assert await state_of(centre, message) == ("delivered", "")
    ((path, headers, body),) = provider.posts
    told = json.loads(body)
    assert path == "/sms"
    assert told["id"] == headers["idempotency-key"] == message
    assert (told["to"], told["from"]) == ("+15550010", "sms:+15550100")
    assert (told["thread"], told["text"]) == ("+15550010", "Good day, ¿qué tal?")
    signature = f"sha256={sign(SECRET, headers['x-acd-timestamp'], body)}"
    assert headers["x-acd-signature"] == signature


async def test_what_fails_for_now_is_tried_again_and_nothing_overtakes(world):
    centre, provider = world
    contact = await opened(centre, "+15550011")
    provider.answers = [web.Response(status=500), web.Response(status=429)]
    first = await write(centre, contact, "first")
    second = await write(centre, contact, "second")
    assert await state_of(centre, second) == ("delivered", "")
    assert await state_of(centre, first) == ("delivered", "")
    texts = [json.loads(body)["text"] for _, _, body in provider.posts]
    assert texts == ["first", "first", "first", "second"]
    assert len({headers["idempotency-key"] for _, headers, _ in provider.posts}) == 2


async def test_what_is_refused_for_good_is_told(world):
    centre, provider = world
    contact = await opened(centre, "+15550012")
    provider.answers = [web.Response(status=400)]
    message = await write(centre, contact)
    assert await state_of(centre, message) == ("failed", "http-400")


async def test_a_redirect_is_not_followed(world):
    centre, provider = world
    contact = await opened(centre, "+15550013")
    provider.answers = [web.Response(status=307, headers={"Location": centre.url("/metrics")})]
    message = await write(centre, contact)
    assert await state_of(centre, message) == ("failed", "http-307")
    assert len(provider.posts) == 1


@pytest.mark.parametrize("hook", ["inside", "rebound"])
async def test_an_address_of_the_inside_is_refused(world, hook):
    centre, provider = world
    contact = await opened(centre, "+15550014", hook)
    message = await write(centre, contact)
    assert await state_of(centre, message) == ("failed", "address-refused")
    assert provider.posts == []


async def test_a_breaker_opens_and_nothing_else_waits(world):
    """Slow and huge answers fail; after five the provider is left alone; calls never notice."""
    centre, provider = world
    contact = await opened(centre, "+15550015")
    provider.huge = True
    message = await write(centre, contact)
    gateway = next(g for g in centre.texts.gateways if g.channel == "sms")
    await centre.until(lambda: not gateway.breakers["sms"].allows(0.0))
    posted = len(provider.posts)
    assert posted == 5
    began = time.perf_counter()
    await opened(centre, "+15550016")
    assert time.perf_counter() - began < 1
    assert len(provider.posts) == posted
    provider.huge = False
    gateway.breakers["sms"].worked()
    assert await state_of(centre, message) == ("delivered", "")


async def test_a_provider_that_does_not_answer(world):
    centre, provider = world
    contact = await opened(centre, "+15550017")
    provider.slow = True
    message = await write(centre, contact)
    await centre.until(
        lambda: len(provider.posts) == 2
    )  # given up after three seconds, tried again
    provider.slow = False
    assert await state_of(centre, message) == ("delivered", "")


# --- the example of docs/webhooks.md ------------------------------------------------------------


async def test_telegram_as_documented(world):
    centre, provider = world
    example = (Path(__file__).parents[2] / "docs/webhooks.md").read_text("utf-8")
    update = json.loads(example.split("```json telegram-update\n")[1].split("```")[0])
    wanted = json.loads(example.split("```json telegram-send\n")[1].split("```")[0])
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for _ in range(3):
        body = json.dumps(update).encode()
        assert (await post(centre, body, hook="bot", headers=headers))[0] == 200
    edited = json.dumps({"update_id": 1, "edited_message": {}}).encode()
    assert (await post(centre, edited, hook="bot", headers=headers))[0] == 200
    refused = await post(centre, body, hook="bot", headers={"X-Telegram-Bot-Api-Secret-Token": "x"})
    assert refused == (401, "signature-invalid")
    thread = f"bot:{update['message']['chat']['id']}"
    contact = await centre.contact_of(thread)
    assert contact.channel == "messaging"
    await centre.accept(contact.id)
    message = await write(centre, contact.id, wanted["text"])
    assert await state_of(centre, message) == ("delivered", "")
    ((path, _, sent),) = provider.posts
    assert path == "/bot123:abc/sendMessage"
    assert json.loads(sent) == wanted
    assert await messages(centre, thread) == [
        ("customer", update["message"]["text"]),
        ("agent", wanted["text"]),
    ]
