"""`acd prompts` as admins and translators run it, with the real voices."""

from __future__ import annotations

import os
import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
import warmkit
from warmkit import Ran

from acd.adapters import player
from acd.adapters.asterisk.install import default_cache

pytestmark = pytest.mark.app


MAIN = """
start = "menu"
on_fail = "bye"

[node.menu]
type = "menu"
prompt = ["hello", "menu"]
keys = { 1 = "bye" }

[node.bye]
type = "hangup"
"""

ENGLISH = """
hello = { spoken = "Hello.", written = "Hi.", barge_in = false }
menu = "Press one."
jingle = "file:jingle.wav"
old.one = "Nobody says this."
"""

RUSSIAN = 'hello = "Здравствуйте."\n'


Run = Callable[..., Ran]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    directory = tmp_path / "dialplans"
    (directory / "prompts").mkdir(parents=True)
    (directory / "sounds").mkdir()
    (directory / "numbers.toml").write_text('"100" = { flow = "main", language = "pt" }\n')
    (directory / "main.toml").write_text(MAIN)
    (directory / "prompts/en.toml").write_text(ENGLISH)
    (directory / "prompts/ru.toml").write_text(RUSSIAN)
    with wave.open(str(directory / "sounds/jingle.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\1\1" * 12_000)
    return directory


@pytest.fixture
def acd(tmp_path: Path, site: Path) -> Run:
    # A cache where nothing has been spoken yet, with the real one's programs.
    (tmp_path / "cache/acd").mkdir(parents=True)
    (tmp_path / "cache/acd/asterisk").symlink_to(default_cache() / "asterisk")

    def run(*words: str, status: int = 0, **environment: str) -> Ran:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ACD_", "PULSE_", "XDG_"))
        }
        given = {
            **kept,
            "ACD_HOME": str(tmp_path / "home"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            **environment,
        }
        ran = warmkit.run(("prompts", *words), cwd=tmp_path, environment=given)
        assert ran.status == status, ran
        assert "Traceback" not in ran.err
        return ran

    return run


def matrix(ran: Ran) -> dict[str, list[str]]:
    head, *rows = (line.split() for line in ran.out.splitlines())
    assert head[0] == "prompt"
    return {row[0]: row[1:] for row in rows}


def test_every_prompt_in_every_language(acd: Run) -> None:
    ran = acd("list")
    assert ran.out.splitlines()[0].split() == ["prompt", "en", "pt", "ru"]
    rows = matrix(ran)
    assert rows["hello"] == ["text", "MISSING", "text"]
    assert rows["menu"] == ["text", "MISSING", "MISSING"]
    assert rows["(jingle)"] == ["file", "1.5", "s"]
    assert rows["(old.one)"] == ["text"]
    assert rows["system.sorry"] == ["text", "MISSING", "MISSING"]
    assert "missing: add them to prompts/LANGUAGE.toml" in ran.out.splitlines()[-1]


def test_what_is_missing_is_a_failure_when_asked_for(acd: Run, site: Path) -> None:
    rows = matrix(acd("list", "--missing", status=1))
    assert rows["menu"] == ["MISSING", "MISSING"]
    assert "(old.one)" not in rows
    (site / "numbers.toml").write_text('"100" = "main"\n')
    english = acd("list", "--json").json["prompts"]
    names = {one["key"]: one["key"] for one in english if one["language"] == "en"}
    (site / "prompts/ru.toml").write_text("".join(f'{key} = "Да."\n' for key in names))
    assert acd("list", "--missing").out == "nothing is missing in en, ru\n"


def test_build_makes_each_once_and_list_knows(acd: Run, site: Path, tmp_path: Path) -> None:
    assert acd("build").out.startswith("14 prompts: 13 made in ")
    assert acd("build").out.startswith("14 prompts: 0 made in ")
    listed = {(one["key"], one["language"]): one for one in acd("list", "--json").json["prompts"]}
    hello = listed["hello", "en"]
    assert hello | {"file": "", "seconds": 0} == {
        "key": "hello",
        "language": "en",
        "state": "spoken",
        "spoken": "Hello.",
        "written": "Hi.",
        "barge_in": False,
        "used_by": ["main"],
        "file": "",
        "built": True,
        "seconds": 0,
    }
    assert Path(hello["file"]).parent == tmp_path / "cache/acd/prompts"
    assert 0.4 < hello["seconds"] < 3
    assert listed["jingle", "en"]["state"] == "recorded"
    assert listed["jingle", "en"]["seconds"] == 1.5
    assert listed["menu", "ru"] == {
        "key": "menu",
        "language": "ru",
        "state": "missing",
        "barge_in": True,
        "used_by": ["main"],
    }
    assert listed["system.sorry", "ru"]["used_by"] == ["(engine)"]
    (site / "prompts/ru.toml").write_text('hello = "Добрый день."\n')
    again = acd("build", "--json").json
    assert again["made"] == 1
    assert Path(again["files"]["ru/hello"]).is_file()


def test_a_broken_site_still_says_what_it_has(acd: Run, site: Path) -> None:
    (site / "main.toml").write_text("start = [")
    (site / "hours.toml").write_text("nonsense = 1")
    (site / "prompts/it.toml").write_text('hello = "Ciao."\nmenu = ""\n')
    ran = acd("list")
    assert (
        ran.err == "acd: prompts/it.toml:2: out-of-range: must have 1 to 2000 characters, not 0\n"
    )
    assert matrix(ran)["(hello)"] == ["text", "text", "text"]
    (site / "sounds/jingle.wav").unlink()
    ran = acd("list")
    assert "missing-sound" in ran.err
    assert matrix(ran)["(jingle)"] == ["no", "file"]


# --- hearing one ----------------------------------------------------------------------------------


def seconds(path: Path) -> float:
    with wave.open(str(path)) as sound:
        assert sound.getframerate() == 8000
        return sound.getnframes() / 8000


def test_without_a_loudspeaker_a_file_is_written(acd: Run, tmp_path: Path) -> None:
    if player.CARDS.exists() and "[" in player.CARDS.read_text():
        pytest.skip("this machine has a sound card")
    ran = acd("play", "hello", "--language", "ru")
    assert ran.out == ("hello (ru): Здравствуйте.\nno loudspeaker here: written to hello.ru.wav\n")
    assert 0.5 < seconds(tmp_path / "hello.ru.wav") < 3


def test_a_prompt_is_played(acd: Run, tmp_path: Path) -> None:
    """A sound server is pretended; its player is a script that keeps what it is given."""
    (tmp_path / "run/pulse").mkdir(parents=True)
    (tmp_path / "run/pulse/native").touch()
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("paplay", "aplay"):
        (programs / name).write_text(f'#!/bin/sh\ncp "$1" "{tmp_path}/heard-{name}.wav"\n')
        (programs / name).chmod(0o755)
    ran = acd(
        "play",
        "jingle",
        XDG_RUNTIME_DIR=str(tmp_path / "run"),
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    assert ran.out == "jingle (en): file:jingle.wav\n"
    assert seconds(tmp_path / "heard-paplay.wav") == 1.5
    assert not (tmp_path / "heard-aplay.wav").exists()
    assert not (tmp_path / "jingle.en.wav").exists()


def test_to_a_file(acd: Run, tmp_path: Path) -> None:
    ran = acd("play", "menu", "-l", "ru", "--to", "menu.wav")
    assert ran.out.splitlines() == [
        "ru has no menu: it is heard in en",
        "menu (en): Press one.",
        "written to menu.wav",
    ]
    assert seconds(tmp_path / "menu.wav") > 0.5
    ran = acd("play", "menu", "--to", "no/such/menu.wav", status=1)
    assert "acd: no/such/menu.wav cannot be written" in ran.err


@pytest.mark.parametrize(
    ("words", "first", "hint"),
    [
        (("menus",), "there is no prompt 'menus'", 'did you mean "menu"?'),
        (("nothing.like.it",), "there is no prompt", "`acd prompts list` lists them"),
        (("menu", "-l", "fr"), "the site does not speak 'fr'", "it speaks en, pt, ru"),
        (("../../etc/passwd",), "there is no prompt", ""),
    ],
)
def test_what_cannot_be_played(acd: Run, words: tuple[str, ...], first: str, hint: str) -> None:
    ran = acd("play", *words, status=2)
    lines = ran.err.splitlines()
    assert lines[0].startswith(f"acd: {first}")
    assert hint in lines[1]


def test_no_voice_and_no_site_are_said_plainly(acd: Run, site: Path, tmp_path: Path) -> None:
    (tmp_path / "acd.toml").write_text('[speech.voices]\nru = "qqq"\n')
    ran = acd("build", status=1)
    assert ran.err.splitlines()[0] == "acd: prompt hello in ru: espeak-ng has no such voice"
    assert "[speech.voices]" in ran.err
    (tmp_path / "acd.toml").write_text('[speech.voices]\nru = "-w x"\n')
    assert "speech.voices.ru" in acd("build", status=2).err
    (tmp_path / "acd.toml").unlink()
    shutil.rmtree(site)
    ran = acd("list", status=1)
    assert ran.err.startswith("acd: there are no dialplans in ")


def test_the_help_teaches(acd: Run) -> None:
    for command in ("list", "build", "play"):
        assert f"acd prompts {command}" in acd(command, "--help").out.replace("\n", " ")
