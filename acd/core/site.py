"""The site: everything admins edit as files, as one immutable published version."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from acd.core.calendar import Calendar
from acd.core.channel import Channel
from acd.core.flows import Prompt
from acd.core.ids import QueueName
from acd.core.queue import Queue

DEFAULT_NUMBER = "default"
"""Entry of the site's numbers that takes every number nobody listed."""

FILE_PREFIX = "file:"
"""What a spoken wording begins with that names a recorded sound."""

Written = Callable[[Prompt, str], str]
"""Writes a prompt that is a value (``number``, ``date``, …) as people of a language write it."""


@dataclass(frozen=True, slots=True)
class Number:
    """What a dialled number, a mailbox, a widget or a channel as a whole reaches.

    Attributes:
        flow: name of the flow its contacts enter.
        title: what it is, for people.
        language: language the flow starts in.
    """

    flow: str
    title: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Command:
    """Something a customer may say or press at any point of any flow.

    Attributes:
        name: what it is called; the reason noted when it leads away from a node.
        does: ``repeat`` or ``back``; ``leave`` for the start of ``flow``.
        flow: where it leads.
        key: the phone key that gives it; empty for none.
        words: language to words or phrases that give it.
    """

    name: str
    does: str
    flow: str = ""
    key: str = ""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Promotion:
    """Codes that customers may redeem, each once.

    Attributes:
        codes: the codes in capitals, without spaces and hyphens, sorted.
        first, last: ISO dates between which they count, in the zone; empty for no limit.
        timezone: IANA name.
    """

    codes: tuple[str, ...]
    first: str = ""
    last: str = ""
    timezone: str = "UTC"

    def __contains__(self, code: str) -> bool:
        place = bisect_left(self.codes, code)
        return self.codes[place : place + 1] == (code,)


@dataclass(frozen=True, slots=True)
class Site:
    """One published version of ``dialplans/``.

    Flows are kept as the plain data they were written in: the core does not look inside, the
    interpreter in :mod:`acd.flow` compiles them once a version.

    Attributes:
        version: content hash.
        numbers: dialled number to its entry.
        queues: queue by name.
        calendars: opening hours by name.
        flows: flow by name, as parsed TOML.
        prompts: language to prompt key to what is spoken, or ``file:<path>`` of a sound.
        written: language to prompt key to what is written instead, of the prompts that say so.
        unbroken: language to the prompts during which keys do not interrupt.
        asterisk: file name to text of the site's own Asterisk dialplan.
    """

    version: str = ""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    queues: Mapping[QueueName, Queue] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    flows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    prompts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unbroken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asterisk: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    promotions: Mapping[str, Promotion] = field(default_factory=dict)

    def home_of(self, key: str, language: str) -> str | None:
        """Return the language that a prompt is heard and read in; None if there is no such prompt.

        That is ``language`` itself, else the same without its region, else the first that has it.
        """
        for candidate in (language, language.partition("-")[0], *self.prompts):
            if key in self.prompts.get(candidate, ()):
                return candidate
        return None

    def number_of(self, address: str, channel: Channel) -> Number | None:
        """Return what an address reaches: its own entry, its channel's, or everybody's."""
        numbers = self.numbers
        return numbers.get(address) or numbers.get(channel) or numbers.get(DEFAULT_NUMBER)

    def text_of(self, prompts: Sequence[Prompt], language: str) -> str:
        """Return prompts as they are written.

        A prompt's written wording goes before its spoken one; a recorded one that has none says
        nothing. Texts, and values that nobody has put into words, are shown as they came.
        """
        texts = (self._text(prompt, language) for prompt in prompts)
        return joined(texts)

    def _text(self, prompt: Prompt, language: str) -> str:
        if prompt.kind != "key":
            return prompt.value
        home = self.home_of(prompt.value, language)
        if home is None:
            return ""
        spoken = self.prompts[home][prompt.value]
        text = self.written.get(home, {}).get(prompt.value, spoken)
        return "" if text.startswith(FILE_PREFIX) else text

    def may_interrupt(self, prompts: Sequence[Prompt], language: str) -> bool:
        """Return whether a key may stop these prompts: none of them forbids it."""
        return not any(
            prompt.value in self.unbroken.get(self.home_of(prompt.value, language) or "", ())
            for prompt in prompts
            if prompt.kind == "key"
        )


_CLOSING, _OPENING = tuple(".,;:!?…)»”%"), tuple("¿¡(«“")


def joined(texts: Iterable[str]) -> str:
    """Return pieces as one text: a space between two, where there is no punctuation.

    >>> joined(["You owe", "12 €", ". Pay (", "now", ")?"])
    'You owe 12 €. Pay (now)?'
    """
    whole = ""
    for text in texts:
        if whole and text and not (text.startswith(_CLOSING) or whole.endswith(_OPENING)):
            whole += " "
        whole += text
    return whole
