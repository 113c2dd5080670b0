"""A chat that flows lead, in a real Chromium: buttons before the queue, a survey after the talk."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import ContactState
from acd.testing.browser import chromium
from acd.testing.chatclient import chat, new_key
from acd.testing.textcentre import text_centre

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "asksite"
ABOUT, ORDERS, ELSE = "What is it about?", "An order I have placed", "<b>Something</b> else"
CONTENT = "How content are you, from 1 to 5?"
RECOMMEND = "How likely are you to recommend us, from 0 to 10?"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    async with text_centre(tmp_path_factory.mktemp("home"), SITE) as running:
        await running.agent("ann", chat=50)
        yield running


async def begin(page: Page, name: str, text: str = "hello") -> None:
    """Open the widget and write the first message."""
    await page.goto("/demo")
    await page.get_by_role("button", name="Open the chat").click()
    await page.get_by_label("Your name (optional)").fill(name)
    await page.get_by_role("textbox", name="Your message").fill(text)
    await page.keyboard.press("Enter")


def offered(page: Page):
    """The buttons that are there."""
    return page.get_by_role("group", name="Choose an answer").get_by_role("button")


async def said(page: Page, *wanted: str) -> None:
    """Wait until exactly these texts are in the chat's window, all of them sent."""
    await expect(page.locator("acd-chat .log .text")).to_have_text(list(wanted))
    await expect(page.locator("acd-chat .log .pending")).to_have_count(0)


async def serious(page: Page) -> list[str]:
    """Return what is wrong for those who do not see or do not use a mouse."""
    found = await Axe().run(page)
    return [v["id"] for v in found.response["violations"] if v["impact"] in ("serious", "critical")]


async def of(centre, name: str, state: ContactState):
    """Return the customer's contact once it is in a state."""
    contacts = centre.state.contacts
    await centre.until(
        lambda: [c for c in contacts.values() if (c.caller_name, c.state) == (name, state)]
    )
    return next(c for c in contacts.values() if (c.caller_name, c.state) == (name, state))


async def test_a_chat_is_asked_by_buttons_talks_and_is_asked_how_it_was(centre, browser):
    scores = []
    centre.centre.loop.observe(
        lambda records: scores.extend(r.body for r in records if isinstance(r.body, e.ScoreKept))
    )
    async with browser.window(centre.url("/")) as window:
        page = window.page
        await begin(page, "Zoe")
        await said(page, "hello", ABOUT)
        await expect(offered(page)).to_have_text([ORDERS, ELSE])
        assert await page.get_by_text("Somebody will be with you soon.").count() == 0
        await window.picture("widget-choices")
        await page.reload()  # what is asked is asked still
        await expect(offered(page)).to_have_text([ORDERS, ELSE])
        # By keyboard: from the message box back to the last button.
        await page.get_by_role("textbox", name="Your message").focus()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Shift+Tab")
        await expect(offered(page).nth(1)).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await said(page, "hello", ABOUT, ORDERS)
        await expect(offered(page)).to_have_count(0)
        await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()

        contact = await of(centre, "Zoe", ContactState.OFFERED)
        assert contact.attributes["matter"] == "orders"
        await centre.accept(contact.id)
        await page.get_by_text("You are talking to Ann.").wait_for()
        await centre.tell(i.SendMessage(contact.id, "ann", new_key(), "Bye"))
        await centre.tell(i.EndContact(contact.id, by_customer=False))
        await expect(offered(page)).to_have_text(["1", "2", "3", "4", "5"])
        await page.get_by_role("button", name="End chat").wait_for()
        assert await page.get_by_text("The chat has ended").count() == 0
        # The agent's work on the first contact ends while the customer answers for the second.
        await centre.tell(i.FinishWrapup("ann", contact.id))
        await centre.until(lambda: contact.id not in centre.state.contacts)
        await offered(page).get_by_text("4").click()
        await expect(offered(page)).to_have_count(11)
        assert await page.get_by_text("The chat has ended").count() == 0
        await window.picture("widget-survey")
        await offered(page).get_by_text("10").click()
        await page.get_by_text("The chat has ended").wait_for()
        before = ("hello", ABOUT, ORDERS, "Bye")
        await said(page, *before, CONTENT, "4", RECOMMEND, "10", "Thank you!")
        await expect(offered(page)).to_have_count(0)
        await page.reload()
        await said(page, *before, CONTENT, "4", RECOMMEND, "10", "Thank you!")
        assert window.faults == []
    await centre.until(lambda: len(scores) == 2)
    assert [(s.question, s.scale, s.score) for s in scores] == [
        ("overall", "csat", 4),
        ("recommend", "nps", 10),
    ]


async def test_what_is_not_understood_is_asked_again_and_written_answers_do_as_well(
    centre, browser
):
    async with browser.window(centre.url("/")) as window:
        page = window.page
        await begin(page, "Wort")
        await said(page, "hello", ABOUT)
        box = page.get_by_role("textbox", name="Your message")
        await box.fill("7")
        await box.press("Enter")
        again = f"Please choose one of these.\n{ABOUT}"
        log = page.locator("acd-chat .log .text")
        await expect(log).to_have_count(4)
        assert (await log.nth(3).inner_text()).split() == again.split()
        await expect(offered(page)).to_have_text([ORDERS, ELSE])
        await box.fill("2")
        await box.press("Enter")
        await expect(log.nth(4)).to_have_text(ELSE)  # as text, never as markup
        await expect(offered(page)).to_have_count(0)
        await page.get_by_text("Somebody will be with you soon.").wait_for()
        assert window.faults == []


async def test_choices_are_told_by_the_api_and_to_those_who_come_back(centre):
    async with chat(centre.session, centre.url(""), name="Api") as client:
        await client.say("hello")
        await client.texts("hello", ABOUT)
        wanted = [{"key": "1", "label": ORDERS}, {"key": "2", "label": ELSE}]
        assert [one.get("choices") for one in client.messages] == [None, wanted]
        contact = await of(centre, "Api", ContactState.IN_FLOW)
        path = f"/api/v1/contacts/{contact.id}/messages"
        async with centre.session.get(centre.url(path)) as reply:
            listed = (await reply.json())["messages"]
        assert [one.get("choices") for one in listed] == [None, wanted]
        async with chat(centre.session, centre.url(""), token=client.token) as back:
            await back.texts("hello", ABOUT)
            assert back.messages[1]["choices"] == wanted
        assert {"type": "state", "state": "asked"} in client.frames


@pytest.mark.parametrize(("theme", "size"), [("light", "phone"), ("dark", "desk")])
async def test_everybody_can_choose(centre, browser, theme, size):
    async with browser.window(centre.url("/"), theme=theme, size=size) as window:
        page = window.page
        await begin(page, f"See {theme}")
        await expect(offered(page)).to_have_count(2)
        await window.picture(f"widget-choices-{theme}-{size}")
        assert await serious(page) == []
        box = await offered(page).first.bounding_box()
        assert box["height"] >= 40  # a thumb hits it
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide  # nothing to scroll sideways
        assert window.faults == []
