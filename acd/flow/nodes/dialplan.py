"""Node ``dialplan``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from acd.core.flows import Signal, TaskDone
from acd.core.task import VisitDialplan
from acd.flow.kinds import BAD, Attribute, Exit, Name, Number, Plain, To, node, wrong_type
from acd.flow.model import FAIL, ON_THE_PHONE, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.problems import At, Code, quoted
from acd.flow.schema import key
from acd.flow.visit import Visit

_EXTENSION = re.compile(r"[A-Za-z0-9+*#._-]{1,80}")


@dataclass(frozen=True, slots=True)
class _Extension(Plain):
    label: str = "extension"

    def read(self, raw: object, at: At) -> Any:
        if not isinstance(raw, str):
            return wrong_type(at, 'an extension such as "s"', raw)
        if not _EXTENSION.fullmatch(raw):
            at.say(Code.BAD_VALUE, f"{quoted(raw)} cannot be an extension")
            return BAD
        return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialplan:
    """Send the caller out to a context of the site's own Asterisk dialplan until they come back.

    `Return(word)` there brings them back to `next`; the word may be remembered. Who is not back
    in time, or finds no way on, goes to `on_fail`. See docs/dialplan.md.
    """

    context: str = key(Name("context", To.CONTEXT), "context in `asterisk/*.conf`")
    extension: str = key(_Extension(), "extension of it", default="s")
    attribute: str | None = key(
        Attribute(), "what the word that is returned is remembered as", default=None
    )
    max_seconds: float = key(
        Number(least=1, most=7200), "how long the caller may stay there", default=600.0
    )
    next: str = key(node(Exit.IN_TIME), "where the caller goes when they are back")
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the caller goes if it did not work", default=None
    )


def enter(keys: Dialplan, visit: Visit) -> Entry:
    """Send the caller out."""
    visit.answer()
    visit.stop()
    visit.start(VisitDialplan(keys.context, keys.extension, keys.max_seconds), keys.max_seconds)
    return Wait()  # Asterisk holds the time: nothing can be done with them until they are back


def signal(keys: Dialplan, visit: Visit, signal: Signal) -> Outcome:
    """They are back."""
    match signal:
        case TaskDone("ok", values):
            if keys.attribute is not None:
                visit.set(keys.attribute, values.get("result", ""))
            return Go(keys.next)
        case TaskDone():
            return FAIL
        case _:
            return Stay()


NODE = NodeType("dialplan", Dialplan, enter, signal, channels=ON_THE_PHONE)
