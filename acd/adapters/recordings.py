"""Recordings in the directory where Asterisk leaves them."""

from __future__ import annotations

import re
from pathlib import Path

from acd.core.ids import RecordingId

SUFFIX = ".wav"

_HEADER = 44
_OCTETS_A_SECOND = 16_000  # 8,000 samples of 16 bits, as Asterisk writes its "wav"

_ID = re.compile(r"r-[A-Za-z0-9-]{1,60}")


class RecordingFiles:
    """:class:`acd.ports.recordings.RecordingStore` on a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def file_of(self, recording: RecordingId) -> Path | None:
        """Return the sound file of a recording; None if there is none.

        An id that we did not mint names no file, so there is no way out of the directory; neither
        is there through a link that somebody left in it.
        """
        if not _ID.fullmatch(recording):
            return None
        path = self._directory / f"{recording}{SUFFIX}"
        return path if path.is_file() and not path.is_symlink() else None

    def seconds_of(self, recording: RecordingId) -> float | None:
        """Return how long a recording is; None if there is none."""
        path = self.file_of(recording)
        try:
            size = path.stat().st_size if path is not None else None
        except OSError:  # deleted meanwhile
            size = None
        return None if size is None else max(0, size - _HEADER) / _OCTETS_A_SECOND
