"""Flows that hand callers to somebody outside, call them back, and ask them afterwards."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from acd.core.contact import ContactState
from acd.core.leg import LegState
from acd.testing.carrier import carrier
from acd.testing.house import House, agent_profile, house, orphans
from acd.testing.phonecall import PhoneCall
from acd.testing.tones import rms, tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

FILES = {
    "numbers.toml": '"100" = "desk"\n"200" = "outside"\n"300" = "later"\n',
    "queues.toml": '[desk]\nafter = "survey"\noffer_seconds = 10\n',
    "desk.toml": """start = "queue"
[node.queue]
type = "enqueue"
queue = "desk"
on_fail = "bye"
[node.bye]
type = "hangup"
""",
    "survey.toml": """start = "ask"
[node.ask]
type = "survey"
survey = "service"
timeout_seconds = 3
tries = 1
prompt = "ask"
next = "bye"
on_fail = "bye"
[node.bye]
type = "hangup"
""",
    "outside.toml": """start = "out"
on_fail = "busy"
[node.out]
type = "transfer"
number = "+1555 0199"
next = "bye"
[node.busy]
type = "menu"
prompt = "ask"
keys = { 1 = "forbidden" }
on_fail = "bye"
[node.forbidden]
type = "transfer"
number = "+1900 0199"
on_fail = "busy"
[node.bye]
type = "menu"
prompt = "ask"
keys = { 1 = "forbidden" }
on_fail = "end"
[node.end]
type = "hangup"
""",
    "later.toml": """start = "offer"
[node.offer]
type = "callback"
queue = "desk"
prompt = "ask"
number_prompt = "ask"
thanks = "ask"
next = "end"
on_fail = "end"
[node.end]
type = "hangup"
""",
    "prompts/en.toml": 'ask = "Tell us."\n',
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    site = tmp_path_factory.mktemp("site")
    (site / "prompts").mkdir()
    for name, text in FILES.items():
        (site / name).write_text(text)
    agents = {"ann": agent_profile("ann", 1, "desk")}
    async with (
        carrier(tmp_path_factory.mktemp("carrier")) as sip,
        house(tmp_path_factory.mktemp("talks"), site, agents, sip=sip) as running,
    ):
        yield running


async def dial(centre: House, number: str) -> PhoneCall:
    call = await (await centre.customer("+15550101")).dial(number)
    await call.wait_established()
    return call


def hears(call: PhoneCall, frequency: float) -> bool:
    heard = call.lately(2)
    return max(tone_share(heard[at : at + 8000], frequency) for at in range(0, 16001, 4000)) > 0.9


async def the_end(centre: House) -> None:
    await centre.hang_up_all()
    await centre.all_quiet()
    assert not await asyncio.to_thread(orphans, centre.settings.home)


async def closed(centre: House) -> list[str]:
    return [r.body.reason for r in await centre.records() if r.type == "ContactClosed"]


async def test_a_survey_follows_the_talk(centre: House) -> None:
    ann = await centre.agent("ann")
    caller = await dial(centre, "100")
    talk = await ann.next_call()
    await talk.wait_established()
    await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
    first = centre.contact().id
    await talk.wait_seconds(1)
    await talk.hangup()
    hung_up = caller.age_seconds
    await centre.until(lambda: centre.contact().id != first)
    following = centre.contact()
    assert following.attributes["previous_agent"] == "ann"
    await centre.until(lambda: following.playback is not None)
    await caller.wait_seconds(1.5)
    heard = array("h", caller.record().between(hung_up, hung_up + 3))
    assert rms(heard) > 0.02, "the question is heard"
    await caller.send_dtmf("5")
    await caller.wait_ended()
    await centre.until(lambda: not centre.state.contacts)
    scores = [r.body for r in await centre.records() if r.type == "ScoreKept"]
    assert [(s.survey, s.scale, s.score) for s in scores] == [("service", "csat", 5)]
    assert (await closed(centre))[-2:] == ["agent_ended", "flow_ended"]
    await the_end(centre)


async def test_a_caller_talks_to_somebody_outside_and_comes_back(centre: House) -> None:
    caller = await dial(centre, "200")
    await centre.until(
        lambda: any(leg.state is LegState.AWAY for leg in centre.state.legs.values())
    )
    caller.play_tone(1000)  # who is outside sends back what they hear
    await caller.wait_seconds(3)
    assert hears(caller, 1000)
    await caller.hangup()
    await centre.until(lambda: not centre.state.contacts)
    assert (await closed(centre))[-1] == "transferred"
    await the_end(centre)


@pytest.mark.parametrize("hears_thanks", [True, False])
async def test_a_promised_call_is_made(centre: House, hears_thanks: bool) -> None:
    await centre.hang_up_all()
    before = await closed(centre)
    caller = await dial(centre, "300")
    await centre.until(lambda: centre.contact().playback is not None)
    await caller.send_dtmf("1")
    if not hears_thanks:
        await centre.until(lambda: centre.contact().promise is not None)
        await caller.hangup()
    await caller.wait_ended()
    await centre.until(lambda: [c.dial for c in centre.state.contacts.values()] == ["+15550101"])
    assert centre.contact().state is ContactState.WAITING
    ann = await centre.agent("ann")
    talk = await ann.next_call()
    await talk.wait_established()
    await centre.until(
        lambda: (
            all(leg.state is LegState.UP for leg in centre.state.legs.values())
            and len(centre.state.legs) == 2
        )
    )
    talk.play_tone(1500)
    await talk.wait_seconds(3)
    assert hears(talk, 1500)
    await talk.hangup()
    await the_end(centre)
    assert "callback" in (await closed(centre))[len(before) :]
