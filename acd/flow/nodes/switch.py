"""Node ``switch``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acd.core.channel import Channel
from acd.core.flows import Signal
from acd.flow.comparison import NUMBER_OPS, TEXT_OPS, Comparison
from acd.flow.kinds import BAD, Exit, ListOf, Plain, Ref, Source, To, node, wrong_type
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.problems import At, Code, did_you_mean, quoted
from acd.flow.schema import key
from acd.flow.visit import Visit

_TO = node(Exit.AT_ONCE)


@dataclass(frozen=True, slots=True)
class _CaseKind(Plain):
    """``{ is = "…", to = "…" }``: one comparison and a node."""

    label: str = "table of one comparison and `to`"

    def read(self, raw: object, at: At) -> Any:
        """Read into a pair of comparison and node name."""
        if not isinstance(raw, dict):
            return wrong_type(at, "a table", raw)
        ops = [name for name in raw if name != "to"]
        for name in ops:
            if name not in TEXT_OPS and name not in NUMBER_OPS:
                there = (*TEXT_OPS, *NUMBER_OPS)
                hint = did_you_mean(name, (*there, "to")) or f", only {', '.join(there)}"
                (at / name).say(Code.UNKNOWN_KEY, f"no comparison {quoted(name)}{hint}")
                return BAD
        if len(ops) != 1 or "to" not in raw:
            known = ", ".join((*TEXT_OPS, *NUMBER_OPS))
            at.say(Code.MISSING_KEY, f'a case has "to" and exactly one of {known}')
            return BAD
        target = _TO.read(raw["to"], at / "to")
        comparison = _comparison(ops[0], raw[ops[0]], at / ops[0])
        return BAD if comparison is None or target is BAD else (comparison, target)

    def refs(self, value: Any) -> Iterator[Ref]:
        """The node."""
        for ref in _TO.refs(value[1]):
            yield ref._replace(path=("to",))


def _comparison(op: str, raw: object, at: At) -> Comparison | None:
    constants = raw if isinstance(raw, list) else [raw]
    if op in TEXT_OPS:
        fits = all(isinstance(c, str) for c in constants)
    else:
        fits = all(isinstance(c, int | float) and not isinstance(c, bool) for c in constants)
    if not fits or not constants:
        wrong_type(at, "a text or a list of texts" if op in TEXT_OPS else "a number", raw)
        return None
    return Comparison(op, tuple(constants))


_CHANNELS = tuple(channel.value for channel in Channel)

_CASES = ListOf("list of cases", item=_CaseKind(), least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Go where the first case that fits leads.

    A case is `{ is = "gold", to = "vip" }`. Comparisons: `is` and `starts_with` with a text or a
    list of texts, `at_least` and `at_most` with a number. An attribute that was never set is the
    empty text; a text that is no number fits no comparison of numbers.
    """

    on: str = key(Source(), "the attribute, or `ani`, `dnis`, `caller_name`, `language`, `channel`")
    cases: tuple[tuple[Comparison, str], ...] = key(_CASES, "tried from first to last")
    default: str = key(node(Exit.AT_ONCE), "where the caller goes when no case fits")

    def contradiction(self) -> str | None:
        """Say so when a channel is looked for that there is not."""
        if self.on == "channel":
            for comparison, _ in self.cases:
                for name in comparison.constants if comparison.op == "is" else ():
                    if name not in _CHANNELS:
                        close = did_you_mean(str(name), _CHANNELS)
                        known = close or f", only {', '.join(_CHANNELS)}"
                        return f"no channel {quoted(name)}{known}"
        return None

    def refs(self) -> Iterator[Ref]:
        """What its keys refer to, and the attribute again where it is compared as a number."""
        yield Ref(To.ATTRIBUTE, self.on, ("on",))
        for index, (comparison, target) in enumerate(self.cases):
            if comparison.op in NUMBER_OPS:
                yield Ref(To.NUMBER, self.on, ("cases", index))
            yield Ref(To.NODE, target, ("cases", index, "to"))
        yield Ref(To.NODE, self.default, ("default",))

    def way(self, value: str) -> str:
        """Return where a value of the attribute leads."""
        for comparison, target in self.cases:
            if comparison.holds(value):
                return target
        return self.default

    def led(self, channel: str) -> str | None:
        """Return where all contacts of a channel are led; None where that goes by other things."""
        return self.way(channel) if self.on == "channel" else None


def enter(keys: Switch, visit: Visit) -> Entry:
    """Compare."""
    return Go(keys.way(visit.values.get(keys.on, "")))


def signal(keys: Switch, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("switch", Switch, enter, signal)
