"""Recovery: the state from the log, and the PBX brought into line with it.

Restart = snapshot + fold + a look at the PBX. The same look is taken after every lost link, and
now and then in good times; what it means is decided in :mod:`acd.core.decide.pbx`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from acd import __version__
from acd.app import codec
from acd.app.listening import utterance_of
from acd.app.loop import Loop
from acd.core.engine import FLAGS, Engine
from acd.core.errors import AcdError
from acd.core.flows import Flows
from acd.core.inputs import Input, OpenLog
from acd.core.leg import LegState
from acd.core.record import Record
from acd.core.state import State
from acd.ports.pbx import Pbx
from acd.ports.store import LogStore, Snapshot

log = structlog.get_logger()

LOOK_SECONDS = 60.0
SNAPSHOT_RECORDS = 20_000
"""Records after which a new snapshot is worth its time; a fold does some 100,000 a second."""


async def restore(store: LogStore, flows: Flows) -> Engine:
    """Return an engine in the state that the log tells of.

    A snapshot only saves time: one that an engine of another version saved is not used.

    Raises:
        CodecError: a record cannot be read.
        StoreError: the log cannot.
    """
    engine = Engine(flows, await _saved_state(store))
    async for record in store.read(after=engine.state.seq):
        engine.fold(record)
    return engine


async def _saved_state(store: LogStore) -> State:
    snapshot = await store.load_snapshot()
    if snapshot is None:
        return State()
    try:
        return codec.decode(snapshot.data, State)
    except codec.CodecError as error:
        log.warning("log folded from its beginning", code=error.code, reason=error.message)
        return State()


def first_input(seed: str) -> OpenLog:
    """Return what begins a new log."""
    return OpenLog(__version__, seed, FLAGS)


class Snapshots:
    """Saves the state now and then, so that a restart folds little. An observer of the loop."""

    def __init__(self, loop: Loop, store: LogStore) -> None:
        self._loop = loop
        self._store = store
        self._saved_seq = loop.engine.state.seq
        self._task: asyncio.Task[None] | None = None

    def __call__(self, records: Sequence[Record]) -> None:
        """Begin to save if enough has happened."""
        if records[-1].seq - self._saved_seq < SNAPSHOT_RECORDS:
            return
        if self._task is not None and not self._task.done():
            return
        # Taken here and now: in a moment the state may be ahead of the log again.
        self._task = asyncio.create_task(self._keep(self._take()), name="snapshot")

    async def save(self) -> None:
        """Save the state as it is now, unless it is ahead of what is durable."""
        if self._loop.durable_seq == self._loop.engine.state.seq:
            await self._keep(self._take())

    def _take(self) -> Snapshot:
        state = self._loop.engine.state
        return Snapshot(state.seq, codec.encode(state))

    async def _keep(self, snapshot: Snapshot) -> None:
        self._saved_seq = snapshot.seq
        await self._store.save_snapshot(snapshot)


class Reconciler:
    """Keeps a PBX and the state in line, and the callers' leases renewed."""

    def __init__(
        self, loop: Loop, pbx: Callable[[], Pbx], tell: Callable[[Input, str], None],
        lease_seconds: float,
    ) -> None:  # fmt: skip
        self._loop = loop
        self._pbx = pbx
        self._tell = tell
        self._lease_seconds = lease_seconds

    async def resync(self) -> None:
        """Look at the PBX after the link or the engine was down; before any event is taken.

        The leases come first: a caller must not fall out while we look.
        """
        pbx = self._pbx()
        for contact in list(self._loop.engine.state.contacts.values()):
            recording = contact.recording if contact.is_leaving_message else None
            if contact.task is not None:
                recording = utterance_of(contact.task)  # it may be one that listens
            if contact.leg is not None and (contact.playback or recording):
                await pbx.free(contact.leg, contact.playback, recording)
        await pbx.renew(self._loop.engine.leased_legs())
        await pbx.lift(self._loop.engine.talking_legs())
        known = [leg.id for leg in self._loop.engine.state.legs.values() if leg.node == pbx.node]
        seen = await pbx.look(known, is_fresh=True)
        log.info("pbx seen", node=seen.node, legs=len(seen.legs), known=len(known))
        self._tell(seen, "recovery")
        self._loop.release_deadlines()

    async def renew(self) -> None:
        """Renew the leases for ever, three times as often as needed."""
        renewed_at = time.monotonic()
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            if self._loop.is_stalled:
                continue  # we cannot serve them: let the fallback have them
            try:
                await self._pbx().renew(self._loop.engine.leased_legs())
                late = time.monotonic() - renewed_at > self._lease_seconds
                if late or self._is_somebody_away():
                    await self._look()  # who hangs up in the fallback does so unheard
                renewed_at = time.monotonic()
            except AcdError as error:
                log.warning("leases not renewed", code=error.code, reason=error.message)

    def _is_somebody_away(self) -> bool:
        return any(leg.state is LegState.AWAY for leg in self._loop.engine.state.legs.values())

    async def look(self) -> None:
        """Look at the PBX now and then for ever: an event may have been lost."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._look()
            except AcdError as error:
                log.warning("pbx not seen", code=error.code, reason=error.message)

    async def _look(self) -> None:
        pbx = self._pbx()
        # A leg being dialled may not be there yet: nothing is concluded about it.
        known = [
            leg.id
            for leg in self._loop.engine.state.legs.values()
            if leg.node == pbx.node and leg.state is not LegState.DIALING
        ]
        self._tell(await pbx.look(known, is_fresh=False), "recovery")
