"""The engine is killed at every named point of a chat message and of a webhook: one message each.

Customers do what the widget and any provider do: they send again until they are told that it is
kept. The engine is started again in the same home.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientError, ClientSession

from acd.core import events as e
from acd.gateways.webhook.formats import sign
from acd.testing.chatclient import ChatClient, chat
from acd.testing.engine import EngineProcess
from acd.testing.house import house_settings

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
SECRET = "a secret of this test"
PATIENCE_SECONDS = 30.0

# Kept or not yet, told to the engine or not yet, in the log or not yet.
CASES = (
    ("chat", "after-put:chat"),
    ("chat", "before-append:MessageAdded"),
    ("chat", "after-append:MessageAdded"),
    ("webhook", "before-put:webhook"),
    ("webhook", "after-put:webhook"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineProcess]:
    home = tmp_path_factory.mktemp("crash")
    (home / "secret").write_text(SECRET)
    hook = {"channel": "sms", "address": "sms:+15550100", "secret_file": str(home / "secret")}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACD_WEBHOOKS", json.dumps({"sms": hook}))
        engine = EngineProcess(house_settings(home, SITE))
        await engine.start()
        await engine.kill()
        try:
            yield engine
        finally:
            await engine.kill()
            await engine.start()
            await engine.stop()


async def raise_again(engine: EngineProcess) -> int:
    """Wait for the engine to die by its own hand, then start it anew, sound."""
    status = await engine.ended()
    await engine.start()
    return status


async def chat_until_kept(engine: EngineProcess, key: str) -> None:
    """Say something and say it again, over as many sockets as it takes."""
    client: ChatClient | None = None
    while True:
        try:
            async with ClientSession() as session, chat(session, engine.url, resume=client) as on:
                await on.until(lambda on=on: on.token or on.frames or on.closed is not None)
                if any(f.get("code") == "session-unknown" for f in on.frames):
                    client = None
                    continue
                client = on
                async with asyncio.timeout(1):
                    await on.say(key, key)
                    await on.until(lambda on=on: on.messages)
                assert [m["text"] for m in on.messages] == [key]
                return
        except (ClientError, ConnectionError, TimeoutError):
            await asyncio.sleep(0.1)


async def post_until_kept(engine: EngineProcess, key: str) -> None:
    """Post an event and post it again until it is answered with 200."""
    body = json.dumps({"id": key, "from": key, "text": key}).encode()
    while True:
        stamp = str(int(time.time()))
        signature = f"sha256={sign(SECRET, stamp, body)}"
        headers = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": signature}
        try:
            async with (
                ClientSession() as session,
                session.post(f"{engine.url}/webhooks/sms", data=body, headers=headers) as answer,
            ):
                assert answer.status == 200, await answer.text()
                return
        except (ClientError, ConnectionError):
            await asyncio.sleep(0.1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "point"), CASES)
async def test_killed_at(engine: EngineProcess, kind: str, point: str) -> None:
    key = f"{kind}-{CASES.index((kind, point)):05}"
    before = len(await engine.records())
    await engine.start(fault=point)
    rising = asyncio.create_task(raise_again(engine))
    send = chat_until_kept if kind == "chat" else post_until_kept
    async with asyncio.timeout(PATIENCE_SECONDS):
        await send(engine, key)
        assert await rising == -signal.SIGKILL
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not added(await fresh(engine, before)):  # noqa: ASYNC110  (another process writes)
            await asyncio.sleep(0.1)
    await engine.kill()
    records = await fresh(engine, before)
    assert added(records) == [key]
    assert len([r for r in records if isinstance(r.body, e.ContactOpened)]) == 1


async def fresh(engine: EngineProcess, before: int):
    """Return the log from some record on."""
    return (await engine.records())[before:]


def added(records) -> list[str]:
    """Return the texts of all messages in the log."""
    return [r.body.text for r in records if isinstance(r.body, e.MessageAdded)]
