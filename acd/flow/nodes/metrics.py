"""Node ``metrics``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Attribute, Exit, Name, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Remember how things stand in a queue, to say it or to decide by it.

    Only contacts of the same channel are counted, for they wait for the same agents.
    """

    queue: str = key(Name("queue", To.QUEUE), "the queue")
    waiting: str | None = key(Attribute(), "takes how many wait", default=None)
    longest_wait: str | None = key(
        Attribute(), "takes how many whole minutes the first of them has waited", default=None
    )
    available: str | None = key(Attribute(), "takes how many agents are free", default=None)
    next: str = key(node(Exit.AT_ONCE), "where the caller goes")

    def contradiction(self) -> str | None:
        """Say so when nothing is asked."""
        asked = self.waiting or self.longest_wait or self.available
        return None if asked else 'remembers nothing: give "waiting", "longest_wait", "available"'


def enter(keys: Metrics, visit: Visit) -> Entry:
    """Ask and remember."""
    figures = visit.queue(keys.queue)
    if figures is None:
        return FAIL  # the site was not checked
    for name, number in (
        (keys.waiting, figures.waiting),
        (keys.longest_wait, int(figures.longest_wait_seconds // 60)),
        (keys.available, figures.available),
    ):
        if name is not None:
            visit.set(name, str(number))
    return Go(keys.next)


def signal(keys: Metrics, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("metrics", Metrics, enter, signal)
