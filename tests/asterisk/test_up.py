"""`acd up` as a process, with real Asterisk and real calls: life, death, what it refuses."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from acd.adapters.asterisk import process as asterisk_process
from acd.adapters.home import ENGINE_FILE, Home

pytestmark = pytest.mark.asterisk

ACD = Path(sys.executable).with_name("acd")
SITE = Path("dialplans").absolute()
SMALL_SITE = Path(__file__).parent / "site"
READY_SECONDS = 120  # a first start speaks every prompt of the site in five languages
END_SECONDS = 60


@dataclass(slots=True)
class Command:
    """A running `acd`.

    Attributes:
        lines: what it has printed so far.
        errors: what it has said to standard error.
    """

    child: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def says(self, wanted: str, seconds: float = READY_SECONDS) -> str:
        """Wait for a line of standard output that begins so."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            for line in self.lines:
                if line.startswith(wanted):
                    return line
            is_over = self._has_ended() or asyncio.get_running_loop().time() > end
            assert not is_over, (wanted, self.lines, self.errors)
            await asyncio.sleep(0.05)

    def _has_ended(self) -> bool:
        return all(reader.done() for reader in self.readers)

    async def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        with contextlib.suppress(ProcessLookupError):
            self.child.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it has ended by itself and return the exit status."""
        async with asyncio.timeout(END_SECONDS):
            status = await self.child.wait()
            await asyncio.gather(*self.readers)
        assert "Traceback" not in "".join(self.errors), "\n".join(self.errors)
        return status


@dataclass(slots=True)
class Place:
    """A home and the commands run in it."""

    home: Path
    commands: list[Command] = field(default_factory=list)

    async def acd(self, *words: str, **environment: str) -> Command:
        """Start a command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
        child = await asyncio.create_subprocess_exec(
            str(ACD),
            *words,
            env={
                **kept,
                "ACD_HOME": str(self.home),
                "ACD_SITE_DIRECTORY": str(SITE),
                **environment,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        command = Command(child)
        for stream, lines in ((child.stdout, command.lines), (child.stderr, command.errors)):
            assert stream is not None
            command.readers.append(asyncio.create_task(_collect(stream, lines)))
        self.commands.append(command)
        return command

    async def up(self, *words: str, **environment: str) -> Command:
        """Start an engine with the demo and wait until it is ready."""
        engine = await self.acd("up", "--demo", "--port", "0", *words, **environment)
        await engine.says("ready http://")
        return engine

    @property
    def demo(self) -> dict[str, Any]:
        return json.loads((self.home / "demo.json").read_text())

    def asterisk(self) -> int | None:
        """Return the process id of the home's Asterisk."""
        found = asterisk_process.find(self.home / "asterisk")
        return found.pid if found else None

    async def get(self, path: str) -> Any:
        """Ask the API as the demo's admin."""
        demo = self.demo
        headers = {"Authorization": f"Bearer {demo['token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(demo["url"] + path) as reply,
        ):
            assert reply.status == 200, await reply.text()
            return await reply.json()


async def _collect(stream: asyncio.StreamReader, lines: list[str]) -> None:
    async for line in stream:
        lines.append(line.decode().rstrip("\n"))  # noqa: PERF401 - seen as it comes


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(tmp_path / "home")
    yield place
    for command in place.commands:
        if command.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                command.child.kill()
            await command.child.wait()
        await asyncio.gather(*command.readers)
    left = place.asterisk()
    if left is not None:
        os.kill(left, signal.SIGKILL)


async def test_a_call_is_answered_and_both_ends_say_so(place: Place):
    engine = await place.up()
    phone = await place.acd("phone", "ann", "--say", "tone:440", "--json")
    await phone.says('{"event":"code-accepted"')
    caller = await place.acd(
        "call", "100", "--press", "2", "--hold", "6", "--name", "Zoe", "--json"
    )
    assert await asyncio.wait_for(caller.child.wait(), 90) == 0
    await asyncio.gather(*caller.readers)
    report = json.loads("\n".join(caller.lines))
    assert report["answered"] is True
    assert (report["answered_by"], report["answered_by_name"]) == ("ann", "Ann Archer")
    assert report["queue"] == "support"
    heard = [one["detail"] for one in report["heard"] if one["what"] == "prompt"]
    assert heard[0] == "en/main.welcome"
    assert any(one["what"] == "tone" and "440" in one["detail"] for one in report["heard"])

    talking = json.loads(await phone.says('{"event":"answered"'))
    assert (talking["ani"], talking["dnis"], talking["queue"]) == (report["from"], "100", "support")
    assert talking["contact"] == report["contact"]
    assert await phone.end() == 0

    contact = await place.get(f"/api/v1/contacts/{report['contact']}")
    assert (contact["agent"], contact["end_reason"]) == ("ann", "customer_ended")
    why = await place.get(f"/api/v1/contacts/{report['contact']}/why")
    assert why["decisions"][0]["agent"] == "ann"

    trace = await place.acd("trace", "--last", "--json")
    assert await trace.ended() == 0
    assert json.loads("\n".join(trace.lines))["contact"] == report["contact"]
    replay = await place.acd("replay", str(place.home), "--json")
    assert await replay.ended() == 0

    assert await engine.end() == 0
    assert engine.errors[-1] == "acd: stopped"


async def test_a_mail_to_the_demo_waits_for_an_agent_and_is_acknowledged(place: Place):
    await place.up()
    sent = await place.acd("mail", "Where is it?", "--from", "jo@example.org", "--json")
    assert await sent.ended() == 0
    message_id = json.loads("\n".join(sent.lines))["message_id"]
    (contact,) = (await place.get("/api/v1/contacts?channel=mail"))["contacts"]
    assert (contact["ani"], contact["queue"], contact["state"]) == (
        "jo@example.org", "support", "waiting"
    )  # fmt: skip
    async with asyncio.timeout(15):
        mailbox = "/api/v1/demo/mails?to=jo@example.org"
        while not (got := await place.get(mailbox))["mails"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    (answer,) = got["mails"]
    assert answer["references"] == [message_id]
    assert answer["is_automatic"]


async def test_only_the_owner_can_read_what_is_secret_and_sigterm_leaves_no_process(place: Place):
    engine = await place.up()
    assert place.asterisk() is not None
    for name in ("secrets.json", "demo.json", ENGINE_FILE):
        assert (place.home / name).stat().st_mode & 0o777 == 0o600, name
    assert place.home.stat().st_mode & 0o077 == 0
    demo = place.demo
    assert {agent["login"] for agent in demo["agents"]} == {"ann", "bob", "carla", "dev", "eva"}
    assert set(demo) == {"url", "token", "sip", "mail", "numbers", "agents", "staff"}
    assert {one["login"]: one["role"] for one in demo["staff"]} == {
        "sam": "supervisor", "ada": "admin",
    }  # fmt: skip
    assert await engine.end() == 0
    assert not (place.home / ENGINE_FILE).exists()
    assert place.asterisk() is None
    assert Home(place.home).owner() == ""


async def test_agents_change_while_the_engine_runs(place: Place):
    await place.up()
    add = await place.acd("agents", "add", "dana", "--queue", "support", "--json")
    assert await add.ended() == 0
    made = json.loads("\n".join(add.lines))
    phone = await place.acd("phone", "dana", "--json", ACD_PASSWORD=made["sip_password"])
    await phone.says('{"event":"code-accepted"')
    found = await place.get("/api/v1/agents/dana")
    assert (found["presence"], found["state"]) == ("available", "available")
    for words, state in (
        (("not-ready", "--reason", "lunch"), "not_ready"),
        (("ready",), "available"),
    ):
        done = await place.acd("agents", "set-presence", "dana", *words)
        assert await done.ended() == 0
        assert (await place.get("/api/v1/agents/dana"))["state"] == state
    removed = await place.acd("agents", "remove", "dana")
    assert await removed.ended() == 0
    names = [agent["name"] for agent in (await place.get("/api/v1/agents"))["agents"]]
    assert "dana" not in names


async def test_a_second_one_in_the_same_home_refuses(place: Place):
    first = await place.up()
    second = await place.acd("up", "--port", "0")
    assert await second.ended() == 1
    assert second.errors[0].startswith(f"acd: another `acd up` runs in {place.home} (process ")
    assert "--home" in second.errors[1]
    assert (await place.get("/api/v1/queues"))["queues"]  # the first one minds nothing
    assert await first.end(signal.SIGINT) == 0


async def test_sigterm_while_it_starts_leaves_no_process_behind(place: Place):
    engine = await place.acd("up", "--demo", "--port", "0")
    async with asyncio.timeout(READY_SECONDS):
        while place.asterisk() is None:  # noqa: ASYNC110 - another process, nobody tells us
            await asyncio.sleep(0.02)
    assert await engine.end() == 0
    assert place.asterisk() is None


async def test_sigkill_keeps_asterisk_and_the_next_one_adopts_it(place: Place):
    engine = await place.up()
    before = place.asterisk()
    assert before is not None
    engine.child.kill()
    await engine.child.wait()
    assert place.asterisk() == before
    again = await place.up()
    assert place.asterisk() == before
    assert any("adopted process" in line for line in again.errors)
    assert await again.end() == 0
    assert place.asterisk() is None


async def _refused(place: Place, *words: str, **environment: str) -> list[str]:
    """Expect that an engine does not start, in one clear line, and leaves nothing running."""
    engine = await place.acd("up", *words, **environment)
    assert await engine.ended() == 1
    assert place.asterisk() is None
    said = [line for line in engine.errors if not line.startswith("acd: ")]
    complaint = engine.errors[next(i for i, e in enumerate(engine.errors) if _is_complaint(e)) :]
    assert len(complaint) <= 2, said
    assert not engine.lines
    return complaint


_STEPS = ("reading", "opening", "looking", "starting", "speaking", "connecting")


def _is_complaint(line: str) -> bool:
    return line.startswith("acd: ") and not line.startswith(tuple(f"acd: {s}" for s in _STEPS))


async def test_a_web_port_in_use(place: Place):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        complaint = await _refused(
            place, "--port", str(port), ACD_SIP_PORT="0", ACD_ASTERISK_ARI_PORT="0",
            ACD_ASTERISK_AMI_PORT="0",
        )  # fmt: skip
    assert f"port {port} on 127.0.0.1 cannot be used" in complaint[0]
    assert "--port" in complaint[1]


async def test_a_sip_port_in_use(place: Place):
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        complaint = await _refused(
            place, ACD_HTTP_PORT="0", ACD_SIP_PORT=str(port), ACD_ASTERISK_ARI_PORT="0",
            ACD_ASTERISK_AMI_PORT="0",
        )  # fmt: skip
    assert f"UDP port {port}" in complaint[0]


async def test_a_wrong_ari_password(place: Place, asterisk):
    complaint = await _refused(
        place, "--port", "0", "--asterisk", "remote",
        ACD_ASTERISK_ARI_URL=asterisk.settings.ari_url, ACD_ASTERISK_ARI_PASSWORD="wrong",
        ACD_SITE_DIRECTORY=str(SMALL_SITE),
    )  # fmt: skip
    assert complaint[0] == "acd: Asterisk refused the ARI user or password"
    assert "ari.conf" in complaint[1]


async def test_a_home_that_cannot_be_written(place: Place, tmp_path: Path):
    place.home.write_text("a file where the directory should be")
    complaint = await _refused(place, "--port", "0")
    assert str(place.home) in complaint[0]
    assert "--home" in complaint[1]


async def test_dialplans_that_cannot_be_used(place: Place, tmp_path: Path):
    (tmp_path / "site").mkdir()
    engine = await place.acd("up", "--port", "0", ACD_SITE_DIRECTORY=str(tmp_path / "site"))
    assert await engine.ended() == 1
    text = "\n".join(engine.errors)
    assert "numbers.toml:1: missing-file" in text
    assert "acd check" in text
    assert place.asterisk() is None


async def test_no_program_to_speak_prompts(place: Place, asterisk):
    complaint = await _refused(
        place, "--port", "0", "--asterisk", "remote",
        ACD_ASTERISK_ARI_URL=asterisk.settings.ari_url, PATH="/nonexistent",
    )  # fmt: skip
    assert "espeak-ng is needed to speak prompts" in complaint[0]
    assert "apt-get install espeak-ng" in complaint[1]


@pytest.fixture
def read_only_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_a_read_only_disk(read_only_disk: Path):
    complaint = await _refused(Place(read_only_disk / "home"), "--port", "0")
    assert "Read-only file system" in complaint[0]
    assert "--home" in complaint[1]
