"""The site's own dialplan on a real Asterisk: out and back, time over, a reload during a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from acd.adapters.asterisk.dialplan import apply_dialplan, write_dialplan
from acd.adapters.asterisk.dryload import dry_load
from acd.adapters.asterisk.process import AsteriskError
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer
from acd.flow.dialplan import APPLICATIONS, FUNCTIONS, REFUSED, read_dialplan
from acd.flow.problems import Report
from acd.testing.asterisk import AriProbe, customer, lab_settings
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Phones

pytestmark = pytest.mark.asterisk

LEASE = 3
SITE = """
[lab]
exten => result,1,Return(all-well)
exten => hostile,1,Return(a b,c${EPOCH:0:0}"'\\\\<x>)
exten => plain,1,NoOp()
 same => n,Return()
exten => long,1,Echo()
 same => n,Return(heard)
exten => lost,1,Goto(nowhere-to-go,1)
exten => flow,1,Goto(acd-enter,sales,1)
exten => ends,1,Hangup()
"""


@pytest.fixture(scope="module")
def server(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AsteriskServer]:
    directory = tmp_path_factory.mktemp("site") / "asterisk"
    settings = replace(lab_settings(directory), systemname="site", lease_seconds=LEASE)
    write_dialplan(directory, {"lab.conf": SITE})
    server = AsteriskServer(asterisk_program, settings)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
async def probe(server: AsteriskServer) -> AsyncIterator[AriProbe]:
    async with AriProbe(server.settings) as probe:
        await probe.listen()
        yield probe
        for left in (await probe.request("GET", "/channels"))[1]:
            await probe.request("DELETE", f"/channels/{left['id']}")


async def sent_out(
    server: AsteriskServer, probe: AriProbe, phones: Phones, extension: str, seconds: int = 60
) -> tuple[PhoneCall, str]:
    """Let a caller come in and go out to an extension of the site's."""
    call = await (await customer(phones, server.settings)).dial("100")
    channel = (await probe.event("StasisStart"))["channel"]["id"]
    await call.wait_established(5)
    variables = {"ACD_OUT": f"lab,{extension}", "ACD_OUT_SECONDS": str(seconds), "ACD_TASK": "t-1"}
    for name, value in variables.items():
        path = f"/channels/{channel}/variable"
        assert (await probe.request("POST", path, variable=name, value=value))[0] == 204
    status, _ = await probe.request(
        "POST", f"/channels/{channel}/continue", context="acd-out", extension="s", priority="1"
    )
    assert status == 204
    return call, channel


@pytest.mark.parametrize(
    ("extension", "arguments"),
    [
        ("result", ["back", "", "100", "t-1", "all-well"]),
        ("hostile", ["back", "", "100", "t-1", "abcx"]),
        ("plain", ["back", "", "100", "t-1", ""]),
        ("absent", ["back", "", "100", "t-1", "missing"]),
        ("lost", ["back", "", "100", "t-1", "invalid"]),
        ("flow", ["flow", "", "100", "t-1", "sales"]),
    ],
)
async def test_out_and_back(
    server: AsteriskServer, probe: AriProbe, phones: Phones, extension: str, arguments: list[str]
) -> None:
    call, channel = await sent_out(server, probe, phones, extension)
    start = await probe.event("StasisStart")
    assert (start["channel"]["id"], start["args"]) == (channel, arguments)
    lease = await probe.variable(channel, "TIMEOUT(absolute)")
    assert lease is not None
    assert 0 < float(lease) <= LEASE
    await call.hangup()


async def test_time_is_over(server: AsteriskServer, probe: AriProbe, phones: Phones) -> None:
    call, channel = await sent_out(server, probe, phones, "long", seconds=2)
    start = await probe.event("StasisStart")
    assert (start["channel"]["id"], start["args"][-1]) == (channel, "timeout")
    await call.hangup()


async def test_a_reload_does_not_touch_a_call_that_is_out_nor_one_that_is_in(
    server: AsteriskServer, probe: AriProbe, phones: Phones
) -> None:
    out, away = await sent_out(server, probe, phones, "long")
    inside = await (await customer(phones, server.settings, "101")).dial("100")
    channel = (await probe.event("StasisStart"))["channel"]["id"]
    await inside.wait_established(5)

    changed = SITE.replace("Return(heard)", "Return(heard-anew)")
    more = {"lab.conf": changed, "more.conf": "[more]\nexten => x,1,Return()\n"}
    assert await apply_dialplan(server, more)
    assert not await apply_dialplan(server, more)
    assert "Return" in await server.rasterisk("dialplan show x@more")

    await out.send_dtmf("#")  # ends the echo: it goes on in the new version
    start = await probe.event("StasisStart")
    assert (start["channel"]["id"], start["args"][-1]) == (away, "heard-anew")
    assert (await probe.request("GET", f"/channels/{channel}"))[0] == 200
    assert out.established
    assert inside.established
    assert await apply_dialplan(server, {"lab.conf": SITE})
    assert "no existence" in await server.rasterisk("dialplan show x@more")
    await out.hangup()
    await inside.hangup()


async def test_after_a_reload_that_failed_the_next_one_is_done(
    server: AsteriskServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: str) -> str:
        raise AsteriskError("Asterisk's console does not answer")

    changed = {"lab.conf": SITE.replace("heard", "heard-anew")}
    for wanted in (changed, {"lab.conf": SITE}):
        with monkeypatch.context() as patch:
            patch.setattr(server, "rasterisk", silent)
            with pytest.raises(AsteriskError):
                await apply_dialplan(server, changed if wanted is changed else {})
        assert await apply_dialplan(server, wanted)
        said = await server.rasterisk("dialplan show long@lab")
        assert ("heard-anew" in said) is (wanted is changed)


async def test_who_hangs_up_outside_is_told_of(
    server: AsteriskServer, probe: AriProbe, phones: Phones
) -> None:
    call, channel = await sent_out(server, probe, phones, "long")
    app = server.settings.ari_app
    await probe.request(
        "POST", f"/applications/{app}/subscription", eventSource=f"channel:{channel}"
    )
    await call.hangup()
    assert (await probe.event("ChannelDestroyed"))["channel"]["id"] == channel


async def test_only_what_asterisk_has_may_be_used(server: AsteriskServer) -> None:
    said = await server.rasterisk("core show applications")
    loaded = {line.split(":")[0].strip() for line in said.splitlines() if ": " in line}
    assert set(APPLICATIONS.values()) <= loaded
    elsewhere = {name.lower() for name in loaded - set(APPLICATIONS.values())}
    assert elsewhere - REFUSED == {
        "callcompletioncancel",
        "callcompletionrequest",
        "messagesend",
        "raiseexception",
        "stopmixmonitor",
    }
    said = await server.rasterisk("core show functions")
    loaded = {line.split("(")[0].split()[-1] for line in said.splitlines() if "(" in line}
    cut = {name for name in loaded if len(name) >= 20}  # the list cuts long names
    assert {name for name in FUNCTIONS - loaded if not name.startswith(tuple(cut))} == set()


BROKEN = """[a]
exten => s,1,NoOp(one
exten => s,1,Return()
exten => s,1,Return()
same => n,Return(
"""


async def test_a_dry_load_tells_what_asterisk_complains_of(
    asterisk_program: AsteriskProgram,
) -> None:
    assert await dry_load(asterisk_program, {"lab.conf": SITE}) == []
    found = await dry_load(asterisk_program, {"b.conf": BROKEN, "lab.conf": SITE})
    assert [(p.file, p.line, p.code) for p in found] == [
        ("asterisk/b.conf", line, "bad-dialplan") for line in (2, 3, 4, 5)
    ]


HIDDEN = "exten => hidden,1,MixMonitor(x.wav,,id)\n same => n,Return()\n"


@pytest.mark.parametrize(
    "text",
    [
        f"[lab]\nignorepat => 9--; an end without a beginning\n;--\n{HIDDEN}--;\n",
        f"[lab]\n;-- a ;-- b --;\nignorepat => 9 --; {HIDDEN}",
    ],
    ids=["upside-down", "nested"],
)
async def test_what_asterisk_reads_the_check_reads_too(server: AsteriskServer, text: str) -> None:
    """Lines that looked like comments, and ran a command."""
    report = Report()
    read_dialplan({"asterisk/a.conf": text.encode()}, report)
    assert "dialplan-refused" in {problem.code for problem in report.sorted()}
    await apply_dialplan(server, {"a.conf": text})
    assert "MixMonitor" in await server.rasterisk("dialplan show hidden@lab")
    await apply_dialplan(server, {"lab.conf": SITE})


def test_the_lab_itself_passes_the_check() -> None:
    report = Report()
    read_dialplan({"asterisk/lab.conf": SITE.encode()}, report, ["sales"])
    assert report.sorted() == []
