"""Wallboard and administration in a real browser, over a real centre that is busy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from busyboard import Board, busy_board, sign_in
from playwright.async_api import expect

from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.testing.browser import SIZES, Chromium, Theme, Window

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
]

_WANTED = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def board(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Board]:
    async with busy_board(tmp_path_factory.mktemp("board")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def leader(board: Board, browser: Chromium) -> AsyncIterator[Window]:
    """A supervisor's window."""
    async with browser.window(board.url) as window:
        await signed_in(window, "/wallboard", "sue")
        yield window


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(board: Board, browser: Chromium) -> AsyncIterator[Window]:
    """An administrator's window."""
    async with browser.window(board.url) as window:
        await signed_in(window, "/admin", "adam")
        yield window


async def signed_in(window: Window, path: str, login: str) -> None:
    """Open a page and sign in."""
    await window.page.goto(path)
    await sign_in(window.page, login)
    await window.page.locator("nav").first.wait_for()
    window.faults.clear()  # that nobody was signed in at first is told as an error


async def looks(window: Window, name: str, *sizes: str, twice: bool = False) -> list[str]:
    """Take pictures, on the phone in light only; return axe's serious faults, and what is too wide.

    Args:
        window: what is looked at.
        name: of the pictures.
        sizes: of windows; axe looks at the first.
        twice: axe looks at it in the dark, too: colours differ, the rest does not.
    """
    faults = []
    themes: tuple[Theme, ...] = ("dark", "light")
    for theme in themes:
        await window.page.emulate_media(color_scheme=theme)
        for size in sizes:
            if size == "phone" and theme == "dark":
                continue
            width, height = SIZES[size]
            await window.page.set_viewport_size({"width": width, "height": height})
            await window.picture(f"{name}-{size}-{theme}")
            wide = await window.page.evaluate("document.documentElement.scrollWidth")
            faults += [f"{size}: {wide} px wide"] if wide > width else []
            if size == sizes[0] and (twice or theme == "light"):
                found = await Axe().run(window.page, options=_WANTED)
                faults += [
                    f"{theme}: {one['id']}: {[node['target'] for node in one['nodes']]}"
                    for one in found.response["violations"]
                    if one["impact"] in ("serious", "critical")
                ]
    return faults + window.faults


async def test_how_the_wallboard_looks(leader: Window) -> None:
    page = leader.page
    tile = page.locator(".tile", has_text="Technical support")
    await expect(tile.locator(".waiting .value")).to_have_text("3")
    await expect(tile.locator(".level .value")).to_have_text("100%")
    await expect(page.locator(".agent", has_text="Ann")).to_contain_text("Maria Lopez")
    long = "(option) => { option.textContent = 'Гарантийный ремонт бытовой техники '.repeat(4); }"
    await page.locator(".course option").last.evaluate(long)
    assert await looks(leader, "wallboard", "wall", "desk", "phone", twice=True) == []
    await page.set_viewport_size({"width": 1280, "height": 800})
    await tile.click()
    assert await looks(leader, "wallboard-queue", "desk", "phone") == []
    await page.locator(".contact-row", has_text="Maria Lopez").click()
    await page.get_by_role("heading", name="Why").wait_for()
    await expect(page.locator(".why")).to_contain_text("it was offered to Ann Archer")
    await expect(page.locator(".picture .bar.talk")).to_have_count(1)
    assert await looks(leader, "wallboard-story", "desk", "phone", twice=True) == []


async def test_a_supervisor_changes_the_state_of_agents(board: Board, leader: Window) -> None:
    page = leader.page
    await page.goto("/wallboard")
    state = board.house.state
    dialog = page.locator("dialog")
    await page.locator(".agent", has_text="Dev Desai").click()
    assert await looks(leader, "wallboard-agent", "desk") == []
    await dialog.get_by_role("button", name="Training").click()
    dev = state.agents[AgentName("dev")]
    await board.house.until(lambda: (dev.presence, dev.reason) == ("not_ready", "training"))
    await expect(page.locator(".agent", has_text="Dev Desai")).to_contain_text("Training")
    await dialog.get_by_role("button", name="Available").click()
    await board.house.until(lambda: dev.presence is Presence.AVAILABLE)
    await expect(dialog).to_contain_text("Call: the phone is not reachable")
    assert leader.faults == []


async def test_a_supervisor_orders_a_queue_anew(board: Board, leader: Window) -> None:
    page = leader.page
    await page.goto("/wallboard")
    tile = page.locator(".tile", has_text="Technical support")
    await tile.click()
    lines = page.locator(".line > li")
    await expect(lines.last).to_contain_text("Omar Haddad")
    await lines.last.get_by_role("button", name="To the front").click()
    await expect(lines.first).to_contain_text("Omar Haddad")
    await lines.first.get_by_role("button", name="Withdraw").click()
    await lines.first.get_by_role("button", name="Withdraw now").click()
    await expect(lines).to_have_count(2)
    waiting = {c.ani for c in board.house.state.contacts.values() if c.state == "waiting"}
    assert waiting == {"wei@example.org", "lena@example.org"}
    await board.write("chat:20", "Nia Obi", Channel.CHAT, "Hello?")
    await expect(lines).to_have_count(3)
    await expect(tile.locator(".waiting .value")).to_have_text("3")
    await page.locator(".contact-row", has_text="Omar Haddad").click()  # among those closed
    await expect(page.locator("dialog")).to_contain_text("taken out")
    await expect(page.locator(".picture .bar.queue")).to_have_count(1)
    await expect(page.locator(".why")).to_be_attached()
    assert leader.faults == []


async def test_what_customers_answer_in_surveys_is_shown(board: Board, leader: Window) -> None:
    page, state = leader.page, board.house.state
    await page.goto("/wallboard")
    await page.locator(".tile").first.wait_for()
    assert await page.get_by_role("region", name="Surveys").count() == 0  # nobody was asked
    contact = state.contacts[state.threads["chat:0"]]
    assert contact.agent is not None
    await board.tell(i.TransferContact(contact.id, contact.agent, QueueName("billing")))
    await board.house.until(lambda: contact.offer is not None)
    assert contact.offer is not None
    await board.tell(i.AcceptOffer(contact.offer))
    await board.tell(i.EndContact(contact.id, by_customer=False))
    assert state.threads["chat:0"] != contact.id  # the survey is a contact of its own
    for answer in ("4", "9"):
        await board.say("chat:0", answer)
    await board.house.until(lambda: "chat:0" not in state.threads)
    await page.reload()
    shown = page.get_by_role("region", name="Surveys").get_by_role("listitem")
    await expect(shown).to_have_count(2)
    await expect(shown.first).to_contain_text("service · content")
    await expect(shown.first.locator(".value")).to_have_text("100%")
    await expect(shown.last.locator(".value")).to_have_text("+100")
    await expect(shown.last).to_contain_text("1 answer")
    assert await looks(leader, "wallboard-surveys", "wall", "desk", "phone", twice=True) == []
    await page.set_viewport_size({"width": 1280, "height": 800})


async def test_a_supervisor_opens_or_closes_and_lets_the_hours_hold_again(
    board: Board, leader: Window
) -> None:
    page = leader.page
    await page.goto("/wallboard")
    await page.locator("button.hours").click()
    sales = page.locator("dialog .calendars > li", has_text="sales")
    await expect(sales).to_be_visible()
    assert await looks(leader, "wallboard-hours", "desk", "phone") == []
    was_open = "Close now" in await sales.inner_text()  # it is the hours of this very moment
    await sales.get_by_label("For").select_option(label="30 minutes")
    await sales.get_by_label("Why").fill("No power")
    await sales.get_by_role("button", name="Close now" if was_open else "Open now").click()
    await expect(sales).to_contain_text("No power")
    override = board.house.state.overrides["sales"]
    assert (override.is_open, override.note, override.by) == (not was_open, "No power", "agent:sue")
    assert override.until is not None
    await expect(sales.locator(".tag").first).to_have_text("closed" if was_open else "open")
    await sales.get_by_role("button", name="Back to the hours").click()
    await expect(sales.get_by_label("Why")).to_be_visible()
    assert board.house.state.overrides == {}
    await page.keyboard.press("Escape")
    assert leader.faults == []


async def test_others_are_told_what_it_takes(
    board: Board, browser: Chromium, leader: Window
) -> None:
    await leader.page.goto("/admin")
    await leader.page.get_by_text("This page needs the role administrator.").wait_for()
    async with browser.window(board.url) as window:
        await window.page.goto("/wallboard")
        await sign_in(window.page, "ann")
        await window.page.get_by_text("This page needs the role supervisor.").wait_for()


async def test_keys_lead_everywhere_in_spanish(leader: Window) -> None:
    page = leader.page
    await page.goto("/wallboard")
    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("button", name="Español").click()
    await page.get_by_role("button", name="En espera").first.wait_for()
    await page.keyboard.press("q")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog", name="Billing").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await page.keyboard.press("a")
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog", name="Ann Archer").wait_for()
    await leader.picture("wallboard-spanish")


async def test_how_administration_looks(admin: Window) -> None:
    page = admin.page
    faults = []
    for part in ("agents", "versions", "tokens", "recordings", "audit", "site"):
        await page.goto(f"/admin#{part}")
        await page.locator(".card").first.wait_for()
        faults += await looks(admin, f"admin-{part}", "desk", "phone", twice=part == "agents")
    await expect(page.get_by_text("Ready for calls")).to_be_visible()
    await expect(page.get_by_text("The files are right")).to_be_visible()
    assert faults == []


async def test_an_admin_adds_an_agent_and_removes_them(board: Board, admin: Window) -> None:
    page = admin.page
    await page.goto("/admin#agents")
    await page.get_by_role("button", name="Add an agent").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("Gus Green")
    await form.get_by_label("Login").fill("gus")
    await form.get_by_role("button", name="+ sales").click()
    await form.get_by_role("spinbutton", name="Chat").fill("2")
    assert await looks(admin, "admin-agent", "desk", "phone") == []
    await form.get_by_role("button", name="Save").click()
    await page.get_by_text("This is shown once").wait_for()
    password = await page.locator(".secret code").first.text_content() or ""
    profile = board.house.state.agents[AgentName("gus")].profile
    assert (profile.title, dict(profile.queues)) == ("Gus Green", {"sales": 1})
    assert profile.capacity[Channel.CHAT] == 2
    assert profile.suspends(Channel.VOICE, Channel.MAIL)
    assert await board.house.centre.agent_store.verify_password(AgentName("gus"), password)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Remove: Gus Green").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("row", name=re.compile("Gus Green"))).to_have_count(0)
    assert "gus" not in board.house.state.agents
    assert admin.faults == []


async def test_a_token_is_shown_once_and_revoked(
    board: Board, browser: Chromium, admin: Window
) -> None:
    page = admin.page
    await page.goto("/admin#tokens")
    await page.get_by_label("What for").fill("a report")
    await page.get_by_role("button", name="Create a token").click()
    text = await page.locator(".secret code").text_content() or ""
    headers = {"Authorization": f"Bearer {text}"}
    async with browser.window(board.url) as program:
        ask = program.page.request
        assert (await ask.get("/api/v1/queues", headers=headers)).status == 200
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        assert text not in await page.content()
        await page.get_by_role("button", name="Revoke: a report").click()
        await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        await page.get_by_role("cell", name=re.compile("^revoked")).wait_for()
        assert (await ask.get("/api/v1/queues", headers=headers)).status == 401


async def test_a_recording_is_heard_and_that_is_on_record(admin: Window) -> None:
    page = admin.page
    await page.goto("/admin#recordings")
    await page.get_by_role("button", name="Play").first.click()
    audio = page.locator("audio")
    await expect(audio).to_have_js_property("error", None)
    await expect(audio).not_to_have_js_property("currentTime", 0)
    await page.goto("/admin#audit")
    row = page.get_by_role("row", name=re.compile("recordings.hear")).first
    await expect(row).to_contain_text("agent:adam")
    await page.get_by_text("Complete and unchanged").wait_for()


async def test_versions_are_compared_tried_and_taken_back(board: Board, admin: Window) -> None:
    page, state = admin.page, board.house.state
    await page.goto("/admin#versions")
    await page.get_by_role("row", name=re.compile("running")).first.wait_for()
    old = state.site
    texts = board.house.settings.site.directory / "prompts" / "en.toml"
    texts.write_text(texts.read_text() + 'more_words = "A few more words."\n')
    await page.get_by_role("button", name="What would change").click()
    await expect(page.locator(".diff .added")).to_contain_text('+more_words = "A few more words."')
    faults = await looks(admin, "admin-diff", "desk", "phone")
    await page.keyboard.press("Escape")
    await page.get_by_label("Note").fill("more words")
    await page.get_by_label("Only try it").fill("20")
    await page.get_by_role("button", name="Publish").click()
    await page.get_by_role("heading", name=re.compile("is being tried")).wait_for()
    faults += await looks(admin, "admin-canary", "desk", "phone", twice=True)
    assert state.canary is not None
    assert state.canary.percent == 20
    await page.get_by_role("button", name="Promote").click()
    await board.house.until(lambda: state.site != old)
    await page.get_by_role("button", name=f"Run again: {old[:8]}").click()
    await page.get_by_role("dialog").get_by_role("button", name="Run again").click()
    await board.house.until(lambda: state.site == old)
    texts.write_text("= no TOML\n")
    await page.get_by_role("button", name="Publish").click()
    await page.get_by_role("alert").get_by_text("prompts/en.toml:1").wait_for()
    assert state.site == old
    assert faults == []
