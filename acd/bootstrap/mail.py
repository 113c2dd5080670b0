"""Mail as the settings want it: mailboxes, a listener, the way out; for the demo all in one."""

from __future__ import annotations

import os
import ssl
import stat
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acd.adapters.home import Home
from acd.adapters.imap import ImapMailbox
from acd.adapters.smtp import SmtpListener, SmtpSender, Take
from acd.app.centre import PartHealth
from acd.config import ConfigError, MailboxSection, MailSection, Settings
from acd.gateways.mail.decode import decode
from acd.gateways.mail.gateway import MailGateway
from acd.gateways.mail.receive import MailAddress
from acd.gateways.mail.templates import MailTemplates
from acd.gateways.mail.threads import OwnIds
from acd.ports.clock import Clock
from acd.ports.intake import IntakeStore
from acd.ports.mail import IncomingMail, MailError, Outgoing

TEMPLATES = "mail"
"""Folder of the site with ``*.j2``."""

DEMO_ADDRESS = "support@example.org"
DEMO_CUSTOMERS = "@example.org"
"""Whoever has such an address is a customer of the demo, and gets their mail from it."""

DEMO_MAILS = 50


class Post:
    """The mail of a centre.

    Attributes:
        gateway: None where there are no addresses.
        listener: takes mails over SMTP, if it is wanted.
        sink: of the demo: mails to customers.
        outgoing: the way out; that of the demo's customers, too.
    """

    def __init__(
        self,
        settings: Settings,
        home: Home,
        store: IntakeStore,
        clock: Clock,
        *,
        with_demo: bool = False,
    ) -> None:
        """Make the parts.

        Raises:
            ConfigError: a password cannot be had.
            BrokenTemplate: a template of the site cannot be used.
            HomeError: the home's secrets can be neither read nor made.
        """
        self.gateway: MailGateway | None = None
        self.listener: SmtpListener | None = None
        self.sink: DemoSink | None = None
        self.outgoing: Outgoing | None = None
        mail, addresses = settings.mail, addresses_of(settings.mailboxes)
        is_demo = with_demo and not addresses
        if is_demo:
            addresses = [MailAddress(DEMO_ADDRESS, "Example Support")]
        elif not addresses:
            return
        templates = MailTemplates(settings.site.directory / TEMPLATES)
        templates.check()
        own = OwnIds(home.secrets().seed)
        port = mail.listen_port
        if is_demo:
            port = home.port("mail")
            self.sink = DemoSink()
            self.outgoing = SmtpSender("127.0.0.1", port)
        else:
            self.outgoing = _way_out(mail)
        self.gateway = gateway = MailGateway(addresses, store, self.outgoing, templates, own, clock)
        if port is not None:
            self.listener = SmtpListener(
                mail.listen_host,
                port or home.port("mail"),
                gateway.take if self.sink is None else self.sink.before(gateway),
                gateway.receiver.accepts if self.sink is None else _is_of_the_demo,
                is_lmtp=mail.listen_lmtp,
            )
            gateway.listeners.append(self.listener)

    def health(self) -> PartHealth:
        """Say which mailboxes cannot be read; calls are taken all the same."""
        if self.gateway is None:
            return PartHealth(ok=True, detail="no addresses")
        problems = self.gateway.receiver.problems
        told = "; ".join(f"{address}: {why}" for address, why in sorted(problems.items()))
        return PartHealth(ok=True, detail=told)

    def demo_document(self) -> dict[str, object]:
        """Return what ``demo.json`` says of it; empty if there is no listener."""
        if self.listener is None or self.sink is None:
            return {}
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.listener.port,
            "address": DEMO_ADDRESS,
        }


class DemoSink:
    """The mail server of the demo's customers: keeps the last mails to them, in memory."""

    def __init__(self) -> None:
        self._mails: deque[tuple[str, IncomingMail]] = deque(maxlen=DEMO_MAILS)

    def before(self, gateway: MailGateway) -> Take:
        """Return what takes every mail of the demo: ours to the gateway, the others here."""

        async def take(mail: IncomingMail) -> None:
            ours = tuple(one for one in mail.recipients if gateway.receiver.accepts(one))
            if ours:
                await gateway.take(IncomingMail(mail.sender, ours, mail.raw))
            self._mails.extend((one, mail) for one in mail.recipients if one not in ours)

        return take

    def mails(self, address: str) -> list[Mapping[str, Any]]:
        """Return the mails that a customer has got, the newest first."""
        return [
            {
                "message_id": read.message_id,
                "references": read.references,
                "sender": read.sender,
                "sender_name": read.sender_name,
                "subject": read.subject,
                "date": read.date,
                "text": read.text,
                "is_automatic": "auto-submitted" in read.signs,
            }
            for recipient, mail in reversed(self._mails)
            if recipient == address.lower()
            # They are our own mails, written a moment ago: nothing hostile is in them.
            for read in (decode(mail.raw, str),)
        ]


def _is_of_the_demo(address: str) -> bool:
    return address.endswith(DEMO_CUSTOMERS)


def addresses_of(given: Mapping[str, MailboxSection]) -> list[MailAddress]:
    """Return our addresses and their mailboxes.

    Raises:
        ConfigError: a password cannot be had.
    """
    return [
        MailAddress(told.address.lower(), told.title, told.language, _mailbox(name, told))
        for name, told in given.items()
    ]


def _mailbox(name: str, told: MailboxSection) -> ImapMailbox | None:
    if not told.imap_host:
        return None
    key = f"mailboxes.{name}.imap_password"
    return ImapMailbox(
        told.imap_host,
        told.imap_port,
        told.imap_user,
        read_secret(key, told.imap_password_file, told.imap_password_env),
        folder=told.folder,
        tls=ssl.create_default_context() if told.imap_security == "tls" else None,
    )


def _way_out(mail: MailSection) -> SmtpSender | None:
    if not mail.smtp_host:
        return None
    password = ""
    if mail.smtp_user:
        key = "mail.smtp_password"
        password = read_secret(key, mail.smtp_password_file, mail.smtp_password_env)
    return SmtpSender(
        mail.smtp_host,
        mail.smtp_port,
        user=mail.smtp_user,
        password=password,
        tls=None if mail.smtp_security == "none" else ssl.create_default_context(),
        starts_with_tls=mail.smtp_security == "tls",
    )


async def examine(settings: Settings) -> dict[str, str]:
    """Sign in to every mailbox; return what is wrong with which.

    Raises:
        ConfigError: a password cannot be had; the engine would not start.
        BrokenTemplate: a template of the site cannot be used; likewise.
    """
    MailTemplates(settings.site.directory / TEMPLATES).check()
    _way_out(settings.mail)
    wrong: dict[str, str] = {}
    for one in addresses_of(settings.mailboxes):
        if one.mailbox is None:
            continue
        try:
            async with one.mailbox.open():
                pass
        except MailError as error:
            wrong[one.address] = str(error)
    return wrong


def read_secret(key: str, file: Path | None, variable: str) -> str:
    """Return a password from where the settings say it is.

    Raises:
        ConfigError: it is not there, or others can read it.
    """
    if file is None:
        if not os.environ.get(variable):
            raise ConfigError(
                f"{key}: the variable {variable} is not set", hint="set it for the engine"
            )
        return os.environ[variable]
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{key}: others can read {file}", hint=f"chmod 600 {file}")
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{key}: cannot read {file}: {error}") from None
    if not text:
        raise ConfigError(f"{key}: {file} is empty", hint="write the password into it")
    return text
