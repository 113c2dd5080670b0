"""The live feed, wired to everything that changes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from acd.app.live import LiveFeed
from acd.app.loop import Loop
from acd.app.messages import MessageDocument, MessageProjector, message_document
from acd.app.metrics import Metrics
from acd.app.projections import ContactProjector
from acd.app.typing import TypingMarks
from acd.core.ids import ContactId
from acd.ports.clock import Clock
from acd.ports.messages import MessageStore


def live_feed(
    loop: Loop,
    metrics: Metrics,
    clock: Clock,
    *,
    contacts: ContactProjector,
    messages: MessageProjector,
    store: MessageStore,
    typing: TypingMarks,
    stack: contextlib.AsyncExitStack,
) -> LiveFeed:
    """Return a feed that hears of everything from now on.

    ``metrics`` must observe the loop already, and ``contacts`` not run yet.
    """

    async def load(wanted: Sequence[ContactId]) -> list[MessageDocument]:
        found = [one for contact in wanted for one in await store.contact_messages(contact)]
        return [message_document(stored) for stored in found]

    feed = LiveFeed(lambda: loop.engine.state, metrics, clock, load)
    loop.observe(feed.observe)
    contacts.subscribe(feed.contacts_saved)
    messages.subscribe(feed.messages_told)
    typing.subscribe(feed.typing_marked)
    stack.push_async_callback(feed.close)
    return feed
