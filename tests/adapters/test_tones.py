"""Telephone audio: what is made is what is measured."""

from __future__ import annotations

import math
import random
import wave
from pathlib import Path

import pytest

from acd.testing import tones

pytestmark = pytest.mark.core


def test_all_power_of_a_sine_is_at_its_frequency() -> None:
    pcm = tones.sine(1000, 1.0)
    assert tones.tone_share(pcm, 1000) > 0.999
    assert tones.tone_share(pcm, 1100) < 0.001


def test_share_of_one_of_two_equal_tones_is_a_half() -> None:
    one, other = (tones.to_samples(tones.sine(f, 1.0)) for f in (700, 1700))
    both = tones.to_pcm([a + b for a, b in zip(one, other, strict=True)])
    assert tones.tone_share(both, 700) == pytest.approx(0.5, abs=0.01)


def test_noise_and_silence_have_no_tone() -> None:
    chance = random.Random(1)
    noise = tones.to_pcm([chance.randint(-8000, 8000) for _ in range(8000)])
    assert tones.tone_share(noise, 1000) < 0.02
    assert tones.tone_share(tones.silence(1.0), 1000) == 0.0
    assert tones.tone_share(b"", 1000) == 0.0


def test_a_lost_packet_hardly_lowers_the_share() -> None:
    pcm = tones.sine(1010, 2.0)
    # 20 ms of 1,010 Hz are 20.2 waves: the phase jumps.
    assert tones.tone_share(pcm[:16000] + pcm[16320:], 1010) > 0.95


def test_level_of_a_sine() -> None:
    samples = tones.to_samples(tones.sine(1000, 1.0, level_dbfs=-20))
    assert tones.level_dbfs(samples) == pytest.approx(-20 - 3.01, abs=0.02)
    assert tones.rms(samples) == pytest.approx(0.1 / math.sqrt(2), rel=0.01)
    assert tones.level_dbfs(tones.to_samples(tones.silence(0.1))) == tones.SILENT_DBFS


def test_a_tone_taken_in_pieces_has_no_seam() -> None:
    tone = tones.Tone(433)
    assert b"".join(tone.take(n) for n in (160, 1, 700, 160)) == tones.Tone(433).take(1021)


def test_a_clip_ends_and_a_repeated_one_does_not() -> None:
    pcm = tones.sine(500, 0.01)
    once = tones.Clip(pcm)
    assert once.take(50) + once.take(50) == pcm
    assert once.take(50) == b""
    again = tones.Clip(pcm, repeat=True)
    assert again.take(200) + again.take(40) == pcm * 3
    assert tones.Clip(b"", repeat=True).take(10) == b""


def test_a_file_written_is_read_again(tmp_path: Path) -> None:
    pcm = tones.sine(800, 0.5)
    tones.write_wav(tmp_path / "a.wav", pcm)
    assert tones.read_wav(tmp_path / "a.wav") == pcm


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 48000])
def test_a_file_of_another_rate_keeps_length_and_pitch(tmp_path: Path, rate: int) -> None:
    samples = [round(8000 * math.sin(2 * math.pi * 1000 * n / rate)) for n in range(rate)]
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(tones.to_pcm(samples))
    pcm = tones.read_wav(path)
    assert tones.seconds_of(pcm) == pytest.approx(1.0, abs=0.001)
    assert tones.tone_share(pcm, 1000) > 0.99


def test_unusable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(tones.SoundFileError, match=r"gone\.wav"):
        tones.read_wav(tmp_path / "gone.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(tones.SoundFileError, match=r"text\.wav"):
        tones.read_wav(tmp_path / "text.wav")
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(400))
    with pytest.raises(tones.SoundFileError, match="2 channels"):
        tones.read_wav(tmp_path / "stereo.wav")
    with pytest.raises(tones.SoundFileError, match="cannot be written"):
        tones.write_wav(tmp_path / "none" / "a.wav", b"")
