"""Counts, and the figures made of them: the definitions of the metrics, each in one place.

Counts are added up, figures are quotients taken at the end: never a mean of means. A figure whose
denominator is zero is None, never 0. Durations are microseconds in counts, seconds in figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.timers import MICROSECONDS

COUNTED_LEAVES = frozenset({"timeout", "overflow", "nobody_in", "closing"})
"""Reasons for leaving a queue that are the centre's fault: they lower the service level."""


@dataclass(slots=True)
class Tally:
    """Counts of queue visits. A visit begins with each entry into a queue.

    At every instant ``offered == answered + abandoned + sum(left) + waiting``.

    Attributes:
        offered: visits begun.
        answered: an agent took the contact; where they write to each other, wrote first.
        immediate: visits whose first offer was made in the instant they began.
        abandoned: the customer ended while waiting, ringing included.
        short: of these, before the queue's ``short_abandon_seconds``.
        left: visits that ended in any other way, by reason.
        waiting: visits not ended yet.
        answered_in, abandoned_in: within the queue's ``service_level_seconds``; of those counts,
            and ``short``, only the queue's open hours go by for who does not stay and wait.
        wait_answered, wait_abandoned, wait_left: time from entry to the end of the visit, ring
            time included.
        max_wait: the longest of these.
        handled: works done: from the answer to the end of wrap-up.
        talk, wrap: time the agents spent on them.
    """

    offered: int = 0
    immediate: int = 0
    answered: int = 0
    abandoned: int = 0
    short: int = 0
    left: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    answered_in: int = 0
    abandoned_in: int = 0
    wait_answered: int = 0
    wait_abandoned: int = 0
    wait_left: int = 0
    max_wait: int = 0
    handled: int = 0
    talk: int = 0
    wrap: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a tally says. Seconds; shares from 0 to 1; None where nothing was counted.

    Attributes:
        longest_wait_seconds: of those waiting now.
        asa_seconds: average speed of answer, over answered visits.
        mean_wait_seconds: over all ended visits.
        mean_abandon_seconds: over abandoned visits.
        max_wait_seconds: over ended visits.
        wait_probability: share of visits that no agent was free for at once.
        abandon_rate: abandoned of offered.
        aht_seconds: talk and wrap-up of a handled visit.
        service_level: by name of the definition, see :func:`service_levels`; ``acd`` is ours.
    """

    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    left: dict[str, int]
    waiting: int
    handled: int
    longest_wait_seconds: float | None
    asa_seconds: float | None
    mean_wait_seconds: float | None
    mean_abandon_seconds: float | None
    max_wait_seconds: float | None
    wait_probability: float | None
    abandon_rate: float | None
    net_abandon_rate: float | None
    talk_seconds: float | None
    wrapup_seconds: float | None
    aht_seconds: float | None
    service_level: dict[str, float | None]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean_seconds(total: int, count: int) -> float | None:
    return total / count / MICROSECONDS if count else None


def service_levels(tally: Tally) -> dict[str, float | None]:
    """Return the service level by every definition in use.

    ``acd``: answered in time, of all but those who left early of their own and those who left the
    queue by choice. ``answered``: of the answered (``app_queue``'s SL). ``queue2``: answered or
    abandoned in time, of both (its SL2). ``genesys``: answered in time, of answered and abandoned
    without the short ones. ``removed``: gone from the queue in time, of the offered (Connect).
    ``strict``: answered in time, of the offered.
    """
    patient = tally.abandoned - tally.short
    gone_in = tally.answered_in + tally.abandoned_in
    return {
        "acd": _share(tally.answered_in, counted(tally)),
        "answered": _share(tally.answered_in, tally.answered),
        "queue2": _share(gone_in, tally.answered + tally.abandoned),
        "genesys": _share(tally.answered_in, tally.answered + patient),
        "removed": _share(gone_in, tally.offered),
        "strict": _share(tally.answered_in, tally.offered),
    }


def counted(tally: Tally) -> int:
    """Return how many visits our own service level is a share of."""
    blamed = sum(count for reason, count in tally.left.items() if reason in COUNTED_LEAVES)
    return tally.answered + tally.abandoned - tally.short + blamed


def figures_of(tally: Tally, longest_wait: int | None = None) -> Figures:
    """Return the figures of a tally.

    Args:
        tally: the counts.
        longest_wait: how long the longest of those waiting now has waited; None for nobody.
    """
    left = sum(tally.left.values())
    ended = tally.answered + tally.abandoned + left
    wait = tally.wait_answered + tally.wait_abandoned + tally.wait_left
    return Figures(
        offered=tally.offered,
        answered=tally.answered,
        abandoned=tally.abandoned,
        short_abandoned=tally.short,
        left=dict(sorted(tally.left.items())),
        waiting=tally.waiting,
        handled=tally.handled,
        longest_wait_seconds=None if longest_wait is None else longest_wait / MICROSECONDS,
        asa_seconds=_mean_seconds(tally.wait_answered, tally.answered),
        mean_wait_seconds=_mean_seconds(wait, ended),
        mean_abandon_seconds=_mean_seconds(tally.wait_abandoned, tally.abandoned),
        max_wait_seconds=tally.max_wait / MICROSECONDS if ended else None,
        wait_probability=_share(tally.offered - tally.immediate, tally.offered),
        abandon_rate=_share(tally.abandoned, tally.offered),
        net_abandon_rate=_share(tally.abandoned - tally.short, tally.offered - tally.short),
        talk_seconds=_mean_seconds(tally.talk, tally.handled),
        wrapup_seconds=_mean_seconds(tally.wrap, tally.handled),
        aht_seconds=_mean_seconds(tally.talk + tally.wrap, tally.handled),
        service_level=service_levels(tally),
    )


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """What one agent, or several, did. Seconds; shares from 0 to 1.

    Attributes:
        handled: works done.
        logged_in_seconds: the sum of ``idle``, ``ringing``, ``handling`` and ``not_ready``.
        not_ready_seconds: by reason.
        offers: offers by how they ended; ``accepted`` is one of them.
        occupancy: handling, of handling, ringing and idle time.
        occupancy_without_ringing: handling, of handling and idle time.
        utilisation: handling, of logged-in time.
        non_response_rate: rings not answered, of offers that were not withdrawn.
    """

    handled: int
    logged_in_seconds: float
    idle_seconds: float
    ringing_seconds: float
    handling_seconds: float
    not_ready_seconds: dict[str, float]
    offers: dict[str, int]
    occupancy: float | None
    occupancy_without_ringing: float | None
    utilisation: float | None
    non_response_rate: float | None


IDLE = "idle"
RINGING = "ringing"
HANDLING = "handling"
NOT_READY = "not_ready:"
"""Beginning of the name of a not-ready time; the reason follows."""


def agent_figures_of(handled: int, times: dict[str, int], offers: dict[str, int]) -> AgentFigures:
    """Return the figures of times, by the names above, and of offers by outcome."""
    idle, ringing = times.get(IDLE, 0), times.get(RINGING, 0)
    handling, logged_in = times.get(HANDLING, 0), sum(times.values())
    meant = sum(offers.values()) - offers.get("withdrawn", 0)
    return AgentFigures(
        handled=handled,
        logged_in_seconds=logged_in / MICROSECONDS,
        idle_seconds=idle / MICROSECONDS,
        ringing_seconds=ringing / MICROSECONDS,
        handling_seconds=handling / MICROSECONDS,
        not_ready_seconds={
            name.removeprefix(NOT_READY): time / MICROSECONDS
            for name, time in sorted(times.items())
            if name.startswith(NOT_READY)
        },
        offers=dict(sorted(offers.items())),
        occupancy=_share(handling, handling + ringing + idle),
        occupancy_without_ringing=_share(handling, handling + idle),
        utilisation=_share(handling, logged_in),
        non_response_rate=_share(offers.get("rona", 0), meant),
    )
