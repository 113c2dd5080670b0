"""The sample site's live stories, told by real calls; and one that is wrong is found out."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from acd.app.site import STORIES, read_files
from acd.app.story import Written, read_stories
from acd.config import Asterisk, Settings
from acd.core.errors import AcdError
from acd.flow.problems import Report
from acd.testing import tones
from acd.testing.livesound import find_sound
from acd.testing.livestories import Told, tell_live, throwaway_settings

pytestmark = pytest.mark.asterisk

SAMPLE = Path(__file__).resolve().parents[2] / "dialplans"
WRONG = """
[[story]]
title = "Italian welcomes, and then billing is closed"
at = 2026-11-23T10:00:00Z
calls = "102"
caller = "+390612345678"
live = true
steps = [
  { hears = "main.welcome" },
  { hears = "billing.closed" },
]
"""


def live_stories(directory: Path, report: Report) -> list[Written]:
    files, _ = read_files(directory, STORIES)
    return [one for one in read_stories(files, report) if one.story.live]


def settings(home: Path) -> Settings:
    return Settings.model_construct(home=home)


async def test_the_sample_site_and_a_story_that_is_wrong(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(SAMPLE, site)
    (site / "stories/wrong.toml").write_text(WRONG)
    report = Report()
    stories = live_stories(site, report)
    seen: list[Told] = []

    told = await tell_live(stories, site, settings(tmp_path / "home"), on_told=seen.append)

    assert seen == told
    assert len(told) == len(stories)
    (failed,) = [one for one in told if one.complaint]
    assert failed.written.at.file == "stories/wrong.toml"
    (problem,) = report.sorted()
    assert (problem.file, problem.line, problem.code) == ("stories/wrong.toml", 10, "story-failed")
    assert re.search(r'step 2, \d+ s: does not hear "billing\.closed"', problem.message)
    assert "is at main/welcome and heard" in problem.message
    instead = r"main\.welcome \(\d+ s\), "
    assert re.search(instead, problem.message), "what was recognised instead is said, and when"
    assert failed.recording is not None
    assert str(failed.recording) in problem.hint
    assert tones.seconds_of(tones.read_wav(failed.recording)) > 1
    shutil.rmtree(failed.recording.parent)


TINY = {
    "main.toml": """
start = "ask"
[node.ask]
type = "menu"
prompt = "ask"
keys = { 1 = "bye" }
on_fail = "bye"
[node.bye]
type = "hangup"
""",
    "numbers.toml": '"100" = "main"\n',
    "prompts/en.toml": 'ask = "Do you hear us well? Then press one."\n',
    "stories/main.toml": """
[[story]]
title = "Whoever hears us presses one"
at = 2026-11-23T10:00:00Z
calls = "100"
live = true
steps = [{ hears = "ask" }, { presses = "1" }, { ends = "flow_ended" }]
""",
}


def test_the_command_tells_what_became_of_each(tmp_path: Path) -> None:
    for name, text in TINY.items():
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    words = (sys.executable, "-m", "acd", "check", str(tmp_path / "site"), "--live")
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^1/1 Whoever hears us presses one … ok, \d+\.\d s$", ran.stderr, re.M)
    assert ran.stdout.endswith("site: no problem found\n")
    ran = subprocess.run(
        (*words, "--json"), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    document = json.loads(ran.stdout)
    assert document["problems"] == []
    (told,) = document["live"]
    assert told["ok"]
    assert told["title"] == "Whoever hears us presses one"
    assert (told["file"], told["line"], told["recording"]) == ("stories/main.toml", 2, None)
    assert list(tmp_path.iterdir()) == [tmp_path / "site"], "nothing is left behind"


def test_the_live_stories_speak_the_five_languages() -> None:
    spoken = {
        step.speaks
        for one in live_stories(SAMPLE, Report())
        for step in one.story.steps
        if step.speaks is not None
    }
    assert spoken == {"en", "es", "it", "pt", "ru"}


def test_without_an_asterisk_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.testing.livestories.at_hand", lambda mode, cache: None)
    with pytest.raises(AcdError, match="this machine has none") as raised:
        throwaway_settings(settings(tmp_path), tmp_path, tmp_path)
    assert raised.value.code == "no-asterisk"


def test_the_throwaway_house_has_nothing_of_the_real_one(tmp_path: Path) -> None:
    """Neither its record, mailboxes and services nor an Asterisk elsewhere."""
    real = settings(tmp_path / "real").model_copy(
        update={
            "asterisk": Asterisk(mode="remote", ari_url="http://pbx.example.org/ari"),
            "store": "postgresql://…",
            "mailboxes": {"help": object()},
            "services": {"crm": object()},
        }
    )
    thrown = throwaway_settings(real, tmp_path / "thrown", SAMPLE)
    assert thrown.home == tmp_path / "thrown"
    assert thrown.asterisk.mode == "auto"
    assert not thrown.store.url
    assert not thrown.mailboxes
    assert not thrown.services
    assert {thrown.http.port, thrown.sip.port, thrown.asterisk.ari_port} == {0}


def noise(seed: int, seconds: float) -> bytes:
    """Return something that sounds like nothing else: a new note of many every 50 ms."""
    chance = random.Random(seed)
    return b"".join(
        tones.sine(chance.uniform(300, 1400), 0.05) for _ in range(round(seconds / 0.05))
    )


@pytest.mark.parametrize(
    ("recording", "is_found"),
    [
        ([noise(1, 3)], True),
        ([noise(2, 2), noise(1, 3), noise(3, 1)], True),
        ([noise(2, 2), noise(1, 3)[:24000]], True),  # cut after 1.5 s
        ([noise(1, 3)[:12800] + noise(1, 3)[17600:]], True),  # 0.3 s were lost on the way
        ([noise(1, 3)[:12800], noise(2, 3)], False),  # another one that begins the same
        ([noise(2, 3)], False),
        ([tones.silence(3)], False),
        ([], False),
    ],
)
def test_a_sound_is_found_when_enough_of_it_is_there(
    tmp_path: Path, recording: Sequence[bytes], is_found: bool
) -> None:
    path = tmp_path / "prompt.wav"
    tones.write_wav(path, noise(1, 3))
    heard = tones.silence(0.5).join([b"", *recording, b""])
    found = find_sound(path, heard)
    assert (found is not None) == is_found
    if found is not None:
        begins = 0.5 if noise(2, 2) != recording[0] else 3.0
        assert abs(found - begins) < 0.05
