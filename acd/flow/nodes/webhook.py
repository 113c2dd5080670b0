"""Node ``webhook``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import Signal, TaskDone, TimedOut
from acd.core.task import Lookup, Notify
from acd.flow.kinds import Exit, Flag, Name, Number, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.services import Body, ServicePath, body_of, path_of
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Tell a web service something: a JSON object is posted to it.

    The caller goes on at once, and what was said is posted until the service takes it, for a day
    at most, whatever becomes of the caller; each attempt has the same `Idempotency-Key`. With
    `wait = true` the caller waits for the one attempt there is then, and goes to `on_fail` if it
    fails. `service` and `path` are those of `lookup`.
    """

    service: str = key(Name("service", To.SERVICE), "a service of the settings")
    path: str = key(ServicePath(), "where it is posted: `/calls`")
    body: Mapping[str, str] = key(Body(), "the JSON object that is posted")
    wait: bool = key(Flag(), "whether the caller waits until it is taken", default=False)
    timeout_seconds: float = key(
        Number(least=0.1, most=30), "how long they wait at most", default=5.0
    )
    next: str = key(node(Exit.AT_ONCE), "where the caller goes")
    on_fail: str | None = key(
        node(Exit.AT_ONCE), "… when it was not taken, or cannot be sent", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when a secret would have to be kept for the time after the call."""
        _, secrets = body_of(self.body, {})
        return "a secret is sent with wait = true only" if secrets and not self.wait else None


def enter(keys: Webhook, visit: Visit) -> Entry:
    """Post, or have it posted."""
    path = path_of(keys.path, visit.values)
    if path is None:
        return FAIL
    body, secrets = body_of(keys.body, visit.values)
    if keys.wait:
        asked = Lookup(
            keys.service, "POST", path, body, secrets, timeout_seconds=keys.timeout_seconds
        )
        return visit.start(asked, keys.timeout_seconds)
    visit.send_on_errand(Notify(keys.service, path, body))
    return Go(keys.next)


def signal(keys: Webhook, visit: Visit, signal: Signal) -> Outcome:
    """Go on when it was taken."""
    match signal:
        case TaskDone("ok"):
            return Go(keys.next)
        case TaskDone() | TimedOut():
            return FAIL
        case _:
            return Stay()


NODE = NodeType("webhook", Webhook, enter, signal)
