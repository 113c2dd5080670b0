"""/api/v1/flows: flows drawn with what was counted, old versions, and one contact's walk."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from webkit import Web

from acd.app.site import load_site
from acd.core import inputs as i
from acd.core.site import Site
from acd.flow.interpreter import FlowInterpreter
from acd.ports.store import Role
from acd.testing.story import Story

pytestmark = pytest.mark.app


@pytest.fixture(scope="module")
def site() -> Site:
    found, problems = load_site(Path("dialplans"))
    assert found is not None, problems
    return found


async def serve(web: Web, site: Site) -> Story:
    """Let a centre serve the sample site, and have counted calls through it."""
    await web.tell(i.PublishSite(site))
    story = Story(site, FlowInterpreter())
    story.calls("c1", to="100").presses("c1", "9").hangs_up("c1")
    story.calls("c2", to="100")
    before = web.centre.journeys.state.seq
    web.centre.journeys.fold_all(story.watch.records)
    web.centre.journeys.state.seq = before
    return story


async def test_the_list_and_a_flow(web: Web, site: Site):
    await serve(web, site)
    status, found = await web.ask("/api/v1/flows", token=web.tokens[Role.SUPERVISOR])
    assert status == 200
    assert found["version"] == found["running"] == site.version
    assert site.version in found["versions"]
    main = next(one for one in found["flows"] if one["name"] == "main")
    assert (main["entered"], main["inside"], main["lost"], main["loss"]) == (2, 1, 1, 1.0)
    assert (found["total"]["entered"], found["total"]["containment"]) == (2, 0.0)

    status, found = await web.ask("/api/v1/flows/main")
    assert status == 200
    way = next(
        one for one in found["ways"] if (one["source"], one["target"]) == ("welcome", "language")
    )
    assert (way["taken"], way["label"], way["is_failure"]) == (1, "9", False)
    boxes = {one["id"]: one for one in found["boxes"]}
    assert boxes["welcome"]["entered"] == 2
    assert len(boxes["welcome"]["latest"]) == 2
    assert boxes["welcome"]["x"] < found["width"]


async def test_each_version_by_itself(web: Web, site: Site):
    await serve(web, site)
    await web.tell(i.PublishSite(dataclasses.replace(site, version="0123456789abcdef")))
    assert site.version not in web.centre.state.sites
    status, found = await web.ask("/api/v1/flows")
    assert (status, found["version"], found["total"]["entered"]) == (200, "0123456789abcdef", 0)
    # The one before is served no more; it is read from the log.
    for path in ("/api/v1/flows", "/api/v1/flows/main"):
        status, found = await web.ask(path, params={"version": site.version})
        assert (status, found["version"]) == (200, site.version)
    assert found["entered"] == 2


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/flows/nowhere", "flow-unknown"),
        ("/api/v1/flows?version=beef", "version-unknown"),
        ("/api/v1/flows/main?version=../beef", "version-unknown"),
        ("/api/v1/contacts/c-1-nobody/walk", "contact-unknown"),
    ],
)
async def test_what_is_not_there(web: Web, path: str, code: str):
    status, found = await web.ask(path)
    assert (status, found["error"]["code"]) == (404, code)


async def test_the_walk_of_a_contact(web: Web):
    contact = await web.call("zoe")
    status, found = await web.ask(f"/api/v1/contacts/{contact}/walk")
    assert status == 200
    assert found["contact"] == contact
    assert [one["to"] for one in found["steps"]][-1:] == ["queue:support"]


async def test_counts_are_for_those_who_lead_and_for_prometheus(web: Web, site: Site):
    await serve(web, site)
    for role, wanted in ((Role.READ, 403), (Role.AGENT, 403), (Role.SUPERVISOR, 200)):
        status, _ = await web.ask("/api/v1/flows", token=web.tokens[role])
        assert status == wanted
    async with web.session.get(web.server.make_url("/metrics")) as reply:
        text = await reply.text()
    assert 'acd_flow_entered_total{flow="main"} 2.0' in text
    assert 'acd_flow_outcomes_total{flow="main",outcome="lost"} 1.0' in text


async def test_what_happens_in_the_centre_is_counted(web: Web):
    await web.call("zoe")
    journeys = web.centre.journeys
    assert journeys.state.seq == web.centre.state.seq
    assert journeys.violations() == []
