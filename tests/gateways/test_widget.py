"""The widget in a real Chromium: talks, survives reload and loss of network, shows text as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe

from acd.core import inputs as i
from acd.testing.browser import chromium
from acd.testing.chatclient import new_key
from acd.testing.textcentre import text_centre

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> & \u202etxt"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    async with text_centre(tmp_path_factory.mktemp("home"), SITE) as running:
        await running.agent("ann", chat=50)
        yield running


async def begin(window, text: str, name: str = "Zoe", language: str = ""):
    """Open the widget by keyboard and write the first message."""
    page = window.page
    await page.goto("/demo")
    if language:  # as a site does that wants another than its page's
        await page.evaluate(
            """language => {
                const chat = document.createElement("acd-chat");
                chat.dataset.lang = language;
                document.querySelector("acd-chat").replaceWith(chat);
            }""",
            language,
        )
    await page.get_by_role("button", name=re.compile("Open the chat|Abrir el chat")).press("Enter")
    await page.keyboard.type(name)
    await page.get_by_role("textbox", name=re.compile("Your message|Su mensaje")).fill(text)
    await page.keyboard.press("Enter")


async def contact_of(centre, name: str):
    contacts = centre.state.contacts
    await centre.until(lambda: [c for c in contacts.values() if c.caller_name == name])
    (contact,) = [c for c in contacts.values() if c.caller_name == name]
    await centre.accept(contact.id)
    return contact.id


async def texts(page, *wanted: str) -> None:
    """Wait until exactly these texts are shown, none of them waiting."""
    await page.wait_for_function(
        """wanted => {
            const log = document.querySelector("acd-chat").shadowRoot.querySelector(".log");
            const shown = [...log.querySelectorAll(".text")].map((e) => e.textContent);
            const isSent = !log.querySelector(".pending");
            return isSent && JSON.stringify(shown) === JSON.stringify(wanted);
        }""",
        arg=list(wanted),
        timeout=10_000,
    )


async def test_a_customer_talks_reloads_and_goes_on(centre, browser):
    async with browser.window(centre.url("/")) as window:
        page = window.page
        await begin(window, HOSTILE)
        await texts(page, HOSTILE)
        contact = await contact_of(centre, "Zoe")
        await page.get_by_text("You are talking to Ann.").wait_for()
        await centre.tell(i.SendMessage(contact, "ann", new_key(), HOSTILE))
        await texts(page, HOSTILE, HOSTILE)
        await window.picture("widget-chat")
        await page.reload()
        await texts(page, HOSTILE, HOSTILE)
        await page.get_by_role("button", name=re.compile("Close the window")).click()
        await centre.tell(i.SendMessage(contact, "ann", new_key(), "Still there?"))
        await page.get_by_role("button", name="Open the chat, 1 unread").click()
        await texts(page, HOSTILE, HOSTILE, "Still there?")
        await page.get_by_role("button", name="End chat").click()
        await page.get_by_text("The chat has ended").wait_for()
        assert window.faults == []


async def test_loss_of_network_shows_and_loses_nothing(centre, browser):
    async with browser.window(centre.url("/")) as window:
        page = window.page
        await begin(window, "one", "Net")
        await texts(page, "one")
        contact = await contact_of(centre, "Net")
        await page.context.set_offline(True)  # new connections fail; the open one is cut here
        await centre.texts.chat.close()
        await page.get_by_role("alert").filter(has_text="No connection").wait_for()
        box = page.get_by_role("textbox", name="Your message")
        for text in ("two", "three"):
            await box.fill(text)
            await box.press("Enter")
        await centre.tell(i.SendMessage(contact, "ann", new_key(), "meanwhile"))
        assert await page.get_by_text("sending …").count() == 2
        await page.context.set_offline(False)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await texts(page, "one", "meanwhile", "two", "three")
        await page.get_by_role("alert").wait_for(state="hidden")


async def test_a_file_is_attached(centre, browser, tmp_path):
    (tmp_path / "photo <b>.png").write_bytes(bytes(range(256)) * 1000)
    async with browser.window(centre.url("/")) as window:
        page = window.page
        await begin(window, "mire", "Fila", "es")
        await texts(page, "mire")
        await page.locator("input[type=file]").set_input_files(tmp_path / "photo <b>.png")
        link = page.get_by_role("link", name="Archivo photo <b>.png, 250 kB")
        async with page.expect_download() as download:
            await link.click()
        saved = await (await download.value).path()
        assert saved.read_bytes() == bytes(range(256)) * 1000
        assert window.faults == []


@pytest.mark.parametrize(("theme", "size"), [("light", "desk"), ("dark", "phone")])
async def test_it_can_be_used_by_everybody(centre, browser, theme, size):
    async with browser.window(centre.url("/"), theme=theme, size=size) as window:
        page = window.page
        await page.goto("/demo")
        await window.picture(f"demo-{theme}-{size}")
        await page.get_by_role("button", name="Open the chat").click()
        await window.picture(f"widget-start-{theme}-{size}")
        found = await Axe().run(page)
        serious = [v["id"] for v in found.response["violations"]
                   if v["impact"] in ("serious", "critical")]  # fmt: skip
        assert serious == []
        assert window.faults == []


async def test_both_catalogues_have_the_same_texts(centre, browser):
    async with browser.window(centre.url("/")) as window:
        await window.page.goto("/demo")
        keys = await window.page.evaluate(
            "import('/widget/texts.js').then((m) =>"
            " Object.fromEntries(Object.entries(m.TEXTS).map(([k, v]) => [k, Object.keys(v)])))"
        )
        assert keys["en"] == keys["es"]
