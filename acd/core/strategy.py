"""Agent rankers: who is asked first when several agents are free.

To add one, write a function of an agent and the requirement and decorate it. It is read when the
agent becomes available, so it may depend on what changes only with the agent's own work. Lower
sorts first; the caller appends the agent's definition order as the last tie-break.
"""

from __future__ import annotations

from collections.abc import Callable

from acd.core.agent import Agent
from acd.core.skill import Requirement

Rank = tuple[int, ...]
Ranker = Callable[[Agent, Requirement], Rank]

STRATEGIES: dict[str, Ranker] = {}


def strategy(name: str) -> Callable[[Ranker], Ranker]:
    """Register a ranker under ``name``."""

    def register(ranker: Ranker) -> Ranker:
        STRATEGIES[name] = ranker
        return ranker

    return register


@strategy("longest_idle")
def longest_idle(agent: Agent, _: Requirement) -> Rank:
    """Whoever has been without work longest; a missed ring does not reset the clock."""
    return (agent.idle_since,)


@strategy("most_skilled")
def most_skilled(agent: Agent, requirement: Requirement) -> Rank:
    """The highest levels in what the contact needs, then longest idle (Wallace and Whitt 2005)."""
    levels = sum(agent.profile.skills.get(need.skill, 0) for need in requirement)
    return (-levels, agent.idle_since)


@strategy("least_flexible")
def least_flexible(agent: Agent, _: Requirement) -> Rank:
    """Fewest skills first, then longest idle: generalists stay free for what only they can do."""
    return (len(agent.profile.skills), agent.idle_since)
