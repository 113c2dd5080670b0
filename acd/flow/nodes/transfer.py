"""Node ``transfer``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.agent import DIRECT
from acd.core.flows import Enqueue, FlowEnd, QueueLeft, Signal, TaskDone
from acd.core.skill import Need
from acd.core.task import DialOutside
from acd.flow.kinds import Exit, Name, Number, Template, To, node
from acd.flow.model import FAIL, End, Entry, Go, NodeType, Outcome, Reach, Stay, Wait
from acd.flow.schema import key
from acd.flow.template import fill
from acd.flow.visit import Visit

_KEPT = frozenset("+0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Hand the contact to one agent, or a call to somebody outside.

    With `agent` it waits in `queue` for that agent alone, `wait_seconds` long, and then for anybody
    there. With `number` the caller is joined to whoever answers outside; only numbers that the
    settings let be rung (`[sip.outbound]`) are. When the other side has hung up, the caller goes to
    `next`, or the call ends; when nobody answers, to `on_fail`.
    """

    agent: str | None = key(Template(longest=64), "the agent: `ann`, `{agent}`", default=None)
    queue: str | None = key(Name("queue", To.QUEUE), "the queue the agent serves", default=None)
    wait_seconds: float = key(
        Number("seconds", 1, 3600), "how long for that agent alone", default=60.0
    )
    number: str | None = key(Template(longest=64), "the number outside", default=None)
    ring_seconds: float = key(Number("seconds", 5, 120), "how long it rings there", default=30.0)
    next: str | None = key(
        node(Exit.IN_TIME), "where the caller goes when the other side has hung up", default=None
    )
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the contact goes when nobody takes it", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when it is not clear to whom."""
        if (self.agent is None) == (self.number is None):
            return 'give "agent" with "queue", or "number"'
        if (self.agent is None) != (self.queue is None):
            return 'an agent is reached in a queue: give "agent" with "queue"'
        return None


def enter(keys: Transfer, visit: Visit) -> Entry:
    """Hand over."""
    if keys.queue is not None:
        agent = fill(keys.agent or "", visit.values).strip()
        needs = (Need(DIRECT + agent, relax_after=keys.wait_seconds),) if agent else ()
        visit.actions.append(Enqueue(keys.queue, requirement=needs))
        return Wait()
    number = "".join(c for c in fill(keys.number or "", visit.values) if c in _KEPT)
    if not number or visit.is_written:
        return FAIL
    visit.answer()
    visit.stop()
    visit.start(DialOutside(number, keys.ring_seconds), 0)
    return Wait()  # until one of them hangs up


def signal(keys: Transfer, visit: Visit, signal: Signal) -> Outcome:
    """Take the contact back."""
    match signal:
        case TaskDone("ok"):
            return Go(keys.next) if keys.next is not None else End(FlowEnd.TRANSFERRED)
        case TaskDone() | QueueLeft():
            return FAIL
        case _:
            return Stay()


NODE = NodeType("transfer", Transfer, enter, signal, Reach.HUMAN)
