"""Mail through a whole centre: queue, agent, answer; real Dovecot and SMTP, no Asterisk."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from acd.adapters.clock import SystemClock
from acd.adapters.home import Home
from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.bootstrap.mail import Post
from acd.config import ConfigError, load_settings
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.ids import ContactId, MessageId
from acd.core.message import Author
from acd.testing import dovecot, mails
from acd.testing.dovecot import Dovecot
from acd.testing.mailserver import MailServer, mail_server
from acd.testing.textcentre import TextCentre, text_centre

pytestmark = pytest.mark.app

SITE = Path(__file__).parent / "mailsite"
DESK = "desk@example.org"


def mailbox(home: Path, server: Dovecot, user: str) -> dict[str, Any]:
    secret = home.parent / "imap-password"
    secret.write_text(dovecot.PASSWORD)
    secret.chmod(0o600)
    return {
        "address": DESK,
        "title": "The Desk",
        "imap_host": "127.0.0.1",
        "imap_port": server.port,
        "imap_security": "none",
        "imap_user": user,
        "imap_password_file": secret,
    }


@asynccontextmanager
async def centre_with_mail(
    home: Path, server: Dovecot, user: str = "desk"
) -> AsyncIterator[tuple[TextCentre, MailServer]]:
    async with (
        mail_server() as customers,
        text_centre(
            home,
            SITE,
            mail={"smtp_host": "127.0.0.1", "smtp_port": customers.port, "smtp_security": "none"},
            mailboxes={"desk": mailbox(home, server, user)},
        ) as centre,
    ):
        yield centre, customers


async def test_a_mail_is_answered_and_the_thank_you_comes_back(tmp_path: Path) -> None:
    with dovecot.running() as server:
        async with centre_with_mail(tmp_path / "home", server) as (centre, customers):
            ann = await centre.agent("ann", mail=1)
            server.deliver("desk", mails.mail(to=DESK))
            await centre.until(lambda: centre.state.contacts)
            (contact,) = centre.state.contacts.values()
            assert (contact.ani, contact.dnis) == ("jo@example.org", DESK)
            assert contact.attributes["subject"] == "My order"
            await centre.accept(contact.id)
            await centre.tell(i.SendMessage(contact.id, ann, "key-1", "It is on its way."))
            await customers.until(lambda got: len(got) == 2)
            acknowledged, answer = customers.mails
            assert acknowledged.message["Auto-Submitted"] == "auto-replied"
            assert "We have it." in acknowledged.message.get_content()
            assert answer.message["Auto-Submitted"] is None
            assert answer.message["From"] == "The Desk <desk@example.org>"
            assert answer.message["In-Reply-To"] == "<first@example.org>"
            await centre.until(lambda: not centre.state.outbox)

            ours = answer.message["Message-ID"]
            server.deliver("desk", mails.mail("Thanks!", message_id="<2@x>", In_Reply_To=ours))
            await centre.until(lambda: centre.state.intake == 2)
            await centre.texts.projector.reach(centre.state.seq)
            assert list(centre.state.contacts) == [contact.id]
            async with centre.session.get(
                centre.url(f"/api/v1/contacts/{contact.id}/messages")
            ) as shown:
                texts = [one["text"] for one in (await shown.json())["messages"]]
            assert texts == [
                "Where is my order?", "We have it.", "It is on its way.", "Thanks!"
            ]  # fmt: skip
            await centre.tell(i.EndContact(contact.id, by_customer=False))
            assert not centre.state.contacts


async def test_two_centres_that_write_to_each_other_fall_silent(tmp_path: Path) -> None:
    """M6: each acknowledges what comes; neither acknowledges the other's acknowledgement."""
    one, two = "one@example.org", "two@example.org"
    async with mail_server() as between:
        given = {
            "mail": {
                "smtp_host": "127.0.0.1", "smtp_port": between.port, "smtp_security": "none",
                "listen_port": 0,
            }
        }  # fmt: skip
        async with (
            text_centre(
                tmp_path / "one", SITE, mailboxes={"m": {"address": one}}, **given
            ) as first,
            text_centre(
                tmp_path / "two", SITE, mailboxes={"m": {"address": two}}, **given
            ) as second,
        ):
            ports = {}
            for address, centre in ((one, first), (two, second)):
                assert centre.texts.post.gateway is not None
                assert centre.texts.post.listener is not None
                await centre.texts.post.gateway.opened()
                ports[address] = centre.texts.post.listener.port
            await asyncio.to_thread(hand_over, ports[one], two, one, mails.mail(sender=two, to=one))
            await between.until(lambda got: got)
            (acknowledged,) = between.mails
            await asyncio.to_thread(hand_over, ports[two], "", two, acknowledged.raw)
            await second.until(lambda: second.state.intake == 1 and not second.state.outbox)
            await first.until(lambda: not first.state.outbox)
            assert len(between.mails) == 1
            (contact,) = second.state.contacts.values()
            assert contact.attributes["mail_automatic"] == "bounce"


def hand_over(port: int, sender: str, to: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail(sender, [to], raw)


async def test_the_demo_is_its_customers_mail_server_too(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", site={"directory": SITE})
    with Home(tmp_path / "home") as home:
        database = Database(f"sqlite:///{tmp_path / 'acd.db'}")
        await database.migrate()
        intake = SqlIntake(database)
        post = Post(settings, home, intake, SystemClock(), with_demo=True)
        assert post.gateway is not None
        assert post.sink is not None
        receiving = asyncio.create_task(post.gateway.run())
        try:
            await post.gateway.opened()
            told = post.demo_document()
            assert told["address"] == "support@example.org"
            port = int(str(told["smtp_port"]))
            await asyncio.to_thread(
                hand_over, port, "jo@example.org", "support@example.org", mails.mail()
            )
            (row,) = await intake.after(0, 10)
            effect = Deliver(
                MessageId("m-1-00000000"), ContactId("c-1-00000000"), Channel.MAIL, row.address,
                row.sender, row.thread, "Here.", Author.AGENT, "en",
            )  # fmt: skip
            await post.gateway.deliver(effect)
            (got,) = post.sink.mails("Jo@example.org")
            assert got["references"] == ("<first@example.org>",)
            assert got["text"].startswith("Here.")
            assert post.sink.mails("kim@example.org") == []
            with pytest.raises(smtplib.SMTPRecipientsRefused):  # nobody's relay
                await asyncio.to_thread(
                    hand_over, port, "jo@example.org", "eve@elsewhere.example", mails.mail()
                )
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await intake.close()
            await database.close()


class TestSettings:
    def test_passwords_are_never_in_the_file_itself(self, tmp_path: Path) -> None:
        box = {"address": DESK, "imap_host": "mail.example.org", "imap_user": "desk"}
        with pytest.raises(ConfigError, match="say where imap_password is"):
            load_settings(mailboxes={"desk": box})
        with pytest.raises(ConfigError, match="imap_password: Extra inputs"):
            load_settings(mailboxes={"desk": box | {"imap_password": "secret"}})

    def test_none_goes_over_the_network_in_clear(self) -> None:
        with pytest.raises(ConfigError, match="without TLS smtp_password"):
            load_settings(
                mail={
                    "smtp_host": "mail.example.org",
                    "smtp_user": "desk",
                    "smtp_password_env": "X",
                    "smtp_security": "none",
                }
            )

    async def test_a_file_that_others_can_read_is_refused(self, tmp_path: Path) -> None:
        secret = tmp_path / "password"
        secret.write_text("secret")
        secret.chmod(0o644)
        box = {
            "address": DESK, "imap_host": "127.0.0.1", "imap_user": "desk",
            "imap_password_file": secret,
        }  # fmt: skip
        with pytest.raises(ConfigError, match="others can read"):
            async with text_centre(tmp_path / "home", SITE, mailboxes={"desk": box}):
                pass

    async def test_a_variable_that_is_not_set_is_told(self, tmp_path: Path) -> None:
        box = {
            "address": DESK, "imap_host": "127.0.0.1", "imap_user": "desk",
            "imap_password_env": "NOT_SET_ANYWHERE",
        }  # fmt: skip
        with pytest.raises(ConfigError, match="NOT_SET_ANYWHERE is not set"):
            async with text_centre(tmp_path / "home", SITE, mailboxes={"desk": box}):
                pass

    def test_an_address_is_an_address(self) -> None:
        with pytest.raises(ConfigError, match=r"mailboxes\.desk\.address"):
            load_settings(mailboxes={"desk": {"address": "desk"}})
