"""The page of the flows: the list, a drawing with live counts, a node, and a contact's walk."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from acd.app.flowviews import flow_document, flow_list
from acd.app.journeys import Journeys
from acd.app.site import load_site
from acd.app.trace import trace
from acd.app.walk import walk_of
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.flow.interpreter import FlowInterpreter
from acd.testing.browser import SIZES, Chromium, Theme, Window
from acd.testing.story import Story

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

THEMES: tuple[Theme, ...] = ("light", "dark")
_WANTED = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Centre:
    """A centre that only its log is left of: what the page asks for is answered from that."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.story = Story(site, FlowInterpreter())
        self.story.agent(
            "ann", queues="sales support billing", skills={"support": 3, "billing": 3, "sales": 1}
        )
        self.journeys = Journeys()
        self._folded = 0
        self._calls = 0

    def call(self, keys: str = "") -> ContactId:
        """Let somebody call the main menu, press keys, leave a message if asked, and hang up."""
        self._calls += 1
        name = f"call{self._calls}"
        self.story.calls(name, to="100").later(2).presses(name, keys).later(5)
        contact = self.story.contact(name)
        if contact.playback is not None and keys.endswith("1"):
            self.story.hears(name)
            if contact.is_leaving_message:
                self.story.speaks(name, 4.0)
        if name in self.story.engine.state.legs:
            self.story.hangs_up(name)
        return contact.id

    def answer(self, path: str) -> tuple[int, Any]:
        """Return status and document of what the API would say."""
        records = self.story.watch.records
        self.journeys.fold_all(records[self._folded :])
        self._folded = len(records)
        tally = self.journeys.version(self.site.version)
        parts = path.removeprefix("/api/v1/").split("/")
        if parts == ["session"]:
            return 200, {"agent": "sue", "role": "supervisor", "csrf": "x"}
        if parts == ["flows"]:
            versions = [self.site.version, "0123456789abcdef"]
            return 200, flow_list(self.site, tally, running=self.site.version, versions=versions)
        if parts[0] == "flows" and parts[1] in self.site.flows:
            return 200, flow_document(self.site, parts[1], tally)
        if parts[-1] == "walk":
            told = trace(records, ContactId(parts[1]))
            return 200, walk_of(told, {self.site.version: self.site}).document()
        return 404, {"error": {"code": "flow-unknown", "message": "no", "details": {}}}

    async def serve(self, page: Page) -> None:
        """Answer what a page asks."""

        async def answer(route: Route) -> None:
            path = route.request.url.partition("//")[2].partition("/")[2].partition("?")[0]
            status, found = self.answer(f"/{path}")
            await route.fulfill(status=status, json=json.loads(msgspec.json.encode(found)))

        await page.route("**/api/v1/**", answer)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre() -> Centre:
    site, problems = load_site(Path("dialplans"))
    assert site is not None, problems
    centre = Centre(site)
    chance = random.Random(4)
    for _ in range(40):
        centre.call(chance.choice(["1", "2", "2", "3", "31", "9", "92", "0", "7", "777", "", "31"]))
    return centre


async def looks(window: Window, name: str, *sizes: str) -> list[str]:
    """Take pictures in light and dark; return axe's serious faults, and what is too wide."""
    faults = []
    for theme in THEMES:
        await window.page.emulate_media(color_scheme=theme)
        for size in sizes:
            await window.resize(size)
            await window.picture(f"{name}-{size}-{theme}")
            wide = await window.page.evaluate("document.documentElement.scrollWidth")
            faults += [f"{size}: {wide} px wide"] if wide > SIZES[size][0] else []
        found = await Axe().run(window.page, options=_WANTED)
        faults += [
            f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
            for one in found.response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    await window.resize("desk")
    return faults


async def test_the_list_leads_to_a_drawing(browser: Chromium, pages: str, centre: Centre):
    async with browser.window(pages) as window:
        page = window.page
        await centre.serve(page)
        await page.goto("/flows")
        row = page.get_by_role("row", name="Main menu")
        await expect(row.locator("td").first).to_have_text("40")
        assert await looks(window, "flows-list", "phone", "desk") == []
        await row.get_by_role("link").click()
        await expect(page.get_by_role("heading", name="Main menu")).to_be_visible()
        await expect(
            page.get_by_role("link", name="welcome, menu, entered 40 times")
        ).to_be_visible()
        assert await looks(window, "flows-drawing", "phone", "desk", "wall") == []
        assert window.faults == []


async def test_long_titles_in_any_script_leave_room_for_figures(
    browser: Chromium, pages: str, centre: Centre
):
    titles = itertools.cycle(
        ("Электрооборудование и ремонт " * 4, "Kraft" * 20, "خدمة العملاء " * 5)
    )
    _, found = centre.answer("/api/v1/flows")
    document = json.loads(msgspec.json.encode(found))
    for flow, title in zip(document["flows"], titles, strict=False):
        flow["title"] = title
    async with browser.window(pages) as window:
        await centre.serve(window.page)
        await window.page.route("**/api/v1/flows", lambda route: route.fulfill(json=document))
        await window.page.goto("/flows")
        await window.resize("phone")
        figure = window.page.locator("tbody tr td.number").first
        box = await figure.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] < SIZES["phone"][0]
        arabic = window.page.get_by_role("link", name="خدمة").first
        assert await arabic.evaluate("(link) => getComputedStyle(link).direction") == "rtl"
        assert await looks(window, "flows-long", "phone", "desk") == []
        document["flows"] = []
        await window.page.reload()
        await expect(window.page.get_by_text("There are no flows.")).to_be_visible()


async def test_counts_are_live(browser: Chromium, pages: str, centre: Centre):
    async with browser.window(pages) as window:
        page = window.page
        await centre.serve(page)
        await page.goto("/flows#main")
        welcome = page.get_by_role("link", name="welcome, menu")
        before = centre.answer("/api/v1/flows/main")[1].entered
        await expect(welcome).to_have_attribute(
            "aria-label", f"welcome, menu, entered {before} times"
        )
        centre.call("2")
        await expect(welcome).to_have_attribute(
            "aria-label", f"welcome, menu, entered {before + 1} times"
        )
        assert window.faults == []


async def test_a_node_and_the_walk_of_who_came_last(browser: Chromium, pages: str, centre: Centre):
    contact = centre.call("7")
    async with browser.window(pages) as window:
        page = window.page
        await centre.serve(page)
        await page.goto("/flows#main")
        await page.get_by_role("link", name="welcome, menu").click()
        node = page.get_by_role("complementary", name="Node welcome")
        await expect(node.get_by_role("heading", name="welcome")).to_be_visible()
        await expect(node).to_contain_text("Who came last")
        assert await looks(window, "flows-node", "phone", "desk") == []
        await node.get_by_role("link", name=contact).click()
        dialog = page.get_by_role("dialog", name="What this contact did")
        await expect(dialog.locator(".happening.presses")).to_have_text("presses7")
        await expect(dialog).to_contain_text("Sorry, that is not one of the choices.")
        assert await looks(window, "flows-walk", "phone", "desk") == []
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(node).to_be_visible()
        await page.get_by_text("As a table").click()
        await expect(page.get_by_role("row", name="welcome menu")).to_be_visible()
        assert await looks(window, "flows-table", "phone", "desk") == []
        assert window.faults == []


async def test_a_flow_that_is_not_there_and_spanish(browser: Chromium, pages: str, centre: Centre):
    async with browser.window(pages, language="es-MX") as window:
        page = window.page
        await centre.serve(page)
        await page.goto("/flows#nowhere")
        await expect(page.get_by_role("alert")).to_contain_text("no tiene ese flujo")
        await page.get_by_role("link", name="Todos los flujos").click()
        await expect(page.get_by_role("columnheader", name="Entraron")).to_be_visible()
        await window.picture("flows-spanish")
