"""The PBX as the engine sees it: effects in, inputs out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from acd.core.effects import PbxEffect
from acd.core.errors import AcdError
from acd.core.flows import Prompt
from acd.core.ids import AgentName, LegId, PlaybackId, RecordingId
from acd.core.inputs import Input, PbxSeen

BROWSER = "-web"
"""What follows an agent's SIP user in the name of the phone that is their browser."""

Emit = Callable[[Input], None]
"""How a PBX tells the engine something; never blocks."""


class PbxError(AcdError):
    """An effect could not be performed.

    Attributes:
        is_gone: the thing it was about no longer exists; often not an error at all.
    """

    def __init__(self, message: str, *, code: str, is_gone: bool = False) -> None:
        super().__init__(message, code=code)
        self.is_gone = is_gone


@dataclass(frozen=True, slots=True)
class Sound:
    """Something the PBX can play.

    Attributes:
        name: path of a file without its extension.
        seconds: how long it lasts.
    """

    name: str
    seconds: float


class Sounds(Protocol):
    """Turns prompts into something the PBX can play."""

    async def media(self, prompts: Sequence[Prompt], language: str, site: str) -> list[Sound]:
        """Return the sounds of prompts.

        Args:
            prompts: what is to be heard, in order.
            language: language to speak.
            site: version of the site whose prompts are meant.

        Raises:
            AcdError: a prompt cannot be made into sound.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outbound:
    """Where calls that agents begin may go.

    Attributes:
        trunk: the carrier that carries them.
        allow: how numbers begin that may be rung; no other may.
        caller_id: the number that is shown.
    """

    trunk: str
    allow: tuple[str, ...]
    caller_id: str = ""

    def trunk_for(self, number: str) -> str | None:
        """Return the trunk that ``number`` is rung over; None if it may not be rung."""
        return self.trunk if number.startswith(self.allow) else None


class Pbx(Protocol):
    """One PBX node."""

    @property
    def node(self) -> str:
        """Its name, unique in the site."""
        ...

    async def perform(self, effect: PbxEffect) -> None:
        """Perform one effect; repeating it is harmless.

        Raises:
            PbxError: it could not be done.
        """
        ...

    async def look(self, known: Collection[LegId], *, is_fresh: bool = False) -> PbxSeen:
        """Return every live leg of ours, and the state of the ``known`` ones.

        Args:
            known: legs the engine believes alive.
            is_fresh: effects under way before may be lost; handed on to the core.
        """
        ...

    async def renew(self, legs: Collection[LegId]) -> None:
        """Renew the dead-man lease of ``legs``: without it the PBX takes a caller back."""
        ...

    async def lift(self, legs: Collection[LegId]) -> None:
        """Take the lease off ``legs``, which are in a talk."""
        ...

    async def free(
        self, leg: LegId, playback: PlaybackId | None, recording: RecordingId | None
    ) -> None:
        """Stop what a leg is playing or recording since before we were connected."""
        ...

    async def watch_agents(self, addresses: dict[str, AgentName]) -> None:
        """Report events of these agents' phones from now on."""
        ...
