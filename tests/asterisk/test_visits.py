"""A call that goes out to the site's own dialplan and comes back: the examples of the manual."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from acd.cli.engine import Engine
from acd.core.errors import AcdError
from acd.core.leg import LegState
from acd.testing.house import House, house
from acd.testing.phonecall import PhoneCall
from acd.testing.tones import tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dialplan.md"
RECEPTION = """start = "ask"
[node.ask]
type = "menu"
prompt = "ask"
keys = { 1 = "bye" }
tries = 1
on_fail = "bye"
[node.bye]
type = "hangup"
"""


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(found)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    site = tmp_path_factory.mktemp("site")
    (site / "asterisk").mkdir()
    (site / "prompts").mkdir()
    (site / "asterisk/clock.conf").write_text(example("asterisk"))
    (site / "main.toml").write_text(example("toml"))
    (site / "reception.toml").write_text(RECEPTION)
    (site / "numbers.toml").write_text('"100" = "main"\n')
    (site / "prompts/en.toml").write_text('ask = "Please wait for the door to open. Press one."\n')
    async with house(tmp_path_factory.mktemp("visits"), site, {}) as running:
        yield running


def is_away(centre: House) -> bool:
    return any(leg.state is LegState.AWAY for leg in centre.state.legs.values())


async def kinds(centre: House, since: int) -> list[str]:
    return [r.type for r in await centre.records() if r.seq > since]


async def in_the_echo(centre: House, number: str) -> PhoneCall:
    """Return a call that hears itself."""
    call = await (await centre.customer(number)).dial("100")
    await call.wait_established()
    await centre.until(lambda: centre.contact().cursor.node == "echo" and is_away(centre))
    return call


async def test_out_and_back_and_into_another_flow(centre: House) -> None:
    since = centre.state.seq
    call = await in_the_echo(centre, "+15550201")
    call.play_tone(1000)
    await call.wait_seconds(3)
    heard = call.lately(1)
    assert tone_share(heard, 1000) > 0.9, "the caller hears themselves"
    call.play_nothing()
    await call.send_dtmf("#")
    await centre.until(lambda: centre.contact().cursor.flow == "reception")
    contact = centre.contact()
    assert contact.attributes["echo"] == "heard"
    assert not is_away(centre)
    await call.send_dtmf("1")
    await call.wait_ended()
    await centre.all_quiet()
    told = await kinds(centre, since)
    assert told.count("LegBack") == 3
    assert "LegReturned" not in told


async def test_a_publish_while_a_call_is_out(centre: House) -> None:
    call = await in_the_echo(centre, "+15550203")
    file = centre.settings.site.directory / "asterisk/clock.conf"
    engine, good = Engine.of(centre.settings.home), file.read_text()
    before = centre.state.site

    file.write_text(good + "exten => s,1,Return()\n")  # which Asterisk alone complains of
    with pytest.raises(AcdError, match=r"clock\.conf:12: bad-dialplan: Unable") as refused:
        await engine.post("versions", {})
    assert refused.value.code == "version-not-ready"
    assert centre.state.site == before

    file.write_text(good.replace("Return(heard)", "Return(heard-anew)"))
    await engine.post("versions", {})
    assert centre.state.site != before
    await call.send_dtmf("#")
    await centre.until(lambda: centre.contact().cursor.flow == "reception")
    assert centre.contact().attributes["echo"] == "heard-anew"
    assert centre.contact().site == before
    assert call.established
    await call.hangup()
    await centre.all_quiet()


async def test_the_end_of_a_call_that_is_out_is_told_at_once(centre: House) -> None:
    call = await in_the_echo(centre, "+15550202")
    await call.hangup()
    await centre.until(lambda: not centre.state.contacts)
    closed = [r.body for r in await centre.records() if r.type == "ContactClosed"]
    assert closed[-1].reason == "left_flow"
    await centre.all_quiet()
