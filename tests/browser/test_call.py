"""A call taken at the desk: a real browser, a real Asterisk, and what each side hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from deskkit import best_share, desk_agent, give_password, loudest_of, sign_in
from playwright.async_api import Page, expect

from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.testing.browser import Chromium, chromium, has_media_address, write_microphone
from acd.testing.house import House, house
from acd.testing.phonecall import PhoneCall
from acd.testing.tones import level_dbfs, read_wav, to_samples, tone_share

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parents[1] / "asterisk/site"
CUSTOMER_HZ, AGENT_HZ = 1000, 1500

LOUDEST = loudest_of("acd.phone.heard")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    profile = desk_agent("ann")
    async with house(tmp_path_factory.mktemp("desk"), SITE, {"ann": profile}) as running:
        await give_password(running, profile)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, AGENT_HZ)
    async with chromium(tone) as running:
        yield running


async def inbound(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("acd.phone.stats()")
    return found.get("inbound-rtp", {})


async def heard_only(caller: PhoneCall, frequency: float) -> None:
    await caller.wait_seconds(1.5)
    assert best_share(caller.lately(1.0), frequency) > 0.9


async def test_a_call_at_the_desk(centre: House, browser: Chromium) -> None:
    async with browser.window(centre.running.url) as window:
        page = window.page
        await sign_in(window)
        await centre.until(lambda: centre.state.agents[AgentName("ann")].is_reachable)
        await page.get_by_role("button", name="Become available").click()

        caller = await (await centre.customer("+15550123", "Maria <b>Lopez</b>")).dial("200")
        await caller.wait_established()
        caller.play_tone(CUSTOMER_HZ)
        await page.get_by_role("button", name="Accept").wait_for()
        await window.picture("call-offered")
        await page.keyboard.press("Alt+a")
        await page.get_by_role("button", name="Mute").wait_for()
        await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
        recording = centre.contact().recording

        await heard_only(caller, AGENT_HZ)
        found = await page.evaluate(LOUDEST)
        assert abs(found["hz"] - CUSTOMER_HZ) < 15, found
        assert found["level"] > -50, found
        first = await inbound(page)
        assert first["packetsReceived"] > 50
        assert first["totalAudioEnergy"] > 0
        await expect(page.get_by_role("meter", name="Level: Customer")).not_to_have_attribute(
            "aria-valuenow", "0"
        )
        # What came over the network is text, also where it looks like more.
        await expect(page.get_by_role("heading", name="Maria <b>Lopez</b>").first).to_be_visible()
        await window.picture("call-up")

        await page.keyboard.press("Alt+m")
        await caller.wait_seconds(1.5)
        assert level_dbfs(to_samples(caller.lately(0.5))) < -50
        await page.keyboard.press("Alt+m")
        await heard_only(caller, AGENT_HZ)

        await page.keyboard.press("Alt+h")
        await expect(page.get_by_role("button", name="Hold")).to_have_attribute(
            "aria-pressed", "true"
        )
        await caller.wait_seconds(1.5)
        assert best_share(caller.lately(1.0), AGENT_HZ) < 0.5  # music
        assert level_dbfs(to_samples(caller.lately(1.0))) > -50
        await page.keyboard.press("Alt+h")
        await heard_only(caller, AGENT_HZ)
        assert (await inbound(page))["packetsReceived"] > first["packetsReceived"]

        await page.keyboard.press("Alt+k")
        for key in "47#":
            await page.get_by_role("group", name="Keys").get_by_text(key, exact=True).click()
        await caller.wait_digits("47#")

        await page.keyboard.press("Alt+q")
        await caller.wait_ended()
        await centre.all_quiet()
        await page.get_by_text("Nothing for you at the moment").wait_for()
        assert window.faults == []

    pcm = read_wav(centre.settings.home / f"asterisk/spool/recording/{recording}.wav")
    both = [pcm[at : at + 8000] for at in range(0, len(pcm) - 8000, 8000)]
    shares = [(tone_share(one, CUSTOMER_HZ), tone_share(one, AGENT_HZ)) for one in both]
    assert any(min(pair) > 0.2 for pair in shares), shares  # both at once, mixed


async def test_the_telephone_goes_with_the_session(centre: House, browser: Chromium) -> None:
    async with browser.window(centre.running.url) as window:
        await sign_in(window)
        await centre.until(lambda: centre.state.agents[AgentName("ann")].is_reachable)
        await window.page.get_by_role("button", name="Account").click()
        await window.page.get_by_role("button", name="Sign out").click()
        await window.page.get_by_role("heading", name="Sign in").wait_for()
        await centre.until(lambda: not centre.state.agents[AgentName("ann")].is_reachable)
