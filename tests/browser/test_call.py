"""A call taken at the desk: a real browser, a real Asterisk, and what each side hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from acd.adapters.asterisk.settings import sip_digest
from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.ports.store import AgentRow, Role
from acd.testing.browser import Chromium, Window, chromium, has_media_address, write_microphone
from acd.testing.house import House, agent_profile, house, sip_password
from acd.testing.phonecall import PhoneCall
from acd.testing.tones import level_dbfs, read_wav, to_samples, tone_share

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parents[1] / "asterisk/site"
PASSWORD = "a password for the desk of a test"
CUSTOMER_HZ, AGENT_HZ = 1000, 1500

LOUDEST = """async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(acd.phone.heard).connect(analyser);
  const powers = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 400));  // it smooths over what it saw before
  analyser.getFloatFrequencyData(powers);
  const bin = powers.indexOf(Math.max(...powers));
  const found = { hz: bin * context.sampleRate / analyser.fftSize, level: powers[bin] };
  await context.close();
  return found;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    profile = agent_profile("ann", 1, "desk")
    async with house(tmp_path_factory.mktemp("desk"), SITE, {"ann": profile}) as running:
        row = AgentRow(profile, Role.AGENT, sip_digest(profile.address, sip_password("ann")))
        await running.centre.agent_store.save_agent(row, password=PASSWORD)
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, AGENT_HZ)
    async with chromium(tone) as running:
        yield running


async def sign_in(window: Window) -> None:
    """Sign in as ann, with the phone in the browser registered."""
    page = window.page
    # A steady tone is noise to a browser: it would take it out.
    await page.add_init_script("localStorage.setItem('acd.phone.cleaned', 'false')")
    await page.goto("/")
    await page.get_by_label("Login").fill("ann")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_text("Phone ready").wait_for()
    window.faults.clear()  # that nobody was signed in at first is told as an error


async def inbound(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("acd.phone.stats()")
    return found.get("inbound-rtp", {})


def best_share(pcm: bytes, frequency: float) -> float:
    """Return the purest half second: on a busy machine a phone may miss a beat."""
    half = 8000
    pieces = (pcm[at : at + half] for at in range(0, len(pcm) - half + 1, half // 2))
    return max(tone_share(piece, frequency) for piece in pieces)


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
