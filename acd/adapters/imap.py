"""Mailboxes over IMAP (RFC 3501, IDLE of RFC 2177) with aioimaplib.

The library notices neither a lost connection nor a silent server, takes a level of recursion for
each line that arrives at once, and forgets an ``EXISTS`` that comes while it asks for something
else. So every command has its time and ends with the connection, few mails are fetched at once,
and we keep an eye on ``EXISTS`` ourselves.
"""

from __future__ import annotations

import asyncio
import calendar
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

from aioimaplib import aioimaplib

from acd.core.timers import MICROSECONDS, Instant
from acd.ports.mail import MailError, StoredMail

COMMAND_SECONDS = 30.0
FETCH_SECONDS = 120.0
POLL_SECONDS = 60.0
"""How long the server is trusted to say by itself that something came."""

LARGEST_MAIL = 50 * 1024 * 1024
"""Of a larger one only the header is fetched."""

FETCH_MAILS = 20
FETCH_OCTETS = 8 * 1024 * 1024

_FAILURES = (OSError, TimeoutError, aioimaplib.AioImapException)
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(
    rb'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"',
    re.IGNORECASE,
)
_LITERAL = re.compile(rb"\{\d+\}$")
_EMPTY = re.compile(rb'^\d+ FETCH .*BODY\[(?:HEADER)?\] (?:""|NIL)', re.IGNORECASE)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr)}

Result = TypeVar("Result")


class ImapMailbox:
    """A folder of an account."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        folder: str = "INBOX",
        tls: ssl.SSLContext | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Nothing is opened yet. Without ``tls`` the password goes over the line as it is."""
        self._host, self._port, self._tls = host, port, tls
        self._user, self._password = user, password
        self._folder = folder
        self._poll_seconds = poll_seconds

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[ImapSession]:
        """Connect, sign in and select the folder.

        Raises:
            MailError: one of these failed.
        """
        client = _Client(self._host, self._port, timeout=COMMAND_SECONDS, ssl_context=self._tls)
        session = ImapSession(client, self._poll_seconds)
        try:
            await session.begin(self._user, self._password, self._folder)
            yield session
        finally:
            await session.end()


class ImapSession:
    """A selected folder.

    Attributes:
        uidvalidity: see :class:`acd.ports.mail.MailboxSession`.
    """

    def __init__(self, client: _Client, poll_seconds: float) -> None:
        self.uidvalidity = 0
        self._client = client
        self._poll_seconds = poll_seconds
        self._seen_exists = -1

    async def begin(self, user: str, password: str, folder: str) -> None:
        """Sign in and select.

        Raises:
            MailError: the server is not there, says no, or has no such folder.
        """
        await self._do("connect", self._client.wait_hello_from_server())
        answer = await self._do("sign in", self._client.login(_quoted(user), password))
        if answer.result != "OK":
            raise MailError(
                "the mail server refuses user or password",
                code="mail-denied",
                hint="mend them in the mailbox's settings",
            )
        answer = await self._do("select", self._client.select(_quoted(folder)))
        found = _UIDVALIDITY.search(b" ".join(bytes(line) for line in answer.lines))
        if answer.result != "OK" or found is None:
            raise MailError(f"there is no folder {folder}", code="mail-refused")
        self.uidvalidity = int(found[1])

    async def end(self) -> None:
        """Sign out if that is quick; close the connection, even if cancelled over that."""
        try:
            with contextlib.suppress(MailError):
                if self._client.get_state() in ("AUTH", "SELECTED"):
                    await self._do("sign out", self._client.logout(), 1.0)
        finally:
            await self._client.drop()

    async def newer(self, uid: int) -> list[int]:
        """Return the uids above ``uid``, in order.

        Raises:
            MailError: the connection failed.
        """
        self._seen_exists = self._client.exists
        answer = await self._ask("search", self._client.search_uids(f"UID {uid + 1}:*"))
        found = {int(word) for line in answer.lines[:-1] for word in bytes(line).split()}
        # "n:*" names the last mail even if its uid is below n.
        return sorted(one for one in found if one > uid)

    async def fetch(self, uids: Sequence[int]) -> list[StoredMail]:
        """Return some of the first of these mails, at least one, in order; those gone are left out.

        Raises:
            MailError: the connection failed.
        """
        mails: list[StoredMail] = []
        for start in range(0, len(uids), FETCH_MAILS):
            sizes = await self._sizes(uids[start : start + FETCH_MAILS])
            wanted: list[int] = []
            octets = 0
            for uid, size in sorted(sizes.items()):
                octets += size
                if wanted and octets > FETCH_OCTETS:
                    break
                wanted.append(uid)
            for cut in (False, True):
                some = [uid for uid in wanted if (sizes[uid] > LARGEST_MAIL) is cut]
                mails += await self._contents(some, is_cut=cut) if some else []
            if mails:
                break
        return sorted(mails, key=lambda mail: mail.uid)

    async def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        answer = await self._fetch(uids, "(UID RFC822.SIZE)")
        sizes: dict[int, int] = {}
        for line in answer.lines:
            uid, size = _UID.search(bytes(line)), _SIZE.search(bytes(line))
            if uid is not None and size is not None:
                sizes[int(uid[1])] = int(size[1])
        return {uid: sizes[uid] for uid in uids if uid in sizes}

    async def _contents(self, uids: Sequence[int], *, is_cut: bool) -> list[StoredMail]:
        part = "BODY.PEEK[HEADER]" if is_cut else "BODY.PEEK[]"
        answer = await self._fetch(uids, f"(UID INTERNALDATE {part})")
        mails: dict[int, StoredMail] = {}
        for about, raw in _literals([bytes(line) for line in answer.lines]):
            uid, at = _UID.search(about), _instant(about)
            if uid is not None and at is not None and int(uid[1]) in uids:
                mails[int(uid[1])] = StoredMail(int(uid[1]), at, raw, is_cut)
        if len(mails) < len(uids):
            left = await self._sizes([uid for uid in uids if uid not in mails])
            if left:  # we would pass them over for ever
                raise MailError(
                    f"the mail server does not hand out mail {min(left)}", code="mail-protocol"
                )
        return list(mails.values())

    async def mark_taken(self, uids: Sequence[int]) -> None:
        r"""Set \Seen.

        Raises:
            MailError: the connection failed.
        """
        which = ",".join(str(uid) for uid in uids)
        await self._do("flag", self._client.uid("store", which, "+FLAGS.SILENT", r"(\Seen)"))

    async def wait(self) -> None:
        """Return when there may be something new, or after a while.

        Raises:
            MailError: the connection failed.
        """
        if self._client.exists != self._seen_exists:
            return
        if not self._client.has_capability("IDLE"):
            await self._until_lost(self._poll_seconds)
            await self._do("ask for news", self._client.noop())
            return
        pushed: asyncio.Queue[object] = self._client.protocol.idle_queue
        while not pushed.empty():
            pushed.get_nowait()
        # Its own timer would leave a mark for the next time, so it comes after ours.
        idle = await self._do("idle", self._client.idle_start(self._poll_seconds + 60))
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._or_lost(pushed.get())
        finally:
            self._client.idle_done()
        await self._do("end idling", idle)

    async def _fetch(self, uids: Sequence[int], what: str) -> Any:
        which = ",".join(str(uid) for uid in uids)
        return await self._ask("fetch", self._client.uid("fetch", which, what), FETCH_SECONDS)

    async def _ask(
        self, what: str, command: Awaitable[Any], seconds: float = COMMAND_SECONDS
    ) -> Any:
        answer = await self._do(what, command, seconds)
        if answer.result != "OK":
            raise MailError(f"the mail server refuses to {what}", code="mail-refused")
        return answer

    async def _do(
        self, what: str, command: Awaitable[Result], seconds: float = COMMAND_SECONDS
    ) -> Result:
        try:
            async with asyncio.timeout(seconds):
                return await self._or_lost(command)
        except _FAILURES as error:
            reason = str(error) or type(error).__name__
            raise MailError(f"the mail server failed to {what}: {reason}") from None

    async def _until_lost(self, seconds: float) -> None:
        await asyncio.wait({self._client.lost}, timeout=seconds)

    async def _or_lost(self, command: Awaitable[Result]) -> Result:
        """Wait for a command's end, or the connection's."""
        task = asyncio.ensure_future(command)
        either: set[asyncio.Future[Any]] = {task, self._client.lost}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise MailError("the connection to the mail server was lost")
            return task.result()
        finally:
            task.cancel()


class _Protocol(aioimaplib.IMAP4ClientProtocol):  # type: ignore[misc]
    """Counts what the library overlooks."""

    exists = 0

    def _untagged_response(self, line: bytes) -> Any:
        if line.endswith(b" EXISTS"):
            self.exists += 1
        return super()._untagged_response(line)


class _Client(aioimaplib.IMAP4):  # type: ignore[misc]
    """The library's client, with an end.

    Attributes:
        lost: done when the connection is gone.
    """

    lost: asyncio.Future[None]

    def create_client(
        self,
        host: str,
        port: int,
        _loop: object,
        _lost: Callable[..., None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Begin to connect; called by the library's constructor."""
        loop = asyncio.get_running_loop()
        self.lost = loop.create_future()
        self.protocol = _Protocol(loop, self._connection_lost)
        self._client_task = loop.create_task(
            loop.create_connection(lambda: self.protocol, host, port, ssl=ssl_context)
        )

    def _connection_lost(self, _error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    def exists(self) -> int:
        """How often the server has said how many mails there are."""
        return int(self.protocol.exists)

    async def search_uids(self, criteria: str) -> Any:
        """Search; no charset is named, for criteria are plain."""
        return await self.protocol.search(criteria, charset=None, by_uid=True)

    async def drop(self) -> None:
        """Close the connection, and end what the library has under way."""
        self._client_task.cancel()
        await asyncio.gather(self._client_task, return_exceptions=True)
        if self._idle_waiter is not None:
            self._idle_waiter.cancel()
        under_way = {*self.tasks, *self.protocol.tasks}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if self.protocol.transport is not None:
            self.protocol.transport.abort()


def _literals(lines: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over what is said about a mail, before it and after it, and the mail itself."""
    for place, line in enumerate(lines[:-2]):
        if _LITERAL.search(line) and b" FETCH (" in line:
            yield line + b" " + lines[place + 2], lines[place + 1]
        elif _EMPTY.search(line):
            yield line, b""


def _quoted(text: str) -> str:
    """Return text as a quoted string (RFC 3501, 4.3)."""
    if any(ord(one) < 32 or ord(one) > 126 for one in text):
        raise MailError("user and folder of a mailbox must be plain ASCII", is_passing=False)
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def _instant(line: bytes) -> Instant | None:
    """Return the INTERNALDATE in a line."""
    found = _DATE.search(line)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == b"-" else 1)
    number = _MONTHS.get(month.decode().lower(), 1)
    fields = (int(year), number, int(day), int(hour), int(minute) - offset, int(second))
    return Instant(calendar.timegm(fields) * MICROSECONDS)
