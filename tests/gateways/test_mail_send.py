"""Our mails: who gets them, what they say, what they are answers to, and when there are none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from acd.adapters.clock import SystemClock
from acd.adapters.smtp import SmtpSender
from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.ids import ContactId, MessageId
from acd.core.message import Author
from acd.gateways.mail.gateway import MailGateway
from acd.gateways.mail.receive import MailAddress
from acd.gateways.mail.templates import BrokenTemplate, MailTemplates
from acd.gateways.mail.threads import OwnIds
from acd.ports.gateway import DeliveryError
from acd.ports.intake import Attachment
from acd.ports.mail import IncomingMail
from acd.testing import mails
from acd.testing.mailserver import DROP, MailServer, mail_server

pytestmark = pytest.mark.app

SUPPORT = "support@example.org"
SITE = Path(__file__).parents[2] / "dialplans" / "mail"


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


class Post:
    """A gateway, the intake and the mail server that it sends to."""

    def __init__(self, gateway: MailGateway, store: SqlIntake, server: MailServer) -> None:
        self.gateway = gateway
        self.store = store
        self.server = server
        self.count = 0

    async def arrives(self, raw: bytes, *, envelope_from: str = "jo@example.org") -> str:
        """Let a mail come in; return its thread."""
        await self.gateway.take(IncomingMail(envelope_from, (SUPPORT,), raw))
        return (await self.store.after(0, 1000))[-1].thread

    async def sends(self, thread: str, text: str = "Here it is.", **given: object) -> Deliver:
        """Send a message; return the effect."""
        self.count += 1
        effect = Deliver(
            **{
                "message": MessageId(f"m-{self.count}-0a1b2c3d"),
                "contact": ContactId("c-1-0a1b2c3d"),
                "channel": Channel.MAIL,
                "address": SUPPORT,
                "recipient": "jo@example.org",
                "thread": thread,
                "text": text,
                "author": Author.AGENT,
                "language": "en",
                **given,
            }  # type: ignore[arg-type]
        )
        await self.gateway.deliver(effect)
        return effect


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    database = Database(f"sqlite:///{tmp_path / 'acd.db'}")
    await database.migrate()
    store = SqlIntake(database)
    async with mail_server() as server:
        gateway = MailGateway(
            [MailAddress(SUPPORT, "Søren's Support"), MailAddress("sales@example.org")],
            store,
            SmtpSender("127.0.0.1", server.port),
            MailTemplates(SITE),
            OwnIds("secret"),
            SystemClock(),
        )
        async with gateway._parser:
            yield Post(gateway, store, server)
    await store.close()
    await database.close()


async def test_a_reply_is_an_answer_in_its_thread(post: Post) -> None:
    thread = await post.arrives(
        mails.mail("Where is it?\r\n\r\nPlease.", References="<zero@x>", subject="Grüße")
    )
    effect = await post.sends(thread, "Here.\nÜber you.\n.\n..dots")
    (sent,) = post.server.mails
    message = sent.message
    assert (sent.sender, sent.recipients) == (SUPPORT, ("jo@example.org",))
    assert message["From"] == "Søren's Support <support@example.org>"
    assert message["To"] == "jo@example.org"
    assert message["Subject"] == "Re: Grüße"
    assert message["In-Reply-To"] == "<first@example.org>"
    assert message["References"] == "<zero@x> <first@example.org>"
    assert message["Auto-Submitted"] is None
    text = text_of(message)
    assert text.startswith("Here.\nÜber you.\n.\n..dots\n\n-- \nSøren's Support")
    assert "Jo Doe wrote:\n> Where is it?\n>\n> Please." in text
    assert effect.message in message["Message-ID"]


async def test_a_repeat_is_the_same_mail(post: Post) -> None:
    thread = await post.arrives(mails.mail())
    post.server.answers = [DROP]
    with pytest.raises(DeliveryError) as unknown:
        await post.sends(thread)
    assert unknown.value.is_passing  # nobody knows, so it is sent again
    post.count = 0
    await post.sends(thread)
    first, second = post.server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_the_answer_to_our_answer_finds_the_thread(post: Post) -> None:
    thread = await post.arrives(mails.mail())
    await post.sends(thread)
    ours = post.server.mails[0].message["Message-ID"]
    again = await post.arrives(
        mails.mail("Thanks", sender="jo@work.example", message_id="<2@x>", In_Reply_To=ours)
    )
    assert again == thread


@pytest.mark.parametrize(
    ("said", "is_passing", "code"),
    [
        ("452 full", True, "mail-refused"),
        ("554 no spam here", False, "mail-refused"),
        ("535 who are you", True, "mail-denied"),
    ],
)
async def test_what_the_server_says_decides(
    post: Post, said: str, is_passing: bool, code: str
) -> None:
    thread = await post.arrives(mails.mail())
    post.server.answers = [said]
    with pytest.raises(DeliveryError) as failed:
        await post.sends(thread)
    assert (failed.value.is_passing, failed.value.code) == (is_passing, code)


async def test_no_server_is_a_passing_failure(post: Post) -> None:
    post.gateway._outgoing = SmtpSender("127.0.0.1", 1)
    with pytest.raises(DeliveryError) as failed:
        await post.sends("mail:0")
    assert failed.value.is_passing


async def test_nothing_of_theirs_becomes_a_header(post: Post) -> None:
    evil = "=?utf-8?q?Hi=0D=0ABcc=3A_eve=40example=2Eorg=0D=0A=0D=0ABody?="
    thread = await post.arrives(mails.mail(subject=evil, References="<a@x>\r\n\t<b@x\r\n Bcc:y>"))
    await post.sends(thread)
    message = post.server.mails[0].message
    assert message["Bcc"] is None
    assert message["Subject"] == "Re: Hi Bcc: eve@example.org Body"
    for recipient in ("jo@x\r\nBcc: eve@x", "a@x, b@x", "", "<>", "jo", "jo@x>\r\n"):
        with pytest.raises(DeliveryError) as refused:
            await post.sends("mail:other", recipient=recipient)
        assert refused.value.code == "recipient-missing"
    assert len(post.server.mails) == 1


async def test_templates_in_texts_are_texts(post: Post) -> None:
    evil = "{{ 7 * 7 }} {% for x in () %} ${x} %s {{ ''.__class__.__mro__ }}"
    thread = await post.arrives(mails.mail(evil, subject=evil, sender=f'"{evil}" <jo@example.org>'))
    await post.sends(thread, evil)
    message = post.server.mails[0].message
    assert message["Subject"] == f"Re: {evil}"
    assert text_of(message).startswith(evil)


async def test_attachments_go_along_and_a_missing_one_does_not_pass(post: Post) -> None:
    content = b"\x00\xff\r\n.\r\nFrom x" * 100
    await post.store.add_attachment(
        Attachment("a-1", "Rechnung ü\r\nX: y.pdf", "application/pdf", len(content), content), "x"
    )
    await post.sends("mail:0", attachments=("a-1",))
    (part,) = post.server.mails[0].message.iter_attachments()
    assert part.get_filename() == "Rechnung ü X: y.pdf"
    assert part.get_content() == content
    with pytest.raises(DeliveryError) as missing:
        await post.sends("mail:0", attachments=("a-2",))
    assert not missing.value.is_passing


async def test_answers_go_where_they_are_wanted(post: Post) -> None:
    thread = await post.arrives(mails.mail(Reply_To="Desk <desk@firm.example>"))
    await post.sends(thread)
    assert post.server.mails[0].recipients == ("desk@firm.example",)


class TestAutomatic:
    async def acknowledges(self, post: Post, raw: bytes, **given: str) -> str:
        """Acknowledge a mail; return the code of why not."""
        thread = await post.arrives(raw, **given)
        sender = (await post.store.after(0, 1000))[-1].sender
        try:
            await post.sends(thread, "We have it.", author=Author.SYSTEM, recipient=sender)
        except DeliveryError as error:
            return f"{error.code} for now" if error.is_passing else error.code
        return ""

    async def test_it_says_what_it_is_and_in_whose_language(self, post: Post) -> None:
        thread = await post.arrives(mails.mail("SECRET WORDS"))
        await post.sends(thread, "Lo tenemos.", author=Author.SYSTEM, language="es-MX")
        (sent,) = post.server.mails
        assert sent.sender == ""
        assert sent.message["Auto-Submitted"] == "auto-replied"
        assert sent.message["X-Auto-Response-Suppress"] == "All"
        assert text_of(sent.message).startswith("Hola Jo Doe:\n\nLo tenemos.\n")
        assert "SECRET" not in text_of(sent.message)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Auto_Submitted": "auto-replied"},
            {"Precedence": "bulk"},
            {"List_Id": "<x>"},
            {"sender": "sales@example.org"},
            {"sender": "MAILER-DAEMON@x.example"},
            {"Reply_To": "sales@example.org"},
        ],
    )
    async def test_machines_get_none(self, post: Post, headers: dict[str, str]) -> None:
        assert await self.acknowledges(post, mails.mail(**headers)) == "mail-automatic"
        assert post.server.mails == []

    async def test_bounces_and_our_own_mails_get_none(self, post: Post) -> None:
        assert await self.acknowledges(post, mails.mail(), envelope_from="") == "mail-automatic"
        thread = await post.arrives(mails.mail(message_id="<other@x>"))
        await post.sends(thread)
        assert await self.acknowledges(post, post.server.mails[0].raw) == "mail-automatic"

    async def test_one_sender_gets_three_an_hour(self, post: Post) -> None:
        codes = [
            await self.acknowledges(post, mails.mail(message_id=f"<{number}@x>"))
            for number in range(5)
        ]
        assert codes == ["", "", "", "mail-automatic-limit", "mail-automatic-limit"]
        other = mails.mail(sender="kim@example.org", message_id="<k@x>")
        assert await self.acknowledges(post, other) == ""


class TestTemplates:
    def test_the_sample_site_has_good_ones(self) -> None:
        MailTemplates(SITE).check()

    def test_a_site_without_any_works(self, tmp_path: Path) -> None:
        templates = MailTemplates(tmp_path / "none")
        templates.check()
        assert templates.render("acknowledge", "fr", {"text": "Bonjour"}) == "Bonjour\n"

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("reply.en.j2", "{{ text"),
            ("reply.en.j2", "{{ txt }}"),
            ("reply.en.j2", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
            ("reply.en.j2", "{% for i in range(10 ** 9) %}{% endfor %}"),
            ("reply.en.j2", "{% include '../../secrets.json' %}"),
            ("reply.en.j2", "{{ 1 / 0 }}"),
            ("replies.en.j2", "{{ text }}"),
        ],
    )
    def test_a_broken_one_is_told(self, tmp_path: Path, name: str, content: str) -> None:
        (tmp_path / name).write_text(content)
        with pytest.raises(BrokenTemplate):
            MailTemplates(tmp_path).check()


async def test_we_write_first_and_the_answer_is_known(post: Post) -> None:
    thread = post.gateway.fresh_thread()
    assert thread != post.gateway.fresh_thread()
    await post.sends(thread, "We missed your call.", subject="Your call\r\nBcc: eve@example.org")
    message = post.server.mails[0].message
    assert message["Subject"] == "Your call Bcc: eve@example.org"
    assert (message["To"], message["In-Reply-To"]) == ("jo@example.org", None)
    assert (message["References"], message["Bcc"]) == (None, None)
    assert text_of(message).startswith("We missed your call.")
    answer = mails.mail("Thank you", In_Reply_To=message["Message-ID"], subject="Re: Your call")
    assert await post.arrives(answer) == thread
