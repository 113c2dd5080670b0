"""What the desk does with what it is told: hostile texts, a failing network, keys."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from busydesk import CONTACTS, ME, MISSED, Desk, message, work
from playwright.async_api import Page, Request, expect

from acd.testing.browser import Chromium

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = (
    "<script>pwned('script')</script>",
    "<img src=x onerror=pwned('image')>",
    "<svg/onload=pwned('svg')>",
    '"><iframe srcdoc="<script>parent.pwned(\'frame\')</script>">',
    "javascript:pwned('link')",
    "${pwned('template')} {{pwned('braces')}} <b>bold</b> &lt;i&gt;",
)
EVERYTHING = " ".join(HOSTILE)


def hostile_desk() -> Desk:
    """Return a desk on which every text that comes from outside is an attack."""
    chat = copy.deepcopy(next(one for one in CONTACTS if one["id"] == "chat"))
    mail = copy.deepcopy(next(one for one in CONTACTS if one["id"] == "mail"))
    for one in (chat, mail):
        one["customer"] = {"address": EVERYTHING, "name": EVERYTHING}
        one |= {"ani": EVERYTHING, "queue": EVERYTHING, "dnis": EVERYTHING}
        one["attributes"] = {EVERYTHING: EVERYTHING}
        one["segments"] = [
            {"id": "1", "kind": "flow", "party": EVERYTHING, "start_at": one["opened_at"],
             "answered_at": None, "end_at": one["queued_at"], "reason": EVERYTHING}
        ]  # fmt: skip
    attached = [{"id": EVERYTHING, "name": EVERYTHING, "type": "text/html", "size": 1}]
    hostile_html = "<p>Seen</p><script>parent.pwned('mail')</script>" + "".join(HOSTILE)
    hostile_html += "<img src='http://198.51.100.7/track.png'><form action=/x><button>go</button>"
    desk = Desk(
        me=ME | {"works": [work("chat", "chat", "active", minutes=1),
                           work("mail", "mail", "active", minutes=1)]},
        contacts={"chat": chat, "mail": mail},
        messages=[
            message(1, "chat", "customer", EVERYTHING, attachments=attached),
            message(2, "chat", "customer", "https://example.org/\"onmouseover=pwned('href')"),
            message(3, "mail", "customer", EVERYTHING, subject=EVERYTHING, html=hostile_html,
                    attachments=attached),
        ],
        typing={},
    )  # fmt: skip
    desk.answers["/customers"] |= {
        "name": EVERYTHING,
        "note": EVERYTHING,
        "identities": [{"kind": "handle", "text": EVERYTHING}],
    }
    entry: dict[str, Any] = desk.answers["timeline"]["entries"][0]
    desk.answers["timeline"] = {"entries": [entry | {"note": EVERYTHING, "queue": EVERYTHING}]}
    return desk


async def test_scripts_in_texts_are_texts(browser: Chromium, pages: str) -> None:
    async with browser.window(pages) as window:
        page, executed, let_through = window.page, [], []
        await page.expose_function("pwned", lambda name: executed.append(name))
        page.on("response", lambda response: let_through.append(response.url))
        page.on("requestfailed", lambda one: _refused(one, let_through))
        await hostile_desk().serve(page)
        await page.goto("/")
        for channel in ("chat", "mail"):
            await page.get_by_role("tab").nth(("chat", "mail").index(channel)).click()
            await page.get_by_text("Contacts so far").wait_for()
            await expect(page.get_by_role("heading", level=1)).to_have_text(EVERYTHING)
            await expect(page.locator("dl.facts dd").last).to_have_text(EVERYTHING)
            await expect(page.locator(".note").first).to_have_text(EVERYTHING)
            await page.locator(".messages").hover()
            await window.picture(f"hostile-{channel}")
        frame = page.frame_locator("iframe.mail-body")
        await expect(frame.get_by_text("Seen")).to_be_visible()
        await frame.locator("body").click(force=True)
        assert executed == []
        assert await page.locator(".text script, .text img, .text iframe, h1 *").count() == 0
        assert await page.locator("a[href^='javascript']").count() == 0
        assert [url for url in let_through if not url.startswith(pages)] == []


def _refused(request: Request, let_through: list[str]) -> None:
    """Note a request that failed for another reason than our own policy: it was let through."""
    if request.failure != "csp":
        let_through.append(request.url)


async def unsent_count(page: Page) -> int:
    found: int = await page.evaluate("JSON.parse(localStorage['acd.unsent'] ?? '[]').length")
    return found


async def test_nothing_written_is_lost_when_the_network_is(browser: Chromium, pages: str) -> None:
    desk = Desk()
    async with browser.window(pages) as window:
        page = window.page
        await desk.serve(page)
        await page.goto("/")
        await page.get_by_role("tab", name="Jo").click()
        await page.get_by_label("Your message").fill("half a")
        await page.reload()
        await page.get_by_role("tab", name="Jo").click()
        await expect(page.get_by_label("Your message")).to_have_value("half a")

        await desk.cut()
        await page.get_by_role("alert").filter(has_text="No connection").wait_for()
        await window.picture("desk-offline")
        await page.get_by_label("Your message").fill("a whole sentence")
        await page.keyboard.press("Enter")
        await page.get_by_text("Not sent yet").wait_for()
        desk.is_up = True
        await page.reload()  # while it waits: it is kept over that too
        await page.get_by_role("tab", name="Jo").click()
        await expect(page.get_by_text("No connection")).to_have_count(0)

        sent = await _sent(desk, page)
        assert [body["text"] for body in sent] == ["a whole sentence"]
        key = sent[0]["key"]
        told = message(99, "chat", "agent", "a whole sentence", agent="ann", key=key)
        desk.tell(messages=[told])
        await expect(page.get_by_text("Not sent yet")).to_have_count(0)
        await expect(page.get_by_text("a whole sentence")).to_have_count(1)
        assert await unsent_count(page) == 0


async def _sent(desk: Desk, page: Page) -> list[dict[str, Any]]:
    """Return the texts that were sent, once there are any."""
    await page.wait_for_function(
        "JSON.parse(localStorage['acd.unsent']).every((one) => one.isTaken)"
    )
    return [body for method, path, body in desk.taken if path == "/contacts/chat/messages"]


async def test_a_gap_in_the_feed_is_noticed(browser: Chromium, pages: str) -> None:
    desk = Desk()
    async with browser.window(pages) as window:
        await desk.serve(window.page)
        await window.page.goto("/")
        await window.page.get_by_role("tab", name="Jo").wait_for()
        desk.data["me"] = ME | {"works": [work("mail", "mail", "active", minutes=1)]}
        desk._seq += 1  # a frame that is never sent
        desk.tell(queues={})
        await expect(window.page.get_by_role("tab")).to_have_count(1)


async def test_a_missed_call_with_keys_alone(browser: Chromium, pages: str) -> None:
    desk = Desk()
    desk.answers["/missed"]["calls"] = MISSED
    async with browser.window(pages) as window:
        page = window.page
        await desk.serve(page)
        await page.goto("/")
        await page.get_by_role("region", name="Missed calls").wait_for()
        await page.keyboard.press("Alt+c")
        await page.get_by_role("heading", name="Maria Lopez", level=1).wait_for()
        await page.keyboard.press("Enter")  # the call back is what the keys are at
        await page.get_by_role("button", name="Write a mail").press("Enter")
        await expect(page.get_by_role("button", name="Write a mail")).to_have_count(0)
        await page.keyboard.press("Alt+c")
        await page.get_by_role("heading", name="Maria Lopez", level=1).wait_for()
        await page.keyboard.press("Alt+c")
        await page.get_by_role("heading", name="+15550122", level=1).wait_for()
        await expect(page.get_by_text("No mail address is known")).to_be_visible()
        await page.keyboard.press("Alt+1")
        await page.get_by_role("heading", name="Maria Lopez", level=1).wait_for()
        await expect(page.get_by_role("button", name="Call back")).to_have_count(0)
        taken = {path: body for _, path, body in desk.taken}
    assert taken["/contacts/missed-1/call"] == {"number": "+15550121"}
    subject = {"address": "maria.lopez@example.org", "subject": "Your call to us"}
    assert taken["/contacts/missed-1/mail"] == subject


async def test_a_number_that_another_card_has_joins_the_two(browser: Chromium, pages: str) -> None:
    desk = Desk()
    desk.answers["customers?"] = {"customers": [{"id": "other", "name": "M. Lopez"}]}
    desk.refuses["/customers/customer"] = "identity-taken"
    async with browser.window(pages) as window:
        page = window.page
        await desk.serve(page)
        await page.goto("/")
        await page.get_by_role("tab", name="Maria").click()
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("Add a number or a mail address").fill("m@example.org")
        await page.get_by_role("button", name="Remove +15550123").click()
        await page.get_by_role("button", name="Save").click()
        await page.get_by_text("M. Lopez is known by this already").wait_for()
        await window.picture("desk-same-customer")
        await page.get_by_role("button", name="Same customer").click()
        await page.get_by_role("button", name="Edit").wait_for()
        _, sent = next((path, body) for method, path, body in desk.taken if method == "PATCH")
        merged = {path: body for _, path, body in desk.taken}["/customers/customer/merge"]
    assert sent["add_identities"] == [{"kind": "address", "text": "m@example.org"}]
    assert sent["remove_identities"] == [{"kind": "number", "text": "+15550123"}]
    assert merged == {"other": "other"}


async def test_keys_alone(browser: Chromium, pages: str) -> None:
    desk = Desk()
    async with browser.window(pages) as window:
        page = window.page
        await desk.serve(page)
        await page.goto("/")
        await page.get_by_role("tab", name="Jo").wait_for()
        await page.keyboard.press("Alt+a")
        await page.keyboard.press("Alt+2")
        await page.get_by_role("heading", name="Jo Fischer", level=1).wait_for()
        await page.keyboard.press("/")
        await page.keyboard.type("/wait")  # in an empty text: canned replies
        await expect(page.locator(".replies li")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Your message")).to_have_value(
            "One moment please, I am looking it up."
        )
        await page.keyboard.press("Enter")
        await _sent(desk, page)
        await page.keyboard.press("Alt+s")
        await page.keyboard.press("Alt+4")
        await page.get_by_role("radio", name="Resolved").check()
        await page.get_by_label("Note").fill("all is well")
        await page.keyboard.press("Alt+w")
        await expect(page.get_by_label("Note")).to_have_value("all is well")
        taken = {path: body for _, path, body in desk.taken}
    assert taken["/offers/o-offer/accept"] is None
    assert taken["/agents/ann/presence"] == {"presence": "not_ready", "reason": ""}
    assert taken["/contacts/chat/messages"]["text"].startswith("One moment")
    assert taken["/contacts/done/wrapup"] == {"disposition": "resolved", "note": "all is well"}


async def test_the_suggested_reply_fills_the_message_box(browser: Chromium, pages: str) -> None:
    async with browser.window(pages) as window:
        page = window.page
        await Desk().serve(page)
        await page.goto("/")
        await page.get_by_role("tab", name="Maria").click()
        card = page.get_by_role("region", name="Hand-over")
        await expect(card.get_by_role("list", name="What went wrong")).to_contain_text(
            "Not understood × 2"
        )
        await expect(card.get_by_role("heading", name="Say first")).to_be_visible()
        await expect(card.get_by_role("button")).to_have_count(0)  # it is said, not written
        await page.get_by_role("tab", name="Jo").click()
        box = page.locator("#composer")
        await box.fill("Hello!")
        await card.get_by_role("button", name="Use this reply").click()
        wanted = "Good day Jo Fischer, I am Ann Example. Sorry for the trouble with your order."
        await expect(box).to_have_value(f"Hello!\n{wanted}")
        await expect(box).to_be_focused()
