"""SIP telephones in Python, for tests and for the commands `acd call` and `acd phone`.

Real ones: they register, ring, send RTP with a voice of their own and keep what they hear.
Built on baresip-python; what it leaves to its user is settled here, once:

- one native stack per process, so all telephones of a process belong to one `Phones`;
- sound has to be fed and fetched every 20 ms: one task does it for all calls;
- a hang-up that crosses the far end's own is normal, not an error;
- sound comes only while the far end sends: gaps are kept as silence, so that a position in the
  recording is a moment of the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

import baresip
from baresip.config import Account, Config
from baresip.events import StackEvent

from acd.testing.phonecall import (
    CallEnd,
    CallGone,
    CallNotAnswered,
    PhoneCall,
    PhoneError,
    Recording,
    RegistrationFailed,
    Voice,
)

__all__ = [
    "Answer",
    "CallEnd",
    "CallGone",
    "CallNotAnswered",
    "Phone",
    "PhoneCall",
    "PhoneError",
    "Phones",
    "Policy",
    "Recording",
    "RegistrationFailed",
    "Reject",
    "Ring",
    "SipServer",
    "Voice",
]

# Without a handler Python prints the library's warnings on stderr, in the midst of a command's
# own output; whoever wants them adds a handler.
logging.getLogger("baresip").addHandler(logging.NullHandler())

_PLAIN_IN_SIP_USER = "-_.!~*'()+"  # RFC 3261, 25.1: all else, `#` too, is sent escaped
# The stack's jitter buffer throws sound away when the machine is busy (seen: a quarter of it),
# and a recording has no need to be played in time.
_STACK_CONFIG = "sip_listen\t\t{address}:0\naudio_jitter_buffer_type\toff\n"
_TICK_SECONDS = 0.02
_CLOSE_SECONDS = 1.0
_REGISTER_SECONDS = 5.0
_REGISTER_AGAIN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an incoming call after it rang for `after_seconds`."""

    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an incoming call with 486 Busy Here after it rang for `after_seconds`.

    At once, it is a busy telephone. (The stack offers no other status.)
    """

    after_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Let an incoming call ring and never answer."""


Policy = Answer | Reject | Ring

DEFAULT_POLICY = Answer()


@dataclass(frozen=True, slots=True)
class SipServer:
    """Where telephones connect."""

    host: str
    port: int

    def local_address(self) -> str:
        """Return the address of this machine from which the server is reached.

        Raises:
            PhoneError: there is no way to the server, or its name is unknown.
        """
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((self.host, self.port))  # sends nothing
                return str(probe.getsockname()[0])
        except OSError as error:
            raise PhoneError(
                f"SIP server {self.host}:{self.port} cannot be reached: {error}",
                hint="check its address",
            ) from error


class Phone:
    """A telephone with one SIP identity. Built by `Phones`, never by hand.

    Attributes:
        user: the user part of its address.
        policy: what to do with the next incoming call; may be changed at any time.
        calls: all its calls, oldest first.
        on_call: called with each incoming call as it begins to ring.
    """

    def __init__(self, phones: Phones, agent: baresip.UserAgent, user: str, server: str) -> None:
        self._phones = phones
        self._agent = agent
        self._server = server
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self.user = user
        self.policy: Policy = DEFAULT_POLICY
        self.calls: list[PhoneCall] = []
        self.on_call: Callable[[PhoneCall], None] | None = None
        agent.on_incoming(self._on_incoming)

    async def dial(self, number: str, *, headers: dict[str, str] | None = None) -> PhoneCall:
        """Call a number on the telephone's server; return as soon as the INVITE is out.

        Raises:
            PhoneError: the number cannot be part of a SIP address, or the stack refused.
        """
        user = quote(number, safe=_PLAIN_IN_SIP_USER)
        # On loopback the answer may come before the stack has handed the call out, which only
        # then listens: what comes meanwhile is kept for it.
        early: list[StackEvent] = []
        keep = early.append
        self._phones.runtime.subscribe(keep)
        try:
            call = await self._agent.dial(f"sip:{user}@{self._server}", headers=headers)
        except (ValueError, baresip.BaresipError) as error:
            raise PhoneError(f"cannot dial {number!r}: {error}") from error
        finally:
            self._phones.runtime.unsubscribe(keep)
        adopted = self._adopt(call, incoming=False)
        for event in early:
            if event.call == call.handle:
                call._on_stack_event(event)
        return adopted

    async def next_call(self, timeout_seconds: float | None = 10.0) -> PhoneCall:
        """Wait for the next incoming call, in the order in which they began to ring.

        None waits for ever.

        Raises:
            TimeoutError: nobody called.
        """
        return await asyncio.wait_for(self._incoming.get(), timeout_seconds)

    async def register(self) -> None:
        """Make the telephone reachable; the registration is refreshed by itself.

        Raises:
            RegistrationFailed: wrong password or user, or no server there.
        """
        try:
            await self._agent.register(timeout=_REGISTER_SECONDS)
        except baresip.RegistrationError as error:
            if error.status is None:
                hint = "is the SIP server running there?"
            elif error.status in (401, 403):
                hint = "check the SIP user and password"
            else:
                hint = "ask the server's log why"
            raise RegistrationFailed(
                f"{self.user} cannot register at {self._server}: {error}", hint=hint
            ) from error

    async def unregister(self) -> None:
        """Take the registration back, as a telephone does that is switched off properly."""
        with contextlib.suppress(baresip.BaresipError):
            await self._agent.unregister(timeout=_CLOSE_SECONDS)

    def _adopt(self, native: baresip.Call, *, incoming: bool) -> PhoneCall:
        call = PhoneCall(native, incoming=incoming, end_now=lambda: self._phones.drop_call(call))
        self.calls.append(call)
        self._phones.add_call(call)
        return call

    def _on_incoming(self, native: baresip.Call) -> None:
        call = self._adopt(native, incoming=True)
        self._incoming.put_nowait(call)
        if self.on_call is not None:
            self.on_call(call)
        self._phones.spawn(self._treat(call, self.policy))

    async def _treat(self, call: PhoneCall, policy: Policy) -> None:
        if isinstance(policy, Ring) or not await call.wait_seconds(policy.after_seconds):
            return
        await (call.answer() if isinstance(policy, Answer) else call.reject())


class Phones:
    """All softphones of this process, as an asynchronous context.

    At its end every call is hung up, every registration taken back, every task gone.

    Attributes:
        runtime: the SIP stack.

    Args:
        address: local address to send from and to listen on; a free port is taken.
    """

    def __init__(self, *, address: str = "127.0.0.1") -> None:
        self._address = address
        self.runtime = baresip.Runtime()
        self._phones: list[Phone] = []
        self._live: set[PhoneCall] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        try:
            await self.runtime.start(
                Config(
                    net_interface=self._address,
                    audio_driver="aumem",
                    max_concurrent_calls=None,
                    extra_config_text=_STACK_CONFIG.format(address=self._address),
                )
            )
        except baresip.BaresipError as error:
            raise PhoneError(
                f"the SIP stack cannot start on {self._address}: {error}",
                hint="one process holds one set of telephones at a time",
            ) from error
        self.spawn(self._exchange_audio())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            calls = list(self._live)
            await asyncio.gather(*(call.hangup() for call in calls), return_exceptions=True)
            await asyncio.gather(*(call.wait_seconds(_CLOSE_SECONDS) for call in calls))
            await asyncio.gather(*(phone.unregister() for phone in self._phones))
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            await self.runtime.close()
        failed = [e for e in ends if isinstance(e, Exception)]
        if failed and error is None:
            raise failed[0]

    async def agent(
        self,
        user: str,
        password: str,
        *,
        host: str,
        port: int,
        register: bool = True,
        policy: Policy = DEFAULT_POLICY,
    ) -> Phone:
        """Switch on an agent's telephone.

        Args:
            user: SIP user name, also the one that the password belongs to.
            password: its password.
            host: SIP server.
            port: its UDP port.
            register: make the telephone reachable before returning.
            policy: what to do with its incoming calls.

        Raises:
            RegistrationFailed: wrong password or user, or no server there.
            PhoneError: the words given cannot form an address.
        """
        server = f"{host}:{port}"
        phone = await self._phone(
            user, password, server, auth_user=None, name="", interval=_REGISTER_AGAIN_SECONDS
        )
        phone.policy = policy
        if register:
            await phone.register()
        return phone

    async def caller(
        self,
        auth_user: str,
        password: str,
        *,
        from_user: str,
        from_name: str = "",
        host: str,
        port: int,
    ) -> Phone:
        """Take a telephone from which a customer calls; it does not register.

        Args:
            auth_user: user name that the password belongs to (the trunk's, as it were).
            password: its password.
            from_user: number shown to the called side.
            from_name: name shown to the called side.
            host: SIP server.
            port: its UDP port.

        Raises:
            PhoneError: the words given cannot form an address.
        """
        server = f"{host}:{port}"
        return await self._phone(
            from_user, password, server, auth_user=auth_user, name=from_name, interval=0
        )

    async def _phone(
        self,
        user: str,
        password: str,
        server: str,
        *,
        auth_user: str | None,
        name: str,
        interval: int,
    ) -> Phone:
        try:
            account = Account(
                user=user,
                domain=server,
                password=password,
                auth_user=auth_user,
                reg_interval=interval,
                audio_codecs=("pcmu",),
            )
            shown = name.replace("\\", "\\\\").replace('"', '\\"')
            line = f'"{shown}" {account.aor()}' if name else account.aor()
            agent = await baresip.UserAgent.create(self.runtime, line)
        except (ValueError, baresip.BaresipError) as error:
            raise PhoneError(f"no telephone for user {user!r}: {error}") from error
        phone = Phone(self, agent, user, server)
        self._phones.append(phone)
        return phone

    def add_call(self, call: PhoneCall) -> None:
        """Begin to carry a call's sound."""
        self._live.add(call)

    def drop_call(self, call: PhoneCall) -> None:
        """Stop carrying a call's sound."""
        self._live.discard(call)

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run something that ends with the telephones at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        # A failed one stays, so that the end of the context tells.
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)

    async def _exchange_audio(self) -> None:
        while True:
            for call in list(self._live):
                call.exchange_audio()
            await asyncio.sleep(_TICK_SECONDS)
