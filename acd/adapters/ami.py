"""A guarded window on the Asterisk Manager Interface, for the little that ARI lacks.

panoramisk speaks the protocol; this module settles what it leaves open:

* it sends values verbatim, so a line break in one is a second action: the guard refuses control
  characters, and every action but the few that are needed;
* an action in flight when the link drops is never resolved: each has a deadline;
* its ping ignores the answer and its reconnect repeats old actions: both are done here, with a
  fresh panoramisk object for each link;
* its callbacks run as unordered tasks: events go through one queue.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from acd.core.errors import AcdError

log = structlog.get_logger()

ACTION_SECONDS = 5.0
CONNECT_SECONDS = 5.0
LOGIN_SECONDS = 5.0  # Asterisk takes one second to refuse
PING_EVERY_SECONDS = 10.0
PING_SECONDS = 2.0
FIRST_DELAY_SECONDS = 0.1
LAST_DELAY_SECONDS = 2.0

ALLOWED_ACTIONS = frozenset({"Login", "Ping", "Reload", "PJSIPShowContacts", "PJSIPShowEndpoint"})
"""No ``Originate``, ``Command`` or ``Setvar``: with them AMI runs programs."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_CONTACTS = "no contacts found"

# panoramisk would write whole actions, secrets included, to the standard log.
_SILENT = logging.getLogger("acd.panoramisk")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class AmiError(AcdError):
    """Asterisk refused an action (``ami-refused``, ``ami-unauthorised``)."""

    code = "ami-refused"


class AmiUnavailable(AcdError):
    """No answer: no link, link lost (``ami-disconnected``) or deadline passed (``ami-timeout``)."""

    code = "ami-disconnected"
    retryable = True


class AmiUnsafe(AcdError):
    """The guard refused to send an action."""

    code = "ami-unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where and whether a SIP device can be reached.

    Attributes:
        endpoint: PJSIP endpoint.
        uri: registered address.
        status: Asterisk's word: ``Reachable``, ``Unreachable``, ``NonQualified``, ``Unknown``,
            ``Removed``.
    """

    endpoint: str
    uri: str
    status: str

    @property
    def is_reachable(self) -> bool:
        """Whether a call may be offered: registered and not known to be silent."""
        return self.status not in ("Unreachable", "Removed")


class Registrations:
    """Which endpoints have a device that can be reached.

    A device that registers anew from another address is announced there before its old address
    is told as ``Removed``, with everything about the new one perhaps said already: an endpoint
    counts as long as one of its addresses does.
    """

    def __init__(self) -> None:
        self._reachable: set[tuple[str, str]] = set()

    def replace(self, contacts: Iterable[Contact]) -> None:
        """Take these for all there are."""
        self._reachable = {(c.endpoint, c.uri) for c in contacts if c.is_reachable}

    def change(self, contact: Contact) -> None:
        """Take what is told of one device."""
        if contact.is_reachable:
            self._reachable.add((contact.endpoint, contact.uri))
        else:
            self._reachable.discard((contact.endpoint, contact.uri))

    def __contains__(self, endpoint: str) -> bool:
        return any(known == endpoint for known, _uri in self._reachable)


def guarded(action: Mapping[str, str]) -> dict[str, str]:
    """Return the action, if it is one of ours and each header stays on its line.

    Raises:
        AmiUnsafe: otherwise; the message names the key, never the value.
    """
    if action.get("Action") not in ALLOWED_ACTIONS:
        raise AmiUnsafe(f"AMI action {action.get('Action')!r} is not allowed")
    for key, value in action.items():
        if not _KEY.fullmatch(key):
            raise AmiUnsafe(f"AMI header name {key!r} is not allowed")
        if _CONTROL.search(value):
            raise AmiUnsafe(f"the AMI header {key} holds a control character")
    return dict(action)


class _Link(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection; it neither reconnects nor pings, its owner does."""

    def __init__(self, on_contact: Callable[[Contact], None], on_lost: Callable[[], None]) -> None:
        super().__init__(loop=asyncio.get_running_loop(), log=_SILENT, forgetable_actions=())
        self._on_lost = on_lost
        self.booted = asyncio.Event()
        self.register_event(
            "ContactStatus",
            lambda _manager, event: on_contact(
                Contact(endpoint=event.endpointname, uri=event.uri, status=event.contactstatus)
            ),
        )

    async def open(self, host: str, port: int) -> None:
        opened = asyncio.get_running_loop().create_future()
        opened.set_result(await self.loop.create_connection(AMIProtocol, host, port))
        self.connection_made(opened)

    def connection_lost(self, exc: Exception | None) -> None:
        # What panoramisk has put aside to send again would be an old wish by then.
        while self.awaiting_actions:
            future = self.awaiting_actions.popleft().future
            if not future.done():
                future.set_exception(AmiUnavailable("AMI link was lost"))
        self._on_lost()

    def ping(self) -> None:
        pass

    def send_awaiting_actions(self, *_: Any) -> None:
        """Panoramisk's own reaction to ``FullyBooted``."""
        self.booted.set()


async def _no_resync() -> None:
    return None


class AmiClient:
    """Keeps one AMI session: registrations, device states, reloads.

    Run :meth:`run` in a task of its own.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        *,
        on_contact: Callable[[Contact], Awaitable[None]],
        on_connected: Callable[[], Awaitable[None]] = _no_resync,
        deadline: float = ACTION_SECONDS,
        ping_every: float = PING_EVERY_SECONDS,
    ) -> None:
        """Prepare, without touching the network.

        Args:
            host: address of the manager interface.
            port: its port.
            user: manager user; needs the class ``system``, to read and write, and no other.
            password: its secret.
            on_contact: told of every change of a registered device, one at a time, in order.
            on_connected: called after each login, to read :meth:`contacts`: changes during a
                gap are never told.
            deadline: seconds for every action.
            ping_every: seconds of silence after which the link is tested.
        """
        self._host, self._port = host, port
        self._login = {"Action": "Login", "Username": user, "Secret": password, "Events": "on"}
        self._on_contact = on_contact
        self._on_connected = on_connected
        self._deadline = deadline
        self._ping_every = ping_every
        self._changes: asyncio.Queue[Contact | None] = asyncio.Queue()
        self._link: _Link | None = None
        self._up = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """Whether the session is logged in."""
        return self._up.is_set()

    async def wait_up(self) -> None:
        """Return once the session is logged in and resynchronised."""
        await self._up.wait()

    async def reload(self, module: str) -> None:
        """Reload one module, such as ``res_pjsip.so``.

        Raises:
            AmiError: there is no such module, or it cannot be reloaded.
            AmiUnavailable: no answer.
            AmiUnsafe: the name holds a control character.
        """
        await self._act({"Action": "Reload", "Module": module})

    async def contacts(self) -> list[Contact]:
        """Return every registered device; raises as :meth:`reload`."""
        try:
            messages = await self._act({"Action": "PJSIPShowContacts"})
        except AmiError as error:
            if _NO_CONTACTS in error.message.lower():
                return []
            raise
        return [
            Contact(endpoint=m.endpoint, uri=m.uri, status=m.status)
            for m in messages
            if m.event == "ContactList"
        ]

    async def device_state(self, endpoint: str) -> str:
        """Return the state of a PJSIP endpoint in Asterisk's words, such as ``Not in use``.

        Raises:
            AmiError: there is no such endpoint.
            AmiUnavailable: no answer.
            AmiUnsafe: the name holds a control character.
        """
        for message in await self._act({"Action": "PJSIPShowEndpoint", "Endpoint": endpoint}):
            if message.event == "EndpointDetail":
                return str(message.devicestate)
        raise AmiError(f"AMI PJSIPShowEndpoint: no details of {endpoint!r}")

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises:
            AmiError: ``ami-unauthorised``: user or password is wrong, trying again is no use.
        """
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                await self._connect()
                delay = FIRST_DELAY_SECONDS
                await self._attend()
                reason = "connection lost"
            except AmiUnavailable as error:
                reason = error.message
            except OSError as error:
                reason = f"{type(error).__name__}: {error.strerror}"
            finally:
                self._up.clear()
                link, self._link = self._link, None
                if link is not None:
                    link.close()
            log.warning("ami link down", reason=reason)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(2 * delay, LAST_DELAY_SECONDS)

    async def _connect(self) -> None:
        self._changes = changes = asyncio.Queue[Contact | None]()
        link = _Link(changes.put_nowait, lambda: changes.put_nowait(None))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await link.open(self._host, self._port)
        except TimeoutError:
            raise AmiUnavailable("AMI: no answer to the connect") from None
        self._link = link
        try:
            await self._act(self._login, LOGIN_SECONDS)
        except AmiError:
            raise AmiError(
                "Asterisk refused the AMI user or password",
                hint="compare them with the user's section in Asterisk's manager.conf",
                code="ami-unauthorised",
            ) from None
        try:
            # Before that, actions of modules not yet loaded are unknown commands.
            async with asyncio.timeout(CONNECT_SECONDS):
                await link.booted.wait()
            await self._on_connected()
        except (TimeoutError, AmiError) as error:
            raise AmiUnavailable(f"AMI: not ready: {error}") from error
        self._up.set()
        log.info("ami link up")

    async def _attend(self) -> None:
        """Hand on changes until the link is lost; test it whenever it is silent."""
        while True:
            try:
                async with asyncio.timeout(self._ping_every):
                    change = await self._changes.get()
            except TimeoutError:
                await self._act({"Action": "Ping"}, PING_SECONDS)
                continue
            if change is None:
                return
            await self._on_contact(change)

    async def _act(self, action: Mapping[str, str], deadline: float | None = None) -> list[Any]:
        """Perform one action; return its response and, for a list, its events."""
        safe, name = guarded(action), action["Action"]
        link = self._link
        if link is None:
            raise AmiUnavailable("AMI link is down")
        try:
            async with asyncio.timeout(deadline or self._deadline):
                answer = await link.send_action(safe)
        except TimeoutError:
            raise AmiUnavailable(f"AMI {name}: no answer in time", code="ami-timeout") from None
        messages = answer if isinstance(answer, list) else [answer]
        if not messages[0].success:
            raise AmiError(f"AMI {name}: {messages[0].message}")
        return messages
