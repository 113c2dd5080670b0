"""Node ``intent``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import DigitPressed, PlaybackDone, Said, Signal, TaskDone, TimedOut
from acd.core.task import Listen
from acd.flow.kinds import (
    Attribute,
    Exit,
    Number,
    Prompts,
    TableOf,
    is_name,
    node,
)
from acd.flow.model import FAIL, Again, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.nodes.menu import KEYS
from acd.flow.schema import Record, key
from acd.flow.visit import Visit
from acd.flow.wording import WORDS
from acd.flow.words import hits, of_language

RECOGNISE_SECONDS = 10.0
"""How long the recogniser may take beyond the time that the caller speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an intent is: the words that tell of it, and where it leads."""

    words: Mapping[str, tuple[str, ...]] = key(WORDS, "words and phrases, by language")
    to: str = key(node(Exit.BY_CALLER), "where whoever means it goes")


_INTENTS = TableOf(
    "table of intent to `words` (language to list) and `to` (node)",
    value=Record("intent", Meaning),
    key_fits=is_name,
    key_wanted="letters, digits, - and _",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Ask what the customer wants, in their own words, and go where those lead.

    The intent with the most words in what was written or said is meant; when two have as many,
    none is. A caller speaks after the prompt, or presses a key at any time: offer the keys in the
    prompt, for where no recogniser is installed, or none for the language, only the keys work.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is asked")
    intents: Mapping[str, Meaning] = key(_INTENTS, "what may be meant")
    keys: Mapping[str, str] | None = key(KEYS, "where each phone key leads", default=None)
    attribute: str | None = key(
        Attribute(), "what the intent's name is remembered as", default=None
    )
    max_seconds: float = key(Number(least=2, most=30), "how long a caller may speak", default=8.0)
    silence_seconds: float = key(
        Number(least=1, most=10), "the silence that ends what a caller says", default=2.0
    )
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for a key when nothing was said", default=5.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=3)
    invalid: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt when it was not understood", default=None
    )
    timeout: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt when nothing was said", default=None
    )
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the customer goes after the last try", default=None
    )


def ask(keys: Intent, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Ask; who is asked is not listened to."""
    visit.drop()
    visit.memory.pop("listening", None)
    return visit.play(*first, *keys.prompt)


def enter(keys: Intent, visit: Visit) -> Entry:
    """Ask for the first time."""
    return visit.play(*keys.prompt)


def signal(keys: Intent, visit: Visit, signal: Signal) -> Outcome:
    """Listen after the prompt; act on words, and on a key at any time."""
    match signal:
        case PlaybackDone() if visit.is_written:
            return visit.reply_within(keys.timeout_seconds)
        case PlaybackDone():
            return _listen(keys, visit)
        case TaskDone("ok", values):
            return _understand(keys, visit, values.get("text", ""))
        case TaskDone("silent" | "unavailable" as outcome):
            return _without_words(keys, visit, outcome)
        case TaskDone():
            return Again("not_understood", keys.invalid or ())
        case DigitPressed(digit) if digit in (keys.keys or {}):
            return Go((keys.keys or {})[digit])
        case Said(text) if text.strip() in (keys.keys or {}):
            return Go((keys.keys or {})[text.strip()])
        case Said(text):
            return _understand(keys, visit, text)
        case DigitPressed():
            return Again("not_understood", keys.invalid or ())
        case TimedOut() if "listening" in visit.memory:
            return Again("not_understood", keys.invalid or ())
        case TimedOut():
            return Again("no_input", keys.timeout or ())
        case _:
            return Stay()


def _listen(keys: Intent, visit: Visit) -> Outcome:
    if "deaf" in visit.memory:
        return Wait(keys.timeout_seconds)
    visit.memory["listening"] = "1"
    tables = [one.words for one in keys.intents.values()]
    tables += [one.words for one in visit.site.commands]
    known = [of_language(table, visit.language) or () for table in tables]
    phrases = tuple(dict.fromkeys(word for words in known for word in words))
    task = Listen(phrases, visit.language, keys.max_seconds, keys.silence_seconds)
    return visit.start(task, keys.max_seconds + RECOGNISE_SECONDS)


def _without_words(keys: Intent, visit: Visit, outcome: str) -> Outcome:
    visit.memory.pop("listening", None)
    if outcome == "unavailable":
        visit.memory["deaf"] = "1"  # the keys are all there is
        return Wait(keys.timeout_seconds) if keys.keys else FAIL
    return Wait(keys.timeout_seconds) if keys.keys else Again("no_input", keys.timeout or ())


def _understand(keys: Intent, visit: Visit, text: str) -> Outcome:
    name = meant(keys.intents, text, visit.language)
    if name is None:
        return Again("not_understood", keys.invalid or ())
    if keys.attribute is not None:
        visit.set(keys.attribute, name)
    return Go(keys.intents[name].to)


def meant(intents: Mapping[str, Meaning], text: str, language: str) -> str | None:
    """Return the intent that a text speaks of most; None for none or for two alike."""
    counts = {n: hits(text, of_language(i.words, language) or ()) for n, i in intents.items()}
    best = max(counts.values())
    found = [name for name, count in counts.items() if count == best]
    return found[0] if best > (0, 0) and len(found) == 1 else None


NODE = NodeType("intent", Intent, enter, signal, ask=ask)
