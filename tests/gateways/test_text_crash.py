"""The whole engine, with its Asterisk, is killed around a chat message and a webhook: one each.

`test_kills.py` does so at every step, with an engine that starts in a fraction of the time.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core import events as e
from acd.core.record import Record
from acd.testing.engine import EngineProcess
from acd.testing.house import house_settings
from acd.testing.kills.customers import Browser, post_event

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
SECRET = "a secret of this test"
PATIENCE_SECONDS = 30.0

# Kept and not told to the engine, told and not in the log; not even kept.
CASES = (
    ("chat", "after-put:chat"),
    ("chat", "before-append:MessageAdded"),
    ("webhook", "before-put:webhook"),
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


async def send(engine: EngineProcess, kind: str, key: str) -> None:
    """Return once something that says its own key is kept."""
    if kind == "webhook":
        await post_event(engine.url, SECRET, {"id": key, "from": key, "text": key})
        return
    browser = Browser(engine.url, f"{key}@example.org", outbox={key: key})
    await browser.stay(lambda: bool(browser.heard))
    assert not browser.outbox
    assert [text for _, text in browser.heard] == [key]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "point"), CASES)
async def test_killed_at(engine: EngineProcess, kind: str, point: str) -> None:
    key = f"{kind}-{CASES.index((kind, point)):05}"
    before = len(await engine.records())
    await engine.start(fault=point)
    rising = asyncio.create_task(raise_again(engine))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await send(engine, kind, key)
        assert await rising == -signal.SIGKILL
        while not added(await fresh(engine, before)):  # noqa: ASYNC110  (another process writes)
            await asyncio.sleep(0.1)
    await engine.kill()
    records = await fresh(engine, before)
    assert added(records) == [key]
    assert len([r for r in records if isinstance(r.body, e.ContactOpened)]) == 1


async def fresh(engine: EngineProcess, before: int) -> Sequence[Record]:
    """Return the log from some record on."""
    return (await engine.records())[before:]


def added(records: Sequence[Record]) -> list[str]:
    """Return the texts of all messages in the log."""
    return [r.body.text for r in records if isinstance(r.body, e.MessageAdded)]
