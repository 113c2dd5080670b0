"""Messages of callers on a real Asterisk: spoken, not spoken, given up."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from acd.adapters.speech.voices import Voices
from acd.testing.house import House, house
from acd.testing.phonecall import PhoneCall

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

LEAVE = """start = "leave"
[node.leave]
type = "voicemail"
prompt = "leave"
thanks = "thanks"
silence_seconds = 2
"""
TELL = """start = "tell"
[node.tell]
type = "record"
prompt = "leave"
attribute = "story"
silence_seconds = 2
next = "told"
on_fail = "silent"
[node.told]
type = "enqueue"
queue = "told"
on_fail = "bye"
[node.silent]
type = "enqueue"
queue = "silent"
on_fail = "bye"
[node.bye]
type = "hangup"
"""
OPERATOR = """start = "operator"
[node.operator]
type = "enqueue"
queue = "operator"
on_fail = "bye"
[node.bye]
type = "hangup"
"""
COMMANDS = """[operator]
key = "0"
flow = "operator"
[back]
key = "#"
does = "back"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    site = tmp_path_factory.mktemp("site")
    (site / "prompts").mkdir()
    (site / "prompts/en.toml").write_text('leave = "Speak now."\nthanks = "Thank you."\n')
    (site / "leave.toml").write_text(LEAVE)
    (site / "tell.toml").write_text(TELL)
    (site / "operator.toml").write_text(OPERATOR)
    (site / "commands.toml").write_text(COMMANDS)
    (site / "queues.toml").write_text("[told]\n[silent]\n[operator]\n")
    (site / "numbers.toml").write_text('"100" = "leave"\n"101" = "tell"\n')
    async with house(tmp_path_factory.mktemp("messages"), site, {}) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    espeak, sox = shutil.which("espeak-ng"), shutil.which("sox")
    assert espeak is not None
    assert sox is not None
    path = tmp_path_factory.mktemp("words") / "words.wav"
    await Voices((espeak,), (sox,)).speak("The cat sat on the mat all day long.", "en-us", path)
    return path


def recordings(centre: House) -> list[Path]:
    return list(centre.settings.home.rglob("r-*.wav"))


async def recorded(centre: House, number: str, dialled: str) -> PhoneCall:
    """Return a call whose message is being taken."""
    call = await (await centre.customer(number)).dial(dialled)
    await call.wait_established()
    before = set(recordings(centre))
    await centre.until(lambda: centre.contact().is_leaving_message)
    await centre.until(lambda: set(recordings(centre)) - before)
    return call


async def lasts(centre: House) -> float:
    ended = [r.body for r in await centre.records() if r.type == "MessageEnded"]
    return ended[-1].seconds


async def reason(centre: House) -> str:
    await centre.until(lambda: not centre.state.contacts)
    closed = [r.body for r in await centre.records() if r.type == "ContactClosed"]
    await centre.all_quiet()
    return closed[-1].reason


async def test_a_message_ended_by_its_key(centre: House, words: Path) -> None:
    call = await recorded(centre, "+15550401", "100")
    call.play_file(words)
    await call.wait_seconds(2.5)
    await call.send_dtmf("#")
    await call.wait_ended()
    assert await reason(centre) == "voicemail"
    assert await lasts(centre) >= 1


async def test_who_says_nothing_has_left_no_message(centre: House) -> None:
    call = await recorded(centre, "+15550402", "100")
    await call.wait_ended()
    assert await reason(centre) == "flow_ended"
    assert await lasts(centre) == 0


async def test_what_was_told_is_kept_and_silence_is_not(centre: House, words: Path) -> None:
    call = await recorded(centre, "+15550403", "101")
    call.play_file(words)
    await centre.until(lambda: centre.contact().queue == "told")
    assert centre.contact().attributes["story"] in {path.stem for path in recordings(centre)}
    await call.hangup()
    assert await reason(centre) == "abandoned"
    call = await recorded(centre, "+15550404", "101")
    await centre.until(lambda: centre.contact().queue == "silent")
    assert "story" not in centre.contact().attributes
    await call.hangup()
    assert await reason(centre) == "abandoned"


async def test_an_operator_is_asked_for_in_the_middle_of_a_message(
    centre: House, words: Path
) -> None:
    before = set(recordings(centre))
    call = await recorded(centre, "+15550405", "100")
    call.play_file(words)
    await call.wait_seconds(1)
    await call.send_dtmf("0")
    await centre.until(lambda: centre.contact().queue == "operator")
    await centre.until(lambda: centre.contact().has_music)
    await centre.until(lambda: set(recordings(centre)) == before)
    assert not centre.contact().is_leaving_message
    await call.hangup()
    assert await reason(centre) == "abandoned"
