"""Node ``collect``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import DigitPressed, PlaybackDone, Said, Signal, TimedOut
from acd.flow.checks import CHECKS
from acd.flow.kinds import DIGITS, Attribute, Exit, Number, OneOf, Prompts, node
from acd.flow.model import Again, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.schema import key
from acd.flow.visit import Visit

_COUNT = Number("whole number", 1, 40, whole=True)

_GAPS = " -./()\t\n"
"""What people put between digits when they write them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """Take digits from the caller and remember them as an attribute.

    Digits may be pressed while the prompt plays. They are complete when `max_digits` are there,
    when the terminator is pressed or when no more come in time; a terminator right after the last
    possible digit means nothing more. Too few, a key that is no digit, or digits that are not
    `valid`, are a failed try: the prompt is heard again, `tries` times in all; then the caller goes
    to `on_fail`.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is asked for")
    attribute: str = key(Attribute(), "what the digits are remembered as")
    min_digits: int = key(_COUNT, "fewest digits", default=1)
    max_digits: int = key(_COUNT, "most digits", default=16)
    valid: str = key(
        OneOf("check", ("any", *CHECKS)),
        "what the digits must be: `luhn` for a card's or an account's check digit; `date_dmy`, "
        "`date_mdy` or `date_ymd` for eight digits of a day that exists, kept as 2026-12-24",
        default="any",
    )
    terminator: str = key(
        OneOf("phone key", (*DIGITS, "none")), "key that ends the digits, or `none`", default="#"
    )
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for the first digit", default=7.0
    )
    digit_timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for one more digit", default=3.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=3)
    invalid: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt after a wrong entry", default=None
    )
    timeout: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt when nothing was entered", default=None
    )
    next: str = key(node(Exit.BY_CALLER), "where the caller goes with the digits")
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the caller goes after the last try", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when no entry can be right."""
        if self.min_digits > self.max_digits:
            return "min_digits is more than max_digits"
        if self.valid.startswith("date") and not self.min_digits <= 8 <= self.max_digits:
            return "a date has eight digits: let min_digits and max_digits allow them"
        return None


def ask(keys: Collect, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Ask."""
    visit.memory.pop("digits", None)
    return visit.play(*first, *keys.prompt)


def enter(keys: Collect, visit: Visit) -> Entry:
    """Ask for the first time."""
    return ask(keys, visit, ())


def signal(keys: Collect, visit: Visit, signal: Signal) -> Outcome:
    """Gather digits, one by one on the phone and all at once in writing."""
    digits = visit.memory.get("digits", "")
    match signal:
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case DigitPressed(keys.terminator):
            return _complete(keys, visit, digits)
        case DigitPressed(digit) if digit in "0123456789":
            visit.stop()
            digits += digit
            if len(digits) >= keys.max_digits:
                visit.take_late(keys.terminator)
                return _complete(keys, visit, digits)
            visit.memory["digits"] = digits
            return Wait(keys.digit_timeout_seconds)
        case Said(text):
            written = "".join(c for c in text if c not in _GAPS)
            if written.isascii() and written.isdigit() and len(written) <= keys.max_digits:
                return _complete(keys, visit, written)
            return Again("not_understood", keys.invalid or ())
        case DigitPressed():
            return Again("not_understood", keys.invalid or ())
        case TimedOut() if digits:
            return _complete(keys, visit, digits)
        case TimedOut():
            return Again("no_input", keys.timeout or ())
        case _:
            return Stay()


def _complete(keys: Collect, visit: Visit, digits: str) -> Outcome:
    value = CHECKS[keys.valid](digits) if keys.valid in CHECKS else digits
    if len(digits) < keys.min_digits or value is None:
        return Again("not_understood", keys.invalid or (), is_own=bool(digits))
    visit.set(keys.attribute, value)
    return Go(keys.next)


NODE = NodeType("collect", Collect, enter, signal, ask=ask)
