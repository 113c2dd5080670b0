"""What carries text: intake, pump, messages, gateways and deliveries, wired to the loop."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from acd.adapters.home import Home
from acd.adapters.http import AiohttpClient
from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.messages import SqlChat, SqlMessages
from acd.app.centre import Centre
from acd.app.delivery import Deliveries
from acd.app.dispatch import Dispatcher
from acd.app.intake import Pump
from acd.app.loop import Loop
from acd.app.messages import MessageProjector
from acd.app.replies import read_replies
from acd.app.typing import TypingMarks
from acd.bootstrap.background import Background
from acd.bootstrap.hooks import read_hooks
from acd.bootstrap.mail import DEMO_ADDRESS, Post
from acd.config import Settings
from acd.gateways.chat.gateway import ChatGateway
from acd.gateways.webhook.gateway import WebhookGateway
from acd.ports.clock import Clock
from acd.ports.gateway import Gateway
from acd.web.demomails import DemoMailbox
from acd.web.handover import Handovers
from acd.web.messages import Messages
from acd.web.webhooks import Webhooks
from acd.web.widget import Widget


class Texts:
    """The text channels of a centre.

    Attributes:
        intake: what came in.
        messages: what was said, as folded from the log.
        projector: folds it and tells of it.
        post: mail, if there is any.
        typing: who is typing.
        gateways: the channels; more may be added before :meth:`start`.
    """

    def __init__(
        self,
        settings: Settings,
        home: Home,
        database: Database,
        log: SqlLog,
        loop: Loop,
        clock: Clock,
        stack: contextlib.AsyncExitStack,
        *,
        with_demo: bool = False,
    ) -> None:
        """Make the parts; the connections they will hold are closed with ``stack``."""
        self._settings = settings
        self._clock = clock
        self._loop = loop
        self.intake = SqlIntake(database)
        self.messages = SqlMessages(database)
        stack.push_async_callback(self.messages.close)
        stack.push_async_callback(self.intake.close)
        self.typing = TypingMarks(clock)
        self.projector = MessageProjector(log, log, self.messages, told_after=loop.engine.state.seq)
        self._pump = Pump(self.intake, loop, loop.engine.state)
        self.chat = ChatGateway(
            self.intake,
            SqlChat(database),
            self.messages,
            lambda: loop.engine.state,
            self.typing,
            clock,
        )
        hooks = read_hooks(home, settings.webhooks)
        poster = AiohttpClient()
        self._webhooks = [
            WebhookGateway(channel, hooks, self.intake, poster, clock)
            for channel in sorted({hook.channel for hook in hooks})
        ]
        self.post = Post(settings, home, self.intake, clock, with_demo=with_demo)
        self.gateways: list[Gateway] = [self.chat, *self._webhooks]
        if self.post.gateway is not None:
            self.gateways.append(self.post.gateway)
        loop.observe(self.projector.observe)
        loop.observe(self.chat.observe)
        self.projector.subscribe(self.chat.show)
        self.intake.on_put = self._pump.wake

    def start(
        self, background: Background, dispatcher: Dispatcher, stack: contextlib.AsyncExitStack
    ) -> None:
        """Begin to take and carry messages; the loop runs already."""
        deliveries = Deliveries(lambda cause: self._loop.tell(cause, "delivery"), self.gateways)
        stack.push_async_callback(deliveries.close)
        dispatcher.deliver_with(deliveries.perform)
        deliveries.resume(self._loop.engine.state.outbox.values())
        background.start(self.projector.run(), "messages")
        stack.push_async_callback(self.projector.keep)
        background.start(self._pump.run(), "intake")
        for gateway in self.gateways:
            background.start(gateway.run(), gateway.name)
        stack.push_async_callback(self.chat.close)

    def parts(self, centre: Centre) -> Sequence[object]:
        """Return what the web server serves of it."""
        replies = read_replies(self._settings.site.directory)
        sink, outgoing = self.post.sink, self.post.outgoing
        demo = []
        if sink is not None and outgoing is not None:
            demo = [DemoMailbox(sink.mails, outgoing, DEMO_ADDRESS, self._clock.now)]
        return (
            *demo,
            Messages(centre, self.messages, self.intake, self.typing, replies),
            Handovers(centre, replies),
            Widget(self.chat, self.intake, self.messages, self._settings.chat.origins),
            Webhooks({name: gateway for gateway in self._webhooks for name in gateway.hooks}),
        )
