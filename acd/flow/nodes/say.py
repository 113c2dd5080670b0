"""Node ``say``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import PlaybackDone, Prompt, Signal
from acd.flow.kinds import Exit, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.template import pieces
from acd.flow.visit import Visit
from acd.flow.wording import Wording, worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak a text with what is known about the contact in it.

    `text = { en = "You entered", es = "Ha marcado" }` speaks the contact's language, and the
    first of the table when that is not there. `{name}` is said as it is, `{name:kind}` as a value
    of a kind: `{order:digits}`, `{count:number}`, `{due:date}` (2026-12-24), `{at:time}` (14:30),
    `{sum:money}` (12.50 USD).
    """

    text: Mapping[str, str] = key(Wording(spoken=True), "what is said")
    # At once: a text that is all attributes may turn out empty, and then nothing is waited for.
    next: str = key(node(Exit.AT_ONCE), "where the caller goes afterwards")


def enter(keys: Say, visit: Visit) -> Entry:
    """Fill in and speak; go on if there is nothing to say."""
    template = worded(keys.text, visit.language)
    prompts = tuple(Prompt(kind, text) for kind, text in pieces(template, visit.values))
    return visit.tell(prompts) if prompts else Go(keys.next)


def signal(keys: Say, visit: Visit, signal: Signal) -> Outcome:
    """Go on when everything was heard."""
    return Go(keys.next) if isinstance(signal, PlaybackDone) else Stay()


NODE = NodeType("say", Say, enter, signal)
