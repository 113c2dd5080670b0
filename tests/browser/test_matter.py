"""One matter over four contacts, and what becomes of missed calls, at a desk where all is real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from deskkit import DESK, WholeDesk, desk_agent, sign_in, whole_desk
from playwright.async_api import Locator, Page, expect

from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.testing import mails
from acd.testing.browser import Chromium, chromium, has_media_address, write_microphone
from acd.testing.carrier import carrier
from acd.testing.chatclient import chat
from acd.testing.house import House
from acd.testing.mailserver import SentMail

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
ORDERS, QUEUE = "250", "200"
ORDER, NUMBER, ADDRESS = "4711", "+15550123", "maria@example.org"
AGENT_HZ = 1500


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeDesk]:
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    profile = desk_agent("ann", voice=1, chat=2, mail=1)
    async with (
        carrier(tmp_path_factory.mktemp("carrier")) as sip,
        whole_desk(tmp_path_factory.mktemp("matter"), SITE, profile, sip=sip) as running,
    ):
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, AGENT_HZ)
    async with chromium(tone) as running:
        yield running


async def gives_up(house: House, number: str, name: str, *, order: str = "") -> None:
    """Let somebody call while nobody is there, say which order it is about, wait, and hang up."""
    await house.presence("ann", Presence.NOT_READY, "break")
    call = await (await house.customer(number, name)).dial(ORDERS if order else QUEUE)
    await call.wait_established()
    if order:
        await house.until(lambda: house.contact().playback)
        await call.send_dtmf(order)
    await house.until(lambda: house.contact().state is ContactState.WAITING)
    assert house.contact().attributes.get("order", "") == order
    await call.hangup()
    await house.all_quiet()


async def finishes(page: Page, tab: str, *, end: bool = True) -> None:
    """End a contact in hand and wrap it up."""
    await page.get_by_role("tab", name=tab).click()
    if end:
        await page.get_by_role("button", name="End", exact=True).click()
    await page.get_by_role("radio", name="Resolved").check()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("tab", name=tab)).to_have_count(0)


async def heard(page: Page) -> None:
    """Wait until the desk's phone hears the customer, who sends back what the agent says."""
    await page.get_by_role("button", name="Mute").wait_for()
    await page.wait_for_function(
        """async () => {
          const found = (await acd.phone.stats())["inbound-rtp"];
          return found?.packetsReceived > 50 && found.totalAudioEnergy > 0;
        }"""
    )


def matter(page: Page) -> Locator:
    """Return the lines of the matter that is looked at."""
    return page.get_by_role("list", name="This matter").get_by_role("listitem")


async def shows(page: Page, *lines: str) -> None:
    """Check the lines of the matter: what, where and how it ended, newest first."""
    found = matter(page)
    await expect(found).to_have_count(len(lines))
    for place, line in enumerate(lines):
        for part in line.split(", "):
            await expect(found.nth(place)).to_contain_text(part)


def collected(page: Page) -> Locator:
    return page.locator("section", has=page.get_by_role("heading", name="Collected"))


async def api(page: Page, path: str) -> Any:
    """Ask as the desk does."""
    answer = await page.request.get(f"/api/v1{path}")
    assert answer.ok, await answer.text()
    return await answer.json()


async def test_one_matter_over_four_contacts(desk: WholeDesk, browser: Chromium) -> None:
    house, url = desk.house, desk.house.running.url
    await gives_up(house, NUMBER, "Maria Lopez", order=ORDER)

    async with (
        browser.window(url) as window,
        chat(desk.http, url, name="Maria Lopez", email=ADDRESS) as maria,
    ):
        page = window.page
        await sign_in(window)
        accept = page.get_by_role("button", name="Accept")

        # The agent finds the call that nobody took, and knows her by her mail address, too.
        await page.get_by_role("region", name="Missed calls").wait_for()
        await page.keyboard.press("Alt+c")
        await page.get_by_role("heading", name="Maria Lopez", level=1).wait_for()
        await expect(collected(page)).to_contain_text(ORDER)
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("Add a number or a mail address").fill(ADDRESS)
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".identities").get_by_text(ADDRESS)).to_be_visible()
        await window.picture("matter-missed")

        # She writes: what she told the phone is there.
        await house.presence("ann", Presence.AVAILABLE)
        desk.mailbox.deliver("desk", mails.mail(sender=f"Maria Lopez <{ADDRESS}>", to=DESK))
        await accept.click()
        await page.get_by_text("Where is my order?").first.wait_for()
        await expect(collected(page)).to_contain_text(ORDER)
        await shows(page, "Mail · desk, in hand", "Call · desk, missed, gave up waiting")
        await page.get_by_label("Your message").fill("We look into it.")
        await page.keyboard.press("Control+Enter")
        await desk.customers.until(lambda got: any("We look into it." in str(m.raw) for m in got))
        await page.get_by_text("Delivered").wait_for()
        await finishes(page, "Mail")
        await expect(page.get_by_role("region", name="Missed calls")).to_have_count(0)

        # She chats, and asks to be called.
        await maria.say("please call me")
        await accept.click()
        await maria.frame("state", state="active")
        await expect(collected(page)).to_contain_text(ORDER)
        await shows(page, "Chat · desk, in hand", "Mail · desk, answered, Resolved", "Call · desk")
        await page.get_by_role("button", name="Call", exact=True).click()
        await page.get_by_role("tab", name="Call").click()
        await heard(page)
        await expect(collected(page)).to_contain_text(ORDER)
        whole = (
            "Call from us · desk, ann",
            "Chat · desk, ann, in hand",
            "Mail · desk, ann, answered, Resolved",
            "Call · desk, missed, gave up waiting",
        )
        await shows(page, *whole)
        await expect(matter(page).first).to_have_attribute("aria-current", "true")
        for identity in (NUMBER, ADDRESS):
            await expect(page.locator(".identities").get_by_text(identity)).to_be_visible()
        await matter(page).last.scroll_into_view_if_needed()
        await window.picture("matter-call")
        await page.get_by_role("button", name="Hang up").click()
        await finishes(page, "Call", end=False)
        await shows(page, "Call from us · desk, ann, answered, Resolved", *whole[1:])
        await finishes(page, "Maria")
        await house.all_quiet()

        # The API tells the same.
        (customer,) = (await api(page, f"/customers?q={ADDRESS}"))["customers"]
        line = (await api(page, f"/customers/{customer['id']}/timeline"))["entries"]
        (of,) = {one["conversation"] for one in line}
        talk = await api(page, f"/conversations/{of}")
        assert talk["context"] == {"order": ORDER}
        assert talk["contacts"] == line
        assert [
            (one["channel"], one["happened"], one["end_reason"], one["is_ours"]) for one in line
        ] == [
            ("voice", "answered", "agent_ended", True),
            ("chat", "answered", "agent_ended", False),
            ("mail", "answered", "agent_ended", False),
            ("voice", "missed", "abandoned", False),
        ]
        assert {one["attributes"]["order"] for one in line} == {ORDER}
        assert window.faults == []


async def test_a_missed_call_is_called_back(desk: WholeDesk, browser: Chromium) -> None:
    house = desk.house
    await gives_up(house, "+15550124", "Noor Haddad", order="0815")
    async with browser.window(house.running.url) as window:
        page = window.page
        await sign_in(window)
        await house.presence("ann", Presence.AVAILABLE)
        await page.get_by_role("region", name="Missed calls").wait_for()
        await page.keyboard.press("Alt+c")
        await page.get_by_role("heading", name="Noor Haddad", level=1).wait_for()
        await page.keyboard.press("Enter")
        await heard(page)
        await page.get_by_role("tab", name="Noor Haddad").wait_for()
        await expect(collected(page)).to_contain_text("0815")
        await shows(page, "Call from us · desk, ann", "Call · desk, missed, gave up waiting")
        await window.picture("matter-call-back")
        await page.get_by_role("button", name="Hang up").click()
        await finishes(page, "Noor", end=False)
        await expect(page.get_by_role("region", name="Missed calls")).to_have_count(0)
        await house.all_quiet()
        assert window.faults == []


async def test_a_missed_call_becomes_a_mail(desk: WholeDesk, browser: Chromium) -> None:
    house, theirs = desk.house, "kim@example.org"
    await gives_up(house, "+15550125", "Kim Olsen", order="1234")
    async with browser.window(house.running.url) as window:
        page = window.page
        await sign_in(window)
        await house.presence("ann", Presence.AVAILABLE)
        await page.get_by_role("region", name="Missed calls").wait_for()
        await page.keyboard.press("Alt+c")
        await page.get_by_text("No mail address is known").wait_for()
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("Add a number or a mail address").fill(theirs)
        await page.get_by_role("button", name="Save").click()
        await page.get_by_label("Subject").fill("Your order 1234")
        await page.get_by_role("button", name="Write a mail").click()
        await page.get_by_label("Your message").fill("You called us.")
        await shows(page, "Mail from us · desk, ann, in hand", "Call · desk, missed")
        await page.keyboard.press("Control+Enter")
        await page.get_by_text("Delivered").wait_for()
        await window.picture("matter-mail")
        sent = next(one for one in desk.customers.mails if theirs in one.recipients)
        assert (sent.message["Subject"], sent.sender) == ("Your order 1234", DESK)
        await finishes(page, "Kim")
        await expect(page.get_by_role("region", name="Missed calls")).to_have_count(0)

        # The answer is a contact of the same matter.
        desk.mailbox.deliver("desk", answer_to(sent, theirs))
        await page.get_by_role("button", name="Accept").click()
        await page.get_by_text("Thank you for writing").first.wait_for()
        await expect(collected(page)).to_contain_text("1234")
        await shows(page, "Mail · desk, in hand", "Mail from us · desk, answered", "Call · desk")
        await finishes(page, "Kim")
        await house.all_quiet()
        assert window.faults == []


def answer_to(sent: SentMail, sender: str) -> bytes:
    """Return a customer's answer to a mail of ours."""
    return mails.mail(
        "Thank you for writing.",
        sender=f"Kim Olsen <{sender}>",
        to=DESK,
        subject=f"Re: {sent.message['Subject']}",
        message_id="<answer@example.org>",
        In_Reply_To=sent.message["Message-ID"],
        References=sent.message["Message-ID"],
    )
