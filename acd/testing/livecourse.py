"""What the engine writes down of one call, for whoever tells its story."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from acd.core import events as e
from acd.core.contact import Contact, EndReason
from acd.core.flows import Prompt
from acd.core.ids import ContactId, PlaybackId
from acd.core.record import Record


@dataclass(frozen=True, slots=True)
class Played:
    """One sound that the engine asked for.

    Attributes:
        prompts: what it is made of: a key alone, or the texts and values of a sentence.
        language: it is heard in.
        site: version of the site.
        playback: what it is part of.
    """

    prompts: tuple[Prompt, ...]
    language: str
    site: str
    playback: PlaybackId


class Course:
    """Follows one call through the engine's records.

    Args:
        contacts: those of the engine's state.
        number: the number dialled: its next contact is ours.

    Attributes:
        contact: ours, also after its end.
        reason: why it has ended.
        played: everything that was to be heard: the value of a prompt, and its sound.
        playing: what is being played.
        keys: how many keys the flow was given.
        messages_begun: how many messages the caller was let leave.
        messages_over: how many of them have ended.
        scores: answers to surveys.
    """

    def __init__(self, contacts: Mapping[ContactId, Contact], number: str) -> None:
        self._contacts = contacts
        self._number = number
        self._language = ""
        self._stirred_at = _now()
        self.contact: Contact | None = None
        self.reason: EndReason | None = None
        self.played: list[tuple[str, Played]] = []
        self.playing: PlaybackId | None = None
        self.keys = 0
        self.messages_begun = 0
        self.messages_over = 0
        self.scores: list[int] = []

    @property
    def quiet_seconds(self) -> float:
        """For how long nothing has happened; 0 while something is played."""
        return 0.0 if self.playing is not None else _now() - self._stirred_at

    def observe(self, records: Sequence[Record]) -> None:
        """Take what has happened."""
        for record in records:
            body = record.body
            if isinstance(body, e.ContactOpened):
                if self.contact is None and body.leg is not None and body.dnis == self._number:
                    self._language = body.language
                    self._take(body.contact)
            elif self.contact is not None and getattr(body, "contact", "") == self.contact.id:
                self._stirred_at = _now()
                self._follow(body)

    def _take(self, contact: ContactId) -> None:
        self.contact = self._contacts.get(contact)
        self.reason = None

    def _follow(self, body: object) -> None:
        match body:
            case e.LegPassed(to=contact):
                self._take(contact)
            case e.LanguageSet(language=language):
                self._language = language
            case e.PromptsStarted():
                self._start(body)
            case e.PromptsEnded(playback=playback) if playback == self.playing:
                self.playing = None
            case e.ContactEnded(reason=reason):
                self.reason, self.playing = reason, None
            case e.DigitTaken():
                self.keys += 1
            case e.MessageStarted():
                self.messages_begun += 1
            case e.MessageEnded():
                self.messages_over += 1
            case e.ScoreKept(score=score):
                self.scores.append(score)

    def _start(self, started: e.PromptsStarted) -> None:
        assert self.contact is not None
        self.playing = started.playback
        for is_key, run in groupby(started.prompts, lambda prompt: prompt.kind == "key"):
            whole = tuple(run)
            for parts in zip(whole, strict=True) if is_key else (whole,):
                sound = Played(parts, self._language, self.contact.site, started.playback)
                self.played += ((prompt.value, sound) for prompt in parts)


def _now() -> float:
    return asyncio.get_running_loop().time()
