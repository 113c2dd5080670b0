"""The site: everything admins edit as files, as one immutable published version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from acd.core.calendar import Calendar
from acd.core.flows import Prompt
from acd.core.ids import QueueName
from acd.core.queue import Queue

DEFAULT_NUMBER = "default"
"""Entry of the site's numbers that takes every number nobody listed."""

_SOUND = "file:"


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
        prompts: language to prompt key to text, or to ``file:<path>`` of a recorded sound.
    """

    version: str = ""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    queues: Mapping[QueueName, Queue] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    flows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    prompts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text_of(self, prompts: Sequence[Prompt], language: str) -> str:
        """Return prompts as they are written; recorded ones have no text."""
        own = self.prompts.get(language, {})
        texts = [own.get(p.value, "") if p.kind == "key" else p.value for p in prompts]
        return " ".join(text for text in texts if text and not text.startswith(_SOUND))
