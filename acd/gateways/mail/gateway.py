"""The mail gateway: mailboxes and a listener in, our mail server out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

import structlog

from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.message import Author
from acd.gateways.mail.compose import Letter, compose, quote_of, shown_date, subject_of
from acd.gateways.mail.limits import AutomaticLimits
from acd.gateways.mail.parser import MailParser
from acd.gateways.mail.receive import MailAddress, Receiver
from acd.gateways.mail.templates import ACKNOWLEDGE, REPLY, BrokenTemplate, MailTemplates
from acd.gateways.mail.threads import OwnIds, derived, fresh
from acd.ports.clock import Clock
from acd.ports.gateway import DeliveryError
from acd.ports.intake import Attachment, IntakeRow, IntakeStore
from acd.ports.mail import IncomingMail, MailError, Outgoing
from acd.ports.store import StoreError

log = structlog.get_logger()


class MailGateway:
    """Mail, as :class:`acd.ports.gateway.Gateway`.

    Attributes:
        receiver: what came in.
        sent: mails that our server has taken.
        listeners: more ways in, opened and closed by :meth:`run`; they call :meth:`take`.
    """

    name = "mail"
    channel = Channel.MAIL

    def __init__(
        self,
        addresses: Sequence[MailAddress],
        store: IntakeStore,
        outgoing: Outgoing | None,
        templates: MailTemplates,
        own: OwnIds,
        clock: Clock,
    ) -> None:
        """Nothing is opened yet.

        Args:
            addresses: ours.
            store: the intake.
            outgoing: the way out; without one our mails wait.
            templates: of the site.
            own: knows and makes our Message-IDs.
            clock: the clock.
        """
        self.sent = 0
        self.listeners: list[contextlib.AbstractAsyncContextManager[object]] = []
        self._parser = MailParser()
        self.receiver = Receiver(addresses, store, self._parser, own, clock)
        self._addresses = {one.address: one for one in addresses}
        self._store = store
        self._outgoing = outgoing
        self._templates = templates
        self._own = own
        self._clock = clock
        self._limits = AutomaticLimits()
        self._open = asyncio.Event()

    async def run(self) -> None:
        """Receive until cancelled.

        Raises:
            MailError: a listener's port is taken.
            StoreError: what comes in cannot be kept, for good.
        """
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._parser)
            for listener in self.listeners:
                await stack.enter_async_context(listener)
            self._open.set()
            stack.callback(self._open.clear)
            async with asyncio.TaskGroup() as group:
                for address in self._addresses.values():
                    if address.mailbox is not None:
                        group.create_task(self.receiver.fetch(address), name=address.source)
                await asyncio.Event().wait()  # the listeners have no task of their own

    async def opened(self) -> None:
        """Return once mails can come in."""
        await self._open.wait()

    async def take(self, mail: IncomingMail) -> None:
        """Keep a mail that a listener was handed; return once it is safe.

        Raises:
            StoreError: it may not be kept; the same may be given again.
        """
        await self.receiver.take(mail)

    @property
    def senders(self) -> Sequence[str]:
        """Our addresses."""
        return tuple(self._addresses)

    def fresh_thread(self) -> str:
        """Return a thread that no mail belongs to yet; any answer to ours will."""
        return fresh()

    async def deliver(self, effect: Deliver) -> None:
        """Send a message as a mail; its Message-ID is the same at every attempt.

        Raises:
            DeliveryError: it was not sent, or nobody knows.
        """
        if not effect.address and not effect.thread:
            effect = self._as_first(effect)
        address = self._addresses.get(effect.address)
        if address is None:
            raise DeliveryError(
                f"{effect.address} is none of our addresses", code="mailbox-missing",
                hint="add it to the settings", is_passing=True,
            )  # fmt: skip
        if self._outgoing is None:
            raise DeliveryError(
                "there is no way out for mail", code="mail-way-out-missing",
                hint="set mail.smtp_host", is_passing=True,
            )  # fmt: skip
        is_automatic = effect.author is Author.SYSTEM
        try:
            answered = await self._store.latest(effect.thread)
            files = [await self._file(one) for one in effect.attachments]
        except StoreError as error:
            raise DeliveryError(error.message, code=error.code, is_passing=True) from None
        told = answered.attributes if answered is not None else {}
        recipient = told.get("mail_reply_to") or effect.recipient
        if is_automatic:
            self._refuse_needless(effect, recipient, told.get("mail_automatic", ""))
        await self._send(effect, address, recipient, answered, files)
        self.sent += 1

    def _as_first(self, effect: Deliver) -> Deliver:
        """Return a notice as a mail that begins a thread of its own, from our first address."""
        own = derived("notice", effect.message)  # at every attempt the same
        return replace(effect, address=next(iter(self._addresses), ""), thread=own)

    def _refuse_needless(self, effect: Deliver, recipient: str, automatic: str) -> None:
        """Let machines not talk to machines.

        Raises:
            DeliveryError: it shall not be sent.
        """
        if automatic or recipient in self._addresses:
            raise DeliveryError(
                "no machine's mail is answered by a machine", code="mail-automatic",
                is_passing=False,
            )  # fmt: skip
        if not self._limits.allow(effect.message, recipient, effect.thread, self._clock.now()):
            raise DeliveryError(
                "too many automatic mails to one address", code="mail-automatic-limit",
                is_passing=False,
            )  # fmt: skip

    async def _file(self, attachment: str) -> Attachment:
        found = await self._store.attachment(attachment)
        if found is None:
            raise DeliveryError(
                "a file of the message is missing", code="attachment-missing", is_passing=False
            )
        return found

    async def _send(
        self,
        effect: Deliver,
        address: MailAddress,
        recipient: str,
        answered: IntakeRow | None,
        files: Sequence[Attachment],
    ) -> None:
        assert self._outgoing is not None
        is_automatic = effect.author is Author.SYSTEM
        domain = address.address.rpartition("@")[2]
        try:
            letter = Letter(
                message_id=self._own.make(effect.message, effect.thread, domain),
                at=self._clock.now(),
                sender=address.address,
                title=address.title,
                recipient=recipient,
                text=self._text(effect, address, answered),
                answered=answered,
                is_automatic=is_automatic,
                subject=effect.subject,
                attachments=files,
            )
            raw = compose(letter)
        except BrokenTemplate as error:
            raise DeliveryError(
                error.message, code=error.code, hint=error.hint, is_passing=True
            ) from None
        except ValueError:
            raise DeliveryError(
                "the customer has no address", code="recipient-missing", is_passing=False
            ) from None
        try:
            # To an empty return path nobody's machine answers.
            await self._outgoing.send("" if is_automatic else address.address, recipient, raw)
        except MailError as error:
            raise DeliveryError(
                error.message, code=error.code, hint=error.hint, is_passing=error.is_passing
            ) from None

    def _text(self, effect: Deliver, address: MailAddress, answered: IntakeRow | None) -> str:
        kind = ACKNOWLEDGE if effect.author is Author.SYSTEM else REPLY
        values = {
            "text": effect.text,
            "title": address.title or address.address,
            "address": address.address,
            "name": answered.sender_name if answered is not None else "",
            "subject": subject_of(answered, effect.subject or address.title),
            "quote": quote_of(answered.text) if answered is not None else "",
            "quoted_name": "",
            "quoted_at": "",
        }
        if answered is not None:
            values["quoted_name"] = answered.sender_name or answered.sender
            values["quoted_at"] = shown_date(answered.received_at)
        return self._templates.render(kind, effect.language, values)
