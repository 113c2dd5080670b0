"""Telephone audio as plain bytes: make tones, measure them, read and write sound files.

Audio is always 16-bit signed little-endian mono at 8,000 samples per second ("PCM" below),
which is what a telephone leg carries. Everything here is pure but for the two functions that
read and write files. The standard library's `audioop` would do some of it, but leaves Python
with 3.13.
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import mul
from pathlib import Path

from acd.core.errors import AcdError

SAMPLE_RATE = 8000
SAMPLE_BYTES = 2
FULL_SCALE = 32767
SILENT_DBFS = -96.0
"""Level given to digital silence, whose logarithm has no value: the floor of 16 bits."""

_SHARE_BLOCK = 800  # 100 ms, 10 Hz apart: a lost packet's phase jump spoils one block only


class SoundFileError(AcdError):
    """A sound file cannot be used; the message names it."""

    code = "sound-file"


def to_samples(pcm: bytes) -> array[int]:
    """Unpack PCM bytes into samples; an odd last byte is dropped."""
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) - len(pcm) % SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def to_pcm(samples: Sequence[int]) -> bytes:
    """Pack samples (already within 16 bits) into PCM bytes."""
    packed = array("h", samples)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def seconds_of(pcm: bytes) -> float:
    """Return how long PCM lasts, in seconds."""
    return len(pcm) / SAMPLE_BYTES / SAMPLE_RATE


def rms(samples: Sequence[int]) -> float:
    """Return the root mean square of samples, 0.0 to 1.0 of full scale (a full sine: 0.707)."""
    if not samples:
        return 0.0
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) / FULL_SCALE


def level_dbfs(samples: Sequence[int]) -> float:
    """Return the level of samples in dB below full scale; `SILENT_DBFS` for digital silence."""
    value = rms(samples)
    return max(SILENT_DBFS, 20 * math.log10(value)) if value > 0 else SILENT_DBFS


def goertzel_power(samples: Sequence[int], frequency: float) -> float:
    """Return the mean power of the sinusoid at `frequency` (Hz) in samples, by Goertzel."""
    count = len(samples)
    if count == 0:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    # |X(f)|², and a sinusoid of amplitude A has |X| = A·N/2 and mean power A²/2.
    squared = last * last + before * before - coefficient * last * before
    return 2 * squared / (count * count)


def tone_share(pcm: bytes, frequency: float) -> float:
    """Return how much of the power of PCM lies at `frequency` (Hz), 0.0 to 1.0.

    Measured in blocks of 100 ms and weighted by their power, so that a packet lost on the way
    (which makes the phase jump) costs one block, not the whole. Silence has share 0.0.
    """
    samples = to_samples(pcm)
    at_frequency = total = 0.0
    for start in range(0, len(samples) - _SHARE_BLOCK + 1, _SHARE_BLOCK):
        block = samples[start : start + _SHARE_BLOCK]
        at_frequency += goertzel_power(block, frequency)
        total += sum(map(mul, block, block)) / _SHARE_BLOCK
    return min(1.0, at_frequency / total) if total > 0 else 0.0


class Tone:
    """An endless sine, taken piece by piece without a jump in phase.

    Args:
        frequency: in Hz, below 4,000.
        level_dbfs: level of the sine's peak against full scale, in dB.
    """

    def __init__(self, frequency: float, *, level_dbfs: float = -12.0) -> None:
        self._step = 2 * math.pi * frequency / SAMPLE_RATE
        self._amplitude = FULL_SCALE * 10 ** (level_dbfs / 20)
        self._position = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` samples as PCM."""
        first, step, amplitude = self._position, self._step, self._amplitude
        self._position += count
        return to_pcm([round(amplitude * math.sin(step * n)) for n in range(first, first + count)])


class Clip:
    """A piece of PCM taken piece by piece; gives less than asked, at last nothing, at its end.

    Args:
        pcm: what to play.
        repeat: start over at the end, for ever.
    """

    def __init__(self, pcm: bytes, *, repeat: bool = False) -> None:
        self._pcm = pcm
        self._repeat = repeat and bool(pcm)
        self._position = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` samples as PCM, fewer at the end."""
        wanted = count * SAMPLE_BYTES
        taken = self._pcm[self._position : self._position + wanted]
        self._position += len(taken)
        while self._repeat and len(taken) < wanted:
            missing = self._pcm[: wanted - len(taken)]
            taken += missing
            self._position = len(missing)
        return taken


def sine(frequency: float, seconds: float, *, level_dbfs: float = -12.0) -> bytes:
    """Return `seconds` of a sine at `frequency` (Hz) as PCM."""
    return Tone(frequency, level_dbfs=level_dbfs).take(round(seconds * SAMPLE_RATE))


def silence(seconds: float) -> bytes:
    """Return `seconds` of digital silence as PCM."""
    return bytes(round(seconds * SAMPLE_RATE) * SAMPLE_BYTES)


def resample(samples: Sequence[int], rate: int) -> Sequence[int]:
    """Bring samples taken at `rate` per second to 8,000 per second.

    Each new sample is the mean of the stretch of time that it stands for, which keeps most of
    what lies above the telephone band from folding back. Good enough for voice prompts; not for
    music that somebody shall enjoy.
    """
    if rate == SAMPLE_RATE or not samples:
        return samples
    ratio, odd = divmod(rate, SAMPLE_RATE)
    if ratio and not odd:
        count = len(samples) // ratio
        parts = [samples[n : count * ratio : ratio] for n in range(ratio)]
        return [sum(stretch) // ratio for stretch in zip(*parts, strict=True)]
    # With sums up to each sample, the mean over any stretch is one subtraction.
    sums = list(accumulate(samples, initial=0))
    sums.append(sums[-1])
    step = rate / SAMPLE_RATE
    edges = [n * step for n in range(int(len(samples) / step) + 1)]
    upto = [
        sums[whole] + (edge - whole) * (sums[whole + 1] - sums[whole])
        for edge, whole in ((edge, int(edge)) for edge in edges)
    ]
    return [round((after - before) / step) for before, after in pairwise(upto)]


def read_wav(path: Path) -> bytes:
    """Read a WAV file of any rate, 16-bit mono, as PCM at 8,000 samples per second.

    Raises:
        SoundFileError: the file is missing, no WAV, or neither 16-bit nor mono.
    """
    try:
        with wave.open(str(path), "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth())
            rate = file.getframerate()
            frames = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundFileError(
            f"sound file {path} cannot be read: {error}", hint="give a WAV file that exists"
        ) from error
    if shape != (1, SAMPLE_BYTES):
        raise SoundFileError(
            f"sound file {path} has {shape[0]} channels of {shape[1] * 8} bits",
            hint="convert it: sox IN -r 8000 -c 1 -b 16 OUT.wav",
        )
    return to_pcm(resample(to_samples(frames), rate))


def write_wav(path: Path, pcm: bytes) -> None:
    """Write PCM as a WAV file (8 kHz, mono, 16 bits).

    Raises:
        SoundFileError: the file cannot be written.
    """
    try:
        # Opened here: Wave_write leaves a half-made object behind when it cannot.
        with path.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(pcm)
    except OSError as error:
        raise SoundFileError(f"sound file {path} cannot be written: {error}") from error
