"""Node ``menu``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import DigitPressed, PlaybackDone, Signal, TimedOut
from acd.flow.kinds import Exit, Number, Prompts, TableOf, is_digit, node
from acd.flow.model import FAIL, Call, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.schema import key

_KEYS = TableOf(
    "table of phone key to node",
    value=node(Exit.BY_CALLER),
    key_fits=is_digit,
    key_wanted='one of 0-9, "*", "#"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Offer a choice and go where the key pressed leads.

    A key pressed while the prompt plays stops it and counts. After a wrong key, or none in time,
    the prompt is heard again, `tries` times in all; then the caller goes to `on_fail`.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is offered")
    keys: Mapping[str, str] = key(_KEYS, "where each phone key leads")
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for a key after the prompt", default=7.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to offer", default=3)
    invalid: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt after a wrong key", default=None
    )
    timeout: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt when no key was pressed", default=None
    )
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the caller goes after the last try", default=None
    )


def enter(keys: Menu, call: Call) -> Entry:
    """Offer."""
    return call.play(*keys.prompt)


def signal(keys: Menu, call: Call, signal: Signal) -> Outcome:
    """Wait for a key after the prompt; act on a key at any time."""
    match signal:
        case PlaybackDone():
            return Wait(keys.timeout_seconds)
        case DigitPressed(digit) if digit in keys.keys:
            return Go(keys.keys[digit])
        case DigitPressed():
            return _again(keys, call, keys.invalid)
        case TimedOut():
            return _again(keys, call, keys.timeout)
        case _:
            return Stay()


def _again(keys: Menu, call: Call, first: tuple[str, ...] | None) -> Entry:
    if call.tries() >= keys.tries:
        return FAIL
    return call.play(*(first or ()), *keys.prompt)


NODE = NodeType("menu", Menu, enter, signal)
