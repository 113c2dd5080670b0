"""Whether one sound is in what a telephone recorded."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from acd.testing import tones
from acd.testing.fingerprint import Fingerprint, Match, Track

_SURE_SECONDS = 1.2  # many prompts begin with the same word
_SKIP_SECONDS = 0.3
_SKIPS = 5  # over so much of a prompt that a busy machine has spoilt
_DRIFT_SECONDS = 1.0  # as much earlier or later than it should what follows may come
_SHORTEST_SECONDS = 0.6


def find_sound(path: Path, pcm: bytes) -> float | None:
    """Return where, in seconds, a sound begins in a recording; None unless enough of it is there.

    Enough is what tells it from others that begin the same. Packets that were lost on the way part
    it; then what comes after them counts as well.

    Args:
        path: WAV file of the sound.
        pcm: the recording.

    Raises:
        SoundFileError: the file cannot be used.
    """
    known = _fingerprint(path, 0.0)
    enough = min(_SURE_SECONDS, 0.9 * known.seconds)
    samples = tones.to_samples(pcm)
    track, end = Track(samples), len(samples) / tones.SAMPLE_RATE
    for match in known.find(track):
        if _heard_seconds(path, match, track, end, enough) >= enough:
            return match.start_seconds
    return None


def _heard_seconds(path: Path, match: Match, track: Track, end: float, enough: float) -> float:
    """Return how much of a sound was heard from a place on, until that is enough."""
    seconds = position = match.heard_seconds
    for _ in range(_SKIPS):
        position += _SKIP_SECONDS
        due = match.start_seconds + position
        rest = _fingerprint(path, position)
        if seconds >= enough or rest.seconds < _SHORTEST_SECONDS or due > end - _SHORTEST_SECONDS:
            break
        for later in rest.find(track):
            if abs(later.start_seconds - due) < _DRIFT_SECONDS:
                seconds += later.heard_seconds
                position += later.heard_seconds
                break
    return seconds


@lru_cache(maxsize=256)
def _fingerprint(path: Path, from_seconds: float) -> Fingerprint:
    samples = tones.to_samples(tones.read_wav(path))
    return Fingerprint(path.stem, samples[round(from_seconds * tones.SAMPLE_RATE) :])
