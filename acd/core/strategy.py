"""Agent rankers: who is asked first when several agents are free.

To add one, write a function of an agent and the requirement and decorate it. It is read when the
agent becomes available, so it may depend on what changes only with the agent's own work. Lower
sorts first; the matcher puts the queue preference before and the agent's age in the log after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from acd.core.agent import Agent
from acd.core.skill import Requirement
from acd.core.timers import MICROSECONDS, Instant

Rank = tuple[int, ...]
Ranker = Callable[[Agent, Requirement], Rank]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A ranker and the names of its terms, for explanations; ``…_since`` is shown as an age."""

    rank: Ranker
    terms: tuple[str, ...]
    _words: tuple[tuple[int, str, bool], ...] = field(init=False)  # place, word, whether an age

    def __post_init__(self) -> None:
        words = [
            (place, term.removesuffix("_since"), term.endswith("_since"))
            for place, term in enumerate(self.terms, start=1)
        ]
        object.__setattr__(self, "_words", tuple(words))

    def explain(self, rank: Rank, now: Instant) -> str:
        """Return a whole rank in words: preference, this strategy's terms, last tie-break.

        Args:
            rank: as the matcher compares it.
            now: what ages are counted to.
        """
        words = f"preference {rank[0]}"
        for place, word, is_age in self._words:
            if is_age:
                words += f", {word} {(now - rank[place]) / MICROSECONDS:.1f} s"
            else:
                words += f", {word} {abs(rank[place])}"
        return words


STRATEGIES: dict[str, Strategy] = {}


def strategy(name: str, *terms: str) -> Callable[[Ranker], Ranker]:
    """Register a ranker under ``name``; ``terms`` name what it returns."""

    def register(ranker: Ranker) -> Ranker:
        STRATEGIES[name] = Strategy(ranker, terms)
        return ranker

    return register


@strategy("longest_idle", "idle_since")
def longest_idle(agent: Agent, _: Requirement) -> Rank:
    """Whoever has been without work longest; a missed ring does not reset the clock."""
    return (agent.idle_since,)


@strategy("least_loaded", "works", "idle_since")
def least_loaded(agent: Agent, _: Requirement) -> Rank:
    """Fewest contacts in hand first, then longest idle: for channels taken several at once."""
    return (len(agent.works), agent.idle_since)


@strategy("most_skilled", "levels", "idle_since")
def most_skilled(agent: Agent, requirement: Requirement) -> Rank:
    """The highest levels in what the contact needs, then longest idle (Wallace and Whitt 2005)."""
    levels = sum(agent.profile.skills.get(need.skill, 0) for need in requirement)
    return (-levels, agent.idle_since)


@strategy("least_flexible", "skills", "idle_since")
def least_flexible(agent: Agent, _: Requirement) -> Rank:
    """Fewest skills first, then longest idle: generalists stay free for what only they can do."""
    return (len(agent.profile.skills), agent.idle_since)
