"""Publishing when things go wrong: killed at each step, disk full, files gone, two at once."""

from __future__ import annotations

import asyncio
import errno
import shutil
import signal
import wave
from pathlib import Path

import pytest
from publishkit import CHANGES, POINTS, Centre, centre_at, change_and_die, write_site
from warmkit import printing

from acd.app import site_files
from acd.app.publishing import PublishError, Share
from acd.app.site_files import SiteFilesError
from acd.core import inputs as i
from acd.core.canary import Figure, Guard
from acd.core.errors import AcdError
from acd.core.ids import LegId
from acd.core.leg import GoneCause
from acd.core.site import Site

pytestmark = pytest.mark.app


async def is_whole(centre: Centre) -> None:
    """Assert that whatever is in use is kept, lies there whole, and nothing else does."""
    kept = {row.version for row in await centre.kept.rows()}
    assert set(centre.state.sites) <= kept
    assert centre.unfolded() == sorted(centre.state.sites)
    for version in centre.state.sites:
        files = await centre.kept.files(await centre.kept.find(version))
        path = centre.kept.path_of(version)
        there = {f.relative_to(path).as_posix() for f in path.rglob("*") if f.is_file()}
        assert there == set(files)


def killed(given: str) -> int | None:
    """Return how a process ended that was to make a change."""
    with printing(change_and_die, given) as (process, printed):
        printed.read()
        process.join()
        return process.exitcode


@pytest.mark.parametrize(
    ("change", "point"),
    [
        *(("publish", point) for point in POINTS),
        *(("canary", point) for point in ("kept", "asked")),
        *(("promote", point) for point in ("unfolded", "switched", "asked")),
        *(("rollback", point) for point in ("unfolding", "unfolded", "switched", "asked")),
    ],
)
async def test_killed_at_any_step_one_version_runs_as_a_whole(
    tmp_path: Path, change: str, point: str
) -> None:
    site = tmp_path / "site"
    write_site(site, "One")
    async with centre_at(tmp_path) as centre:
        one = (await centre.publishing.publish("ann")).running
        if change == "rollback":  # two runs, and one is not even unfolded any more
            write_site(site, "Two")
            await centre.publishing.publish("ann")
        write_site(site, "Three")
        if change == "promote":
            await centre.publishing.publish("ann", share=Share(50))
        before = centre.state.site
        was_canary = centre.state.canary
    assert await asyncio.to_thread(killed, f"{change} {point} {tmp_path}") == -signal.SIGKILL
    is_done = point in ("asked", "noted")
    async with centre_at(tmp_path) as centre:
        await centre.publishing.begin(follow=False)
        assert (centre.state.site != before) is (is_done and change != "canary")
        assert (centre.state.canary is not None) is (
            (change == "canary" and is_done) or (was_canary is not None and not is_done)
        )
        await is_whole(centre)
        if not is_done:
            await CHANGES[change](centre.publishing)
            await is_whole(centre)
        done = centre.state.canary.version if centre.state.canary else centre.state.site
        assert (done == one) is (change == "rollback")


async def test_of_two_at_once_the_later_is_told(tmp_path: Path) -> None:
    async with centre_at(tmp_path) as centre:
        for name in ("a", "b"):
            write_site(tmp_path / name, name)
        files = [site_files.read_directory(tmp_path / name) for name in ("a", "b", "a")]
        done = await asyncio.gather(
            *(centre.publishing.publish("ann", files=one) for one in files), return_exceptions=True
        )
        told = [one for one in done if isinstance(one, PublishError)]
        assert {one.code for one in told} == {"version-changed"}
        running = [one.running for one in done if not isinstance(one, BaseException)]
        assert set(running) == {centre.state.site}
        assert (len(running), len(told)) in ((2, 1), (1, 2))
        await is_whole(centre)


async def test_who_rolls_back_does_not_wait_for_prompts_and_is_not_overtaken(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    async with centre_at(tmp_path) as centre:
        ran = []
        for welcome in ("One", "Two"):
            write_site(site, welcome)
            ran.append((await centre.publishing.publish("ann")).running)
        speaking, spoken = asyncio.Event(), asyncio.Event()

        async def prepare(site: Site) -> None:
            if site.prompts["en"]["welcome"] == "Three":
                speaking.set()
                await spoken.wait()

        centre.publishing.prepare = prepare
        write_site(site, "Three")
        slow = asyncio.create_task(centre.publishing.publish("ann"))
        async with asyncio.timeout(20):
            await speaking.wait()
            assert (await centre.publishing.roll_back("bob")).running == ran[0]
        spoken.set()
        with pytest.raises(PublishError) as caught:
            await slow
        assert caught.value.code == "version-changed"
        assert centre.state.site == ran[0]
        await is_whole(centre)
        third = (await centre.publishing.publish("ann")).running
        assert third == centre.state.site
        await is_whole(centre)


async def test_asterisk_has_the_dialplan_of_what_runs_when_the_engine_refuses(
    tmp_path: Path,
) -> None:
    """The guard may end the canary between the question and the answer."""
    site = tmp_path / "site"
    write_site(site, "One", own="one")
    async with centre_at(tmp_path) as centre:
        await centre.publishing.publish("ann")
        write_site(site, "Two", own="one")
        await centre.publishing.publish("ann", share=Share(50))

        async def ends_meanwhile(switched: Site) -> None:
            centre.switched.append(switched)
            if len(centre.switched) == 2:
                await centre.loop.ask(i.EndCanary(), "guard")

        centre.publishing.switch = ends_meanwhile
        with pytest.raises(PublishError) as caught:
            await centre.publishing.promote("ann")
        assert caught.value.code == "no-canary"
        assert centre.switched[-1].version == centre.state.site
        await is_whole(centre)


async def test_a_full_disk_changes_nothing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_site(tmp_path / "site", "One")
    async with centre_at(tmp_path) as centre:
        await centre.publishing.publish("ann")
        write_site(tmp_path / "site", "Two")
        whole, written = site_files.write_directory, []

        def write(path: Path, files: dict[str, bytes]) -> None:
            whole(path, files)
            written.append(path)
            if len(written) == fails_at:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(site_files, "write_directory", write)
        for fails_at in (1, 3):  # the copy that is checked; another time what is put in its place
            with pytest.raises(SiteFilesError, match="No space left"):
                await centre.publishing.publish("ann")
            assert len(written) == fails_at
            await is_whole(centre)
            assert len(await centre.kept.rows()) == 1

        async def prepare(_: Site) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        centre.publishing.prepare = prepare
        with pytest.raises(PublishError, match="No space left") as caught:
            await centre.publishing.publish("ann")
        assert caught.value.code == "version-not-ready"
        await is_whole(centre)


def write_sound(path: Path, frames: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(b"\1\2" * frames)


async def test_a_sound_replaced_under_its_name_is_another_version_and_comes_back(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    write_site(site, "file:hello.wav")
    write_sound(site / "sounds/hello.wav", 800)
    async with centre_at(tmp_path) as centre:
        old = (await centre.publishing.publish("ann")).running
        caller = i.LegArrived(LegId("caller"), "pbx", "+15550100", "100", "", is_up=True)
        await centre.loop.ask(caller, "test")
        write_sound(site / "sounds/hello.wav", 1600)
        new = (await centre.publishing.publish("ann")).running
        assert new != old
        assert set(centre.state.sites) == {old, new}

        def samples(version: str) -> int:
            place = centre.kept.path_of(version) / "sounds" / "hello.wav"
            with wave.open(str(place)) as sound:
                return sound.getnframes()

        assert samples(new) == 1600
        (tmp_path / "versions" / new / "sounds" / "hello.wav").unlink()
        (site / "sounds/hello.wav").unlink()
        assert (await centre.publishing.roll_back("ann")).running == old
        assert samples(old) == 800
        assert (await centre.publishing.roll_back("ann", new)).running == new
        assert samples(new) == 1600


async def test_after_a_restart_contacts_in_flight_have_their_version_and_its_files(
    tmp_path: Path,
) -> None:
    site, callers = tmp_path / "site", {}
    async with centre_at(tmp_path) as centre:
        for name in ("One", "Two", "Three"):
            write_site(site, name)
            done = await centre.publishing.publish("ann")
            leg = LegId(f"caller-{name}")
            await centre.loop.ask(i.LegArrived(leg, "pbx", "+1555", "100", "", is_up=True), "test")
            callers[leg] = done.running
    shutil.rmtree(tmp_path / "versions")
    shutil.rmtree(site)
    async with centre_at(tmp_path) as centre:
        assert "acd check" in await centre.publishing.begin(follow=False)
        await is_whole(centre)
        contacts = centre.state.contacts.values()
        assert {contact.leg: contact.site for contact in contacts} == callers
        for leg, version in callers.items():
            await centre.loop.ask(i.LegGone(leg, GoneCause.NORMAL), "test")
            assert (version in centre.state.sites) is (version == centre.state.site)
        write_site(site, "Four")
        await centre.publishing.publish("ann")
        await is_whole(centre)


async def test_what_nobody_uses_any_more_goes_at_once(tmp_path: Path) -> None:
    async with centre_at(tmp_path) as centre:
        for welcome in "ABCD":
            write_site(tmp_path / "site", welcome)
            await centre.publishing.publish("ann")
            assert centre.unfolded() == [centre.state.site]
        assert len(await centre.kept.rows()) == 4


async def test_the_audit_says_which_canary_gave_way(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site, "One")
    async with centre_at(tmp_path) as centre:
        one = (await centre.publishing.publish("ann")).running
        tried = []
        for welcome in ("Two", "Three"):
            write_site(site, welcome)
            tried.append((await centre.publishing.publish("ann", share=Share(50))).canary)
        write_site(site, "Four")
        four = (await centre.publishing.publish("ann")).running
        replaced = {
            row.entry.subject.removeprefix("version:"): row.entry.details.get("replaced")
            for row in await centre.audit.entries()
        }
        assert replaced == {one: None, tried[0]: None, tried[1]: tried[0], four: tried[1]}


async def test_a_start_goes_on_when_the_directory_cannot_be_published(tmp_path: Path) -> None:
    write_site(tmp_path / "site", "One")
    async with centre_at(tmp_path) as centre:
        await centre.publishing.publish("ann")

        async def prepare(_: Site) -> None:
            raise AcdError("nobody speaks")

        centre.publishing.prepare = prepare
        write_site(tmp_path / "site", "Two")
        before = centre.state.site
        assert "acd check" in await centre.publishing.begin(follow=True)
        assert centre.state.site == before


async def test_who_comes_too_late_to_take_a_canary_back_takes_nothing_else_back(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    write_site(site, "One")
    async with centre_at(tmp_path) as centre:
        one = (await centre.publishing.publish("ann")).running
        write_site(site, "Two")
        two = (await centre.publishing.publish("ann")).running
        (site / "numbers.toml").write_text("200 = { flow = 'main' }\n")
        guard = Guard(Figure.FAILED_FLOWS, least=6)
        await centre.publishing.publish("ann", share=Share(numbers=("+bad",), guard=guard))
        for number in range(6):
            for ani in ("+good", "+bad"):
                leg = LegId(f"{ani}{number}")
                await centre.loop.ask(i.LegArrived(leg, "pbx", ani, "100", "", is_up=True), "test")
                await centre.loop.ask(i.LegGone(leg, GoneCause.NORMAL), "test")
        assert centre.state.canary is None
        with pytest.raises(PublishError) as caught:
            await centre.publishing.roll_back("ann")
        assert caught.value.code == "canary-ended"
        assert centre.state.site == two
        assert (await centre.publishing.roll_back("ann", one)).running == one
        assert (await centre.publishing.roll_back("ann", two)).running == two
        assert (await centre.publishing.roll_back("ann")).running == one
