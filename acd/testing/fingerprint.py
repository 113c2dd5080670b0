"""Find known prompts in what was heard on a telephone.

A prompt played over a call comes back as nearly the same waveform: through u-law, at another
level, perhaps resampled, with a packet lost here and there, and cut short when the caller
presses a key. So it is looked for in two steps:

1. *Where could it begin?* Loudness and the first autocorrelations of each 20 ms (they describe
   the spectrum's shape and cost almost nothing) of its first 0.6 s are slid along the recording.
2. *Is it?* At each candidate the waveforms themselves are correlated, and followed in pieces of
   100 ms until they part. Other words of the same synthetic voice agree for a vowel, never for
   half a second.

Pure Python: 30 s of sound against 30 prompts take a fraction of a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from operator import mul
from pathlib import Path

from acd.testing import tones

_RATE = 4000  # half the telephone's: below 2 kHz, where resamplers and codecs change little
_FRAME = 80  # 20 ms
_LAGS = 4
_ONSET_FRAMES = 30  # what step 1 looks for: the first 0.6 s with sound in it
_ONSET_ALIKE = 0.6  # correlation of features that makes a place worth a closer look
_LEAD = 1600  # 400 ms of silence put before a recording
_ANCHOR = 600  # 150 ms: what step 2 first correlates
_SEARCH = 120  # 30 ms either way around a candidate
_PIECE = 400  # 100 ms
_ALIKE = 0.6  # waveform correlation of a piece that agrees
_SURE = 0.8  # waveform correlation of all that agreed together
_MISSES = 3  # pieces in a row that disagree: the prompt was cut before them
_SHORTEST_PIECES = 5  # half a second with sound must agree, or all of a shorter prompt
_JUMPS = tuple(
    frames * _FRAME + fine for frames in sorted(range(-6, 7), key=abs) for fine in (0, -1, 1, -2, 2)
)  # packets lost, or put in by a jitter buffer, and clocks that drift
_SILENT_POWER = (0.003 * tones.FULL_SCALE) ** 2  # -50 dBFS


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a prompt was heard.

    Attributes:
        name: the prompt's.
        start_seconds: where it begins, from the start of the recording.
        heard_seconds: how much of the file was heard.
        cut: whether its end was not heard.
        likeness: correlation of the waveforms over what was heard, 0.8 to 1.0.
    """

    name: str
    start_seconds: float
    heard_seconds: float
    cut: bool
    likeness: float


class _Phase:
    """A recording at half its rate."""

    def __init__(self, samples: Sequence[int]) -> None:
        # A prompt's first moment may be missing: sound that came before the call was set up.
        self.slow = [0.0] * _LEAD + _decimate(samples)
        self.energy = _running_energy(self.slow)


class Track:
    """A recording made ready for the search.

    Attributes:
        phases: the recording from its first and from its second sample on. Half a slow sample
            between a prompt and its recording is enough to part them where it hisses.
    """

    def __init__(self, samples: Sequence[int]) -> None:
        self.phases = (_Phase(samples), _Phase(samples[1:]))
        self.features = _features(self.phases[0].slow)
        columns = [self.features[lag::_LAGS] for lag in range(_LAGS)]
        self._sums = [list(accumulate(column, initial=0.0)) for column in columns]
        squares = map(mul, self.features, self.features)
        self._squares = list(accumulate(squares, initial=0.0))

    def spread(self, frame: int, count: int) -> float:
        """Return the features' sum of squares about their means over `count` frames."""
        last = frame + count
        total: float = self._squares[last * _LAGS] - self._squares[frame * _LAGS]
        return total - sum((sums[last] - sums[frame]) ** 2 for sums in self._sums) / count


class Fingerprint:
    """A prompt made ready for the search.

    Args:
        name: what to call it in results.
        samples: its sound, 8,000 per second.
    """

    def __init__(self, name: str, samples: Sequence[int]) -> None:
        self.name = name
        self.slow = _decimate(samples)
        self.energy = _running_energy(self.slow)
        self.seconds = len(samples) / tones.SAMPLE_RATE
        loud = [n for n in range(0, len(self.slow), _FRAME) if not _silent(self.energy, n, _FRAME)]
        self.onset = loud[0] if loud else 0
        opening = self.slow[self.onset : self.onset + _ONSET_FRAMES * _FRAME]
        self._frames = len(opening) // _FRAME
        features = _features(opening)
        means = [sum(features[lag::_LAGS]) / max(1, self._frames) for lag in range(_LAGS)]
        self._opening = [value - means[n % _LAGS] for n, value in enumerate(features)]
        self._norm = math.sqrt(sum(map(mul, self._opening, self._opening)))
        starts = range(self.onset, self.onset + max(1, len(opening) - _ANCHOR), _FRAME)
        self._anchor = max(starts, key=lambda n: _energy_of(self.energy, n, _ANCHOR))

    @property
    def steady(self) -> bool:
        """Whether the prompt is one steady tone, which no waveform can tell from another."""
        return all(
            abs(value) < 0.05 for lag in range(1, _LAGS) for value in self._opening[lag::_LAGS]
        )

    def find(self, track: Track) -> list[Match]:
        """Return the places of a recording where this prompt was heard, in their order."""
        found: list[Match] = []
        for frame in self._candidates(track):
            about = frame * _FRAME - self.onset
            matches = [m for phase in track.phases if (m := self._follow(phase, about))]
            if not matches:
                continue
            match = max(matches, key=lambda m: (m.heard_seconds, m.likeness))
            if found and match.start_seconds < found[-1].start_seconds + 0.3:
                if match.heard_seconds > found[-1].heard_seconds:
                    found[-1] = match
            else:
                found.append(match)
        return found

    def _candidates(self, track: Track) -> list[int]:
        """Return the frames at which the prompt's opening may lie."""
        if self._norm == 0:
            return []
        width = self._frames * _LAGS
        alike: list[float] = []
        for frame in range(len(track.features) // _LAGS - self._frames + 1):
            first = frame * _LAGS
            spread = track.spread(frame, self._frames)
            product = sum(map(mul, self._opening, track.features[first : first + width]))
            alike.append(product / (self._norm * math.sqrt(spread)) if spread > 1e-6 else 0.0)
        return [
            frame
            for frame, value in enumerate(alike)
            if value >= _ONSET_ALIKE and value == max(alike[max(0, frame - 2) : frame + 3])
        ]

    def _follow(self, track: _Phase, about: int) -> Match | None:
        """Align the waveforms near a shift and follow them until they part."""
        shift = max(
            range(about - _SEARCH, about + _SEARCH + 1),
            key=lambda shift: self._likeness(track, self._anchor, _ANCHOR, shift),
        )
        if self._likeness(track, self._anchor, _ANCHOR, shift) < _ALIKE:
            return None
        start, agreed, last, misses = shift, 0, 0, 0
        product = ours = theirs = 0.0
        for first in range(self.onset, len(self.slow), _PIECE):
            count = min(_PIECE, len(self.slow) - first)
            here = _silent(self.energy, first, count)
            there = _silent(track.energy, first + shift, count)
            if here and there:
                continue
            if not here and not there:
                shift = self._best_shift(track, first, count, shift)
                if self._likeness(track, first, count, shift) >= _ALIKE:
                    agreed, last, misses = agreed + 1, first + count, 0
                    product += _product(self.slow, first, track.slow, first + shift, count)
                    ours += _energy_of(self.energy, first, count)
                    theirs += _energy_of(track.energy, first + shift, count)
                    continue
            misses += 1
            if misses == _MISSES:
                break
        voiced = sum(
            not _silent(self.energy, first, min(_PIECE, len(self.slow) - first))
            for first in range(self.onset, len(self.slow), _PIECE)
        )
        if agreed < min(_SHORTEST_PIECES, voiced) or product < _SURE * math.sqrt(ours * theirs):
            return None
        # The last sounds fade out and are the first to drown in u-law's noise.
        rest = len(self.slow) - last
        whole = rest <= 2 * _PIECE or (_silent(self.energy, last, rest) and misses < _MISSES)
        start -= _LEAD
        missed = max(0.0, -start / _RATE)
        return Match(
            name=self.name,
            start_seconds=max(0.0, start / _RATE),
            heard_seconds=(self.seconds if whole else last / _RATE) - missed,
            cut=not whole,
            likeness=product / math.sqrt(ours * theirs),
        )

    def _best_shift(self, track: _Phase, first: int, count: int, shift: int) -> int:
        """Return the shift at which a piece agrees, the present one where possible."""
        if self._likeness(track, first, count, shift) >= _ALIKE:
            return shift
        return max(
            (shift + jump for jump in _JUMPS),
            key=lambda tried: self._likeness(track, first, count, tried),
        )

    def _likeness(self, track: _Phase, first: int, count: int, shift: int) -> float:
        """Return the correlation of our piece with the recording's at a shift, -1 to 1."""
        there = first + shift
        if there < 0 or there + count > len(track.slow):
            return 0.0
        energies = _energy_of(self.energy, first, count) * _energy_of(track.energy, there, count)
        if energies <= 0:
            return 0.0
        return _product(self.slow, first, track.slow, there, count) / math.sqrt(energies)


def load_fingerprints(prompts: Mapping[str, Path]) -> list[Fingerprint]:
    """Read prompts (name to WAV file of any rate, 16-bit mono) for the search.

    Raises:
        SoundFileError: one of the files cannot be used.
    """
    return [
        Fingerprint(name, tones.to_samples(tones.read_wav(path)))
        for name, path in sorted(prompts.items())
    ]


def _decimate(samples: Sequence[int]) -> list[float]:
    """Halve the rate behind a low-pass (1 4 6 4 1), which leaves little above 1.5 kHz.

    The steep fall is wanted: where a prompt begins half a (slow) sample off, high frequencies
    would spoil the correlation. Floats, because their products are summed twice as fast as
    those of long integers.
    """
    odd = samples[1::2]
    evens = zip(chain((0,), samples[0::2]), samples[0::2], samples[2::2], strict=False)
    odds = zip(chain((0,), odd), odd, strict=False)
    return [
        (before + 4 * left + 6 * middle + 4 * right + after) / 16
        for (before, middle, after), (left, right) in zip(evens, odds, strict=False)
    ]


def _running_energy(slow: Sequence[float]) -> list[float]:
    return list(accumulate(map(mul, slow, slow), initial=0.0))


def _energy_of(running: Sequence[float], first: int, count: int) -> float:
    last = min(max(first + count, 0), len(running) - 1)
    return running[last] - running[min(max(first, 0), last)]


def _silent(running: Sequence[float], first: int, count: int) -> bool:
    return _energy_of(running, first, count) < _SILENT_POWER * max(1, count)


def _product(
    ours: Sequence[float], first: int, theirs: Sequence[float], there: int, count: int
) -> float:
    product: float = sum(map(mul, ours[first : first + count], theirs[there : there + count]))
    return product


def _features(slow: Sequence[float]) -> list[float]:
    """Return, frame by frame, a scaled log energy and three normalised autocorrelations."""
    features: list[float] = []
    for first in range(0, len(slow) - _FRAME + 1, _FRAME):
        frame = slow[first : first + _FRAME]
        energy = sum(map(mul, frame, frame))
        if energy < _SILENT_POWER * _FRAME:
            features += (0.0, 0.0, 0.0, 0.0)
            continue
        features.append(0.5 * math.log10(energy / (_SILENT_POWER * _FRAME)))
        features += (sum(map(mul, frame, frame[lag:])) / energy for lag in range(1, _LAGS))
    return features
