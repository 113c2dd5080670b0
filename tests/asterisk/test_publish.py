"""An admin's day: edit, an error, mend, try on some, promote, go back, while real calls go on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from acd.app.publishing import PublishError
from acd.core.canary import lot
from acd.core.contact import Contact, ContactState
from acd.testing.house import House, agent_profile, house
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Phone

pytestmark = pytest.mark.asterisk

SITE = Path(__file__).parent / "site"
AGENTS = {
    name: agent_profile(name, number, "desk") for number, name in enumerate(("ann", "bob"), 1)
}
COMMAND_SECONDS = 60
STORY = """
[[story]]
title = "Key seven leads to the desk"
at = 2026-11-23T10:00:00Z
calls = "100"
steps = [{ hears = "menu" }, { presses = "7" }, { reaches = "desk" }]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy to edit, whose menu is patient."""
    shutil.copytree(SITE, tmp_path / "site")
    edit(tmp_path / "site", "timeout_seconds = 3", "timeout_seconds = 60")
    return tmp_path / "site"


def edit(site: Path, old: str, new: str, file: str = "menu.toml") -> None:
    text = (site / file).read_text()
    assert old in text
    (site / file).write_text(text.replace(old, new))


async def acd(centre: House, *words: str) -> tuple[int, str, str]:
    """Run a command of the centre's home; return status, output and errors."""
    home = () if words[0] == "check" else ("--home", str(centre.settings.home))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "acd", *words, *home),
        env={**os.environ, "ACD_SITE_DIRECTORY": str(centre.settings.site.directory)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(COMMAND_SECONDS):
        out, errors = await child.communicate()
    assert child.returncode is not None
    return child.returncode, out.decode(), errors.decode()


async def done(centre: House, *words: str) -> Any:
    """Run a command that must succeed; return what it prints for programs."""
    status, out, errors = await acd(centre, *words, "--json")
    assert status == 0, errors
    return json.loads(out)


async def call(centre: House, number: str, to: str) -> tuple[PhoneCall, Contact]:
    """Let a caller ring and be let in."""
    caller = await (await centre.customer(number)).dial(to)
    await caller.wait_established()

    def opened() -> list[Contact]:
        return [one for one in centre.state.contacts.values() if one.ani == number]

    await centre.until(opened)  # Asterisk answers a moment before we hear of it
    return caller, opened()[0]


async def talks(centre: House, agent: Phone, contact: Contact) -> None:
    """Wait until an agent talks to a contact."""
    await (await agent.next_call()).wait_established()
    await centre.until(lambda: contact.state is ContactState.ACTIVE)


async def test_an_admins_day_while_calls_go_on(tmp_path: Path, site: Path) -> None:
    async with house(tmp_path / "home", site, AGENTS) as centre:
        ann = await centre.agent("ann")
        old = centre.state.site
        talking, talk = await call(centre, "+15550101", "200")
        await talks(centre, ann, talk)
        choosing, choice = await call(centre, "+15550102", "100")
        assert {talk.site, choice.site} == {old}

        # An error: every problem is told, nothing has changed.
        edit(site, "1 = ", "7 = ")
        edit(site, '2 = "experts"', '8 = "expert"')
        status, found, _ = await acd(centre, "check")
        assert status == 1
        assert "menu.toml:9: unknown-node" in found
        status, _, errors = await acd(centre, "publish")
        assert status == 1
        assert "menu.toml:9: unknown-node" in errors
        assert "Traceback" not in errors
        assert centre.state.site == old
        assert [one["version"] for one in (await done(centre, "versions"))["versions"]] == [old]

        # Mended; its story comes out as it should, and first did not.
        edit(site, '8 = "expert"', '8 = "experts"')
        edit(site, "Press one for", "Press seven for", "prompts/en.toml")
        (site / "stories").mkdir()
        (site / "stories" / "menu.toml").write_text(STORY.replace('"desk"', '"billing"'))
        status, found, _ = await acd(centre, "check", "--stories")
        assert status == 1
        assert 'step 3, 10:00:00 (0 s): reaches queue "desk", not "billing"' in found
        (site / "stories" / "menu.toml").write_text(STORY)
        assert await done(centre, "check", "--stories") == {"problems": []}

        # Tried on a fifth of the callers, and on the admin's own telephone.
        status, shown, _ = await acd(centre, "diff")
        assert status == 0
        assert '+keys = { 7 = "desk", 8 = "experts" }' in shown.splitlines()
        share = ("--canary", "20", "--canary-numbers", "+1 (555) 0103,999")
        new = (await done(centre, "publish", *share))["canary"]
        assert centre.state.site == old

        def chosen(contact: Contact) -> str:
            return new if lot(contact.id, centre.state.seed) < 20 else old

        trying, trial = await call(centre, "+15550103", "100")
        other, normal = await call(centre, "+15550104", "100")
        assert (trial.site, normal.site) == (new, chosen(normal))
        short, gone = await call(centre, "+15550107", "100")
        await short.hangup()
        await centre.until(lambda: gone.id not in centre.state.contacts)
        figures = await done(centre, "versions")
        canary = figures["canary"]
        assert (canary["version"], canary["percent"]) == (new, 20)
        left = canary["figures" if chosen(gone) == new else "running_figures"]
        assert (left["ended"], left["left_flow"]) == (1, 100.0)
        open_ones = Counter(contact.site for contact in (talk, choice, trial, normal))
        assert {v["version"]: v["contacts"] for v in figures["versions"]} == open_ones

        # For everybody: a new call has it in under a second.
        promoted = await done(centre, "promote")
        assert (promoted["running"], promoted["before"]) == (new, old)
        late, latest = await call(centre, "+15550105", "100")
        assert latest.site == new

        # And back, by a publish of the old words and by a roll-back.
        assert (await done(centre, "rollback"))["running"] == old
        began = time.monotonic()
        published = await done(centre, "publish", "--note", "once more")
        assert published["running"] == new
        last, newest = await call(centre, "+15550106", "100")
        assert newest.site == new
        print(f"publish {published['seconds']} s; {time.monotonic() - began:.2f} s with the call")
        assert published["seconds"] < 1
        assert (await done(centre, "rollback", old[:6]))["running"] == old

        # Nobody was dropped, and everybody is on the version they came with.
        calls = (talking, choosing, trying, other, late, last)
        assert all(one.established for one in calls)
        assert talk.state is ContactState.ACTIVE
        expected = [old, old, new, chosen(normal), new, new]
        contacts = (talk, choice, trial, normal, latest, newest)
        assert [contact.site for contact in contacts] == expected

        # The keys are those of each one's own version.
        await choosing.send_dtmf("1")
        await centre.until(lambda: choice.state is ContactState.WAITING)
        await trying.send_dtmf("7")
        await centre.until(lambda: trial.state is ContactState.WAITING)
        bob = await centre.agent("bob")
        await talks(centre, bob, choice)

        types = [record.type for record in await centre.records()]
        assert types.count("ContactEnded") == 1  # who hung up
        assert types.count("SitePublished") == 5
        await centre.hang_up_all()
        await centre.all_quiet()


async def test_a_start_runs_what_ran_whatever_the_directory_holds(
    tmp_path: Path, site: Path
) -> None:
    home = tmp_path / "home"
    async with house(home, site, AGENTS) as centre:
        first = centre.state.site
        assert centre.running.notice == ""
    edit(site, "tries = 2", "tries = 3")
    async with house(home, site, AGENTS) as centre:
        assert centre.state.site == first
        assert "differs" in centre.running.notice
        assert "acd publish" in centre.running.notice
        second = (await done(centre, "publish"))["running"]
    edit(site, "tries = 3", "tries = ")
    async with house(home, site, AGENTS) as centre:
        assert centre.state.site == second
        assert "acd check" in centre.running.notice
        assert (await done(centre, "rollback"))["running"] == first
        await centre.all_quiet()


async def test_a_first_start_refuses_a_dialplan_that_asterisk_cannot_use(
    tmp_path: Path, site: Path
) -> None:
    (site / "asterisk").mkdir()
    own = site / "asterisk" / "own.conf"
    own.write_text("[own]\nexten => s,1,Return()\nexten => s,1,Return()\n")
    with pytest.raises(PublishError, match=r"asterisk/own\.conf:3: bad-dialplan"):
        async with house(tmp_path / "home", site, AGENTS):
            pytest.fail("it runs")
    own.write_text("[own]\nexten => s,1,Return()\n")
    async with house(tmp_path / "home", site, AGENTS) as centre:
        assert set(centre.state.sites[centre.state.site].asterisk) == {"own.conf"}


async def test_a_watched_directory_is_published_when_it_is_right(
    tmp_path: Path, site: Path
) -> None:
    async with house(tmp_path / "home", site, AGENTS, watch=True) as centre:
        first = centre.state.site
        edit(site, "tries = 2", "tries = ")  # never published
        edit(site, "tries = ", "tries = 4")
        await centre.until(lambda: centre.state.site != first)
        flow = centre.state.sites[centre.state.site].flows["menu"]
        assert flow["node"]["main"]["tries"] == 4  # type: ignore[index]


async def test_without_an_engine_the_commands_say_what_to_do(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "acd", "publish", "--home", str(tmp_path)),
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await child.communicate()
    assert child.returncode == 1
    assert b"no engine is ready" in errors
    assert b"acd up" in errors
