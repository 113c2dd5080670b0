"""How the desk looks and can be used: pictures of every page, and an automated check of access."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from busydesk import Desk

from acd.testing.browser import Chromium, Theme, Window

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LOOKS = [(size, theme) for size in ("desk", "phone") for theme in ("light", "dark")]

_WANTED = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def faults_of(window: Window) -> list[str]:
    """Return the serious and critical faults that axe finds in a page."""
    found = await Axe().run(window.page, options=_WANTED)
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("size", "theme"), LOOKS)
async def test_signing_in(browser: Chromium, pages: str, size: str, theme: Theme) -> None:
    desk = Desk()
    desk.answers["is_signed_out"] = True
    async with browser.window(pages, size=size, theme=theme) as window:
        await desk.serve(window.page)
        await window.page.goto("/")
        await window.page.get_by_role("heading", name="Sign in").wait_for()
        await window.picture(f"signin-{size}-{theme}")
        assert not await faults_of(window)


@pytest.mark.parametrize(("size", "theme"), LOOKS)
async def test_the_desk(browser: Chromium, pages: str, size: str, theme: Theme) -> None:
    async with browser.window(pages, size=size, theme=theme) as window:
        await Desk().serve(window.page)
        await window.page.goto("/")
        for name, who in (("call", "Maria"), ("chat", "Jo"), ("mail", "Ines"), ("wrapup", "Sam")):
            await window.page.get_by_role("tab", name=who).click()
            await window.page.get_by_role("heading", name=who).first.wait_for()
            await window.page.get_by_text("Earlier contacts").wait_for()
            await window.picture(f"desk-{name}-{size}-{theme}")
            assert not await faults_of(window)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_what_opens_over_it(browser: Chromium, pages: str, theme: Theme) -> None:
    async with browser.window(pages, theme=theme) as window:
        page = window.page
        await Desk().serve(page)
        await page.goto("/")
        await page.get_by_role("tab", name="Jo").click()
        for name, opening in (
            ("replies", page.get_by_role("button", name="Replies")),
            ("presence", page.get_by_role("button", name="Your state")),
            ("account", page.get_by_role("button", name="Account")),
            ("transfer", page.get_by_role("button", name="Transfer")),
            ("settings", page.get_by_role("button", name="No phone")),
            ("shortcuts", page.get_by_role("button", name="Keyboard shortcuts")),
        ):
            await opening.click()
            await window.picture(f"desk-{name}-{theme}")
            assert not await faults_of(window)
            await page.keyboard.press("Escape")


async def test_in_spanish(browser: Chromium, pages: str) -> None:
    async with browser.window(pages, language="es-MX") as window:
        await Desk().serve(window.page)
        await window.page.goto("/")
        await window.page.get_by_role("button", name="Aceptar").wait_for()
        assert await window.page.locator("html").get_attribute("lang") == "es"
        await window.picture("desk-spanish")
