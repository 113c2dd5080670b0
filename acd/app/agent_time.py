"""Agent time: where an agent's time goes, by what the log says of them.

It goes to one place at a time, the first that fits: handling a contact (talk, then wrap-up), an
offer ringing, not ready by reason, idle. Resting after a refused offer and an unreachable phone are
not ready, with a reason of their own, whatever the agent's presence says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.app.figures import HANDLING, IDLE, NOT_READY, RINGING
from acd.core.agent import Presence
from acd.core.timers import NEVER, Instant


@dataclass(slots=True)
class AgentClock:
    """One agent's time and offers. Change what is known, then call :meth:`turn`.

    Attributes:
        group: what the agent is counted in.
        rest: why they are left alone for a while; empty when they are not.
        ringing, handling: how many offers and works they have now.
        place: where the time goes now; empty while logged out.
        since: from when on it is not in ``times`` yet.
        times: what is, by place.
        is_in, in_since, logged_in: the whole, kept in its own way as a check of its parts.
        handled: works done.
        offers: offers by how they ended.
    """

    group: str
    presence: Presence = Presence.LOGGED_OUT
    reason: str = ""
    rest: str = ""
    is_reachable: bool = True
    ringing: int = 0
    handling: int = 0
    place: str = ""
    since: Instant = NEVER
    times: dict[str, int] = field(default_factory=dict)
    is_in: bool = False
    in_since: Instant = NEVER
    logged_in: int = 0
    handled: int = 0
    offers: dict[str, int] = field(default_factory=dict)

    def place_now(self) -> str:
        """Return where the time goes, by what is known."""
        if self.handling:
            return HANDLING
        if self.ringing:
            return RINGING
        if self.presence is Presence.LOGGED_OUT:
            return ""
        if self.presence is Presence.NOT_READY:
            return NOT_READY + self.reason
        if self.rest:
            return f"{NOT_READY}resting:{self.rest}"
        return IDLE if self.is_reachable else NOT_READY + "unreachable"

    def turn(self, at: Instant, counted_from: Instant) -> None:
        """Book the time up to ``at``, without what is before ``counted_from``, and go on."""
        place = self.place_now()
        if place != self.place:
            self.times = self.times_until(at, counted_from)
            self.place = place
            self.since = at
        is_in = self.presence is not Presence.LOGGED_OUT or self.ringing > 0 or self.handling > 0
        if is_in is not self.is_in:
            self.logged_in = self.logged_in_until(at, counted_from)
            self.is_in = is_in
            self.in_since = at

    def times_until(self, at: Instant, counted_from: Instant) -> dict[str, int]:
        """Return the microseconds by place."""
        times = dict(self.times)
        passed = at - max(self.since, counted_from)
        if self.place and passed > 0:
            times[self.place] = times.get(self.place, 0) + passed
        return times

    def logged_in_until(self, at: Instant, counted_from: Instant) -> int:
        """Return the microseconds from each log-in to the end of the log-out."""
        passed = at - max(self.in_since, counted_from)
        return self.logged_in + (passed if self.is_in and passed > 0 else 0)
