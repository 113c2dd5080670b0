"""The live status that `acd up` shows on a terminal."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from acd.app.documents import moment
from acd.app.views import AgentState, agent_state
from acd.bootstrap import Running
from acd.core import events as e
from acd.core.contact import ContactState
from acd.core.record import Record

REFRESH_SECONDS = 0.5
EVENTS_SHOWN = 8

_TOLD = (
    e.ContactOpened,
    e.ContactQueued,
    e.OfferMade,
    e.OfferAccepted,
    e.OfferEnded,
    e.ContactEnded,
    e.PresenceChanged,
    e.PhoneChanged,
)


class LiveStatus:
    """Queues, agents, calls and the last events, redrawn twice a second."""

    def __init__(self, running: Running, console: Console) -> None:
        self._running = running
        self._console = console
        self._events: deque[str] = deque(maxlen=EVENTS_SHOWN)

    def observe(self, records: Sequence[Record]) -> None:
        """Take durable records; an observer of the loop."""
        for record in records:
            if isinstance(record.body, _TOLD):
                self._events.append(event_line(record))

    async def run(self) -> None:
        """Show until cancelled."""
        with Live(self._page(), console=self._console, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(REFRESH_SECONDS)
                live.update(self._page(), refresh=True)

    def _page(self) -> Group:
        events = [Text(line, style="dim") for line in self._events]
        return Group(self._head(), self._queues(), self._agents(), *events)

    def _head(self) -> Text:
        centre = self._running.centre
        states = Counter(contact.state for contact in centre.state.contacts.values())
        bad = [f"{name}: {part.detail}" for name, part in centre.health().items() if not part.ok]
        calls = ", ".join(
            f"{states[state]} {state.value.replace('_', ' ')}"
            for state in ContactState
            if states[state]
        )
        text = Text(f"\nacd {self._running.url}  calls: {calls or 'none'}")
        if bad:
            text.append(f"  NOT READY: {'; '.join(bad)}", style="bold red")
        return text

    def _queues(self) -> Table:
        table = _table("queue", "waiting", "longest", "free", "busy", "answered", "abandoned")
        for queue in self._running.centre.queues():
            table.add_row(
                queue.name,
                str(queue.waiting),
                f"{queue.longest_wait_seconds:.0f} s" if queue.waiting else "",
                str(queue.agents_available),
                str(queue.agents_busy),
                str(queue.answered),
                str(queue.abandoned),
            )
        return table

    def _agents(self) -> Text:
        agents = self._running.centre.state.agents.values()
        counts = Counter(agent_state(agent) for agent in agents)
        words = [f"{counts[one]} {one.replace('_', ' ')}" for one in AgentState if counts[one]]
        return Text(f"agents: {', '.join(words) or 'none'}")


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 else "right")
    return table


def event_line(record: Record) -> str:
    """Return a record as a line for people; nothing in it but ids, names of ours and words."""
    at: datetime = moment(record.at).astimezone()
    body = record.body
    about = getattr(body, "contact", "") or getattr(body, "agent", "")
    match body:
        case e.ContactOpened():
            text = f"call to {body.dnis}"
        case e.ContactQueued():
            text = f"waits in {body.queue}"
        case e.OfferMade():
            text = f"rings {body.agent}"
        case e.OfferAccepted():
            text = f"answered by {body.agent}"
        case e.OfferEnded():
            text = f"not taken by {body.agent}: {body.outcome}"
        case e.ContactEnded():
            text = f"ended: {body.reason}"
        case e.PresenceChanged():
            text = f"{body.presence} {body.reason}".rstrip()
        case e.PhoneChanged():
            text = "phone reachable" if body.is_reachable else "phone unreachable"
        case _:
            text = record.type
    return f"{at:%H:%M:%S}  {about}  {text}"
