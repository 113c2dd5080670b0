"""Stories told by real calls, in a house of their own: `acd check --stories --live`.

The house is thrown away after: engine, Asterisk and record in a temporary directory, on free ports
of this machine, with nothing of the real one's settings but its voices. Its clock is moved from
story to story.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from acd.adapters.asterisk.install import at_hand, default_cache
from acd.adapters.clock import MovableClock
from acd.app.story import Written
from acd.bootstrap import Progress
from acd.bootstrap.speech import program_here, prompt_sounds
from acd.config import Asterisk, Http, Settings, Sip, SiteSection
from acd.core.agent import AgentProfile
from acd.core.errors import AcdError
from acd.flow.problems import Code, quoted
from acd.ports.pbx import Sounds
from acd.testing.house import House, agent_profile, house_with
from acd.testing.livestory import LiveTeller
from acd.testing.tones import write_wav

SIDE_BY_SIDE = 6
"""Calls at the same time, at most: two processors recognise the prompts of so many."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story that was told.

    Attributes:
        written: which.
        seconds: how long it took.
        complaint: what went another way; empty if nothing did.
        recording: what was heard then.
    """

    written: Written
    seconds: float
    complaint: str = ""
    recording: Path | None = None


OnTold = Callable[[Told], None]


def throwaway_settings(settings: Settings, home: Path, directory: Path) -> Settings:
    """Return settings of a centre beside the real one, which has nothing in common with it.

    Raises:
        AcdError: there is no Asterisk to start.
    """
    mode = "auto" if settings.asterisk.mode == "remote" else settings.asterisk.mode
    if at_hand(mode, default_cache()) is None:
        raise AcdError(
            "live stories are told through a real Asterisk, and this machine has none",
            hint="install Asterisk 20 or newer, or let `acd up` install one; ask `acd doctor`",
            code="no-asterisk",
        )
    return Settings.model_construct(
        home=home,
        http=Http(port=0),
        sip=Sip(port=0, rtp_start=40000, rtp_end=41999),
        asterisk=Asterisk(mode=mode, ari_port=0, ami_port=0),
        site=SiteSection(directory=directory, watch=False),
        speech=settings.speech,
        log=settings.log,
    )


async def tell_live(
    stories: Sequence[Written],
    directory: Path,
    settings: Settings,
    *,
    on_told: OnTold = lambda told: None,
    progress: Progress = lambda step, done: None,
) -> list[Told]:
    """Tell stories by real calls and report the first step of each that goes another way.

    Those that begin at the same instant are told side by side, unless they wait in the same queue:
    flows ask who is waiting. Whoever is served is alone in the house.

    Args:
        stories: valid ones that are live.
        directory: the dialplans.
        settings: of the real centre: who speaks, and which Asterisk.
        on_told: told of each as it is over.
        progress: told of the house being built.

    Raises:
        AcdError: the house cannot be built.
    """
    names = sorted({wish for one in stories for wish in _agents_of(one)})
    agents: dict[str, AgentProfile] = {
        name: agent_profile(name, number) for number, name in enumerate(names, 1)
    }
    ordered = sorted(stories, key=lambda one: one.story.begins_at())
    clock = MovableClock(ordered[0].story.begins_at())
    results: list[Told] = []
    with tempfile.TemporaryDirectory(prefix="acd-live-", ignore_cleanup_errors=True) as home:
        house_settings = throwaway_settings(settings, Path(home), directory)
        sounds = prompt_sounds(
            house_settings,
            program_here(house_settings),
            lambda version: house.state.sites[version],
        )
        async with house_with(house_settings, agents, clock=clock, progress=progress) as house:
            room = _Room(house, sounds)
            for instant, group in groupby(ordered, key=lambda one: one.story.begins_at()):
                clock.move_on(instant)
                together = list(group)
                served = [one for one in together if _agents_of(one)]
                alone = [one for one in together if not _agents_of(one)]
                async with asyncio.TaskGroup() as tasks:
                    for one in alone:
                        tasks.create_task(room.tell(one, results, on_told))
                for one in served:
                    await room.tell(one, results, on_told)
    return results


def _agents_of(written: Written) -> list[str]:
    return [step.served for step in written.story.steps if step.served is not None]


def _queues_of(written: Written) -> list[str]:
    return sorted({step.reaches for step in written.story.steps if step.reaches is not None})


class _Room:
    """What the calls of a house share."""

    def __init__(self, house: House, sounds: Sounds) -> None:
        self._house = house
        self._sounds = sounds
        self._dialling = asyncio.Lock()
        self._lines = asyncio.Semaphore(SIDE_BY_SIDE)
        self._queues: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def tell(self, written: Written, results: list[Told], on_told: OnTold) -> None:
        """Tell a story as soon as there is a line for it."""
        async with contextlib.AsyncExitStack() as held:
            for queue in _queues_of(written):  # sorted, so that nobody waits for each other
                await held.enter_async_context(self._queues[queue])
            await held.enter_async_context(self._lines)
            begun = asyncio.get_running_loop().time()
            teller = LiveTeller(self._house, written.story, self._sounds, self._dialling)
            index, complaint = await teller.tell()
            seconds = asyncio.get_running_loop().time() - begun
            told = Told(written, seconds)
            if complaint:
                kept = await asyncio.to_thread(_keep, written.story.title, teller.recording)
                told = Told(written, seconds, complaint, kept)
                (written.at / "steps" / index).say(
                    Code.STORY_FAILED,
                    f"{quoted(written.story.title)}, told live, {complaint}",
                    f"listen to {kept}",
                )
            results.append(told)
            on_told(told)


def _keep(title: str, pcm: bytes) -> Path:
    """Write a recording where it outlives the house."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "story"
    path = Path(tempfile.mkdtemp(prefix="acd-story-")) / f"{name}.wav"
    write_wav(path, pcm)
    return path
