"""The hand-over card at the desk of a whole centre: a call and a chat that flows have led."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from deskkit import desk_agent, give_password, sign_in
from playwright.async_api import Page, expect

from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.testing.browser import Chromium, chromium, has_media_address, write_microphone
from acd.testing.chatclient import chat
from acd.testing.house import House, house

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "handsite"
ABOUT = "For an order press 1, for anything else press 2."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    profile = desk_agent("ann", voice=1, chat=2)
    async with house(tmp_path_factory.mktemp("hand"), SITE, {"ann": profile}) as running:
        await give_password(running, profile)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, 1500)
    async with chromium(tone) as running:
        yield running


def card(page: Page):
    """The hand-over card."""
    return page.get_by_role("region", name="Hand-over")


async def serious(page: Page) -> list[str]:
    """Return what axe finds to be serious."""
    found = await Axe().run(page)
    return [v["id"] for v in found.response["violations"] if v["impact"] in ("serious", "critical")]


async def test_the_agent_knows_what_the_flow_knew(centre: House, browser: Chromium) -> None:
    url = centre.running.url.rstrip("/")
    async with browser.window(url) as window, ClientSession() as http:
        page = window.page
        await sign_in(window)
        await centre.presence("ann", Presence.AVAILABLE)

        async with chat(http, url, name="Zoe") as customer:
            await customer.say("hello")
            await customer.texts("hello", ABOUT)
            await customer.say("1")
            await page.get_by_role("button", name="Accept").click()
            await expect(card(page)).to_contain_text("1 · An order")
            await expect(card(page)).to_contain_text(ABOUT)
            conversation = page.get_by_role("log")
            await expect(conversation).to_contain_text("2 Anything else")  # what was offered
            await expect(conversation.locator(".customer").last).to_contain_text("1 · An order")
            await expect(page.get_by_text("matter")).to_be_visible()  # what was found out
            await card(page).get_by_role("button", name="Use this reply").click()
            wanted = "Good day Zoe, my name is Ann. Which order is it?"
            await expect(page.locator("#composer")).to_have_value(wanted)
            await window.picture("handover-chat")
            assert await serious(page) == []
            await page.keyboard.press("Enter")
            await customer.until(lambda: customer.messages[-1]["text"] == wanted)
            await page.get_by_role("button", name="End", exact=True).click()
            await page.get_by_role("button", name="Done").click()

        call = await (await centre.customer("+15550123", "Maria")).dial("200")
        await call.wait_established()
        await centre.until(lambda: centre.contact().playback)
        for _ in range(2):
            await call.send_dtmf("7")
            await centre.until(lambda: centre.contact().playback or centre.contact().queue)
        await centre.until(lambda: centre.contact().state is ContactState.OFFERED)
        await page.get_by_role("button", name="Accept").click()
        await expect(card(page).get_by_role("list", name="What went wrong")).to_contain_text(
            f"Not understood × 2 “{ABOUT}”"
        )
        await expect(card(page)).to_contain_text("Say first")
        await expect(card(page)).to_contain_text("Sorry that our menu did not understand you.")
        await window.picture("handover-call")
        assert await serious(page) == []
        await call.hangup()
        assert window.faults == []
