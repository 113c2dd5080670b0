"""Node ``menu``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import DigitPressed, PlaybackDone, Said, Signal, TimedOut
from acd.flow.kinds import Exit, Number, Prompts, TableOf, is_digit, node, prompt
from acd.flow.model import Again, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit
from acd.flow.words import contains

KEYS = TableOf(
    "table of phone key to node",
    value=node(Exit.BY_CALLER),
    key_fits=is_digit,
    key_wanted='one of 0-9, "*", "#"',
)
_LABELS = TableOf(
    "table of phone key to prompt",
    value=prompt(),
    key_fits=is_digit,
    key_wanted='one of 0-9, "*", "#"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Offer a choice and go where the customer's answer leads.

    On the phone a key is pressed; one pressed while the prompt plays stops it and counts. Who
    writes is shown the `labels` as a numbered list, or as buttons, and answers with the number or
    the words of a label. After a wrong answer, or none in time, the choice is offered again,
    `tries` times in all; then the customer goes to `on_fail`.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is offered")
    keys: Mapping[str, str] = key(KEYS, "where each phone key leads")
    labels: Mapping[str, str] | None = key(
        _LABELS, "the prompt that names each choice, for those who read", default=None
    )
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

    def contradiction(self) -> str | None:
        """Say so when a label names a choice that is not there."""
        more = [digit for digit in self.labels or {} if digit not in self.keys]
        return f'labels has "{more[0]}", which leads nowhere: see keys' if more else None


def ask(keys: Menu, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Offer."""
    return visit.play(*first, *keys.prompt, choices=keys.labels)


def enter(keys: Menu, visit: Visit) -> Entry:
    """Offer for the first time."""
    return ask(keys, visit, ())


def signal(keys: Menu, visit: Visit, signal: Signal) -> Outcome:
    """Wait for a key after the prompt; act on a key, or on words, at any time."""
    match signal:
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case DigitPressed(digit) if digit in keys.keys:
            return Go(keys.keys[digit])
        case Said(text):
            choice = chosen(keys, visit, text)
            if choice is not None:
                return Go(keys.keys[choice])
            return Again("not_understood", keys.invalid or ())
        case DigitPressed():
            return Again("not_understood", keys.invalid or ())
        case TimedOut():
            return Again("no_input", keys.timeout or ())
        case _:
            return Stay()


def chosen(keys: Menu, visit: Visit, text: str) -> str | None:
    """Return the key of the choice that ``text`` names: its number, its label, words of it."""
    plain = text.strip()
    if plain in keys.keys:
        return plain
    labels = {digit: visit.label(name) for digit, name in (keys.labels or {}).items()}
    # What stands in one label only names it: "billing" for "Billing and payments".
    whole = [digit for digit, label in labels.items() if contains(text, [label])]
    part = [digit for digit, label in labels.items() if contains(label, [text])]
    found = whole or part
    return found[0] if len(found) == 1 else None


NODE = NodeType("menu", Menu, enter, signal, ask=ask)
