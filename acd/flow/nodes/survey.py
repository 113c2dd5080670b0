"""Node ``survey``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import (
    Choice,
    DigitPressed,
    KeepScore,
    PlaybackDone,
    PlayPrompts,
    Said,
    Signal,
    TimedOut,
)
from acd.flow.kinds import Attribute, Exit, Number, OneOf, Prompts, Text, node
from acd.flow.model import Again, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.schema import key
from acd.flow.visit import Visit

SCALES = {"csat": (1, 5), "nps": (0, 10), "points": (0, 9)}
"""Scale to its lowest and highest answer."""

_MORE_SECONDS = 2.0
"""How long a key that may begin a longer number waits for the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Ask one question of a survey and keep the answer.

    Scales: `csat` 1 to 5, how content; `nps` 0 to 10, how likely to recommend; `points` 0 to 9. An
    answer belongs to the contact it is about: the one before, when an agent's queue leads here with
    `after`, else this one.
    """

    survey: str = key(Text(longest=64), "name of the survey, as reports show it")
    question: str = key(Text(longest=64), "name of the question", default="overall")
    scale: str = key(OneOf("scale", tuple(SCALES)), "what is answered", default="csat")
    prompt: tuple[str, ...] = key(Prompts(), "the question")
    invalid: tuple[str, ...] | None = key(
        Prompts(), "heard before the question after a wrong answer", default=None
    )
    attribute: str | None = key(Attribute(), "takes the answer", default=None)
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for the answer", default=7.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=2)
    next: str = key(node(Exit.BY_CALLER), "where the customer goes then")
    on_fail: str | None = key(node(Exit.IN_TIME), "… without having answered", default=None)


def ask(keys: Survey, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Ask."""
    visit.memory.pop("digits", None)
    asked = visit.play(*first, *keys.prompt)
    if visit.is_written and isinstance(visit.actions[-1], PlayPrompts):
        least, most = SCALES[keys.scale]
        answers = tuple(Choice(str(n), str(n)) for n in range(least, most + 1))
        visit.actions[-1] = PlayPrompts(visit.actions[-1].prompts, answers)
    return asked


def enter(keys: Survey, visit: Visit) -> Entry:
    """Ask for the first time."""
    return ask(keys, visit, ())


def signal(keys: Survey, visit: Visit, signal: Signal) -> Outcome:
    """Take a number of the scale."""
    digits = visit.memory.get("digits", "")
    match signal:
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case DigitPressed(digit) if digit in "0123456789":
            return _digit(keys, visit, digits + digit)
        case DigitPressed("#") | TimedOut() if digits:
            return _answer(keys, visit, digits)
        case Said(text):
            return _answer(keys, visit, text.strip())
        case DigitPressed():
            return Again("not_understood", keys.invalid or ())
        case TimedOut():
            return Again("no_input")
        case _:
            return Stay()


def _digit(keys: Survey, visit: Visit, digits: str) -> Outcome:
    visit.stop()
    most = SCALES[keys.scale][1]
    if most > 9 and digits == str(most)[0]:  # a 10 may follow the 1
        visit.memory["digits"] = digits
        return Wait(_MORE_SECONDS)
    return _answer(keys, visit, digits)


def _answer(keys: Survey, visit: Visit, text: str) -> Outcome:
    least, most = SCALES[keys.scale]
    if not (text.isascii() and text.isdigit() and len(text) < 3 and least <= int(text) <= most):
        return Again("not_understood", keys.invalid or ())
    visit.actions.append(KeepScore(keys.survey, keys.question, keys.scale, int(text)))
    if keys.attribute is not None:
        visit.set(keys.attribute, str(int(text)))
    return Go(keys.next)


NODE = NodeType("survey", Survey, enter, signal, ask=ask)
