"""Node ``branch``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acd.core.flows import Signal
from acd.flow.expr import Expression, ExpressionError, parse
from acd.flow.kinds import BAD, Exit, ListOf, Plain, Ref, To, node, wrong_type
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.problems import At, Code
from acd.flow.schema import Record, key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True)
class _ExpressionKind(Plain):
    """An expression that is true or false."""

    label: str = "expression"

    def read(self, raw: object, at: At) -> Any:
        """Read into an :class:`Expression`."""
        if not isinstance(raw, str):
            return wrong_type(at, "an expression in quotes", raw)
        try:
            return parse(raw)
        except ExpressionError as error:
            at.say(Code.BAD_EXPRESSION, str(error))
            return BAD

    def refs(self, value: Any) -> Iterator[Ref]:
        """What it names."""
        for to, names in (
            (To.ATTRIBUTE, value.attributes),
            (To.NUMBER, value.numbers),
            (To.QUEUE, value.queues),
            (To.CALENDAR, value.calendars),
        ):
            for name in names:
                yield Ref(to, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case."""

    when: Expression = key(_ExpressionKind(), "the expression")  # noqa: RUF009  # as all keys
    to: str = key(node(Exit.AT_ONCE), "where the caller goes when it is true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Go where the first expression that is true leads.

    A case is `{ when = 'balance > 100 and tier in ("gold", "vip")', to = "vip" }`. Attributes are
    named as they are; `+ - * /`, `== != < <= > >=`, `in`, `and or not` mean what they say. An
    attribute that was never set is the empty text, and one that is no number passes no comparison
    with a number. Functions: `waiting("support")`, `longest_wait("support")` in seconds,
    `available("support")` agents, `is_open("office")`, `length(name)`, `starts_with(ani, "+34")`,
    `says(text, "cancel")` for a word or words in a text.
    """

    cases: tuple[Case, ...] = key(
        ListOf("list of `{ when, to }`", item=Record("case", Case), least=1),
        "tried from first to last",
    )
    default: str = key(node(Exit.AT_ONCE), "where the caller goes when none is true")


def enter(keys: Branch, visit: Visit) -> Entry:
    """Evaluate."""
    for case in keys.cases:
        if case.when.holds(visit):
            return Go(case.to)
    return Go(keys.default)


def signal(keys: Branch, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("branch", Branch, enter, signal)
