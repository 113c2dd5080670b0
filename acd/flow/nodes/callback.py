"""Node ``callback``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from acd.core.flows import (
    CallBack,
    DigitPressed,
    PlaybackDone,
    QueueLeft,
    Said,
    Signal,
    TimedOut,
)
from acd.core.skill import Need
from acd.flow import kinds
from acd.flow.kinds import DIGITS, Exit, Name, Number, OneOf, Prompts, To, node
from acd.flow.model import FAIL, Again, End, Entry, Go, NodeType, Outcome, Reach, Stay, Wait
from acd.flow.nodes.enqueue import REQUIRE, Require
from acd.flow.schema import key
from acd.flow.visit import Visit

_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_BETWEEN = re.compile(r"[ ()./-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Offer to call the customer back when it is their turn; they keep their place.

    The key `accept` takes the number the call comes from; without one, and with the key `other`,
    the number is asked for. Any other answer that is no command, or none, declines. The promised
    call is a contact of its own that waits in the queue; the agent's phone rings first, then the
    customer's.
    """

    queue: str = key(Name("queue", To.QUEUE), "the queue")
    prompt: tuple[str, ...] = key(Prompts(), "the offer")
    number_prompt: tuple[str, ...] = key(Prompts(), "asks for the number, ended by `#`")
    thanks: tuple[str, ...] = key(Prompts(), "heard when the call is promised")
    accept: str = key(OneOf("phone key", tuple(DIGITS)), "the key that accepts", default="1")
    other: str = key(OneOf("phone key", tuple(DIGITS)), "the key for another number", default="2")
    accept_label: str | None = key(kinds.prompt(), "the choice, for those who read", default=None)
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for a key", default=7.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=3)
    require: tuple[Require, ...] = key(REQUIRE, "what the agent must be able to do", default=())
    priority: int = key(
        Number("whole number", -100, 100, whole=True), "higher goes first", default=0
    )
    next: str = key(node(Exit.IN_TIME), "where the customer goes who declines")
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the customer goes who gives no number", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when one key means two things."""
        return "accept and other are the same key" if self.accept == self.other else None


def ask(keys: Callback, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Offer, or ask for the number once more."""
    if visit.memory.get("part") == "number":
        visit.memory.pop("digits", None)
        return visit.play(*first, *keys.number_prompt)
    choices = {keys.accept: keys.accept_label} if keys.accept_label else None
    return visit.play(*first, *keys.prompt, choices=choices)


def enter(keys: Callback, visit: Visit) -> Entry:
    """Offer."""
    return ask(keys, visit, ())


def signal(keys: Callback, visit: Visit, signal: Signal) -> Outcome:
    """Offer, then number, then thanks."""
    match visit.memory.get("part"):
        case None:
            return _offered(keys, visit, signal)
        case "number":
            return _numbered(keys, visit, signal)
        case _:
            return _promised(keys, visit, signal)


def _offered(keys: Callback, visit: Visit, signal: Signal) -> Outcome:
    match signal:
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case DigitPressed(keys.accept):
            return _accept(keys, visit)
        case DigitPressed(keys.other):
            return _ask_number(keys, visit)
        case Said(text) if text.strip() == keys.accept or _says(keys, visit, text):
            return _accept(keys, visit)
        case Said(text) if is_number(text):
            return _promise(keys, visit, text)
        case (Said() | DigitPressed()) as answer if visit.is_command(answer):
            return Stay()
        case Said() | DigitPressed() | TimedOut():
            return Go(keys.next)
        case _:
            return Stay()


def _says(keys: Callback, visit: Visit, text: str) -> bool:
    label = visit.label(keys.accept_label) if keys.accept_label else ""
    return bool(label) and text.strip().casefold() == label.casefold()


def _accept(keys: Callback, visit: Visit) -> Entry:
    ani = visit.values["ani"]
    return _promise(keys, visit, ani) if is_number(ani) else _ask_number(keys, visit)


def _ask_number(keys: Callback, visit: Visit) -> Entry:
    visit.memory["part"] = "number"
    return ask(keys, visit, ())


def _numbered(keys: Callback, visit: Visit, signal: Signal) -> Outcome:
    digits = visit.memory.get("digits", "")
    match signal:
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case Said(text) if is_number(text):
            return _promise(keys, visit, text)
        case DigitPressed("#") | TimedOut() if is_number(digits):
            return _promise(keys, visit, digits)
        case DigitPressed(digit) if digit in "0123456789":
            visit.stop()
            visit.memory["digits"] = (digits + digit)[:20]
            return Wait(keys.timeout_seconds)
        case TimedOut():
            return Again("no_input")
        case DigitPressed() | Said():
            return Again("not_understood")
        case _:
            return Stay()


def _promise(keys: Callback, visit: Visit, number: str) -> Entry:
    """Promise the call before the thanks: most people hang up when they hear those."""
    visit.memory["part"] = "thanks"
    needs = tuple(Need(need.skill, need.min, need.relax_after) for need in keys.require)
    visit.actions.append(CallBack(_BETWEEN.sub("", number), keys.queue, keys.priority, needs))
    return visit.play(*keys.thanks)


def _promised(keys: Callback, visit: Visit, signal: Signal) -> Outcome:
    match signal:
        case PlaybackDone():
            return End()
        case QueueLeft():
            return FAIL
        case DigitPressed():
            return Wait()  # no command: it is promised
        case _:
            return Stay()


def is_number(text: str) -> bool:
    """Return whether ``text`` may be a number that can be rung.

    >>> is_number("+34 91 123-45-67"), is_number("anonymous"), is_number("web12")
    (True, False, False)
    """
    return _NUMBER.fullmatch(_BETWEEN.sub("", text)) is not None


NODE = NodeType("callback", Callback, enter, signal, Reach.HUMAN, ask=ask)
