"""Recorded talks and messages, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from acd.core.ids import RecordingId


class RecordingStore(Protocol):
    """Where recordings are kept, by the ids we gave them."""

    def file_of(self, recording: RecordingId) -> Path | None:
        """Return the sound file of a recording; None if there is none.

        Whatever the id says, the file is one of ours.
        """
        ...
