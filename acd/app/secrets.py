"""The vault: takes digits that the engine must not learn, and keeps them for look-ups.

A key becomes the vault's when its turn has come in the loop (:attr:`acd.app.loop.Loop.divert`):
the state then says exactly whether its caller is entering a secret, however long it has waited.
Nothing here is written, logged or told; values leave through :meth:`Vault.value_of` only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from acd.app.tasks import Result
from acd.core.effects import PerformTask
from acd.core.events import ContactClosed
from acd.core.ids import ContactId, LegId, TaskId
from acd.core.inputs import DigitReceived, Input, TaskBegun
from acd.core.record import Record
from acd.core.state import State
from acd.core.task import CollectSecret
from acd.flow.checks import CHECKS

KEPT_SECONDS = 15 * 60.0
"""A secret is forgotten after this long, should its contact last longer."""

QUIET_SECONDS = 2.0
"""For so long after the last hidden key, more keys belong to it: nobody stops typing at once."""

INVALID = "invalid"

_SHORTEST_CARD = 13


@dataclass(slots=True)
class _Entry:
    """What a caller enters for one task."""

    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    is_begun: bool = False


class Vault:
    """Performs :class:`acd.core.task.CollectSecret`.

    Args:
        state: returns the state of the engine.
        tell: where the core is told that somebody has begun to enter.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        state: Callable[[], State],
        tell: Callable[[Input], None],
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._tell = tell
        self._clock = clock
        self._entries: dict[TaskId, _Entry] = {}
        self._values: dict[tuple[ContactId, str], tuple[str, float]] = {}
        self._quiet: dict[LegId, float] = {}

    # --- keys -----------------------------------------------------------------------------------

    def takes(self, cause: Input) -> bool:
        """Return whether an input is a hidden key, which is then kept here."""
        if not isinstance(cause, DigitReceived):
            return False
        leg, now = cause.leg, self._clock()
        task = self._entered_on(leg)
        if task is not None:
            entry = self._entries.setdefault(task, _Entry())
            entry.keys.put_nowait(cause.digit)
            self._quiet[leg] = now + QUIET_SECONDS
            if not entry.is_begun:
                entry.is_begun = True
                self._tell(TaskBegun(task))
            return True
        if now < self._quiet.get(leg, now):
            self._quiet[leg] = now + QUIET_SECONDS
            return True
        self._quiet.pop(leg, None)
        return False

    def _entered_on(self, leg_id: LegId) -> TaskId | None:
        state = self._state()
        leg = state.legs.get(leg_id)
        contact = state.contacts.get(leg.contact) if leg is not None and leg.contact else None
        return contact.task if contact is not None and contact.is_secret else None

    async def perform(self, effect: PerformTask) -> Result:
        """Gather the digits until they are complete, and check them."""
        what = effect.what
        assert isinstance(what, CollectSecret)
        entry = self._entries.setdefault(effect.task, _Entry())
        try:
            digits = await _gathered(entry.keys, what)
        finally:
            self._entries.pop(effect.task, None)
        if digits is None or not _is_right(digits, what):
            return Result(INVALID)
        self._values[effect.contact, what.name] = (digits, self._clock() + KEPT_SECONDS)
        asyncio.get_running_loop().call_later(KEPT_SECONDS + 1.0, self._drop_old)
        known = {"length": str(len(digits))}
        if what.check and len(digits) >= _SHORTEST_CARD:
            known["last4"] = digits[-4:]  # PCI DSS 3.4.1: the last four may be shown
        return Result(values=known)

    # --- values ---------------------------------------------------------------------------------

    def value_of(self, contact: ContactId, name: str) -> str | None:
        """Return what a customer entered, or None: not entered, or forgotten."""
        self._drop_old()
        value, _ = self._values.get((contact, name), (None, 0.0))
        return value

    def observe(self, records: Sequence[Record]) -> None:
        """Forget everything about contacts that are closed."""
        for record in records:
            if isinstance(record.body, ContactClosed):
                contact = record.body.contact
                for key in [key for key in self._values if key[0] == contact]:
                    del self._values[key]
        if self._entries or self._quiet:
            state = self._state()
            for task in [task for task in self._entries if task not in state.tasks]:
                del self._entries[task]
            for leg in [leg for leg in self._quiet if leg not in state.legs]:
                del self._quiet[leg]

    def _drop_old(self) -> None:
        now = self._clock()
        for key in [key for key, (_, until) in self._values.items() if until <= now]:
            del self._values[key]


async def _gathered(keys: asyncio.Queue[str], what: CollectSecret) -> str | None:
    """Return the digits when they are complete; None when a key was none."""
    digits = await keys.get()
    while True:
        if digits[-1] == what.terminator:
            return digits[:-1]
        if not digits[-1].isdigit():
            return None
        if len(digits) >= what.max_digits:
            return digits
        try:
            async with asyncio.timeout(what.timeout_seconds):
                digits += await keys.get()
        except TimeoutError:
            return digits


def _is_right(digits: str, what: CollectSecret) -> bool:
    is_long_enough = what.min_digits <= len(digits) <= what.max_digits
    return is_long_enough and (not what.check or CHECKS[what.check](digits) is not None)
