"""What docs/prompts.md shows is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acd.app.spoken import spoken
from acd.app.written import written
from acd.config import load_settings
from acd.core.flows import Prompt
from acd.flow.load import Sound, load
from acd.flow.prompts import PromptKeys
from acd.flow.schema import keys_of
from acd.flow.values import KINDS

pytestmark = pytest.mark.app

PAGE = (Path(__file__).parents[2] / "docs/prompts.md").read_text()
PROMPTS, VOICES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def rows(head: str) -> list[list[str]]:
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]


def test_the_prompts_can_be_loaded() -> None:
    files = {
        "numbers.toml": '"100" = "main"\n',
        "main.toml": 'start = "bye"\n[node.bye]\ntype = "hangup"\n',
        "prompts/en.toml": PROMPTS,
    }
    site, problems = load(
        {name: text.encode() for name, text in files.items()}, {"jingle.wav": Sound("1")}, {"UTC"}
    )
    assert problems == []
    assert site is not None
    menu = [Prompt("key", "main.menu"), Prompt("key", "main.jingle")]
    assert site.text_of(menu, "en") == "How can we help you? ♪"
    assert not site.may_interrupt([Prompt("key", "main.law")], "en")


def test_the_settings_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACD_HOME", "ACD_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "acd.toml").write_text(VOICES)
    assert load_settings(tmp_path / "acd.toml").speech.voices == {"en": "piper:joe", "es": "es"}


def test_the_table_of_keys_is_what_is_read() -> None:
    assert [row[0] for row in rows("| key | value |")] == [
        f"`{name}`" for name, _, _ in keys_of(PromptKeys)
    ]


def test_values_are_said_and_written_as_shown() -> None:
    shown = rows("| value | said")
    assert {row[0].split()[0] for row in shown} == set(KINDS)
    for head, *cells in shown:
        kind, value = head.replace("`", "").split(" ", 1)
        prompt = Prompt(kind, value)
        assert cells == [how(prompt, language) for how in (spoken, written)
                         for language in ("en", "es")]  # fmt: skip
