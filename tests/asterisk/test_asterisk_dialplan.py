"""The rendered dialplan on a real Asterisk: lease, fallback, agents' legs, hostile input."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from acd.adapters.asterisk.dialplan import write_dialplan
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer
from acd.testing.asterisk import (
    CARRIER,
    AriProbe,
    Lab,
    customer,
    eventually,
    lab_settings,
    sip_request,
)
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Phones, Ring

pytestmark = pytest.mark.asterisk

SITE = "[site]\nexten => 1,1,NoOp(of the site's own)\n same => n,Return()\n"
LEASE = 2
FALLBACK = 3


@pytest.fixture(scope="module")
def lab(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A started Asterisk whose lease and fallback are short."""
    directory = tmp_path_factory.mktemp("hasty")
    settings = replace(
        lab_settings(directory / "asterisk"),
        lease_seconds=LEASE,
        fallback_seconds=FALLBACK,
        systemname="hasty",
    )
    write_dialplan(settings.directory, {"raw.conf": SITE})
    server = AsteriskServer(asterisk_program, settings)
    asyncio.run(server.start())
    yield Lab(asterisk_program, settings)
    asyncio.run(server.stop())


@pytest.fixture
async def probe(lab: Lab) -> AsyncIterator[AriProbe]:
    """ARI of the lab, its application registered; what is left of calls is ended after the test."""
    async with AriProbe(lab.settings) as probe:
        await probe.listen()
        yield probe
        for kind in ("channels", "bridges"):
            for left in (await probe.request("GET", f"/{kind}"))[1]:
                await probe.request("DELETE", f"/{kind}/{left['id']}")


async def answered_caller(lab: Lab, probe: AriProbe, phones: Phones) -> tuple[PhoneCall, str]:
    caller = await customer(phones, lab.settings)
    call = await caller.dial("100")
    channel = (await probe.event("StasisStart"))["channel"]["id"]
    await call.wait_established(5)
    return call, channel


async def ring_agent(lab: Lab, probe: AriProbe, phones: Phones, channel: str) -> PhoneCall:
    at = {"host": lab.settings.bind, "port": lab.settings.sip_port}
    agent = await phones.agent("ann", Lab.password("ann"), policy=Ring(), **at)
    status, _ = await probe.request(
        "POST",
        "/channels",
        endpoint="PJSIP/ann",
        context="acd-leg",
        extension="s",
        priority="1",
        originator=channel,
        channelId="leg",
    )
    assert status == 200
    return await agent.next_call()


async def test_arguments_say_what_was_dialled(lab: Lab, probe: AriProbe, phones: Phones) -> None:
    caller = await customer(phones, lab.settings, "+15551234")
    call = await caller.dial("+15550100")
    start = await probe.event("StasisStart")
    assert start["args"] == ["new", "", "+15550100"]
    assert start["channel"]["caller"]["number"] == "+15551234"
    assert start["channel"]["channelvars"] == {"ACD_DID": "+15550100"}
    await call.hangup()


async def test_lease_that_is_not_renewed_brings_the_caller_back_as_resume(
    lab: Lab, probe: AriProbe, phones: Phones
) -> None:
    call, channel = await answered_caller(lab, probe, phones)
    await probe.request(
        "POST", f"/channels/{channel}/variable", variable="ACD_CONTACT", value="c-17"
    )
    again = await probe.event("StasisStart", seconds=LEASE + 5)
    assert again["channel"]["id"] == channel
    assert again["args"] == ["resume", "c-17", "100"]
    assert call.established
    await call.hangup()


async def test_renewed_lease_keeps_the_caller(lab: Lab, probe: AriProbe, phones: Phones) -> None:
    call, channel = await answered_caller(lab, probe, phones)
    for _ in range(2 * LEASE):
        with pytest.raises(TimeoutError):
            await probe.event("StasisEnd", seconds=0.7)
        await probe.request(
            "POST",
            f"/channels/{channel}/variable",
            variable="TIMEOUT(absolute)",
            value=str(LEASE),
        )
    assert call.established
    await call.hangup()


async def test_without_an_engine_the_caller_hears_music_then_is_let_go(
    lab: Lab, phones: Phones
) -> None:
    call = await (await customer(phones, lab.settings)).dial("100")
    await call.wait_established(5)
    end = await call.wait_ended(FALLBACK + 6)
    assert end.by == "them"


async def test_caller_without_an_engine_is_delivered_when_it_is_back(
    lab: Lab, phones: Phones
) -> None:
    call = await (await customer(phones, lab.settings)).dial("100")

    async def hears_music() -> bool:
        return "MusicOnHold" in lab.cli("core show channels concise")

    await eventually(hears_music)
    channel = lab.cli("core show channels concise").split("!")[0]
    if lab.program.source == "bundled":  # its music is stored in the callers' codecs
        assert "WriteTranscode: No" in lab.cli(f"core show channel {channel}")
    async with AriProbe(lab.settings) as late:
        await late.listen()
        assert (await late.event("StasisStart"))["args"] == ["resume", "", "100"]
    await call.hangup()


async def test_agents_answer_lifts_the_callers_lease_and_hangup_sets_it_again(
    lab: Lab, probe: AriProbe, phones: Phones
) -> None:
    call, channel = await answered_caller(lab, probe, phones)
    agent_call = await ring_agent(lab, probe, phones, channel)
    assert float(await probe.variable(channel, "TIMEOUT(absolute)") or 0) > 0, "ringing: leased"
    await agent_call.answer()
    leg = await probe.event("StasisStart")
    assert (leg["channel"]["id"], leg["args"]) == ("leg", ["leg"])
    assert await probe.variable(channel, "TIMEOUT(absolute)") == "0"

    await probe.request("POST", "/bridges", bridgeId="talk", type="mixing")
    await probe.request("POST", "/bridges/talk/addChannel", channel=f"{channel},leg")
    await probe.deafen()  # the engine dies; the talk outlasts the lease

    async def gone() -> bool:
        return (await probe.request("GET", "/channels/leg"))[0] == 404

    with pytest.raises(TimeoutError):
        await eventually(gone, seconds=LEASE + 1.5)
    assert call.established
    assert agent_call.established

    await agent_call.hangup()
    await eventually(gone)

    async def in_fallback() -> bool:
        return "MusicOnHold" in lab.cli("core show channels concise")

    await eventually(in_fallback, seconds=LEASE + 2)
    assert call.established
    await probe.listen()
    assert (await probe.event("StasisStart"))["args"] == ["resume", "", "100"]
    await call.hangup()


async def test_agent_who_answers_while_the_engine_is_down_is_delivered_later(
    lab: Lab, probe: AriProbe, phones: Phones
) -> None:
    _, channel = await answered_caller(lab, probe, phones)
    agent_call = await ring_agent(lab, probe, phones, channel)
    await probe.deafen()
    await agent_call.answer()

    async def waits() -> bool:
        return "acd-leg!s!" in (text := lab.cli("core show channels concise")) and (
            "MusicOnHold!default,1" in text
        )

    await eventually(waits)
    await probe.listen()
    seen = {(await probe.event("StasisStart"))["channel"]["id"]}
    while "leg" not in seen:
        seen.add((await probe.event("StasisStart"))["channel"]["id"])
    assert agent_call.established


async def test_star_codes_come_with_the_agents_endpoint(
    lab: Lab, probe: AriProbe, phones: Phones
) -> None:
    at = {"host": lab.settings.bind, "port": lab.settings.sip_port}
    bob = await phones.agent("bob", Lab.password("bob"), **at)
    call = await bob.dial("*21#7")
    assert (await probe.event("StasisStart"))["args"] == ["code", "*21#7", "bob"]
    await call.hangup()
    call = await bob.dial("100")
    assert (await probe.event("StasisStart"))["args"] == ["new", "", "100"]
    await call.hangup()


def test_the_sites_own_dialplan_is_included(lab: Lab) -> None:
    assert "of the site's own" in lab.cli("dialplan show site")


async def test_poison_call_id_is_refused_and_channels_stay_visible(
    lab: Lab, probe: AriProbe
) -> None:
    async def lists_nothing() -> bool:
        return await probe.request("GET", "/channels") == (200, [])

    for poison in (b"\xff\xfe-id", "schlüssel".encode(), b"a\x01b", b"\xc0\xaf"):
        assert await trunk_invite(lab, "100", call_id=poison) in {None, 400, 403, 603}, poison
        # While the refused channel is being torn down (3 ms were seen) the list still fails.
        await eventually(lists_nothing, seconds=0.5)
    assert await trunk_invite(lab, "100", call_id="plain") == 200
    assert (await probe.event("StasisStart"))["args"] == ["new", "", "100"]


@pytest.mark.parametrize(
    "user",
    [
        "100,resume,c-1",
        "100&200",
        '100"',
        "100${SHELL(id)}",
        "100%00",
        "100%2C1",
        "1" * 5000,
        "sales",
        "acd-enter",
        "+",
        "1" * 33,
    ],
)
async def test_odd_numbers_are_refused_or_arrive_as_they_are(
    lab: Lab, probe: AriProbe, user: str
) -> None:
    status = await trunk_invite(lab, user, call_id=os.urandom(8).hex())
    if status == 200:
        # An escaped NUL ends the user part for PJSIP: what comes before it was dialled.
        assert (await probe.event("StasisStart"))["args"] == ["new", "", user.split("%00")[0]]
    else:
        assert status in {None, 400, 404, 484}

        async def nothing_is_left() -> bool:
            return await probe.request("GET", "/channels") == (200, [])

        await eventually(nothing_is_left)


@pytest.mark.parametrize(
    "name",
    [
        "${SHELL(touch /tmp/acd-pwned)}",
        "$(touch /tmp/acd-pwned)",
        "`touch /tmp/acd-pwned`",
        "a,b,c",
        r"\"quoted\"",
        "n" * 5000,
        "Zoë",
        b"\xff\xfe\xfd",
    ],
)
async def test_names_are_text_and_the_engine_sees_all_calls(
    lab: Lab, probe: AriProbe, name: str | bytes
) -> None:
    Path("/tmp/acd-pwned").unlink(missing_ok=True)  # noqa: ASYNC240
    status = await trunk_invite(
        lab, "100", call_id=os.urandom(8).hex(), from_name=name, from_user=name
    )
    if status == 200:
        start = await probe.event("StasisStart")
        assert start["args"] == ["new", "", "100"]
        assert (await probe.request("GET", "/channels"))[0] == 200
        if isinstance(name, str) and name.isascii() and len(name) < 80 and "\\" not in name:
            assert start["channel"]["caller"]["name"] == name
    assert await trunk_invite(lab, "200", call_id=os.urandom(8).hex()) == 200
    assert (await probe.event("StasisStart"))["args"] == ["new", "", "200"]
    assert not Path("/tmp/acd-pwned").exists()  # noqa: ASYNC240


async def test_strangers_reach_nothing(lab: Lab, probe: AriProbe) -> None:
    for name in ("100", "ann", "caller", "nobody"):
        status = await trunk_invite(
            lab, "100", call_id=os.urandom(8).hex(), from_user=name, source="127.0.0.77"
        )
        assert status == 401, "known and unknown alike"
    assert (await probe.request("GET", "/channels"))[1] == []


async def trunk_invite(
    lab: Lab,
    user: str | bytes,
    *,
    call_id: str | bytes,
    from_user: str | bytes = "+15557777",
    from_name: str | bytes = "",
    source: str = CARRIER,
) -> int | None:
    """Send an INVITE as the carrier does; return the last status that came."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setblocking(False)
        phone.bind((source, 0))
        request = sip_request(
            "INVITE",
            user,
            phone.getsockname()[1],
            call_id=call_id,
            from_user=from_user,
            from_name=from_name,
            source=source,
        )
        await loop.sock_sendto(phone, request, (lab.settings.bind, lab.settings.sip_port))
        status = None
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while status is None or status < 200:
                    answer = await loop.sock_recv(phone, 65536)
                    status = int(answer.split(b" ", 2)[1])
        return status
