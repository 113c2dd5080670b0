"""The engine is killed at every step of a mail, in and out: one contact, one message, one answer.

Dovecot and the customers' mail server live on; the engine is started again in the same home.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core import events as e
from acd.core.message import Author
from acd.testing import dovecot, mails
from acd.testing.dovecot import Dovecot
from acd.testing.engine import EngineProcess
from acd.testing.house import house_settings
from acd.testing.mailserver import MailServer, mail_server

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "mailsite"
PATIENCE_SECONDS = 30.0

# In the order in which a mail comes to them.
POINTS = (
    "mail:fetched",
    "mail:parsed",
    "mail:stored",
    "mail:flagged",
    "before-append:MessageAdded",
    "after-append:MessageAdded",
    "before-deliver:mail",
    "after-deliver:mail",
    "before-append:MessageSettled",
)


@dataclass
class Stage:
    """A home, its mailbox, and the mail server of its customers."""

    engine: EngineProcess
    mailbox: Dovecot
    customers: MailServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("crash")
    with dovecot.running() as server, pytest.MonkeyPatch.context() as environment:
        async with mail_server() as customers:
            box = {
                "address": "desk@example.org",
                "imap_host": "127.0.0.1",
                "imap_port": server.port,
                "imap_security": "none",
                "imap_user": "desk",
                "imap_password_env": "PASSWORD_OF_THE_DESK",
            }
            environment.setenv("PASSWORD_OF_THE_DESK", dovecot.PASSWORD)
            environment.setenv("ACD_MAILBOXES", json.dumps({"desk": box}))
            environment.setenv("ACD_MAIL_SMTP_HOST", "127.0.0.1")
            environment.setenv("ACD_MAIL_SMTP_PORT", str(customers.port))
            environment.setenv("ACD_MAIL_SMTP_SECURITY", "none")
            words = ("acd.testing.textengine", str(home), str(SITE))
            engine = EngineProcess(house_settings(home, SITE), words)
            await engine.start()
            await engine.kill()
            try:
                yield Stage(engine, server, customers)
            finally:
                await engine.kill()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at(stage: Stage, point: str) -> None:
    engine = stage.engine
    number = POINTS.index(point)
    sender, before = f"c{number}@example.org", len(await engine.records())
    stage.mailbox.deliver("desk", mails.mail(point, sender=sender, message_id=f"<{number}@x>"))
    # It may die before it is ready: the mail is there already.
    await engine.launch(fault=point)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await engine.ended() == -signal.SIGKILL
        await engine.start()
        while not settled(await fresh(engine, before)):  # noqa: ASYNC110  (another process writes)
            await asyncio.sleep(0.1)
    await engine.kill()
    records = await fresh(engine, before)
    assert [r.body.ani for r in records if isinstance(r.body, e.ContactOpened)] == [sender]
    added = [r.body for r in records if isinstance(r.body, e.MessageAdded)]
    assert [(one.author, one.text) for one in added] == [
        (Author.CUSTOMER, point),
        (Author.SYSTEM, "We have it."),
    ]
    answers = [one for one in stage.customers.mails if one.recipients == (sender,)]
    assert len({one.message["Message-ID"] for one in answers}) == 1
    assert len(answers) == (2 if point in ("after-deliver:mail", POINTS[-1]) else 1)


async def fresh(engine: EngineProcess, before: int):
    """Return the log from some record on."""
    return (await engine.records())[before:]


def settled(records) -> list[str]:
    return [r.body.message for r in records if isinstance(r.body, e.MessageSettled)]
