"""Prompts with two wordings, and with a word on whether keys interrupt."""

from __future__ import annotations

import pytest
from flowkit import FILES

from acd.core.flows import Prompt
from acd.core.site import Site
from acd.flow.load import Sound, load

pytestmark = pytest.mark.core

MAIN = 'start = "bye"\n[node.bye]\ntype = "hangup"\n'
SOUNDS = {"good.wav": Sound("1"), "bad.wav": Sound("2", "is damaged")}

EN = """\
hello = "Hello."
menu = { spoken = "Press 1.", written = "Choose." }
wrong = { spoken = "No.", barge_in = false }
late = { spoken = "file:good.wav", written = "Well?", barge_in = false }

[deep.down]
jingle = "file:good.wav"

[deep.law]
spoken = "This call is recorded."
barge_in = true
"""


def read(english: str = EN, **more: str) -> tuple[Site | None, list[str]]:
    files = FILES | {"main.toml": MAIN, "prompts/en.toml": english}
    files |= {f"prompts/{language}.toml": text for language, text in more.items()}
    site, problems = load({k: v.encode() for k, v in files.items()}, SOUNDS, {"UTC"})
    return site, [f"{p.file}:{p.line} {p.code}" for p in problems]


@pytest.fixture(scope="module")
def site() -> Site:
    site, problems = read()
    assert problems == []
    assert site is not None
    return site


def keys(*names: str) -> list[Prompt]:
    return [Prompt("key", name) for name in names]


def test_speech_takes_the_spoken_wording(site: Site) -> None:
    english = site.prompts["en"]
    assert english["menu"] == "Press 1."
    assert english["deep.law"] == "This call is recorded."
    assert english["late"] == "file:good.wav"


def test_text_takes_the_written_wording_where_there_is_one(site: Site) -> None:
    assert site.text_of(keys("hello", "menu", "wrong"), "en") == "Hello. Choose. No."
    assert site.text_of(keys("late"), "en") == "Well?"


def test_a_sound_without_a_written_wording_says_nothing(site: Site) -> None:
    assert site.text_of(keys("deep.down.jingle", "hello", "no.such"), "en") == "Hello."


def test_texts_are_shown_as_they_came(site: Site) -> None:
    prompts = [*keys("hello"), Prompt("money", "5 USD"), Prompt("text", "{x} file:")]
    assert site.text_of(prompts, "es") == "Hola. 5 USD {x} file:"
    sentence = [Prompt("text", text) for text in ("¿Son", "5 €", "? ¿", "Sí", "?", "", "Bien.")]
    assert site.text_of(sentence, "es") == "¿Son 5 €? ¿Sí? Bien."


def test_keys_may_interrupt_unless_a_prompt_says_no(site: Site) -> None:
    assert site.may_interrupt(keys("hello", "menu", "deep.law", "no.such"), "en")
    assert not site.may_interrupt(keys("hello", "wrong"), "en")
    assert site.may_interrupt([Prompt("text", "wrong")], "en")
    assert site.may_interrupt(keys("wrong"), "es")  # each language has its own recordings
    assert not site.may_interrupt(keys("late"), "ru")  # heard in English


def test_a_prompt_that_a_language_lacks_is_heard_in_another() -> None:
    site, _ = read(pt='hello = "Olá."\n')
    assert site is not None
    assert site.home_of("hello", "pt") == "pt"
    assert site.home_of("hello", "pt-BR") == "pt"
    assert site.home_of("menu", "pt") == "en"
    assert site.home_of("system.sorry", "pt") == "en"
    assert site.home_of("hello", "xx") == "en"
    assert site.home_of("nothing", "pt") is None
    assert site.text_of(keys("hello", "menu"), "pt-BR") == "Olá. Choose."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('menu = { written = "x" }', "6 missing-key"),
        ('menu = { spoken = "x", writen = "y" }', "6 unknown-key"),
        ("menu = { spoken = 1 }", "6 wrong-type"),
        ('menu = { spoken = "" }', "6 out-of-range"),
        ('menu = { spoken = "x", written = "" }', "6 out-of-range"),
        ('menu = { spoken = "x", barge_in = "no" }', "6 wrong-type"),
        ('menu = { spoken = "x", written = "file:good.wav" }', "6 bad-value"),
        ('menu = { spoken = "file:no.wav" }', "6 missing-sound"),
        ('menu = { spoken = "file:bad.wav", written = "y" }', "6 bad-sound"),
        ('menu = { spoken = { spoken = "x" } }', "6 wrong-type"),
        ('[menu]\nspoken = "x"\n[menu.spoke]\nspoken = "y"', "8 unknown-key"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, problem: str) -> None:
    others = 'hello = "x"\nwrong = "x"\nlate = "x"\nmore = "x"\n\n'
    site, problems = read(others + text + "\n")
    assert site is None
    assert problems[0] == f"prompts/en.toml:{problem}"


def test_a_language_without_its_file_is_still_told() -> None:
    site, problems = read("menu = [")
    assert site is None
    assert problems == ["prompts/en.toml:1 bad-toml"]
