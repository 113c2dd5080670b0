"""What strangers send: it is taken as text or refused, nothing is evaluated, others are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
import structlog

from acd.adapters.home import Home
from acd.bootstrap import asterisk_settings, choose_ports
from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.testing.asterisk import AriProbe, eventually
from acd.testing.house import House, agent_profile, console, house, sip_password
from acd.testing.phonecall import CallNotAnswered
from acd.testing.rawsip import RawCaller, status
from acd.testing.softphone import Phone, RegistrationFailed

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
AGENTS = {"ann": agent_profile("ann", 1, "desk"), "bob": agent_profile("bob", 2, "desk")}

# As name, as number, or in a header. What would be evaluated would leave a file or a variable.
HOSTILE = {
    "comma": b"a,b,Stasis(acd,new,,200)",
    "quotes": b"\\\" '; DROP TABLE log; --",
    "variable": b"${CHANNEL(name)}${SHELL(touch {proof})}",
    "expression": b"$[1+1]$(touch {proof})",
    "backticks": b"`touch {proof}`",
    "format": b"%s%n%x%08x",
    "nul": b"a\0b",
    "long": b"A" * 5000,
    "not utf-8": b"\xff\xfe\xc3\x28",
    "line end": b"x%0d%0aContact: <sip:evil@127.0.0.9>",
    "markup": b"<script>alert(1)</script>",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("hostile"), SITE, AGENTS) as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def quiet(centre: House) -> AsyncIterator[list[Any]]:
    """Every test ends with an empty centre, and with nothing said above a warning."""
    with structlog.testing.capture_logs() as said:
        yield said
        await centre.hang_up_all()
        await centre.all_quiet(seconds=40)
    assert not [entry for entry in said if entry["log_level"] in ("error", "critical")]
    for name in AGENTS:
        await centre.presence(name, Presence.LOGGED_OUT)


@pytest.fixture
def proof(tmp_path: Path) -> Iterator[Path]:
    """A file that is there when something was evaluated."""
    yield (path := tmp_path / "evaluated")
    assert not path.exists()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ari(centre: House) -> AsyncIterator[AriProbe]:
    home = Home(centre.settings.home)
    async with AriProbe(
        asterisk_settings(centre.settings, home, choose_ports(centre.settings, home))
    ) as probe:
        yield probe


async def works(centre: House, agent: Phone, number: str = "+15559999") -> None:
    """A normal call is served as if nothing had been."""
    caller = await (await centre.customer(number)).dial("200")
    call = await agent.next_call()
    await call.wait_established()
    await centre.until(
        lambda: any(
            c.ani == number and c.state is ContactState.ACTIVE
            for c in centre.state.contacts.values()
        )
    )
    await caller.hangup()
    await centre.until(lambda: all(c.ani != number for c in centre.state.contacts.values()))


def raw(centre: House) -> RawCaller:
    return RawCaller("caller", centre.caller_password, ("127.0.0.1", centre.running.sip_port))


def variables(centre: House) -> set[str]:
    """Return the names of the variables that our dialplan's channels have now."""
    found: set[str] = set()
    for line in console(centre.settings.home, "core show channels concise").splitlines():
        shown = console(centre.settings.home, f"core show channel {line.split('!')[0]}")
        found |= {
            name for name, is_set, _ in (v.partition("=") for v in shown.splitlines()) if is_set
        }
    return found


async def sees_only(ari: AriProbe, number: str) -> bool:
    """Whether ARI lists one call, that of a number."""
    code, channels = await ari.request("GET", "/channels")
    return code == 200 and [c["caller"]["number"] for c in channels] == [number]


@pytest.mark.timeout(120)
async def test_anything_in_an_invite_is_text_or_refused(
    centre: House, ari: AriProbe, proof: Path
) -> None:
    """In name, number, address, Call-ID or a header; all other calls stay in sight."""
    agent = await centre.agent("ann")
    other = await (await centre.customer("+15558888")).dial("500")
    await other.wait_established()
    names = await asyncio.to_thread(variables, centre)
    statuses: dict[tuple[str, str], int] = {}
    async with raw(centre) as caller:
        for label, template in HOSTILE.items():
            text = template.replace(b"{proof}", str(proof).encode())
            for place, value in {
                "from_name": text,
                "from_user": text,
                "from_user escaped": quote(text).encode(),
                "number": text,
                "number escaped": b"500" + quote(text).encode(),
                "call_id": text,
                "headers": b"X-Note: " + text + b"\r\n",
            }.items():
                given: dict[str, Any] = {"number": "500", place.partition(" ")[0]: value}
                answer = await caller.invite(given.pop("number"), **given)
                statuses[label, place] = status(answer)
                if status(answer) == 200:
                    assert await asyncio.to_thread(variables, centre) <= names
                    await caller.hang_up(answer)
    assert 401 not in statuses.values()
    taken = {place for (_, place), code in statuses.items() if code == 200}
    assert taken == {"from_name", "from_user", "from_user escaped", "call_id", "headers"}
    await eventually(lambda: sees_only(ari, "+15558888"), seconds=40)
    assert other.end is None
    await works(centre, agent)


@pytest.mark.timeout(120)
async def test_a_flood_without_a_word_of_thanks(centre: House, ari: AriProbe) -> None:
    """A hundred INVITEs that nobody acknowledges: a normal call is served meanwhile and after."""
    agent = await centre.agent("ann")
    async with raw(centre) as caller:
        for number in range(100):
            caller.send("500", f"flood-{number}")
        await centre.until(lambda: len(centre.state.contacts) == 100)
        await works(centre, agent)
        answered = {a: a for a in await caller.answers(2) if status(a) == 200}.values()
        for answer in answered:
            await caller.hang_up(answer)
        await centre.all_quiet(seconds=40)
    await works(centre, agent)


@pytest.mark.timeout(60)
async def test_keys_in_every_state_and_far_too_many(centre: House) -> None:
    agent = await centre.agent("ann")
    caller = await (await centre.customer("+15557777")).dial("100")
    await caller.wait_established()
    await caller.send_dtmf("ABCD")
    await caller.send_dtmf("0123456789*#" * 3)
    await centre.until(
        lambda: (
            "+15557777" not in {c.ani for c in centre.state.contacts.values()}
            or centre.contact().state is not ContactState.IN_FLOW
        )
    )
    call = await agent.next_call()
    await call.wait_established()
    await caller.send_dtmf("12#A")
    await call.send_dtmf("*9D")
    assert centre.contact().state is ContactState.ACTIVE
    await caller.hangup()
    await centre.all_quiet()
    await works(centre, agent)


@pytest.mark.parametrize(
    "number", ["0900123456", "999", "s", "h", "T", "acd-leg", "*99", "+", "i", "9011441234567"]
)
async def test_a_phone_reaches_numbers_and_codes_only(centre: House, number: str) -> None:
    """Whatever an agent dials leads into the engine, which knows its own numbers, or nowhere."""
    agent = await centre.agent("ann", ready=False)
    before = len(await centre.records())
    call = await agent.dial(number)
    await call.wait_ended(10)
    await centre.all_quiet()
    records = (await centre.records())[before:]
    opened = [r.body for r in records if r.type == "ContactOpened"]
    assert all(body.dnis == number for body in opened)
    assert not [r for r in records if r.type == "OfferMade"]


async def test_wrong_passwords_are_refused(centre: House) -> None:
    for user, password in (("1001", "wrong"), ("1002", sip_password("ann")), ("nobody", "x")):
        with pytest.raises(RegistrationFailed):
            await centre.phones.agent(
                user, password, host=centre.running.sip_host, port=centre.running.sip_port
            )
    stranger = await centre.phones.caller(
        "caller",
        "wrong",
        from_user="1001",
        host=centre.running.sip_host,
        port=centre.running.sip_port,
    )
    call = await stranger.dial("200")
    with pytest.raises(CallNotAnswered):
        await call.wait_established()
