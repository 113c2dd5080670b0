"""Callers who speak and callers who enter a secret, on a real Asterisk."""

from __future__ import annotations

import random
import shutil
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from aiohttp import web

from acd.adapters.speech.recogniser import PocketRecogniser
from acd.adapters.speech.voices import Voices
from acd.app.secrets import QUIET_SECONDS
from acd.testing.house import House, house
from acd.testing.phonecall import PhoneCall, PhoneError
from acd.testing.tones import to_pcm, write_wav

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

CARD = "4539578763621486"
WRONG = "4539578763621487"

TOPIC = """start = "ask"
[node.ask]
type = "intent"
prompt = "ask"
invalid = "again"
timeout = "again"
tries = 2
silence_seconds = 1
timeout_seconds = 1
max_seconds = 5
keys = { 2 = "orders" }
on_fail = "others"
[node.ask.intents.billing]
words = { en = ["bill", "invoice", "charged twice"] }
to = "billing"
[node.ask.intents.orders]
words = { en = ["delivery", "order status"] }
to = "orders"
[node.billing]
type = "enqueue"
queue = "billing"
on_fail = "bye"
[node.orders]
type = "enqueue"
queue = "orders"
on_fail = "bye"
[node.others]
type = "enqueue"
queue = "others"
on_fail = "bye"
[node.bye]
type = "hangup"
"""
PAY = """start = "card"
[node.card]
type = "secret"
prompt = "card"
name = "card"
min_digits = 13
max_digits = 19
check = "luhn"
attribute = "ends_in"
invalid = "again"
tries = 2
next = "charge"
on_fail = "bye"
[node.charge]
type = "lookup"
service = "bank"
method = "POST"
path = "/charges"
body = { number = "{secret.card}", amount = "12" }
take = { receipt = "receipt" }
next = "more"
on_fail = "bye"
[node.more]
type = "collect"
prompt = "more"
attribute = "more"
max_digits = 2
next = "bye"
on_fail = "bye"
[node.bye]
type = "hangup"
"""
PROMPTS = """ask = "What can we do for you?"
again = "Sorry."
card = "Enter the number of your card, all of it, and then press the hash key please."
more = "Two more."
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank() -> AsyncIterator[tuple[str, list[object]]]:
    """A web service that takes money; where it is, and what it was told."""
    told: list[object] = []

    async def charge(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.json_response({"receipt": "R-1"})

    app = web.Application()
    app.router.add_post("/charges", charge)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}", told
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(
    tmp_path_factory: pytest.TempPathFactory, bank: tuple[str, list[object]]
) -> AsyncIterator[House]:
    site = tmp_path_factory.mktemp("site")
    (site / "prompts").mkdir()
    (site / "prompts/en.toml").write_text(PROMPTS)
    (site / "topic.toml").write_text(TOPIC)
    (site / "pay.toml").write_text(PAY)
    (site / "queues.toml").write_text("[billing]\n[orders]\n[others]\n")
    (site / "numbers.toml").write_text('"100" = "topic"\n"101" = "pay"\n')
    services = {"bank": {"url": bank[0], "allow_private": True}}
    home = tmp_path_factory.mktemp("words")
    async with house(home, site, {}, services=services, log={"level": "debug"}) as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def empty(centre: House) -> AsyncIterator[None]:
    """Leave no call of a test that has failed to those that follow."""
    yield
    await centre.hang_up_all()
    await centre.until(lambda: not centre.state.contacts)


async def spoken(text: str, path: Path) -> Path:
    espeak, sox = shutil.which("espeak-ng"), shutil.which("sox")
    assert espeak is not None
    assert sox is not None
    await Voices((espeak,), (sox,)).speak(text, "en-us", path)
    return path


def noise(path: Path) -> Path:
    chance = random.Random(7)
    samples = array("h", (round(chance.gauss(0, 3000)) for _ in range(16000)))
    write_wav(path, to_pcm([max(-32000, min(32000, s)) for s in samples]))
    return path


def utterances(centre: House) -> list[Path]:
    return list(centre.settings.home.rglob("r-t-*"))


async def listened_to(centre: House, number: str) -> PhoneCall:
    call = await (await centre.customer(number)).dial("100")
    await call.wait_established()
    await centre.until(lambda: centre.contact().task is not None)
    await centre.until(lambda: utterances(centre))
    return call


async def gone(centre: House, call: PhoneCall) -> None:
    await call.hangup()
    await centre.until(lambda: not centre.state.contacts)
    await centre.until(lambda: not utterances(centre))
    await centre.all_quiet()


needs_recogniser = pytest.mark.skipif(
    not PocketRecogniser.is_installed(), reason="the extra speech is not installed"
)


@needs_recogniser
async def test_a_caller_says_what_they_want(centre: House, tmp_path: Path) -> None:
    call = await listened_to(centre, "+15550301")
    call.play_file(await spoken("I have a question about my bill", tmp_path / "bill.wav"))
    await centre.until(lambda: centre.contact().queue == "billing")
    await centre.until(lambda: not utterances(centre))
    ended = [r.body for r in await centre.records() if r.type == "TaskEnded"]
    assert "bill" in ended[-1].values["text"].split()
    await gone(centre, call)


@needs_recogniser
async def test_noise_and_silence_are_nothing_that_anybody_said(
    centre: House, tmp_path: Path
) -> None:
    since = centre.state.seq
    call = await listened_to(centre, "+15550302")
    call.play_file(noise(tmp_path / "noise.wav"))
    await centre.until(lambda: centre.contact().queue == "others")
    failed = [r.body for r in await centre.records() if r.type == "NodeFailed" and r.seq > since]
    assert [event.reason for event in failed] == ["not_understood", "no_input"]
    await gone(centre, call)


@needs_recogniser
async def test_a_key_counts_while_somebody_listens(centre: House) -> None:
    call = await listened_to(centre, "+15550303")
    await call.send_dtmf("2")
    await centre.until(lambda: centre.contact().queue == "orders")
    await centre.until(lambda: not utterances(centre))
    await gone(centre, call)


@needs_recogniser
async def test_who_hangs_up_while_listened_to_has_gone(centre: House) -> None:
    call = await listened_to(centre, "+15550304")
    await gone(centre, call)
    closed = [r.body for r in await centre.records() if r.type == "ContactClosed"]
    assert closed[-1].reason == "left_flow"


def traces(home: Path, text: str) -> list[str]:
    """Return the files below a directory in which a text stands, or which are named so."""
    return [
        str(path)
        for path in home.rglob("*")
        if path.is_file() and (text.encode() in path.read_bytes() or text in path.name)
    ]


async def pays(centre: House) -> None:
    """Enter a wrong number, then the right one; then keys that may be known."""
    call = await (await centre.customer("+15550305")).dial("101")
    await call.wait_established()
    await centre.until(lambda: centre.contact().is_secret and centre.contact().playback)
    await call.send_dtmf(WRONG + "#")
    await centre.until(lambda: centre.contact().cursor.memory.get("tries") == "1")
    await call.send_dtmf(CARD + "#")
    await centre.until(lambda: centre.contact().cursor.node == "more")
    assert centre.contact().attributes == {"ends_in": CARD[-4:], "receipt": "R-1"}
    await call.wait_seconds(QUIET_SECONDS + 0.5)
    await call.send_dtmf("73")
    await call.wait_ended()


async def test_the_number_of_a_card_is_nowhere(
    centre: House, bank: tuple[str, list[object]]
) -> None:
    since = centre.state.seq
    with structlog.testing.capture_logs() as lines:
        for attempt in range(4):  # a phone that is short of time presses keys twice
            try:
                await pays(centre)
                break
            except (AssertionError, TimeoutError, LookupError, PhoneError):
                if attempt == 3:
                    raise
                await centre.hang_up_all()
                await centre.until(lambda: not centre.state.contacts)
        await centre.all_quiet()
    assert bank[1][-1] == {"number": CARD, "amount": "12"}
    records = [r for r in await centre.records() if r.seq > since]
    told = {r.body.digit for r in records if r.type == "DigitReceived"}
    assert told == {"7", "3"}
    assert "TaskBegun" in [r.type for r in records]
    for number in (CARD, WRONG, CARD[:8], CARD[-8:]):
        assert traces(centre.settings.home, number) == []
        assert number not in str(lines)
        assert number not in str(records)
    assert traces(centre.settings.home, "R-1"), "the search finds what is there"
