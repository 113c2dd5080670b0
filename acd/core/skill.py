"""Skills with levels, and what a contact requires of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.timers import seconds


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One skill a contact requires.

    Attributes:
        skill: name of the skill.
        min: lowest sufficient level, 1 or more.
        relax_after: seconds of waiting after which the need is dropped; None keeps it.
    """

    skill: str
    min: int = 1
    relax_after: float | None = None


Requirement = tuple[Need, ...]
Skills = Mapping[str, int]


def missing(skills: Skills, requirement: Requirement) -> Need | None:
    """Return the first need that ``skills`` do not meet, or None."""
    for need in requirement:
        if skills.get(need.skill, 0) < need.min:
            return need
    return None


def relaxed(requirement: Requirement, waited: int) -> Requirement:
    """Return what is still required after ``waited`` microseconds in the queue."""
    return tuple(
        need
        for need in requirement
        if need.relax_after is None or waited < seconds(need.relax_after)
    )
