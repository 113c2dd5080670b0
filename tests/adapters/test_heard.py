"""What was heard is told from the sound, and nothing is claimed that was not played.

The voice is made of syllables with gliding pitch; a syllable of a given name always sounds the
same, as a synthetic voice's does, so that prompts with common words share their waveforms. What
goes through the telephone comes back through u-law.
"""

from __future__ import annotations

import math
import random
import wave
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from acd.testing import tones
from acd.testing.heard import Heard, Sound, hear

pytestmark = pytest.mark.app

TEXTS = {
    "menu": "tha nkyu fo cal ing for sa les press one for sup port press two",
    "closed": "tha nkyu fo cal ing we a re now clo sed good bye",
    "first": "you are num ber one in the queue",
    "second": "you are num ber two in the queue",
    "hold": "plea se hold the line",
}


@cache
def syllable(name: str, rate: int) -> tuple[int, ...]:
    chance = random.Random(name)
    length = int(rate * chance.uniform(0.10, 0.22))
    start, end = chance.uniform(90, 150), chance.uniform(100, 170)
    loudness = [chance.random() / harmonic for harmonic in range(1, 12)]
    samples, phase = [], 0.0
    for n in range(length):
        pitch = start + (end - start) * n / length
        phase += 2 * math.pi * pitch / rate
        swell = math.sin(math.pi * n / length)
        wave_ = sum(a * math.sin(phase * h) for h, a in enumerate(loudness, start=1))
        samples.append(int(5000 * swell * wave_))
    return tuple(samples)


def say(text: str, rate: int = tones.SAMPLE_RATE) -> bytes:
    samples: list[int] = []
    for name in text.split():
        samples += syllable(name, rate)
        samples += [0] * int(0.03 * rate)
    return tones.to_pcm(samples)


def through_telephone(pcm: bytes, gain: float = 1.0) -> bytes:
    """Take sound through u-law (ITU-T G.711, by its logarithm) at another level."""
    out = []
    for sample in tones.to_samples(pcm):
        value = max(-1.0, min(1.0, gain * sample / 32768))
        code = round(127 * math.log1p(255 * abs(value)) / math.log(256))
        size = math.expm1(code / 127 * math.log(256)) / 255
        out.append(int(math.copysign(size, value) * 32767))
    return tones.to_pcm(out)


@pytest.fixture(scope="module")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("prompts")
    for name, text in TEXTS.items():
        tones.write_wav(directory / f"{name}.wav", say(text))
    return {name: directory / f"{name}.wav" for name in TEXTS}


def only_prompts(heard: Sequence[Heard]) -> list[Heard]:
    return [one for one in heard if one.what is Sound.PROMPT]


def test_prompts_are_found_where_they_were_played(prompts: dict[str, Path]) -> None:
    played = [("menu", 0.513), ("second", 0.4), ("menu", 1.1001), ("hold", 0.731)]
    pcm, expected = b"", []
    for name, pause in played:
        pcm += tones.silence(pause)
        expected.append((name, tones.seconds_of(pcm)))
        pcm += say(TEXTS[name])
    found = only_prompts(hear(through_telephone(pcm, gain=0.4), prompts))
    assert [one.detail for one in found] == [name for name, _ in expected]
    for one, (name, start) in zip(found, expected, strict=True):
        assert one.start_seconds == pytest.approx(start, abs=0.005)
        assert one.duration_seconds == pytest.approx(tones.seconds_of(say(TEXTS[name])), abs=0.01)
        assert not one.cut
        assert one.alternatives == ()


def test_what_was_not_played_is_not_found(prompts: dict[str, Path]) -> None:
    stranger = say("how may i help you to day my name is ann what can i do for you")
    heard = hear(through_telephone(stranger), prompts)
    assert only_prompts(heard) == []
    assert [one.what for one in heard if one.what is not Sound.SILENCE] == [Sound.SPEECH]


def test_words_from_within_a_prompt_are_not_the_prompt(prompts: dict[str, Path]) -> None:
    assert only_prompts(hear(say("for sup port press two in the queue plea"), prompts)) == []


def test_a_prompt_cut_by_a_key_says_so(prompts: dict[str, Path]) -> None:
    pcm = say(TEXTS["menu"])[: 2 * 8000 * 2 // 2 * 2]
    (found,) = only_prompts(hear(through_telephone(pcm + tones.silence(2)), prompts))
    assert found.detail == "menu"
    assert found.cut
    assert found.duration_seconds == pytest.approx(2.0, abs=0.25)


def test_common_beginnings_are_named_together(prompts: dict[str, Path]) -> None:
    common = say("tha nkyu fo cal ing") + tones.silence(1)
    (found,) = only_prompts(hear(through_telephone(common), prompts))
    assert {found.detail, *found.alternatives} == {"menu", "closed"}
    assert found.cut


def test_the_prompt_that_explains_more_wins_over_a_common_beginning(
    prompts: dict[str, Path],
) -> None:
    (found,) = only_prompts(hear(through_telephone(say(TEXTS["second"])), prompts))
    assert (found.detail, found.cut, found.alternatives) == ("second", False, ())


def test_files_of_16_khz_are_recognised(prompts: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "hold.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(say(TEXTS["hold"], rate=16000))
    (found,) = only_prompts(hear(through_telephone(say(TEXTS["hold"])), {"hold": path}))
    assert not found.cut


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda pcm: pcm[:16000] + pcm[16320:], id="a packet lost"),
        pytest.param(lambda pcm: pcm[:16000] + bytes(320) + pcm[16000:], id="a packet put in"),
        pytest.param(lambda pcm: pcm[:16000] + bytes(320) + pcm[16320:], id="a packet silent"),
    ],
)
def test_a_lost_packet_hides_no_prompt(
    prompts: dict[str, Path], spoil: Callable[[bytes], bytes]
) -> None:
    pcm = spoil(through_telephone(say(TEXTS["menu"])))
    (found,) = only_prompts(hear(pcm, prompts))
    assert (found.detail, found.cut) == ("menu", False)


def test_tones_have_their_frequencies() -> None:
    busy = [
        (a + b) // 2
        for a, b in zip(
            tones.to_samples(tones.sine(480, 2.0)),
            tones.to_samples(tones.sine(620, 2.0)),
            strict=True,
        )
    ]
    gap = tones.silence(1.05)
    heard = hear(through_telephone(gap + tones.sine(1000, 3.0) + gap + tones.to_pcm(busy)))
    told = [(one.what, one.detail) for one in heard]
    assert told == [
        (Sound.SILENCE, ""),
        (Sound.TONE, "1000 Hz"),
        (Sound.SILENCE, ""),
        (Sound.TONE, "480+620 Hz"),
    ]
    assert heard[1].start_seconds == pytest.approx(1.05, abs=0.1)
    assert heard[1].duration_seconds == pytest.approx(3.0, abs=0.2)


def test_a_steady_beep_is_a_tone_even_when_it_is_a_prompt(tmp_path: Path) -> None:
    tones.write_wav(tmp_path / "beep.wav", tones.sine(1000, 0.5))
    heard = hear(tones.silence(0.5) + tones.sine(1000, 5.0), {"beep": tmp_path / "beep.wav"})
    assert [one.what for one in heard] == [Sound.SILENCE, Sound.TONE]


def test_held_notes_are_music() -> None:
    chance = random.Random(3)
    samples: list[int] = []
    for _ in range(12):
        chord = [chance.choice((262, 294, 330, 392, 440)) * o for o in (0.5, 1, 1.26, 1.5)]
        for n in range(4000):
            fade = math.exp(-n / 3000)
            samples.append(
                int(4000 * fade * sum(math.sin(2 * math.pi * f * n / 8000) for f in chord))
            )
    heard = hear(through_telephone(tones.to_pcm(samples)))
    assert [one.what for one in heard] == [Sound.MUSIC]


def test_stretches_cover_the_recording_without_overlap(prompts: dict[str, Path]) -> None:
    pcm = tones.silence(0.7) + say(TEXTS["first"]) + tones.sine(440, 1) + say("who are you then")
    heard = hear(through_telephone(pcm), prompts)
    assert heard[0].start_seconds == 0
    assert heard[-1].end_seconds == pytest.approx(tones.seconds_of(pcm), abs=1e-6)
    for one, after in pairwise(heard):
        assert one.end_seconds == pytest.approx(after.start_seconds, abs=1e-6)


def test_nothing_heard_is_nothing_told(prompts: dict[str, Path]) -> None:
    assert hear(b"", prompts) == []
    assert [one.what for one in hear(tones.silence(3), prompts)] == [Sound.SILENCE]
