"""The tutorial of docs/flows.md to its end: the shop rings, and a change is published."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from pagekit import blocks, write

from acd.adapters.asterisk import process as asterisk_process

pytestmark = pytest.mark.asterisk

ACD = Path(sys.executable).with_name("acd")
TUTORIAL, _ = (
    (Path(__file__).resolve().parents[2] / "docs" / "flows.md")
    .read_text()
    .split("\n## The files\n")
)
UP, CALL, CHANGE = [block.text for block in blocks(TUTORIAL) if block.kind == "sh"]


class Desk:
    """A directory with the shop of the tutorial, and commands run in it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.home = place / "home"
        for block in blocks(TUTORIAL):
            if block.kind == "toml":
                write(place, block)
        main = place / "shop" / "main.toml"
        main.write_text(main.read_text().replace('"wher"', '"where"'))

    async def start(self, command: str, **more: str) -> asyncio.subprocess.Process:
        """Start a command, with the variables that stand before it."""
        words = shlex.split(command, comments=True)
        given = dict(word.split("=", 1) for word in words[: words.index("acd")])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
        environment: Mapping[str, str] = {**kept, **given, "ACD_HOME": str(self.home), **more}
        return await asyncio.create_subprocess_exec(
            str(ACD),
            *words[words.index("acd") + 1 :],
            cwd=self.place,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def does(self, command: str) -> str:
        """Run a command to its good end and return what it said."""
        child = await self.start(command)
        async with asyncio.timeout(120):
            said, _ = await child.communicate()
        assert child.returncode == 0, said.decode()
        return said.decode()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    engine = await desk.start(UP.strip() + " --port 0")
    assert engine.stdout is not None
    async with asyncio.timeout(120):
        async for line in engine.stdout:
            if line.startswith(b"ready "):
                break
    drain = asyncio.create_task(engine.stdout.read())
    yield desk
    if engine.returncode is None:
        engine.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        await engine.wait()
    await drain
    left = asterisk_process.find(desk.home / "asterisk")
    if left is not None:
        os.kill(left.pid, signal.SIGKILL)


async def test_the_shop_rings_and_a_change_is_published(desk: Desk) -> None:
    call, replay = CALL.splitlines()
    assert "main.menu" in await desk.does(call)
    walk = await desk.does(replay)
    assert "main/menu" in walk
    assert "workshop/hours" in walk

    check, diff, publish, versions, show, rollback = CHANGE.splitlines()
    prompts = desk.place / "shop" / "prompts" / "en.toml"
    prompts.write_text(prompts.read_text().replace("Welcome to Pedal", "Good day, this is Pedal"))
    assert "no problem found" in await desk.does(check)
    assert '+menu = "Good day, this is Pedal' in await desk.does(diff)
    await desk.does(publish)
    assert "friendlier" in await desk.does(versions)
    assert "<b>hours</b> hours · 1" not in await desk.does(show)  # nobody met this version yet
    await desk.does(rollback)
    assert "<b>hours</b> hours · 1" in await desk.does(show)
