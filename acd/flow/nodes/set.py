"""Node ``set``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Name, TableOf, Template, To, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.template import fill
from acd.flow.visit import Visit

_VALUES = TableOf(
    "table of attribute name to text with `{attribute}`",
    value=Template(shortest=0),  # nothing: to forget
    key_wanted="small letters, digits, underscores, and no built-in name",
    key_sets=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Remember something about the contact, or change the language it is spoken to in."""

    values: Mapping[str, str] | None = key(_VALUES, "what to remember", default=None)
    language: str | None = key(
        Name("language", To.LANGUAGE), "language of all prompts from here on", default=None
    )
    next: str = key(node(Exit.AT_ONCE), "where the caller goes")

    def contradiction(self) -> str | None:
        """Say so when the node does nothing."""
        return None if self.values or self.language else 'sets nothing: give "values" or "language"'


def enter(keys: Set, visit: Visit) -> Entry:
    """Set each value in the order written; later ones see earlier ones."""
    if keys.language is not None:
        visit.speak(keys.language)
    for name, template in (keys.values or {}).items():
        visit.set(name, fill(template, visit.values))
    return Go(keys.next)


def signal(keys: Set, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("set", Set, enter, signal)
