"""Listening to callers: who records a few words, and who recognises them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from acd.core.errors import AcdError
from acd.core.ids import LegId, RecordingId


class RecogniserError(AcdError):
    """What a caller said could not be recognised."""

    code = "recogniser-failed"


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody said.

    Attributes:
        text: words among which the phrase stands; empty when it was none of the phrases.
        confidence: 0 to 1.
        is_silent: nobody said anything.
    """

    text: str = ""
    confidence: float = 0.0
    is_silent: bool = False


class Recogniser(Protocol):
    """Recognises phrases in a telephone's sound."""

    def understands(self, language: str) -> bool:
        """Return whether phrases of a language can be recognised."""
        ...

    async def recognise(self, sound: Path, phrases: Sequence[str], language: str) -> Heard:
        """Return which of the phrases was said, in a sound file (WAV, 8,000 samples a second).

        Raises:
            RecogniserError: it does not work.
        """
        ...


class Microphone(Protocol):
    """Records what a leg says, for the engine only."""

    async def listen(
        self, leg: LegId, recording: RecordingId, max_seconds: float, silence_seconds: float
    ) -> None:
        """Record until a silence, the limit or the hang-up; without a beep, and keys go on.

        Raises:
            acd.ports.pbx.PbxError: it cannot be recorded.
        """
        ...

    async def discard(self, recording: RecordingId) -> None:
        """Stop a recording and delete it; one that is not there is fine.

        Raises:
            acd.ports.pbx.PbxError: it is not known whether it is gone.
        """
        ...
