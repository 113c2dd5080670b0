"""A directory of dialplans, read, checked and told; and the sample site in particular."""

from __future__ import annotations

import io
import random
import re
import shutil
import wave
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acd.app.check import check
from acd.app.reference import filled
from acd.app.site import defect, load_site
from acd.app.site_files import read_directory
from acd.app.story import read_stories
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.effects import Play
from acd.core.flows import (
    DigitPressed,
    Entered,
    Step,
    VisitNode,
)
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.core.timers import Instant, after
from acd.flow.interpreter import FlowInterpreter
from acd.flow.load import LARGEST_FILE
from acd.flow.problems import Report
from acd.flow.read import read_flow
from acd.flow.registry import node_types
from acd.testing.fakes import FixedCentre
from acd.testing.story import Story

pytestmark = pytest.mark.app

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "dialplans"
PAGE = ROOT / "docs" / "flows.md"


def sample() -> Site:
    site, problems = load_site(SAMPLE)
    assert site is not None, "\n".join(map(str, problems))
    return site


def wav(*, channels: int = 1, width: int = 2, rate: int = 8000, frames: int = 80) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(bytes(channels * width * frames))
    return content.getvalue()


def codes(directory: Path) -> list[str]:
    _, problems = load_site(directory)
    return [f"{problem.file}:{problem.line}: {problem.code}" for problem in problems]


@pytest.fixture
def site_dir(tmp_path: Path) -> Path:
    """A copy of the sample site."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "dialplans"))


# --- the sample site ----------------------------------------------------------------------------


def test_the_sample_site_has_stories_for_every_queue_and_language() -> None:
    report = Report()
    files = {f"stories/{p.name}": p.read_bytes() for p in (SAMPLE / "stories").glob("*.toml")}
    stories = [written.story for written in read_stories(files, report)]
    assert report.problems == []
    reached = {step.reaches for story in stories for step in story.steps}
    assert reached >= set(sample().queues)
    spoken = {step.speaks for story in stories for step in story.steps}
    assert spoken >= set(sample().prompts)


def test_the_sample_site_uses_every_node() -> None:
    program = {name: read_flow(raw) for name, raw in sample().flows.items()}
    used = {node.type.name for flow in program.values() for node in flow.nodes.values()}
    assert used == set(node_types())


def test_the_stories_of_the_sample_site_walk_through_every_flow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walked: set[VisitNode] = set()
    step = FlowInterpreter.step

    def watched(self: FlowInterpreter, *given: Any) -> Step:
        done = step(self, *given)
        walked.update(action for action in done.actions if isinstance(action, VisitNode))
        return done

    monkeypatch.setattr(FlowInterpreter, "step", watched)
    assert check(SAMPLE, stories=True) == []
    site = sample()
    assert {visit.flow for visit in walked} == set(site.flows)
    types = {read_flow(site.flows[v.flow]).nodes[v.node].type.name for v in walked}
    assert types == set(node_types())


def test_callers_hear_how_many_are_before_them() -> None:
    site = sample()
    story = Story(site, FlowInterpreter())
    story.calls("c1", to="300").waits("c1")
    story.calls("c2", to="300").hears("c2").waits("c2")
    story.calls("c3", to="300").hears("c3").waits("c3")
    assert [[prompt.value for prompt in play.prompts] for play in story.done(Play)] == [
        ["place.one"],
        ["There are", "2", "callers before you."],
    ]


@pytest.mark.parametrize("hour", range(0, 24 * 7, 3))
def test_support_is_one_key_away_at_any_hour(hour: int) -> None:
    site = sample()
    contact = contact_of(site)
    flows = FlowInterpreter()
    now = after(Instant(1_795_392_000_000_000), hour * 3600)
    contact.cursor = flows.step(
        site, contact, Entered(site.numbers["100"].flow), now, FixedCentre(site)
    ).cursor
    step = flows.step(site, contact, DigitPressed("2"), now, FixedCentre(site))
    assert getattr(step.actions[-1], "queue", None) == "support"


def test_prompts_are_the_same_in_all_languages() -> None:
    prompts = sample().prompts
    assert set(prompts) == {"en", "es", "it", "pt", "ru"}
    for language in set(prompts) - {"en"}:
        assert set(prompts["en"]) == set(prompts[language])
        assert not {k for k, v in prompts["en"].items() if v == prompts[language][k]}
    written = sample().written
    assert {language: set(texts) for language, texts in written.items()} == {
        language: set(written["en"]) for language in prompts
    }


def test_the_version_is_the_content_and_not_the_place(site_dir: Path) -> None:
    copied, _ = load_site(site_dir)
    assert copied is not None
    assert copied == sample()
    with (site_dir / "queues.toml").open("a") as file:
        file.write("# a comment\n")
    changed, _ = load_site(site_dir)
    assert changed is not None
    assert changed.version != copied.version


# --- files and sounds ---------------------------------------------------------------------------


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert codes(tmp_path / "nowhere") == ["numbers.toml:1: missing-file"]
    assert codes(tmp_path) == ["numbers.toml:1: missing-file"]


def test_a_file_that_cannot_be_read(site_dir: Path) -> None:
    (site_dir / "gone.toml").symlink_to(site_dir / "nowhere")
    (site_dir / "prompts" / "fr.toml").mkdir()
    assert codes(site_dir) == [
        "gone.toml:1: unreadable-file",
        "prompts/fr.toml:1: unreadable-file",
    ]


def test_a_file_without_end_is_not_read_to_its_end(site_dir: Path) -> None:
    with (site_dir / "main.toml").open("ab") as file:
        file.truncate(LARGEST_FILE * 2000)  # sparse: 2 GB of nothing
    assert "main.toml:1: file-too-large" in codes(site_dir)


def test_recorded_prompts(site_dir: Path) -> None:
    sounds = site_dir / "sounds" / "en"
    sounds.mkdir(parents=True)
    (sounds / "narrow.wav").write_bytes(wav())
    (sounds / "wide.wav16").write_bytes(wav(rate=16000))
    (sounds / "stereo.wav").write_bytes(wav(channels=2))
    (sounds / "huge.wav").touch()
    with (sounds / "huge.wav").open("ab") as file:
        file.truncate(60_000_000)
    (sounds / "gone.wav").symlink_to("nowhere")
    prompts = site_dir / "prompts" / "en.toml"
    begins = len(prompts.read_text().splitlines()) + 2
    with prompts.open("a") as file:
        file.write("\n[test]\n")
        for name in ("narrow.wav", "wide.wav16", "stereo.wav", "huge.wav", "gone.wav"):
            file.write(f'{name[:4]} = "file:en/{name}"\n')
    assert codes(site_dir) == [
        f"prompts/en.toml:{begins + 3}: bad-sound",
        f"prompts/en.toml:{begins + 4}: bad-sound",
        f"prompts/en.toml:{begins + 5}: missing-sound",
    ]


def test_a_sound_that_cannot_be_read(site_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    (site_dir / "sounds").mkdir()
    (site_dir / "sounds" / "a.wav").write_bytes(wav())
    monkeypatch.setattr(Path, "read_bytes", fail)
    assert [str(problem) for problem in check(site_dir)] == [
        "sounds/a.wav:1: unreadable-file: Input/output error"
    ]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("en/a-b_c.wav", wav(), ""),
        ("a.wav16", wav(rate=16000), ""),
        ("a.wav", wav(rate=16000), "must be mono, 16 bit, 8000 Hz"),
        ("a.wav16", wav(), "must be mono, 16 bit, 16000 Hz"),
        ("a.wav", wav(rate=44100), "44100 Hz"),
        ("a.wav", wav(channels=2), "2 channel"),
        ("a.wav", wav(width=1), "8 bit"),
        ("a.wav", wav(frames=0), "no samples"),
        ("a.wav", b"", "not a PCM WAV"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "not a PCM WAV"),
        ("a.wav", wav()[:30], "not a PCM WAV"),
        ("a.wav", b"ID3\3" + bytes(200), "not a PCM WAV"),
        ("a.mp3", wav(), "must be named"),
        ("a", wav(), "must be named"),
        ("a,b.wav", wav(), "must be named"),
        ("a b.wav", wav(), "must be named"),
    ],
)
def test_what_is_wrong_with_a_sound(name: str, content: bytes, complaint: str) -> None:
    found = defect(name, content)
    assert complaint in found
    assert bool(found) is bool(complaint)


def test_no_wav_raises() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        content = bytearray(wav(frames=4))
        for _ in range(chance.randrange(1, 6)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        defect("a.wav", bytes(content[: chance.randrange(len(content) + 1)]))


# --- stories ------------------------------------------------------------------------------------

STORY = """[[story]]
title = "T"
at = 2026-11-23T10:00:00-05:00
calls = "100"
steps = [
  {step},
]
"""


def told(site_dir: Path, text: str) -> list[str]:
    for path in (site_dir / "stories").glob("*.toml"):
        path.unlink()
    (site_dir / "stories" / "t.toml").write_text(text)
    return [str(problem) for problem in check(site_dir, stories=True)]


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ('{ hears = "main.thanks" }', 'does not hear "main.thanks"'),
        ('{ presses = "2" }, { reaches = "sales" }', 'reaches queue "support", not "sales"'),
        ('{ reaches = "sales" }', 'does not reach queue "sales"; the customer is at main/welcome'),
        ('{ presses = "2" }, { requires = {} }', "requires {'support': 2}; the customer waits in"),
        ('{ presses = "2" }, { presses = "1" }', 'nobody listens to key "1"'),
        ("{ leaves_message = 3 }", "cannot leave a message"),
        ('{ speaks = "es" }', 'is spoken to in "en"'),
        ('{ knows = { order = "1" } }', 'order is "", not "1"'),
        ('{ ends = "voicemail" }', 'does not end with "voicemail"'),
        (
            '{ hangs_up = true }, { ends = "voicemail" }',
            'ends with "left_flow"; the customer ended with left_flow and heard main.welcome (0 s)',
        ),
        ("{ waits = 30 }, { hears = 'main.late' }", 'did you mean "main.timeout"?'),
    ],
)
def test_a_story_that_goes_another_way(site_dir: Path, steps: str, complaint: str) -> None:
    (problem,) = told(site_dir, STORY.replace("{step}", steps))
    number = steps.count("}, {") + 1
    assert re.match(rf'stories/t\.toml:6: story-failed: "T", step {number}, 10:00', problem)
    assert complaint in problem


def test_a_failed_story_tells_when_what_was_heard(site_dir: Path) -> None:
    steps = '{ waits = 30 }, { reaches = "sales" }'
    (problem,) = told(site_dir, STORY.replace("{step}", steps))
    assert 'step 2, 10:00:30 (30 s): reaches queue "support", not "sales"' in problem
    assert "heard main.welcome (0 s), main.menu (0 s), main.timeout (10 s), main" in problem


@pytest.mark.parametrize(
    ("at", "timezone", "utc"),
    [
        ("2026-03-06T09:00:00", "America/New_York", "14:00"),
        ("2026-03-09T09:00:00", "America/New_York", "13:00"),  # daylight saving began
        ("2026-11-01T01:30:00", "America/New_York", "05:30"),  # twice that day: the first
        ("2026-11-01T01:30:00-05:00", "America/New_York", "06:30"),  # the second
        ("2026-06-01T09:00:00", "Asia/Kathmandu", "03:15"),
    ],
)
def test_a_story_begins_when_clocks_there_show_it(
    site_dir: Path, at: str, timezone: str, utc: str
) -> None:
    report = Report()
    text = STORY.replace("{step}", "{ waits = 1 }").replace("2026-11-23T10:00:00-05:00", at)
    text = text.replace("calls =", f'timezone = "{timezone}"\ncalls =')
    (written,) = read_stories({"stories/t.toml": text.encode()}, report)
    begins = datetime.fromtimestamp(written.story.begins_at() / 1_000_000, UTC)
    assert f"{begins:%H:%M}" == utc
    assert report.sorted() == []


@pytest.mark.parametrize(
    "at", ["2026-03-08T02:30:00", "0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"]
)
def test_a_story_at_a_time_that_no_clock_shows(site_dir: Path, at: str) -> None:
    text = STORY.replace("{step}", "{ waits = 1 }").replace("2026-11-23T10:00:00-05:00", at)
    text = text.replace("calls =", 'timezone = "America/New_York"\ncalls =')
    (problem,) = told(site_dir, text)
    assert "no clock in America/New_York shows" in problem


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = 1\n", ["1: bad-story", "1: unknown-key"]),
        ("story = 3\n", ["1: bad-story"]),
        ("story = [3]\n", ["1: wrong-type"]),
        ("[[story\n", ["1: bad-toml"]),
        (STORY.replace("2026-11-23T10:00:00-05:00", '"noon"'), ["3: wrong-type"]),
        (STORY.replace('calls = "100"', 'timezone = "Mars"\ncalls = "1"'), ["4: bad-timezone"]),
        (STORY.replace("{step}", '{ presses = "2x" }'), ["6: bad-story"]),
        (STORY.replace("{step}", "{ presses = 2 }"), ["6: wrong-type"]),
        (STORY.replace("{step}", "{}"), ["6: bad-value"]),
        (STORY.replace("{step}", '{ waits = 1, hears = "x" }'), ["6: bad-value"]),
        (STORY.replace("{step}", '{ ends = "well" }'), ["6: bad-story"]),
    ],
)
def test_a_story_that_cannot_be_told(site_dir: Path, text: str, wanted: list[str]) -> None:
    text = text.replace("{step}", "{ waits = 1 }")
    found = [": ".join(line.split(":")[1:3]).replace(":  ", ": ") for line in told(site_dir, text)]
    assert found == wanted


def test_stories_of_a_site_with_problems_are_read_but_not_told(site_dir: Path) -> None:
    (site_dir / "sales.toml").write_text("")
    problems = told(site_dir, STORY.replace("{step}", '{ hears = "x" }, { typo = 1 }'))
    assert [line.split(": ")[1] for line in problems if "stories" in line] == ["unknown-key"]
    assert any(line.startswith("sales.toml:1: missing-key") for line in problems)


def test_stories_are_told_only_on_request(site_dir: Path) -> None:
    (site_dir / "stories" / "t.toml").write_text("x = 1\n")
    assert check(site_dir) == []


# --- anything at all ----------------------------------------------------------------------------


def contact_of(site: Site, language: str = "en") -> Contact:
    return Contact(
        ContactId("c"), Channel.VOICE, site.version, ContactState.IN_FLOW,
        "+15550199", "100", "", language, Instant(0),
    )  # fmt: skip


def test_the_reference_is_what_the_schemas_say() -> None:
    page = PAGE.read_text()
    assert filled(page) == page, "run tools/document_flows.py"
    assert filled(page.replace("| `tries` |", "| `trys` |")) == page


@pytest.mark.parametrize(
    ("wrong", "right", "complaint"),
    [
        ('calls = "100"', 'calls = "100"\nfull = ["sale"]', 'did you mean "sales"?'),
        ('calls = "100"', 'writes_to = "chat"', "nothing has begun that could end"),
    ],
)
def test_a_story_about_what_is_not_there(
    site_dir: Path, wrong: str, right: str, complaint: str
) -> None:
    steps = "{ hangs_up = true }" if "chat" in right else '{ hears = "nothing" }'
    problems = told(site_dir, STORY.replace(wrong, right).replace("{step}", steps))
    assert complaint in problems[0]


def test_what_an_editor_keeps_beside_a_file_is_no_part_of_a_site(site_dir: Path) -> None:
    before = load_site(site_dir)[0]
    assert before is not None
    (site_dir / ".#main.toml").symlink_to("ann@desk.1234")  # nowhere, as Emacs does it
    (site_dir / ".main.toml").write_text("half a fl")
    (site_dir / "prompts" / "._en.toml").write_bytes(b"\0\5\x16\7")
    (site_dir / "sounds").mkdir(exist_ok=True)
    (site_dir / "sounds" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    after, problems = load_site(site_dir)
    assert problems == []
    assert after is not None
    assert after.version == before.version
    assert not [name for name in read_directory(site_dir) if "/." in f"/{name}"]
