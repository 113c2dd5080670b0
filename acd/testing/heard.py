"""Say what somebody on a telephone heard, from the sound alone.

`hear` cuts a recording into stretches of silence, known prompts, steady tones, speech and
music, in the order of time and without overlap. It claims no more than the sound shows: a
prompt that was cut short says so, one that several known prompts begin with names them all,
and what is too short to tell is called just `sound`.
"""

from __future__ import annotations

import cmath
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from operator import mul
from pathlib import Path
from statistics import fmean, median

from acd.testing import tones
from acd.testing.fingerprint import Fingerprint, Match, Track, load_fingerprints

_BLOCK = 800  # 100 ms: the grain of everything but prompts
_BLOCK_SECONDS = _BLOCK / tones.SAMPLE_RATE
_FRAME = 160  # 20 ms
_SILENT_DBFS = -50.0
_SPECTRUM = 512  # 64 ms from the middle of a block, 15.6 Hz a bin
_TONE_SHARE = 0.9  # of a block's power, in at most two lines
_TONE_DRIFT_HZ = 6.0
_TONE_SWELL = 1.6  # 2 dB: a tone that fades or swells between two blocks is a note
_TONE_BLOCKS = 15  # among other sound a shorter one is a note or a vowel too
_HELD_IN_MUSIC = 0.2  # measured: music from 0.25 up, speech 0.15 at most
_PAUSE_BLOCKS = 7  # people breathe: a shorter silence belongs to the speech around it
_TELLABLE_SECONDS = 1.0  # below this nobody can tell speech from music
_SAME_START_SECONDS = 0.15


class Sound(StrEnum):
    """What a stretch of sound is."""

    SILENCE = "silence"
    PROMPT = "prompt"
    TONE = "tone"
    SPEECH = "speech"
    MUSIC = "music"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of what was heard.

    Attributes:
        start_seconds: where it begins in the recording.
        duration_seconds: how long it lasts.
        what: its kind; speech and music are guesses from rhythm and pitch, the rest is measured.
        detail: the prompt's name, or a tone's frequencies (`1000 Hz`, `480+620 Hz`).
        cut: for a prompt, whether its end was not heard.
        alternatives: other prompts that sound the same as far as it was heard.
    """

    start_seconds: float
    duration_seconds: float
    what: Sound
    detail: str = ""
    cut: bool = False
    alternatives: tuple[str, ...] = ()

    @property
    def end_seconds(self) -> float:
        """Where it ends in the recording."""
        return self.start_seconds + self.duration_seconds

    def __str__(self) -> str:
        words = f"{self.start_seconds:6.1f} s  {self.duration_seconds:5.1f} s  {self.what}"
        names = " or ".join((self.detail, *self.alternatives))
        return f"{words} {names}{' (cut short)' if self.cut else ''}".rstrip()


def hear(pcm: bytes, prompts: Mapping[str, Path] | Sequence[Fingerprint] = ()) -> list[Heard]:
    """Cut what was heard into stretches.

    Args:
        pcm: the recording.
        prompts: known prompts: name to WAV file (any rate, 16-bit mono), or what
            `load_fingerprints` made of them, to read them once for many recordings.

    Raises:
        SoundFileError: a prompt's file cannot be used.
    """
    known = load_fingerprints(prompts) if isinstance(prompts, Mapping) else prompts
    samples = tones.to_samples(pcm)
    track = Track(samples)
    # A prompt that is nothing but a tone (a beep) is told by its frequency, like any other.
    speaking = [one for one in known if not one.steady]
    found = _select(match for one in speaking for match in one.find(track))
    stretches: list[Heard] = []
    position = 0.0
    for prompt in found:
        stretches += _classify(samples, position, prompt.start_seconds)
        stretches.append(prompt)
        position = prompt.end_seconds
    stretches += _classify(samples, position, len(samples) / tones.SAMPLE_RATE)
    return stretches


def _select(matches: Iterable[Match]) -> list[Heard]:
    """Choose among overlapping matches: the longest explains most and wins."""
    chosen: list[Heard] = []
    for match in sorted(matches, key=lambda m: (-m.heard_seconds, -m.likeness, m.name)):
        end = match.start_seconds + match.heard_seconds
        rival = next(
            (
                n
                for n, c in enumerate(chosen)
                if match.start_seconds < c.end_seconds - 0.1 and end > c.start_seconds + 0.1
            ),
            None,
        )
        if rival is None:
            stretch = Heard(
                match.start_seconds, match.heard_seconds, Sound.PROMPT, match.name, match.cut
            )
            chosen.append(stretch)
            continue
        winner = chosen[rival]
        same_start = abs(winner.start_seconds - match.start_seconds) < _SAME_START_SECONDS
        as_long = match.heard_seconds > winner.duration_seconds - 2 * _BLOCK_SECONDS
        if same_start and as_long and match.cut == winner.cut:
            names = (*winner.alternatives, match.name)
            chosen[rival] = replace(winner, alternatives=names)
    chosen.sort(key=lambda c: c.start_seconds)
    # The search is exact to a few milliseconds; neighbours may touch but not overlap.
    limits = [*(after.start_seconds for after in chosen[1:]), math.inf][: len(chosen)]
    return [
        replace(c, duration_seconds=min(c.duration_seconds, limit - c.start_seconds))
        for c, limit in zip(chosen, limits, strict=True)
    ]


def _classify(samples: Sequence[int], start_seconds: float, end_seconds: float) -> list[Heard]:
    """Cut a stretch without prompts into silence, tones, speech and music."""
    first = round(start_seconds * tones.SAMPLE_RATE)
    last = round(end_seconds * tones.SAMPLE_RATE)
    blocks = [_Block(samples[n : n + _BLOCK]) for n in range(first, last - _BLOCK // 2 + 1, _BLOCK)]
    stretches: list[Heard] = []
    for run, rough in _runs(blocks):
        what, detail = _name(blocks[run.start : run.stop], rough)
        begin = start_seconds + run.start * _BLOCK_SECONDS
        end = end_seconds if run.stop == len(blocks) else start_seconds + run.stop * _BLOCK_SECONDS
        stretches.append(Heard(begin, end - begin, what, detail))
    return stretches


class _Block:
    """100 ms of sound and what it is in itself."""

    def __init__(self, samples: Sequence[int]) -> None:
        self.powers = [
            sum(map(mul, frame, frame)) / len(frame)
            for frame in (samples[n : n + _FRAME] for n in range(0, len(samples), _FRAME))
        ]
        self.silent = tones.level_dbfs(samples) < _SILENT_DBFS
        self.lines: tuple[float, ...] = ()
        self.peak = 0.0
        if not self.silent:
            middle = max(0, (len(samples) - _SPECTRUM) // 2)
            self.lines, self.peak = _lines(samples[middle : middle + _SPECTRUM])

    @property
    def rough(self) -> Sound:
        """Its kind, as far as 100 ms tell."""
        if self.silent:
            return Sound.SILENCE
        return Sound.TONE if self.lines else Sound.SOUND

    def goes_on_in(self, other: _Block) -> bool:
        """Whether another block may belong to the same silence, tone, or anything else."""
        if self.rough is not other.rough or len(self.lines) != len(other.lines):
            return False
        if self.rough is not Sound.TONE:
            return True
        level = sum(self.powers) / sum(other.powers)
        return 1 / _TONE_SWELL < level < _TONE_SWELL and all(
            abs(ours - theirs) <= _TONE_DRIFT_HZ
            for ours, theirs in zip(self.lines, other.lines, strict=True)
        )


_Run = tuple[range, Sound]


def _runs(blocks: Sequence[_Block]) -> list[_Run]:
    """Group blocks into stretches of silence, tone, and any other sound."""
    runs: list[_Run] = []
    for n, block in enumerate(blocks):
        if runs and blocks[n - 1].goes_on_in(block):
            _extend(runs, n + 1)
        else:
            runs.append((range(n, n + 1), block.rough))
    # Notes and vowels are tones for a moment; a tone's first and last block are none.
    runs = [(run, _in_context(runs, n)) for n, (run, _) in enumerate(runs)]
    runs = _joined(runs)
    # A pause for breath belongs to the speech around it.
    return _joined(
        [(run, Sound.SOUND if _breath(runs, n) else rough) for n, (run, rough) in enumerate(runs)]
    )


def _in_context(runs: Sequence[_Run], n: int) -> Sound:
    run, rough = runs[n]
    around = [runs[m] for m in (n - 1, n + 1) if 0 <= m < len(runs)]
    beside = [other for other, kind in around if kind is not Sound.SILENCE]
    if rough is Sound.TONE:
        alone = all(len(other) == 1 for other in beside)
        long_enough = 2 if alone else _TONE_BLOCKS
        return Sound.TONE if len(run) >= long_enough else Sound.SOUND
    return rough


def _breath(runs: Sequence[_Run], n: int) -> bool:
    run, rough = runs[n]
    return (
        rough is Sound.SILENCE
        and len(run) < _PAUSE_BLOCKS
        and 0 < n < len(runs) - 1
        and runs[n - 1][1] is runs[n + 1][1] is Sound.SOUND
    )


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    """Join neighbours of one kind, and a single stray block to the tone beside it."""
    joined: list[_Run] = []
    for run, rough in runs:
        same = joined and joined[-1][1] is rough and rough is not Sound.TONE
        stray = joined and rough is Sound.SOUND and len(run) == 1 and joined[-1][1] is Sound.TONE
        if same or stray:
            _extend(joined, run.stop)
        elif joined and rough is Sound.TONE and _is_stray(joined[-1]):
            joined[-1] = (range(joined[-1][0].start, run.stop), rough)
        else:
            joined.append((run, rough))
    return joined


def _is_stray(run: _Run) -> bool:
    return run[1] is Sound.SOUND and len(run[0]) == 1


def _extend(runs: list[_Run], stop: int) -> None:
    run, rough = runs[-1]
    runs[-1] = (range(run.start, stop), rough)


def _name(blocks: Sequence[_Block], rough: Sound) -> tuple[Sound, str]:
    """Name a stretch of blocks."""
    if rough is Sound.SILENCE:
        return rough, ""
    if rough is Sound.TONE:
        count = Counter(len(block.lines) for block in blocks).most_common(1)[0][0]
        lines = [block.lines for block in blocks if len(block.lines) == count]
        middle = [median(line) for line in zip(*lines, strict=True)]
        return rough, "+".join(f"{frequency:.0f}" for frequency in middle) + " Hz"
    if len(blocks) * _BLOCK_SECONDS < _TELLABLE_SECONDS:
        return Sound.SOUND, ""
    return (Sound.MUSIC if _held_notes(blocks) > _HELD_IN_MUSIC else Sound.SPEECH), ""


def _held_notes(blocks: Sequence[_Block]) -> float:
    """Return how often the strongest pitch stays for 100 ms: notes do, voices glide."""
    peaks = [block.peak for block in blocks]
    held = [abs(a - b) < 0.03 * a for a, b in pairwise(peaks) if a and b]
    return fmean(held) if held else 0.0


def _lines(samples: Sequence[int]) -> tuple[tuple[float, ...], float]:
    """Return the one or two frequencies that make up nearly all of a sound, and its strongest.

    The first is empty when the power lies elsewhere too.
    """
    window = _hann()
    padded = [*samples, *([0] * (_SPECTRUM - len(samples)))]
    spectrum = _fft([complex(s * w) for s, w in zip(padded, window, strict=True)])
    power = [abs(value) ** 2 for value in spectrum[: _SPECTRUM // 2]]
    total = sum(power)
    if total <= 0:
        return (), 0.0
    first = max(range(2, len(power) - 2), key=power.__getitem__)
    peak = _frequency(power, first)
    share = sum(power[first - 2 : first + 3]) / total
    if share >= _TONE_SHARE:
        return (peak,), peak
    rest = [0.0 if abs(n - first) <= 2 else value for n, value in enumerate(power)]
    second = max(range(2, len(rest) - 2), key=rest.__getitem__)
    share += sum(rest[second - 2 : second + 3]) / total
    if share >= _TONE_SHARE and power[second] > power[first] / 30:
        low, high = sorted((peak, _frequency(power, second)))
        if abs(high - 2 * low) > _TONE_DRIFT_HZ:  # an octave is a voice or a note
            return (low, high), peak
    return (), peak


def _frequency(power: Sequence[float], peak: int) -> float:
    """Return the frequency of a spectral peak, between bins by a parabola through the logs."""
    left, middle, right = (math.log(power[n] + 1e-9) for n in (peak - 1, peak, peak + 1))
    curve = left - 2 * middle + right
    offset = 0.5 * (left - right) / curve if curve < 0 else 0.0
    return (peak + offset) * tones.SAMPLE_RATE / _SPECTRUM


@lru_cache(maxsize=1)
def _hann() -> tuple[float, ...]:
    return tuple(0.5 - 0.5 * math.cos(2 * math.pi * n / _SPECTRUM) for n in range(_SPECTRUM))


@lru_cache(maxsize=16)
def _twiddles(count: int) -> tuple[complex, ...]:
    return tuple(cmath.exp(-2j * cmath.pi * n / count) for n in range(count // 2))


def _fft(values: list[complex]) -> list[complex]:
    """Return the discrete Fourier transform of a power of two of values."""
    count = len(values)
    if count == 1:
        return values
    even = _fft(values[0::2])
    odd = list(map(mul, _twiddles(count), _fft(values[1::2])))
    return [a + b for a, b in zip(even, odd, strict=True)] + [
        a - b for a, b in zip(even, odd, strict=True)
    ]
