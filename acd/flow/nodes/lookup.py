"""Node ``lookup``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core import task
from acd.core.flows import Signal, TaskDone, TimedOut
from acd.flow.kinds import Exit, Name, Number, OneOf, TableOf, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.services import Body, MemberPath, ServicePath, body_of, path_of
from acd.flow.visit import Visit

_TAKE = TableOf(
    "table of attribute name to path into the answer",
    value=MemberPath(),
    key_wanted="small letters, digits, underscores, and no built-in name",
    key_sets=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Ask a web service and remember what it answers.

    `service` is a name of the settings (`[services.crm]` in acd.toml), which say where it is and
    hold the credentials. Values in the path are encoded where they stand; one that is empty, `.`
    or `..` where a whole part of the path should be leads to `on_fail`. Of the JSON answer `take`
    remembers texts, numbers and true or false; what is not there becomes the empty text.
    `{secret.name}` in the body is what `secret` collected, which nobody else sees. Whatever goes
    wrong, also an answer that is no JSON or comes too late, leads to `on_fail` in time.
    """

    service: str = key(Name("service", To.SERVICE), "a service of the settings")
    path: str = key(ServicePath(), "what is asked for: `/customers/{ani}`")
    method: str = key(OneOf("word", words=("GET", "POST")), "how it is asked", default="GET")
    body: Mapping[str, str] | None = key(Body(), "the JSON object that is posted", default=None)
    take: Mapping[str, str] | None = key(
        _TAKE, 'what to remember: `{ tier = "customer.tier" }`', default=None
    )
    timeout_seconds: float = key(
        Number(least=0.1, most=30), "how long the answer may take", default=5.0
    )
    next: str = key(node(Exit.IN_TIME), "where the caller goes with the answer")
    not_found: str | None = key(
        node(Exit.IN_TIME), "… when the service knows nothing of this (404)", default=None
    )
    on_fail: str | None = key(
        node(Exit.AT_ONCE), "… when it did not work, and instead of `not_found`", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when a body could not be sent."""
        return 'body is for method = "POST"' if self.body and self.method != "POST" else None


def enter(keys: Lookup, visit: Visit) -> Entry:
    """Ask."""
    path = path_of(keys.path, visit.values)
    if path is None:
        return FAIL
    body, secrets = body_of(keys.body or {}, visit.values)
    asked = task.Lookup(
        keys.service, keys.method, path, body, secrets, keys.take or {}, keys.timeout_seconds
    )
    return visit.start(asked, keys.timeout_seconds)


def signal(keys: Lookup, visit: Visit, signal: Signal) -> Outcome:
    """Take the answer."""
    match signal:
        case TaskDone("ok", values):
            for name in keys.take or {}:
                visit.set(name, values.get(name, ""))
            return Go(keys.next)
        case TaskDone("not_found"):
            return Go(keys.not_found)
        case TaskDone() | TimedOut():
            return FAIL
        case _:
            return Stay()


NODE = NodeType("lookup", Lookup, enter, signal)
