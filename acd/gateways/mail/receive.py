"""From raw mails to rows of the intake: read, kept, and only then acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from acd.app.faults import fault
from acd.core.channel import Channel
from acd.core.timers import Instant
from acd.gateways.mail.automatic import Automatic, automatic
from acd.gateways.mail.limits import Floods
from acd.gateways.mail.parsed import Parsed, Unreadable
from acd.gateways.mail.parser import Reader
from acd.gateways.mail.threads import OwnIds, derived, thread_of
from acd.ports.clock import Clock
from acd.ports.intake import Attachment, IntakeRow, IntakeStore, MailCursor
from acd.ports.mail import IncomingMail, Mailbox, MailboxSession, MailError, StoredMail
from acd.ports.store import StoreError

log = structlog.get_logger()

RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
REMEMBERED = 1000
REFERENCES_KEPT = 10
"""Ids of a thread that our answer repeats, the first and the last ones."""

ORIGINAL = "original.eml"


@dataclass(frozen=True, slots=True)
class MailAddress:
    """One of our addresses.

    Attributes:
        address: in lower case; what it means is looked up in ``numbers.toml``.
        title: the name that answers come from.
        language: of answers, where the mail does not tell its own; empty for the site's.
        mailbox: where its mail is fetched; None for an address that is only sent to us.
    """

    address: str
    title: str = ""
    language: str = ""
    mailbox: Mailbox | None = None

    @property
    def source(self) -> str:
        """Whose keys and digests are unique."""
        return f"mail:{self.address}"


@dataclass(frozen=True, slots=True)
class _Raw:
    """A mail before it is read."""

    raw: bytes
    received_at: Instant
    key: str = ""
    return_path: str | None = None
    is_cut: bool = False


class Receiver:
    """Makes rows of mails and keeps them.

    Attributes:
        taken: mails kept, those that were known included.
        unreadable: of these, those that could not be made out.
        problems: address to why its mailbox cannot be read at present.
    """

    def __init__(
        self,
        addresses: Sequence[MailAddress],
        store: IntakeStore,
        reader: Reader,
        own: OwnIds,
        clock: Clock,
    ) -> None:
        self.taken = 0
        self.unreadable = 0
        self.problems: dict[str, str] = {}
        self._addresses = {one.address: one for one in addresses}
        self._store = store
        self._reader = reader
        self._own = own
        self._clock = clock
        self._floods = Floods()
        self._begun: OrderedDict[str, str] = OrderedDict()

    def accepts(self, address: str) -> bool:
        """Whether mail to ``address`` is ours."""
        return address in self._addresses

    async def take(self, mail: IncomingMail) -> None:
        """Keep a mail that is handed to us; return once it is safe.

        Raises:
            StoreError: it may not be kept; the same may be given again.
        """
        raw = _Raw(mail.raw, self._clock.now(), return_path=mail.sender)
        rows = [
            row
            for recipient in mail.recipients
            for row in await self._rows(self._addresses[recipient], [raw])
        ]
        fault("mail", "parsed")
        await self._store.put(rows)
        fault("mail", "stored")
        self.taken += len(rows)

    async def fetch(self, address: MailAddress) -> None:
        """Keep what comes into a mailbox until cancelled; whatever fails is tried again."""
        assert address.mailbox is not None
        failures = 0
        while True:
            try:
                async with address.mailbox.open() as session:
                    log.info("mailbox opened", mailbox=address.address)
                    await self._follow(address, session)
            except MailError as error:
                code, reason = error.code, error.message
            except StoreError as error:
                if not error.is_passing:
                    raise
                code, reason = error.code, error.message
            if address.address in self.problems:
                failures += 1
            else:
                failures = 0
                log.warning("mailbox cannot be read", mailbox=address.address, code=code,
                            reason=reason)  # fmt: skip
            self.problems[address.address] = reason
            await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])

    async def _follow(self, address: MailAddress, session: MailboxSession) -> None:
        cursor = await self._store.cursor(address.source)
        # Under another UIDVALIDITY all uids are new: everything is read again, and what is known
        # by its digest stays as it is.
        is_known = cursor is not None and cursor.uidvalidity == session.uidvalidity
        last = cursor.uid if cursor is not None and is_known else 0
        while True:
            while uids := await session.newer(last):
                last = await self._keep(address, session, uids)
                self.problems.pop(address.address, None)
            # Only now: one that opens and then fails, again and again, is no good mailbox.
            self.problems.pop(address.address, None)
            await session.wait()

    async def _keep(
        self, address: MailAddress, session: MailboxSession, uids: Sequence[int]
    ) -> int:
        """Keep some of these mails; return the last uid that is done with."""
        mails = await session.fetch(uids)
        fault("mail", "fetched")
        last = mails[-1].uid if mails else uids[-1]
        given = [self._raw(mail, session.uidvalidity) for mail in mails]
        rows = await self._rows(address, given)
        fault("mail", "parsed")
        await self._store.put(rows, MailCursor(address.source, session.uidvalidity, last))
        fault("mail", "stored")
        self.taken += len(rows)
        if mails:
            with contextlib.suppress(MailError):  # a mark for people; if we are cut off, so be it
                await session.mark_taken([mail.uid for mail in mails])
        fault("mail", "flagged")
        return last

    def _raw(self, mail: StoredMail, uidvalidity: int) -> _Raw:
        at = min(mail.received_at, self._clock.now())
        return _Raw(mail.raw, at, f"{uidvalidity}/{mail.uid}", is_cut=mail.is_cut)

    async def _rows(self, address: MailAddress, mails: Sequence[_Raw]) -> list[IntakeRow]:
        """Return the rows of mails, in order."""
        parsed = await asyncio.gather(*(self._parse(mail) for mail in mails))
        return [await self._row(address, *pair) for pair in zip(mails, parsed, strict=True)]

    async def _parse(self, mail: _Raw) -> Parsed:
        if mail.is_cut:
            return await self._reader.parse_header(mail.raw, Unreadable.TOO_LARGE)
        return await self._reader.parse(mail.raw)

    async def _row(self, address: MailAddress, mail: _Raw, parsed: Parsed) -> IntakeRow:
        digest = hashlib.sha256(mail.raw).hexdigest()
        if parsed.unreadable is not None:
            self.unreadable += 1
        kind = automatic(parsed, self._own, self._addresses, mail.return_path)
        return IntakeRow(
            source=address.source,
            key=mail.key or digest,
            digest=digest,
            received_at=mail.received_at,
            channel=Channel.MAIL,
            address=address.address,
            sender=parsed.sender,
            sender_name=parsed.sender_name,
            thread=await self._thread(address, parsed, digest),
            subject=parsed.subject,
            text=parsed.text,
            html=parsed.html,
            language=parsed.language or address.language,
            attributes=_attributes(parsed, kind),
            raw=mail.raw,
            attachments=_attachments(parsed, mail.raw),
        )

    async def _thread(self, address: MailAddress, parsed: Parsed, digest: str) -> str:
        flood = self._floods.hour_of(parsed.sender, self._clock.now())
        if flood is not None:
            return derived(address.address, parsed.sender, "flood", str(flood))
        given = (address.address, parsed.sender, parsed.message_id, parsed.references, digest)
        thread = thread_of(self._own, *given)
        if parsed.references or not parsed.message_id:
            return thread
        # Machines give one id to all their mails. A mail that answers to none begins a thread of
        # its own, so if somebody has begun this one, the id is worth nothing.
        begun = self._begun.get(thread)
        if begun is None:
            known = await self._store.latest(thread)
            begun = known.digest if known is not None else digest
        self._begun[thread] = begun
        if len(self._begun) > REMEMBERED:
            self._begun.popitem(last=False)
        return thread if begun == digest else derived(address.address, digest)


def _attributes(parsed: Parsed, kind: Automatic) -> dict[str, str]:
    """Return what flows, the desk and our answers want to know of a mail."""
    references = parsed.references
    if len(references) > REFERENCES_KEPT:
        references = (references[0], *references[1 - REFERENCES_KEPT :])
    found = {
        "subject": parsed.subject,
        "mail_automatic": kind.value,
        "mail_unreadable": parsed.unreadable.value if parsed.unreadable is not None else "",
        "mail_id": parsed.message_id,
        "mail_references": " ".join(references),
        "mail_reply_to": parsed.reply_to,
    }
    return {name: value for name, value in found.items() if value}


def _attachments(parsed: Parsed, raw: bytes) -> tuple[Attachment, ...]:
    files = [(part.name, part.type, part.content) for part in parsed.attachments]
    if parsed.unreadable is not None:
        files.append((ORIGINAL, "message/rfc822", raw))
    return tuple(
        Attachment(f"a-{secrets.token_hex(16)}", name, kind, len(content), content)
        for name, kind, content in files
    )
