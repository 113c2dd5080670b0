"""Who may do what on the rendered Asterisk: AMI rights, ARI passwords, agents in browsers."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import replace

import aiohttp
import pytest

from acd.testing.asterisk import AriProbe, Lab, eventually

pytestmark = pytest.mark.asterisk


async def ami(lab: Lab, *actions: dict[str, str]) -> list[str]:
    """Log in to AMI, perform actions, return the ``Response`` of each."""
    settings = lab.settings
    reader, writer = await asyncio.open_connection(settings.bind, settings.ami_port)
    login = {"Action": "Login", "Username": settings.ami_user, "Secret": settings.ami_password}
    try:
        await reader.readline()
        answers = []
        for number, action in enumerate((login, *actions)):
            lines = "".join(f"{k}: {v}\r\n" for k, v in {**action, "ActionID": f"{number}"}.items())
            writer.write(lines.encode() + b"\r\n")
            async with asyncio.timeout(5):
                while b"Response: " not in (block := await reader.readuntil(b"\r\n\r\n")):
                    pass
            answers.append(block.decode().split("Response: ")[1].split("\r\n")[0])
        assert answers[0] == "Success"
        return answers[1:]
    finally:
        writer.close()
        await writer.wait_closed()


async def test_manager_may_read_registrations_and_reload(asterisk: Lab) -> None:
    answers = await ami(
        asterisk,
        {"Action": "PJSIPShowAors"},
        {"Action": "PJSIPShowEndpoints"},
        {"Action": "Reload", "Module": "res_pjsip.so"},
    )
    assert answers == ["Success"] * 3


async def test_manager_may_not_run_place_or_rewrite(asterisk: Lab) -> None:
    answers = await ami(
        asterisk,
        {"Action": "Command", "Command": "core show channels"},
        {
            "Action": "Originate",
            "Channel": "PJSIP/ann",
            "Application": "Playback",
            "Data": "beep",
        },
        {"Action": "UpdateConfig", "SrcFilename": "ari.conf", "DstFilename": "ari.conf"},
        {"Action": "Setvar", "Variable": "GLOBAL(X)", "Value": "1"},
    )
    assert answers == ["Error"] * 4


async def test_wrong_ari_password_is_refused(asterisk: Lab) -> None:
    async with AriProbe(replace(asterisk.settings, ari_password="wrong-password-0")) as stranger:
        assert (await stranger.request("GET", "/channels"))[0] == 401
        with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
            await stranger.listen()


async def test_ari_reads_no_file_and_no_environment(asterisk: Lab) -> None:
    async with AriProbe(asterisk.settings) as probe:
        for function in ("ENV(PATH)", "SHELL(id)", "CURL(http://127.0.0.1)", "FILE(/etc/passwd)"):
            status, body = await probe.request("GET", "/asterisk/variable", variable=function)
            assert status == 404 or not body["value"], function


async def test_agent_in_a_browser_registers_over_websocket_and_is_offered_dtls(
    asterisk: Lab,
) -> None:
    settings = asterisk.settings
    url = f"ws://{settings.bind}:{settings.http_port}/ws"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            url, protocols=("sip",), timeout=aiohttp.ClientWSTimeout(ws_close=0.2)
        ) as page,
        AriProbe(settings) as probe,
    ):
        await page.send_str(register())
        challenge = await message(page, "SIP/2.0 ")
        assert challenge.startswith("SIP/2.0 401")
        await page.send_str(register(challenge, Lab.password("cid")))
        assert (await message(page, "SIP/2.0 ")).startswith("SIP/2.0 200")

        # A contact counts as reachable once it has answered OPTIONS, not before.
        listening = asyncio.create_task(message(page, "INVITE"))

        async def online() -> bool:
            endpoint = (await probe.request("GET", "/endpoints/PJSIP/cid-web"))[1]
            return bool(endpoint["state"] == "online")

        await eventually(online)
        query = {"endpoint": "PJSIP/cid-web", "context": "acd-leg", "extension": "s"}
        status, leg = await probe.request("POST", "/channels", priority="1", **query)
        assert status == 200
        invite = await listening
        assert re.search(r"^m=audio \d+ UDP/TLS/RTP/SAVPF ", invite, re.MULTILINE)
        assert "a=fingerprint:SHA-256 " in invite
        assert "a=setup:actpass" in invite
        await probe.request("DELETE", f"/channels/{leg['id']}")


async def message(page: aiohttp.ClientWebSocketResponse, start: str) -> str:
    """Return the next SIP message that begins so; answer the OPTIONS that come between."""
    async with asyncio.timeout(5):
        while True:
            text = await page.receive_str()
            if text.startswith("OPTIONS"):
                await page.send_str(ok(text))
            if text.startswith(start):
                return text


def register(challenge: str = "", password: str = "") -> str:
    """Compose the REGISTER of agent ``cid`` in a browser, answering ``challenge`` if given."""
    uri = "sip:127.0.0.1"
    credentials = ""
    if challenge:
        found = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        ha1 = md5(f"cid:{found['realm']}:{password}")
        answer = md5(f"{ha1}:{found['nonce']}:00000001:c:auth:{md5(f'REGISTER:{uri}')}")
        credentials = (
            f'Authorization: Digest username="cid",realm="{found["realm"]}",'
            f'nonce="{found["nonce"]}",uri="{uri}",response="{answer}",algorithm=MD5,'
            f'cnonce="c",qop=auth,nc=00000001,opaque="{found["opaque"]}"\r\n'
        )
    return (
        f"REGISTER {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK{'b' if challenge else 'a'}\r\n"
        "Max-Forwards: 70\r\n"
        f"To: <sip:cid-web@127.0.0.1>\r\nFrom: <sip:cid-web@127.0.0.1>;tag=1\r\n"
        f"Call-ID: browser\r\nCSeq: {2 if challenge else 1} REGISTER\r\n"
        "Contact: <sip:x@df7jal23ls0d.invalid;transport=ws>;expires=60\r\n"
        f"{credentials}Content-Length: 0\r\n\r\n"
    )


def ok(request: str) -> str:
    """Compose the 200 to a request."""
    copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*\r\n", request, re.MULTILINE)
    return f"SIP/2.0 200 OK\r\n{''.join(copied)}Content-Length: 0\r\n\r\n"


def md5(text: str) -> str:
    """Hash as RFC 2617 wants it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
