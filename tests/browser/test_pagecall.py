"""A customer's page: a call with the browser's microphone, a mail, and what strangers cannot do."""

from __future__ import annotations

import contextlib
import hashlib
import html
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
    web,
)
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from deskkit import best_share, desk_agent, loudest_of
from playwright.async_api import Page, expect

from acd.adapters.home import Home
from acd.bootstrap import running
from acd.core.channel import Channel
from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.core.inputs import AcceptOffer, EndContact, FinishWrapup, SendMessage
from acd.ports.phones import sip_digest
from acd.testing.browser import Chromium, Theme, chromium, has_media_address, write_microphone
from acd.testing.house import House, house_settings, provide_agents
from acd.testing.softphone import Phones
from acd.testing.tones import level_dbfs, to_samples

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
NUMBER, UNLISTED = "200", "300"
CUSTOMER_HZ, AGENT_HZ = 1500, 1000

# A steady tone is noise to a browser: it would take it out.
PLAIN_MICROPHONE = """
  const devices = navigator.mediaDevices;
  const given = devices.getUserMedia.bind(devices);
  devices.getUserMedia = () => given({ audio: { echoCancellation: false, noiseSuppression: false,
    autoGainControl: false } });
"""

NO_MICROPHONE = """
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "%s"); };
"""

IMPATIENT = ClientWSTimeout(ws_close=0.2)

LOUDEST = loudest_of("document.querySelector('acd-call').heard")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def friend() -> AsyncIterator[str]:
    """Origin of another site, which may include the button; its query says from where."""

    async def page(request: web.Request) -> web.Response:
        name = html.escape('María "Núñez" <b>1001</b>${EXTEN}')
        src = html.escape(request.query["acd"] + "/widget/call.js")
        icon = '<link rel="icon" href="data:,">'
        text = (
            f'<!doctype html>{icon}<script type="module" src="{src}" data-name="{name}"></script>'
        )
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory, friend: str) -> AsyncIterator[House]:
    """The demo, with an agent of ours."""
    assert has_media_address(), "WebRTC needs an address besides loopback on this machine"
    origins = {"origins": [friend]}
    settings = house_settings(tmp_path_factory.mktemp("page"), SITE, chat=origins)
    await provide_agents(settings, {"ann": desk_agent("ann", voice=1, mail=1)})
    async with (
        running(settings, lambda step, done: None, with_demo=True) as centre,
        Phones() as phones,
    ):
        yield House(settings, centre, phones, Home(settings.home).secrets().caller)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chromium]:
    tone = tmp_path_factory.mktemp("microphone") / "tone.wav"
    write_microphone(tone, CUSTOMER_HZ)
    async with chromium(tone) as running:
        yield running


async def packets(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = await page.evaluate("document.querySelector('acd-call').stats()")
    return found


async def wrapped_up(centre: House) -> None:
    """Finish what ann had, once it has ended."""
    contact = centre.contact()
    await centre.until(lambda: contact.state is ContactState.WRAPUP)
    finished = FinishWrapup(AgentName("ann"), contact=contact.id)
    assert await centre.centre.ask(finished, "test") is None
    await centre.all_quiet()


async def test_a_customer_calls_from_the_page(
    centre: House, browser: Chromium, friend: str
) -> None:
    phone = await centre.agent("ann")
    async with browser.window(centre.running.url) as window:
        page = window.page
        await page.add_init_script(PLAIN_MICROPHONE)
        await page.goto("/demo")
        await page.get_by_role("button", name="Call us").click()
        await page.get_by_text("Connected").wait_for()
        await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
        contact = centre.contact()
        assert re.fullmatch("web[0-9a-f]{12}", contact.ani)
        assert (contact.caller_name, contact.dnis) == ("Customer of the demo", NUMBER)

        call = next(iter(phone.calls))
        call.play_tone(AGENT_HZ)
        await call.wait_seconds(1.5)
        assert best_share(call.lately(1.0), CUSTOMER_HZ) > 0.9
        heard = await page.evaluate(LOUDEST)
        assert abs(heard["hz"] - AGENT_HZ) < 15, heard
        assert heard["level"] > -50, heard
        counted = await packets(page)
        assert counted["inbound-rtp"]["packetsReceived"] > 50
        assert counted["inbound-rtp"]["totalAudioEnergy"] > 0
        assert counted["outbound-rtp"]["packetsSent"] > 50

        await page.get_by_role("button", name="Keypad").click()
        await window.picture("page-call-desk-light")
        for key in "47#":
            await page.get_by_role("group", name="Keypad").get_by_text(key, exact=True).click()
        await call.wait_digits("47#")
        await page.get_by_role("button", name="Mute").click()
        await call.wait_seconds(1.2)
        assert level_dbfs(to_samples(call.lately(0.5))) < -50
        await page.get_by_role("button", name="Hang up").click()
        await call.wait_ended()
        await page.get_by_text("The call has ended.").wait_for()
        await wrapped_up(centre)

        # From another site. Whatever it calls its customer, it is a name; left, it hangs up.
        await page.goto(f"{friend}/?acd={centre.running.url}")
        await page.get_by_role("button", name="Call us").click()
        await page.get_by_text("Connected").wait_for()
        await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
        assert centre.contact().caller_name == "María Núñez b 1001 b EXTEN"
        await page.goto("/demo")
        await wrapped_up(centre)
        assert window.faults == []
    await centre.hang_up_all()


async def test_what_hinders_a_call_is_said(centre: House, browser: Chromium) -> None:
    for fault, said in (
        ("NotAllowedError", "The microphone is not allowed."),
        ("NotFoundError", "No microphone was found."),
    ):
        async with browser.window(centre.running.url) as window:
            await window.page.add_init_script(NO_MICROPHONE % fault)
            await window.page.goto("/demo")
            await window.page.get_by_role("button", name="Call us").click()
            await expect(window.page.locator("acd-call")).to_contain_text(said)
    async with browser.window(centre.running.url, language="es-MX") as window:
        await window.page.goto("/demo")
        await window.page.context.set_offline(True)
        await window.page.get_by_role("button", name="Call us").click()
        await expect(window.page.locator("acd-call")).to_contain_text("The connection was lost.")
    assert not centre.state.contacts


async def test_a_mail_from_the_page_and_its_answer(centre: House, browser: Chromium) -> None:
    async with browser.window(centre.running.url) as window:
        page = window.page
        await page.goto("/demo")
        await page.get_by_label("Your text").fill("Where is <b>my</b> lamp?")
        await page.get_by_role("button", name="Send the mail").click()
        await page.get_by_text("Sent. Answers appear below.").wait_for()
        await centre.until(lambda: centre.contact().channel is Channel.MAIL)
        contact = centre.contact()
        assert contact.queue == "desk"
        assert contact.ani == await page.get_by_label("Your address").input_value()
        await centre.agent("ann")
        await centre.until(lambda: contact.offer is not None)
        assert contact.offer is not None
        for step in (
            AcceptOffer(contact.offer),
            SendMessage(contact.id, AgentName("ann"), "key-1", "It is <i>on</i> its way."),
        ):
            assert await centre.centre.ask(step, "test") is None
        await expect(page.locator("#demo-answers")).to_contain_text("It is <i>on</i> its way.")
        themes: tuple[Theme, ...] = ("light", "dark")
        for theme in themes:
            await page.emulate_media(color_scheme=theme)
            for size in ("phone", "desk"):
                await window.resize(size)
                shot = await window.picture(f"page-{size}-{theme}")
                await page.screenshot(path=shot, full_page=True)
                wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, (size, theme)
            found = await Axe().run(page)
            assert [one["id"] for one in found.response["violations"]
                    if one["impact"] in ("serious", "critical")] == []  # fmt: skip
        assert window.faults == []
    assert await centre.centre.ask(EndContact(contact.id, by_customer=False), "test") is None
    await wrapped_up(centre)
    await centre.hang_up_all()


# --- what strangers cannot do -------------------------------------------------------------------


class Stranger:
    """Speaks SIP by hand over a websocket."""

    def __init__(self, socket: ClientWebSocketResponse, ticket: dict[str, str]) -> None:
        self._socket = socket
        self._ticket = ticket
        self._call = secrets.token_hex(8)

    def message(
        self, method: str, user: str, *, sender: str = "", more: str = "", body: str = ""
    ) -> str:
        sender = sender or self._ticket["uri"].removeprefix("sip:").partition("@")[0]
        return (
            f"{method} sip:{user}@acd.invalid SIP/2.0\r\n"
            f"Via: SIP/2.0/WS stranger.invalid;branch=z9hG4bK{secrets.token_hex(8)}\r\n"
            f"Max-Forwards: 70\r\nTo: <sip:{user}@acd.invalid>\r\n"
            f"From: <sip:{sender}@acd.invalid>;tag=1\r\nCall-ID: {self._call}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:x@stranger.invalid;transport=ws>\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    async def status(self, text: str) -> int:
        """Send a request; return the final status, or 0 if the connection was ended instead."""
        await self._socket.send_str(text)
        while True:
            reply = await self._socket.receive(timeout=10)
            if reply.type is not WSMsgType.TEXT:
                return 0
            code = int(reply.data.split(" ", 2)[1])
            if code >= 200:
                self._nonce = re.search('nonce="([^"]+)"', reply.data)
                return code

    async def proved(self, method: str, user: str) -> int:
        """Send a request, and again with the digest that pages are told."""
        assert await self.status(self.message(method, user)) == 401
        assert self._nonce is not None
        uri, nonce, name = f"sip:{user}@acd.invalid", self._nonce[1], self._ticket["user"]
        second = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
        proof = hashlib.md5(f"{self._ticket['ha1']}:{nonce}:{second}".encode()).hexdigest()
        digest = (
            f'Authorization: Digest username="{name}", realm="asterisk", nonce="{nonce}", '
            f'uri="{uri}", response="{proof}", algorithm=MD5\r\n'
        )
        return await self.status(self.message(method, user, more=digest))


@contextlib.asynccontextmanager
async def stranger(centre: House, *, directly: bool = False) -> AsyncIterator[Stranger]:
    url = centre.running.url
    async with ClientSession() as session:
        async with session.get(f"{url}/widget/call") as reply:
            ticket = await reply.json()
        port = Home(centre.settings.home).read("ports.json")["ari"]
        to = f"ws://127.0.0.1:{port}/ws" if directly else url + ticket["path"]
        async with session.ws_connect(to, protocols=("sip",), timeout=IMPATIENT) as socket:
            yield Stranger(socket, ticket)


async def test_our_server_lets_nothing_else_pass(centre: House) -> None:
    for method, user in (
        ("INVITE", UNLISTED),
        ("INVITE", "*10"),
        ("INVITE", "1001"),
        ("REGISTER", "1001"),
        ("SUBSCRIBE", NUMBER),
        ("MESSAGE", NUMBER),
        ("REFER", NUMBER),
    ):
        async with stranger(centre) as guest:
            assert await guest.status(guest.message(method, user)) == 0, (method, user)
    async with stranger(centre) as guest:  # as an agent, to guess their password
        assert await guest.status(guest.message("INVITE", NUMBER, sender="1001")) == 0
    async with stranger(centre) as guest:  # what is let through is only asked who it is
        assert await guest.status(guest.message("INVITE", NUMBER)) == 401
    assert not centre.state.legs


async def test_nor_does_asterisk(centre: House) -> None:
    """What pages are told is worth nothing else, even for who gets past our server."""
    async with stranger(centre, directly=True) as guest:
        for user in (UNLISTED, "*10", "1001", "ann", "s"):
            assert await guest.proved("INVITE", user) == 404, user
            guest._call = secrets.token_hex(8)
        assert await guest.proved("REGISTER", "web-guest") in (403, 404)
        guest._call = secrets.token_hex(8)
        assert await guest.proved("SUBSCRIBE", NUMBER) in (403, 404, 489, 603)
    assert not centre.state.legs
    assert sip_digest("web-guest", Home(centre.settings.home).secrets().guest)


async def test_pages_of_other_sites_are_refused(centre: House, friend: str) -> None:
    url, foreign = centre.running.url, {"Origin": "https://evil.example"}
    async with ClientSession() as session:
        async with session.get(f"{url}/widget/call", headers=foreign) as reply:
            assert reply.status == 403
            assert "Access-Control-Allow-Origin" not in reply.headers
        async with session.get(f"{url}/widget/call", headers={"Origin": friend}) as reply:
            assert reply.status == 200
            assert reply.headers["Access-Control-Allow-Origin"] == friend
        async with session.get(f"{url}/widget/call?number={UNLISTED}") as reply:
            assert reply.status == 404
        async with session.get(f"{url}/widget/call", headers={"Origin": url}) as reply:
            ticket = await reply.json()
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(url + ticket["path"], protocols=("sip",), headers=foreign)
        assert refused.value.status == 403
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/widget/sip?ticket=guessed", protocols=("sip",))
        assert refused.value.status == 401
        mail = {"address": "jo@example.org", "text": "x"}
        async with session.post(f"{url}/demo/mail", json=mail, headers=foreign) as reply:
            assert reply.status == 403
        async with session.post(f"{url}/demo/mail", json=mail | {"address": "a@b.org"}) as reply:
            assert reply.status == 400
