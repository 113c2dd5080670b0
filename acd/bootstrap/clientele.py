"""Who contacts are from: the customers' tables and their fold, wired to the loop."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from acd.adapters.sql.customers import SqlCustomers
from acd.adapters.sql.engine import Database
from acd.app.centre import Centre
from acd.app.customers import Customers
from acd.app.loop import Loop
from acd.bootstrap.background import Background
from acd.ports.gateway import Opener
from acd.ports.store import LogStore
from acd.web.customers import Customers as CustomerRoutes
from acd.web.outreach import Outreach


class Clientele:
    """The customers of a centre.

    Attributes:
        store: customers, identities, conversations.
        fold: keeps them up to date with the log and tells the engine.
    """

    def __init__(
        self, database: Database, log: LogStore, loop: Loop, stack: contextlib.AsyncExitStack
    ) -> None:
        """Make the parts; the connections they will hold are closed with ``stack``."""
        self.store = SqlCustomers(database)
        stack.push_async_callback(self.store.close)
        self.fold = Customers(log, self.store, loop.engine.state, loop.tell)
        loop.observe(self.fold.observe)

    def start(self, background: Background) -> None:
        """Begin to follow the log."""
        background.start(self.fold.run(), "customers")

    def parts(self, centre: Centre, mail: Opener | None) -> Sequence[object]:
        """Return what the web server serves of it; customers are written to by ``mail``."""
        return (CustomerRoutes(centre, self.store), Outreach(centre, self.store, mail))
