"""A morning at the desk: two chats, a mail and a call at once, all of it real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from deskkit import DESK, WholeDesk, best_share, desk_agent, sign_in, whole_desk
from playwright.async_api import expect

from acd.core.agent import WorkState
from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.testing import mails
from acd.testing.browser import Chromium, chromium, has_media_address, write_microphone
from acd.testing.chatclient import chat
from acd.testing.invariants import problems

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
CUSTOMER_HZ, AGENT_HZ = 1000, 1500


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def morning(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeDesk]:
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    profile = desk_agent("ann", voice=1, chat=2, mail=1)
    async with whole_desk(tmp_path_factory.mktemp("day"), SITE, profile) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, AGENT_HZ)
    async with chromium(tone) as running:
        yield running


async def test_a_morning(morning: WholeDesk, browser: Chromium) -> None:
    centre, url = morning.house, morning.house.running.url
    ann = AgentName("ann")
    async with (
        browser.window(url) as window,
        chat(morning.http, url, name="Kim", email="kim@example.org") as kim,
        chat(morning.http, url, name="Sam") as sam,
        chat(morning.http, url, name="Zoe") as zoe,
    ):
        page = window.page
        accept = page.get_by_role("button", name="Accept")
        await sign_in(window)
        await page.get_by_role("button", name="Become available").click()

        # Two chats and a mail are taken; a third chat is beyond her capacity and waits.
        for customer, text in ((kim, "hello <i>there</i>"), (sam, "is anybody in?")):
            await customer.say(text)
            await accept.click()
            await customer.frame("state", state="active")
        await zoe.say("and me?")
        morning.mailbox.deliver("desk", mails.mail(to=DESK))
        await accept.click()
        await (
            page.get_by_role("heading", name="My order")
            .or_(page.get_by_text("Where is my order?"))
            .first.wait_for()
        )
        await expect(page.get_by_role("tab")).to_have_count(3)
        assert len(centre.state.agents[ann].works) == 3
        assert not problems(centre.state)

        # They talk; what comes in another tab is marked there until it was looked at.
        await page.get_by_role("tab", name="Kim").click()
        await expect(page.get_by_text("hello <i>there</i>")).to_be_visible()
        await page.get_by_label("Your message").fill("Good day, Kim")
        await page.keyboard.press("Enter")
        await kim.texts("hello <i>there</i>", "Good day, Kim")
        await expect(page.get_by_text("Not sent yet")).to_have_count(0)
        await sam.say("still here")
        await expect(page.get_by_role("tab", name="Sam").locator(".badge")).to_have_text("1")
        await page.get_by_role("tab", name="Sam").click()
        await expect(page.get_by_role("tab", name="Sam").locator(".badge")).to_have_count(0)
        await sam.send("typing")
        await page.get_by_text("Sam is writing").wait_for()
        await (
            page.get_by_role("tab", name="jo@example.org")
            .or_(page.get_by_role("tab").nth(2))
            .last.click()
        )

        # A call goes before the mail, which is put aside and comes back.
        caller = await (await centre.customer("+15550123", "Maria Lopez")).dial("200")
        await caller.wait_established()
        caller.play_tone(CUSTOMER_HZ)
        await accept.click()
        await page.get_by_role("button", name="Mute").wait_for()
        await centre.until(
            lambda: WorkState.HELD in {w.state for w in centre.state.agents[ann].works.values()}
        )
        await caller.wait_seconds(2)
        assert best_share(caller.lately(1.0), AGENT_HZ) > 0.9
        heard = (await page.evaluate("acd.phone.stats()"))["inbound-rtp"]
        assert heard["packetsReceived"] > 50
        assert heard["totalAudioEnergy"] > 0
        await page.get_by_label("Note").fill("wants a new router")
        await window.picture("day-call")
        assert not problems(centre.state)
        await page.get_by_role("button", name="Hang up").click()
        await caller.wait_ended()
        await page.get_by_role("radio", name="Follow-up needed").check()
        await expect(page.get_by_label("Note")).to_have_value("wants a new router")
        await page.get_by_role("button", name="Done").click()
        await centre.until(
            lambda: WorkState.HELD not in {w.state for w in centre.state.agents[ann].works.values()}
        )

        # The mail is answered, with what the customer wrote quoted.
        await page.get_by_role("tab", name="Mail").click()
        await page.get_by_role("button", name="Quote").click()
        await page.keyboard.type("On its way.")
        await expect(page.get_by_label("Your message")).to_have_value(
            "> Where is my order?\n\nOn its way."
        )
        await window.picture("day-mail")
        await page.keyboard.press("Control+Enter")
        await morning.customers.until(lambda got: any("On its way." in str(one.raw) for one in got))
        await page.get_by_text("Delivered").wait_for()

        # One after the other is finished; the chat that waited comes in when there is room.
        for tab in ("Mail", "Kim", "Sam", "Zoe"):
            await page.get_by_role("tab", name=tab).click()
            await page.get_by_role("button", name="End", exact=True).click()
            await page.get_by_role("radio", name="Resolved").check()
            await page.get_by_role("button", name="Done").click()
            await expect(page.get_by_role("tab", name=tab)).to_have_count(0)
            if tab == "Kim":
                await accept.click()
                await zoe.frame("state", state="active")
        await centre.all_quiet()

        # Who called is known when they call again, with what was written down.
        again = await (await centre.customer("+15550123", "Maria Lopez")).dial("200")
        await again.wait_established()
        await accept.click()
        await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
        earlier = page.locator(".timeline li:not([aria-current])").first
        await expect(earlier).to_contain_text("Follow-up needed")
        await expect(earlier).to_contain_text("wants a new router")
        await window.picture("day-again")
        await again.hangup()
        await page.get_by_role("button", name="Done").click()
        await centre.all_quiet()
        assert window.faults == []
