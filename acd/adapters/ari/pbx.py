"""The PBX port over ARI: effects become operations, events become inputs.

Cheapest shape found for a call (see docs/benchmarks.md): the dialplan answers, an agent has a
standing bridge, caller and agent are added to it in one operation, recording starts in the agent
leg's dialplan. With a free agent that is three operations: originate, add, delete.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog

from acd.adapters.ari import decode
from acd.adapters.ari.client import AriClient, Connected
from acd.adapters.ari.errors import AriError, AriUnavailable, is_gone
from acd.adapters.ari.generated import AnyEvent, Channel, ChannelDtmfReceived, Operations
from acd.adapters.ari.wire import UnknownEvent
from acd.core import effects as f
from acd.core.errors import AcdError
from acd.core.ids import AgentName, LegId, PlaybackId, RecordingId
from acd.core.inputs import (
    DigitReceived,
    LegArrived,
    LegBack,
    LegFact,
    LegGone,
    LegReturned,
    PbxSeen,
    PlaybackEnded,
    RecordingEnded,
)
from acd.core.leg import GoneCause
from acd.core.task import DIAL_CONTEXT
from acd.ports.pbx import BROWSER, Emit, Outbound, PbxError, Sounds

log = structlog.get_logger()

LEASE = "TIMEOUT(absolute)"

SILENT_SECONDS = 0.3
"""A recording no longer than this holds nothing: Asterisk leaves 0.2 s of the silence that ended it
(``ast_play_and_record_full``), and what it tells of the length is a whole second even then."""

_HANGUP_CODES: dict[GoneCause, str] = {GoneCause.NORMAL: "16", GoneCause.UNREACHABLE: "1"}


class AriPbx:
    """One Asterisk node.

    Args:
        node: its name, also its ``systemname``.
        client: makes an ARI client with the hooks given (see :meth:`run`).
        app: Stasis application.
        emit: takes inputs.
        sounds: turns prompts into files.
        recorded_seconds: returns how long a recording is; None where its file cannot be seen.
        lease_seconds: dead-man lease of a customer's leg.
        endpoint_of: returns which of an agent's phones to ring, by the agent's SIP user.
        on_link: told after each connect, with True when the link is fresh, and on its loss.
    """

    def __init__(
        self,
        node: str,
        make_client: Callable[
            [Callable[[Connected], Awaitable[None]], Callable[[str], Awaitable[None]]], AriClient
        ],
        *,
        app: str,
        emit: Emit,
        sounds: Sounds,
        recorded_seconds: Callable[[RecordingId], float | None],
        lease_seconds: float,
        endpoint_of: Callable[[str], str],
        outbound: Outbound | None,
        resync: Callable[[], Awaitable[None]],
        on_lost: Callable[[str], None],
    ) -> None:
        self._node = node
        self._app = app
        self._emit = emit
        self._sounds = sounds
        self._recorded_seconds = recorded_seconds
        self._lease = lease_seconds
        self._endpoint_of = endpoint_of
        self._outbound = outbound
        self._resync = resync
        self._on_lost = on_lost
        self._bridges: set[str] = set()
        self._stands_in: dict[str, str] = {}  # leg to the bridge we put it in last
        self._addresses: dict[str, AgentName] = {}
        self._epoch = ""
        self._link_epoch = 0
        # A channel that plays or records answers nothing else until it is done: its lease cannot
        # be renewed meanwhile, and asking would hold up every request behind it.
        self._occupied: set[str] = set()
        self._leased_until: dict[str, float] = {}
        self._returned: set[LegId] = set()
        self._last_press: tuple[str, str] = ("", "")
        self._heard: dict[RecordingId, asyncio.Future[None]] = {}
        self.operations = 0
        self.renewals = 0
        self.events = 0
        self.client = make_client(self._connected, self._disconnected)
        self._http = Operations(self.client.http)

    @property
    def node(self) -> str:
        """Name of the node."""
        return self._node

    # --- events ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected and hand every event on, until cancelled.

        Raises:
            AriError: the password is wrong.
            AriReplaced: another engine has taken over.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.client.run(), name="ari-link")
            group.create_task(self._pump(), name="ari-events")

    async def _pump(self) -> None:
        while True:
            arrival = await self.client.next_event()
            self.events += 1
            if arrival.epoch < self._link_epoch:
                continue  # the look taken since then knows better
            cause = decode.to_input(arrival.event, self._node)
            match cause:
                case None:
                    continue
                case DigitReceived() if self._is_repeat(arrival.event):
                    continue
                case LegGone(leg):
                    self._occupied.discard(leg)
                    self._leased_until.pop(leg, None)
                    self._stands_in.pop(leg, None)
                    self._returned.discard(leg)
                case LegArrived(leg) | LegBack(leg):
                    self._leased_until[leg] = self._loop_time() + self._lease
                case LegReturned(leg):
                    await self._welcome(leg)
                case RecordingEnded(leg, recording) if recording in self._heard:
                    self._occupied.discard(leg)
                    self._end_listening(recording)
                    continue
                case RecordingEnded(leg):
                    self._occupied.discard(leg)
                    cause = self._unless_silent(cause)
                case PlaybackEnded(leg):
                    self._occupied.discard(leg)
            self._emit(cause)

    def _unless_silent(self, ended: RecordingEnded) -> RecordingEnded:
        seconds = self._recorded_seconds(ended.recording)
        is_silent = seconds is not None and seconds <= SILENT_SECONDS
        return RecordingEnded(ended.leg, ended.recording, 0.0) if is_silent else ended

    def _is_repeat(self, event: AnyEvent | UnknownEvent) -> bool:
        """Whether a key press was told already: once by its channel, once by its endpoint."""
        assert isinstance(event, ChannelDtmfReceived)
        press = (event.channel.id, event.timestamp)
        is_repeat, self._last_press = press == self._last_press, press
        return is_repeat

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    async def _connected(self, connected: Connected) -> None:
        self._link_epoch = connected.epoch
        self._epoch = connected.startup_time
        self._bridges.clear()
        self._stands_in.clear()
        await self._subscribe(self._addresses)
        await self._resync()

    def _end_listening(self, recording: RecordingId, problem: PbxError | None = None) -> None:
        heard = self._heard.pop(recording, None)
        if heard is None or heard.done():
            return
        if problem is None:
            heard.set_result(None)
        else:
            heard.set_exception(problem)

    async def _disconnected(self, reason: str) -> None:
        for recording in list(self._heard):
            self._end_listening(recording, PbxError(reason, code="ari-disconnected"))
        self._on_lost(reason)

    async def watch_agents(self, addresses: dict[str, AgentName]) -> None:
        """Subscribe to the phones of these agents: a leg we dial tells nothing before it is up."""
        new = {address: name for address, name in addresses.items() if address}
        fresh = {address: name for address, name in new.items() if address not in self._addresses}
        self._addresses = new
        if fresh and self.client.state == "up":
            await self._subscribe(fresh)

    async def _subscribe(self, addresses: Collection[str]) -> None:
        for address in addresses:
            phones = [f"endpoint:PJSIP/{address}", f"endpoint:PJSIP/{address}{BROWSER}"]
            try:
                await self.client.ari.applications.subscribe(self._app, event_source=phones)
            except AriError as error:
                # An endpoint not loaded yet: dialling it will say so to the core.
                log.warning("phone cannot be watched", address=address, reason=error.message)

    # --- looking --------------------------------------------------------------------------------

    async def look(self, known: Collection[LegId], *, is_fresh: bool = False) -> PbxSeen:
        """Return every live leg of the application and the state of the ``known`` ones.

        Legs are read one by one: one channel that Asterisk cannot show does not hide the others.
        """
        application = await self.client.ari.applications.get(self._app)
        bridge_of = await self._members(application.bridge_ids)
        ids = sorted({*application.channel_ids, *known})
        answers = await asyncio.gather(*(self._read(leg) for leg in ids))
        facts: list[LegFact] = []
        asked: list[LegId] = []
        for leg, (is_definite, channel) in zip(ids, answers, strict=True):
            if is_definite:
                asked.append(LegId(leg))
            if channel is not None and _is_ours(channel):
                facts.append(decode.to_fact(channel, bridge_of.get(channel.id, "")))
        return PbxSeen(self._node, self._epoch, tuple(facts), tuple(asked), is_fresh)

    async def _members(self, bridges: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for bridge_id in bridges:
            try:
                bridge = await self.client.ari.bridges.get(bridge_id)
            except AriError as error:
                if not is_gone(error):
                    raise
                continue
            self._bridges.add(bridge.id)
            found.update(dict.fromkeys(bridge.channels, bridge.id))
        self._stands_in.update(found)
        return found

    async def _read(self, leg: str) -> tuple[bool, Channel | None]:
        try:
            return True, await self.client.ari.channels.get(leg)
        except AriError as error:
            if is_gone(error):
                return True, None
            log.warning("channel cannot be read", leg=leg, reason=error.message)
            return False, None

    async def renew(self, legs: Collection[LegId]) -> None:
        """Renew the dead-man lease; a leg that is gone or away needs none."""
        due = [leg for leg in legs if leg not in self._occupied]
        self.renewals += len(due)
        await asyncio.gather(*(self._renew(leg) for leg in due))

    async def _renew(self, leg: LegId, seconds: float = 0.0) -> None:
        """Lease a leg for ``seconds`` and the usual time after them.

        Over HTTP: were the channel's thread busy after all, only this request would wait.
        """
        await self._set_lease(leg, math.ceil(seconds + self._lease))
        self._leased_until[leg] = self._loop_time() + seconds + self._lease

    async def _set_lease(self, leg: LegId, seconds: int) -> None:
        try:
            await self._http.channels.set_channel_var(leg, variable=LEASE, value=str(seconds))
        except AriError as error:
            if error.status not in (404, 409):
                raise

    async def _welcome(self, leg: LegId) -> None:
        """Renew the short lease of a leg that is back from the fallback, before anything else."""
        self._occupied.discard(leg)
        self._returned.add(leg)
        try:
            await self._renew(leg)
        except (AriError, AriUnavailable) as error:
            log.warning("lease not renewed", leg=leg, reason=error.message)

    async def lift(self, legs: Collection[LegId]) -> None:
        """Take the lease off legs in a talk: no crash of the engine may cut it.

        The dialplan does so when an agent answers; what it set again since is lifted here.
        """
        for leg in legs:
            self._returned.discard(leg)
            self._leased_until.pop(leg, None)
            await self._set_lease(leg, 0)

    async def _occupy(self, leg: LegId, seconds: float) -> None:
        """Lease a leg for as long as it will play or record."""
        if self._leased_until.get(leg, 0.0) < self._loop_time() + seconds + self._lease / 2:
            self.operations += 1
            await self._renew(leg, seconds)
        self._occupied.add(leg)

    async def free(
        self, leg: LegId, playback: PlaybackId | None, recording: RecordingId | None
    ) -> None:
        """Stop what an engine before us let a leg play or record, so that it can be leased."""
        if playback is not None:
            await self._unless_gone(self.client.ari.playbacks.stop(playback))
        if recording is not None:
            await self._unless_gone(self.client.ari.recordings.stop(recording))
        self._occupied.discard(leg)

    # --- listening ------------------------------------------------------------------------------

    async def listen(
        self, leg: LegId, recording: RecordingId, max_seconds: float, silence_seconds: float
    ) -> None:
        """Record what a leg says until a silence, the limit or the hang-up; keys go on.

        Raises:
            PbxError: it cannot be recorded, or the link is lost meanwhile.
        """
        ended = self._heard[recording] = asyncio.get_running_loop().create_future()
        self.operations += 1
        try:
            await self._occupy(leg, max_seconds)
            await self.client.ari.channels.record(
                leg,
                name=recording,
                format_="wav",
                max_duration_seconds=math.ceil(max_seconds),
                max_silence_seconds=math.ceil(silence_seconds),
                if_exists="overwrite",
                beep=False,
                terminate_on="none",
            )
            await ended
        except AriUnavailable as error:
            raise PbxError(error.message, code=error.code) from error
        except AriError as error:
            raise PbxError(error.message, code=error.code, is_gone=is_gone(error)) from error
        finally:
            self._heard.pop(recording, None)
            self._occupied.discard(leg)

    async def discard(self, recording: RecordingId) -> None:
        """Stop a recording and delete it; one that is not there is fine.

        Raises:
            PbxError: it is not known whether it is gone.
        """
        self.operations += 1
        try:
            await self._unless_gone(self.client.ari.recordings.cancel(recording))
            await self._unless_gone(self.client.ari.recordings.delete_stored(recording))
        except (AriUnavailable, AriError) as error:
            raise PbxError(error.message, code=error.code) from error

    # --- effects --------------------------------------------------------------------------------

    async def perform(self, effect: f.PbxEffect) -> None:
        """Perform one effect.

        Raises:
            PbxError: it could not be done.
        """
        self.operations += 1
        try:
            match effect:
                case f.Answer(leg):
                    await self._unless_gone(self.client.ari.channels.answer(leg))
                case f.Play():
                    await self._play(effect)
                case f.StopPlay(leg, playback):
                    await self._unless_gone(self.client.ari.playbacks.stop(playback))
                    self._occupied.discard(leg)
                case f.TakeMessage():
                    await self._take_message(effect)
                case f.DropMessage(leg, recording):
                    await self.discard(recording)
                    self._occupied.discard(leg)
                case f.Hold(leg, music):
                    await self._hold(leg, music)
                case f.Unhold(leg):
                    await self._unhold(leg)
                case f.Dial():
                    await self._dial(effect)
                case f.DialOut():
                    await self._dial_out(effect)
                case f.Connect():
                    await self._connect(effect)
                case f.SendOut():
                    await self._send_out(effect)
                case f.HangUp(leg, cause):
                    code = _HANGUP_CODES.get(cause, "16")
                    await self._unless_gone(self.client.ari.channels.hangup(leg, reason_code=code))
        except AriUnavailable as error:
            raise PbxError(error.message, code=error.code) from error
        except AriError as error:
            raise PbxError(error.message, code=error.code, is_gone=is_gone(error)) from error

    async def _unless_gone(self, operation: Awaitable[object]) -> None:
        try:
            await operation
        except AriError as error:
            if not is_gone(error):
                raise

    async def _play(self, effect: f.Play) -> None:
        try:
            media = await self._sounds.media(effect.prompts, effect.language, effect.site)
        except AcdError as error:
            raise PbxError(error.message, code=error.code) from error
        await self._occupy(effect.leg, sum(sound.seconds for sound in media))
        await self.client.ari.channels.play_with_id(
            effect.leg, effect.playback, media=[f"sound:{sound.name}" for sound in media]
        )

    async def _take_message(self, effect: f.TakeMessage) -> None:
        await self._occupy(effect.leg, effect.max_seconds)
        await self.client.ari.channels.record(
            effect.leg,
            name=effect.recording,
            format_="wav",
            max_duration_seconds=round(effect.max_seconds),
            max_silence_seconds=round(effect.silence_seconds),
            if_exists="overwrite",
            beep=True,
            terminate_on="#",
        )

    async def _send_out(self, effect: f.SendOut) -> None:
        """Let a channel go on in the dialplan (``acd-out``), which brings it back to us.

        Out of our hands it would be out of our hearing, too: without the subscription its end would
        only be seen.
        """
        channels, leg = self.client.ari.channels, effect.leg
        variables = {
            "ACD_TASK": effect.task,
            "ACD_OUT": f"{effect.context},{effect.extension}",
            "ACD_OUT_SECONDS": str(math.ceil(effect.max_seconds)),
        }
        if effect.context == DIAL_CONTEXT:
            variables["ACD_TRUNK"] = self._trunk_for(effect.extension)
            variables["ACD_RING_SECONDS"] = str(math.ceil(effect.ring_seconds))
        await self.client.ari.applications.subscribe(self._app, event_source=[f"channel:{leg}"])
        for name, text in variables.items():
            await channels.set_channel_var(leg, variable=name, value=text)
        await channels.continue_in_dialplan(leg, context="acd-out", extension="s", priority=1)
        self._leased_until.pop(leg, None)
        self.operations += 2 + len(variables)

    def _trunk_for(self, number: str) -> str:
        """Return the trunk that leads to a number.

        Raises:
            PbxError: nobody said that this number may be rung.
        """
        trunk = self._outbound.trunk_for(number) if self._outbound is not None else None
        if trunk is None:
            raise PbxError("this number may not be rung", code="outbound-not-allowed")
        return trunk

    async def _hold(self, leg: LegId, music: str) -> None:
        bridge = f"h-{self._node}-{music}"
        await self._ensure_bridge(bridge, "holding")
        self._stands_in[leg] = bridge
        await self._unless_gone(self.client.ari.bridges.add_channel(bridge, channel=[leg]))
        # Asterisk ends a bridge's music when the last one leaves: it is started for whoever comes.
        # Where it plays already, it plays on.
        self.operations += 1
        await self._unless_gone(self.client.ari.bridges.start_moh(bridge, moh_class=music))

    async def _unhold(self, leg: LegId) -> None:
        bridge = self._stands_in.pop(leg, None)
        if bridge is not None:
            try:
                await self.client.ari.bridges.remove_channel(bridge, channel=[leg])
            except AriError as error:
                if error.status not in (400, 404, 409, 422):
                    raise

    async def _ensure_bridge(self, bridge: str, kind: str) -> bool:
        """Create a standing bridge unless it stands; return whether it is new."""
        if bridge in self._bridges:
            return False
        self._bridges.add(bridge)  # before the first await: nobody else creates it too
        try:
            self.operations += 1
            await self.client.ari.bridges.create_with_id(bridge, type_=kind, name=bridge)
        except AriError as error:
            if error.status != 409:  # it stands already: as good as created
                self._bridges.discard(bridge)
                raise
            return False
        return True

    async def _dial(self, effect: f.Dial) -> None:
        variables = {"ACD_RECORDING": effect.recording} if effect.recording else None
        try:
            await self.client.ari.channels.originate_with_id(
                effect.leg,
                endpoint=f"PJSIP/{self._endpoint_of(effect.address)}",
                context="acd-leg",
                extension="s",
                priority=1,
                caller_id=_caller_id(effect.shown_name, effect.shown_number),
                timeout=round(effect.ring_seconds) + 2,  # the core's deadline comes first
                variables=variables,
                originator=effect.caller,
            )
        except AriError as error:
            # 409 says "exists already" for a repeat, and also for a phone that is not there.
            _, channel = await self._read(effect.leg)
            if channel is None:
                raise PbxError(error.message, code="unreachable") from error
        await self._ensure_bridge(f"b-{effect.agent}", "mixing")

    async def _dial_out(self, effect: f.DialOut) -> None:
        trunk = self._trunk_for(effect.number)
        assert self._outbound is not None
        try:
            await self.client.ari.channels.originate_with_id(
                effect.leg,
                endpoint=f"PJSIP/{effect.number}@{trunk}",
                app=self._app,
                app_args="out",
                caller_id=_caller_id("", self._outbound.caller_id),
                timeout=round(effect.ring_seconds),
            )
        except AriError as error:
            _, channel = await self._read(effect.leg)
            if channel is None:
                raise PbxError(error.message, code="unreachable") from error

    async def _connect(self, effect: f.Connect) -> None:
        bridge = f"b-{effect.agent}"
        await self._ensure_bridge(bridge, "mixing")
        legs = [effect.caller, effect.agent_leg]
        self._stands_in[effect.caller] = bridge
        try:
            await self.client.ari.bridges.add_channel(bridge, channel=legs)
        except AriError as error:
            answers = [(leg, await self._read(leg)) for leg in legs]
            gone = [leg for leg, (is_definite, found) in answers if is_definite and found is None]
            for leg in gone:
                self._emit(LegGone(leg))
            if not gone:
                self._bridges.discard(bridge)
                raise PbxError(error.message, code=error.code) from error
        if effect.caller in self._returned:
            await self.lift([effect.caller])


def _caller_id(name: str, number: str) -> str:
    """Return ``"name" <number>`` with everything that has a meaning there taken out."""
    plain_name = "".join(c for c in name if c.isprintable() and c not in '"<>\\')[:80]
    plain_number = "".join(c for c in number if c.isalnum() or c in "+*#.-_@")[:80]
    return f'"{plain_name}" <{plain_number}>'


def _is_ours(channel: Channel) -> bool:
    """Whether a channel is one of a call, not a helper of a bridge or a phone being subscribed."""
    return channel.name.startswith("PJSIP/")
