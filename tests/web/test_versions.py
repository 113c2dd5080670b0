"""Versions over the API: published, tried, promoted, taken back; each change is on record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from webkit import Web, web_at

from acd.app.site import load_site
from acd.core import inputs as i
from acd.core.errors import AcdError
from acd.core.events import CanaryEnded
from acd.core.ids import LegId
from acd.core.leg import GoneCause
from acd.ports.store import Role

pytestmark = pytest.mark.app

NUMBERS = "100 = { flow = 'main' }\n"
QUEUES = "[support]\n"
MAIN = """\
start = "wait"

[node.wait]
type = "enqueue"
queue = "support"
on_fail = "bye"

[node.bye]
type = "hangup"
prompt = "welcome"
"""


def write_site(path: Path, welcome: str = "Hello") -> None:
    """Write a small valid site."""
    (path / "prompts").mkdir(parents=True, exist_ok=True)
    (path / "numbers.toml").write_text(NUMBERS)
    (path / "queues.toml").write_text(QUEUES)
    (path / "main.toml").write_text(MAIN)
    (path / "prompts" / "en.toml").write_text(f"welcome = '{welcome}'\n")


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, adam=Role.ADMIN) as running:
        write_site(tmp_path / "site")
        yield running


async def do(web: Web, what: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Change something that must succeed."""
    path = f"/api/v1/versions{what}"
    given = {} if what == "/promote" else {"json": body or {}}
    status, done = await web.ask(path, method="POST", token=web.tokens[Role.ADMIN], **given)
    assert status == 200, done
    return done


async def fails(web: Web, status: int, code: str, what: str = "", **body: Any) -> str:
    given = {} if what == "/promote" else {"json": body}
    found, answer = await web.ask(f"/api/v1/versions{what}", method="POST", **given)
    assert (found, answer["error"]["code"]) == (status, code)
    return answer["error"]["message"]


async def listed(web: Web) -> dict[str, Any]:
    status, found = await web.ask("/api/v1/versions")
    assert status == 200
    return found


async def test_published_it_runs_is_listed_and_on_record(web: Web, tmp_path: Path):
    done = await do(web, body={"note": "the first"})
    assert (done["before"], done["canary"]) == ("v1", None)
    assert web.centre.state.site == done["running"]
    found = await listed(web)
    assert found["running"] == done["running"]
    (one,) = found["versions"]
    assert (one["version"], one["author"], one["note"], one["before"], one["state"]) == (
        done["running"], "api:a admin", "the first", "v1", "running",
    )  # fmt: skip
    (entry,) = await web.centre.audit_store.entries(subject=f"version:{done['running']}")
    assert (entry.entry.actor, entry.entry.action) == ("api:a admin", "versions.publish")
    assert (tmp_path / "versions" / done["running"] / "prompts" / "en.toml").is_file()
    again = await do(web)
    assert again | {"seconds": 0} == done | {"before": done["running"], "seconds": 0}


async def test_a_version_keeps_its_note_when_it_is_published_again_without(
    web: Web, tmp_path: Path
):
    site = tmp_path / "site"
    first = (await do(web, body={"note": "the first"}))["running"]
    write_site(site, "Other")
    await do(web)
    write_site(site)
    assert (await do(web))["running"] == first
    notes = {one["version"]: one["note"] for one in (await listed(web))["versions"]}
    assert notes[first] == "the first"
    write_site(site, "Other")
    await do(web, body={"note": "said later"})
    notes = {one["version"]: one["note"] for one in (await listed(web))["versions"]}
    assert sorted(notes.values()) == ["said later", "the first"]


async def test_what_is_wrong_changes_nothing(web: Web, tmp_path: Path):
    running = (await do(web))["running"]
    (tmp_path / "site" / "main.toml").write_text(MAIN.replace('"bye"', '"nowhere"'))
    (tmp_path / "site" / "numbers.toml").write_text("100 = { flow = 'gone' }\n")
    said = await fails(web, 422, "site-invalid")
    assert "main.toml:6:" in said
    assert "numbers.toml:1:" in said
    assert web.centre.state.site == running
    assert [one["version"] for one in (await listed(web))["versions"]] == [running]
    assert [path.name for path in (tmp_path / "versions").iterdir()] == [running]


async def test_back_to_what_ran_before_though_the_directory_is_gone(web: Web, tmp_path: Path):
    site = tmp_path / "site"
    ran = []
    for welcome in ("One", "Two", "Three"):
        write_site(site, welcome)
        ran.append((await do(web))["running"])
    for path in sorted(site.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    site.rmdir()
    assert (await do(web, "/rollback"))["running"] == ran[1]
    assert (await do(web, "/rollback"))["running"] == ran[0]
    await fails(web, 409, "nothing-before", "/rollback")
    assert (await do(web, "/rollback", {"version": ran[2][:6]}))["running"] == ran[2]
    site_now = web.centre.state.sites[ran[2]]
    assert site_now.prompts["en"]["welcome"] == "Three"
    await fails(web, 409, "version-running", "/rollback", version=ran[2])
    await fails(web, 404, "version-unknown", "/rollback", version="zz")
    await fails(web, 409, "file-unreadable")
    notes = await web.centre.audit_store.entries()
    assert [row.entry.action for row in notes].count("versions.roll-back") == 3


async def test_a_canary_is_tried_promoted_and_taken_back(web: Web, tmp_path: Path):
    old = (await do(web))["running"]
    write_site(tmp_path / "site", "Welcome")
    guard = {"figure": "left_flow", "worse_by": 5, "least": 50}
    share = {"percent": 20, "numbers": ["+1555"], "guard": guard}
    done = await do(web, body={"canary": share})
    new = done["canary"]
    assert done["running"] == old != new
    found = await listed(web)
    assert {key: found["canary"][key] for key in share} == share
    assert found["canary"]["version"] == new
    assert {one["version"]: one["state"] for one in found["versions"]} == {
        old: "running", new: "canary",
    }  # fmt: skip
    assert (await do(web, "/rollback")) | {"seconds": 0} == {
        "running": old, "before": old, "canary": None, "seconds": 0,
    }  # fmt: skip
    assert (await listed(web))["versions"][0]["canary_end"]["reason"] == "taken_back"
    await fails(web, 409, "no-canary", "/promote")
    await do(web, body={"canary": {"numbers": ["+1555"]}})
    assert (await do(web, "/promote"))["running"] == new
    assert (await do(web, "/rollback"))["running"] == old
    await fails(web, 400, "share-invalid", canary={})
    actions = [row.entry.action for row in await web.centre.audit_store.entries()]
    assert actions == [
        f"versions.{one}"
        for one in ("roll-back", "promote", "canary", "end-canary", "canary", "publish")
    ]


async def test_a_worse_canary_goes_back_by_itself_and_is_on_record(web: Web, tmp_path: Path):
    (tmp_path / "site" / "numbers.toml").write_text("200 = { flow = 'main' }\n")
    guard = {"figure": "failed_flows", "worse_by": 10, "least": 6}
    tried = (await do(web, body={"canary": {"numbers": ["+bad"], "guard": guard}}))["canary"]
    ended = []
    web.centre.loop.observe(
        lambda records: ended.extend(r for r in records if isinstance(r.body, CanaryEnded))
    )
    for number in range(6):
        for ani in ("+good", "+bad"):
            leg = LegId(f"{ani}{number}")
            await web.tell(i.LegArrived(leg, "pbx", ani, "support", "", is_up=True))
            await web.tell(i.LegGone(leg, GoneCause.NORMAL))
    assert len(ended) == 1
    found = await listed(web)
    assert found["canary"] is None
    (one,) = found["versions"]
    assert one["canary_end"]["reason"] == "worse"
    assert one["canary_end"]["detail"].startswith("failed_flows 100 % of 6 contacts")
    assert (one["figures"]["ended"], one["figures"]["failed_flows"]) == (6, 100.0)
    await web.publishing.close()  # the guard's note is written beside what goes on
    (newest, *_) = await web.centre.audit_store.entries(subject=f"version:{tried}")
    assert (newest.entry.actor, newest.entry.action) == ("guard", "versions.end-canary")


async def test_files_and_differences(web: Web, tmp_path: Path):
    site = tmp_path / "site"
    old = (await do(web))["running"]
    status, kept = await web.ask(f"/api/v1/versions/{old[:5]}/files")
    assert status == 200
    assert kept["version"] == old
    texts = {one["path"]: one["text"] for one in kept["files"]}
    assert texts["main.toml"] == MAIN
    (site / "queues.toml").write_text("[support]\noffer_seconds = 15\n")
    (site / "stories").mkdir()
    (site / "stories" / "one.toml").write_text("")
    _, found = await web.ask(f"/api/v1/versions/{old}/diff")
    assert (found["old"], found["new"]) == (old, "directory")
    assert [(one["path"], one["change"]) for one in found["files"]] == [
        ("queues.toml", "changed"), ("stories/one.toml", "added"),
    ]  # fmt: skip
    assert found["files"][0]["diff"] == (
        "--- old/queues.toml\n+++ new/queues.toml\n@@ -1 +1,2 @@\n [support]\n+offer_seconds = 15\n"
    )
    new = (await do(web))["running"]
    _, between = await web.ask(f"/api/v1/versions/{old}/diff?against={new}")
    assert between["files"] == found["files"]
    assert (await web.ask("/api/v1/versions/zz/diff"))[0] == 404


async def test_only_this_homes_commands_name_a_directory(web: Web, tmp_path: Path):
    other = tmp_path / "other"
    write_site(other, "Elsewhere")
    body = {"directory": str(other)}
    status, _ = await web.ask("/api/v1/versions", method="POST", json=body)
    assert status == 200
    prompts = web.centre.state.sites[web.centre.state.site].prompts
    assert prompts["en"]["welcome"] == "Elsewhere"
    token = web.tokens[Role.ADMIN]
    status, answer = await web.ask("/api/v1/versions", method="POST", token=token, json=body)
    assert (status, answer["error"]["code"]) == (403, "not-yours")


async def test_a_version_that_ran_before_versions_were_kept(web: Web, tmp_path: Path):
    site, _ = load_site(tmp_path / "site")
    await web.tell(i.PublishSite(site))
    assert await web.publishing.begin(follow=False) == ""
    (one,) = (await listed(web))["versions"]
    assert (one["version"], one["state"], one["author"]) == (site.version, "running", "system")
    assert (tmp_path / "versions" / site.version / "main.toml").is_file()


async def test_a_start_leaves_what_runs_unless_the_directory_is_followed(web: Web, tmp_path: Path):
    old = (await do(web))["running"]
    (tmp_path / "versions" / "left-by-a-crash").mkdir()
    assert await web.publishing.begin(follow=True) == ""
    write_site(tmp_path / "site", "Later")
    assert "acd publish" in await web.publishing.begin(follow=False)
    assert web.centre.state.site == old
    assert await web.publishing.begin(follow=True) == ""
    assert web.centre.state.site != old
    (tmp_path / "site" / "main.toml").unlink()
    assert "acd check" in await web.publishing.begin(follow=True)
    assert not (tmp_path / "versions" / "left-by-a-crash").exists()


async def test_a_prompt_that_cannot_be_spoken_stops_it(web: Web):
    async def prepare(*_: object) -> None:
        raise AcdError("nobody speaks Klingon", code="no-voice")

    web.publishing.prepare = prepare
    assert "Klingon" in await fails(web, 409, "version-not-ready")
    assert web.centre.state.site == "v1"
    assert (await listed(web))["versions"] == []


async def test_a_publish_reaches_new_calls_in_under_a_second(web: Web, tmp_path: Path):
    seconds = []
    for number in range(5):
        write_site(tmp_path / "site", f"Hello {number}")
        began = time.monotonic()
        done = await do(web)
        await web.tell(i.LegArrived(LegId(f"l{number}"), "pbx", "+1", "nobody", "", is_up=True))
        assert web.centre.state.site == done["running"]
        seconds.append(time.monotonic() - began)
    assert max(seconds) < 1, seconds
