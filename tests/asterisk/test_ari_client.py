from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop
from structlog.testing import capture_logs

from acd.adapters.ari import generated
from acd.adapters.ari.client import AriClient, Connected, LinkState
from acd.adapters.ari.errors import (
    AriError,
    AriReplaced,
    AriRequestTooLarge,
    AriUnavailable,
    is_gone,
)
from acd.adapters.ari.generated import ChannelUserevent, Operations, StasisEnd, StasisStart
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer
from acd.adapters.asterisk.settings import AsteriskSettings
from acd.testing.asterisk import Lab, eventually
from acd.testing.wire import TcpWire

pytestmark = pytest.mark.asterisk

APP = "client-test"
Ring = Callable[..., "Ear"]


class Ear:
    """A client over a wire, and what its hooks were told."""

    def __init__(self, settings: AsteriskSettings, port: int, **options: Any) -> None:
        self.connected: list[Connected] = []
        self.lost: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()
        options.setdefault("password", settings.ari_password)
        self.client = AriClient(
            f"http://127.0.0.1:{port}/ari",
            settings.ari_user,
            app=APP,
            on_connected=self._on_connected,
            on_disconnected=self._on_disconnected,
            **options,
        )
        self.running: asyncio.Task[None] | None = None

    async def _on_connected(self, connected: Connected) -> None:
        self.connected.append(connected)
        await self.hold.wait()

    async def _on_disconnected(self, reason: str) -> None:
        self.lost.append(reason)

    def start(self) -> None:
        self.running = asyncio.create_task(self.client.run())

    async def came_up(self, times: int = 1) -> None:
        async def is_up() -> bool:
            assert self.running is not None
            if self.running.done():
                self.running.result()
            return self.client.connects == times and self.client.state is LinkState.UP

        await eventually(is_up, seconds=20, every=0.01)

    async def stop(self) -> None:
        if self.running is not None:
            self.running.cancel()
            with contextlib.suppress(asyncio.CancelledError, AriReplaced):
                await self.running
        await self.client.close()

    async def tell(self, number: int) -> None:
        """Make Asterisk send this client an event that carries ``number``."""
        await self.client.ari.events.user_event(
            "count", application=APP, variables={"number": str(number)}
        )

    async def hear(self, count: int) -> list[int]:
        """Take ``count`` events made by `tell`."""
        heard = []
        async with asyncio.timeout(20):
            for _ in range(count):
                event = (await self.client.next_event()).event
                assert isinstance(event, ChannelUserevent)
                heard.append(int(event.userevent["number"]))
        return heard


@pytest.fixture
async def wire(asterisk: Lab) -> AsyncIterator[TcpWire]:
    async with TcpWire(asterisk.settings.http_port) as wire:
        yield wire


@pytest.fixture
async def make_ear(asterisk: Lab, wire: TcpWire) -> AsyncIterator[Ring]:
    ears: list[Ear] = []

    def make(**options: Any) -> Ear:
        ears.append(Ear(asterisk.settings, wire.port, **options))
        return ears[-1]

    yield make
    for ear in ears:
        await ear.stop()


@pytest.fixture
async def ear(make_ear: Ring) -> Ear:
    ear = make_ear()
    ear.start()
    await ear.came_up()
    return ear


async def error_of(ask: Callable[[], Awaitable[object]]) -> AriError:
    """Ask until it is refused: a channel that has left the application dies a moment later."""
    async with asyncio.timeout(5):
        while True:
            try:
                await ask()
            except AriError as error:
                return error


async def test_a_call_s_events_come_decoded_in_order_with_the_moment_they_came(ear: Ear) -> None:
    ari = ear.client.ari
    before = asyncio.get_running_loop().time()
    await ari.channels.create(
        endpoint="Local/s@acd-leg", app=APP, app_args="a b%20+,c", channel_id="ear/1 %+ü"
    )
    arrivals = []
    async with asyncio.timeout(10):
        while not arrivals or not isinstance(arrivals[-1].event, StasisStart):
            arrivals.append(await ear.client.next_event())
        start = arrivals[-1].event
        assert isinstance(start, StasisStart)
        assert start.channel.id == "ear/1 %+ü"
        assert start.args == ["a b%20+", "c"]
        await ari.channels.hangup("ear/1 %+ü", reason="normal")
        while not isinstance(arrivals[-1].event, StasisEnd):
            arrivals.append(await ear.client.next_event())
    moments = [before, *(arrival.at for arrival in arrivals), asyncio.get_running_loop().time()]
    assert moments == sorted(moments)
    assert ear.client.unknown_events == 0
    gone = await error_of(lambda: ari.channels.get("ear/1 %+ü"))
    assert is_gone(gone)
    assert gone.code == "ari-gone"


async def test_two_hundred_requests_at_once_each_get_their_own_reply(ear: Ear) -> None:
    ari = ear.client.ari.asterisk
    numbers = range(200)
    await asyncio.gather(*(ari.set_global_var(variable=f"N{n}", value=f"{n} + ü") for n in numbers))
    values = await asyncio.gather(*(ari.get_global_var(variable=f"N{n}") for n in numbers))
    assert [value.value for value in values] == [f"{n} + ü" for n in numbers]


async def test_a_request_too_large_is_refused_here_and_the_link_stays(ear: Ear) -> None:
    with pytest.raises(AriRequestTooLarge, match="at most 60000"):
        await ear.client.ari.asterisk.set_global_var(variable="X", value="x" * 60_000)
    await ear.client.ari.asterisk.set_global_var(variable="X", value="x" * 59_000)
    value = await ear.client.ari.asterisk.get_global_var(variable="X")
    assert len(value.value) > 8_000
    assert ear.client.connects == 1
    with pytest.raises(AriRequestTooLarge):
        await Operations(ear.client.http).asterisk.set_global_var(variable="X", value="x" * 5_000)


async def test_a_refused_creation_says_why(ear: Ear) -> None:
    bridges = ear.client.ari.bridges
    await bridges.create_with_id("b-conflict", type_="mixing")
    try:
        with pytest.raises(AriError) as refused:
            await bridges.create_with_id("b-conflict", type_="holding")
    finally:
        await bridges.destroy("b-conflict")
    assert (refused.value.status, refused.value.code) == (409, "ari-conflict")
    assert not is_gone(refused.value)


async def test_a_cut_fails_what_is_in_flight_and_resyncs_before_events(
    ear: Ear, wire: TcpWire
) -> None:
    wire.stall()
    asked = [asyncio.create_task(ear.client.ari.asterisk.ping()) for _ in range(3)]
    await asyncio.sleep(0)
    ear.hold.clear()
    wire.cut()
    wire.flow()
    for request in asked:
        with pytest.raises(AriUnavailable) as lost:
            await request
        assert (lost.value.code, lost.value.retryable) == ("ari-disconnected", True)

    async def resyncing() -> bool:
        return len(ear.connected) == 2

    await eventually(resyncing)
    await ear.tell(1)
    await ear.tell(2)
    waiting = asyncio.create_task(ear.client.next_event())

    async def both_wait() -> bool:
        return ear.client.backlog == 2

    await eventually(both_wait)
    assert not (await asyncio.wait({waiting}, timeout=0.2))[0]
    ear.hold.set()
    async with asyncio.timeout(5):
        first = await waiting
    assert isinstance(first.event, ChannelUserevent)
    assert (first.epoch, first.event.userevent["number"]) == (2, "1")
    assert await ear.hear(1) == [2]
    assert len(ear.lost) == 1
    again = ear.connected[1]
    assert (again.epoch, again.first, again.restarted) == (2, False, False)
    assert again.startup_time == ear.connected[0].startup_time


async def test_a_filter_left_behind_does_not_silence_the_next_link(ear: Ear, wire: TcpWire) -> None:
    ari = ear.client.ari
    # The bridge keeps the application, and with it the filter, alive while nobody is connected.
    await ari.bridges.create_with_id("b-keeper", type_="mixing")
    await ari.applications.subscribe(APP, event_source=["bridge:b-keeper"])
    muting = {"allowed": [{"type": "BridgeMerged"}]}
    with pytest.raises(TimeoutError):  # the reply itself is filtered out
        await asyncio.wait_for(ari.applications.filter(APP, filter_=muting), 0.5)
    wire.cut()
    await ear.came_up(times=2)
    await ear.client.ari.bridges.destroy("b-keeper")


async def test_only_the_events_asked_for_come(make_ear: Ring) -> None:
    ear = make_ear(events=["ChannelUserevent"])
    ear.start()
    await ear.came_up()
    await ear.client.ari.bridges.create_with_id("b-unheard", type_="mixing")
    await ear.client.ari.bridges.destroy("b-unheard")
    await ear.tell(7)
    assert await ear.hear(1) == [7]
    seen = await ear.client.ari.applications.get(APP)
    allowed = {entry["type"] for entry in seen.events_allowed}
    assert allowed == {"ChannelUserevent", "RESTResponse", "ApplicationReplaced"}


async def test_a_flood_is_taken_in_while_the_consumer_sleeps(ear: Ear) -> None:
    count = 2_600
    for first in range(0, count, 100):
        await asyncio.gather(*(ear.tell(n) for n in range(first, first + 100)))

    async def all_late() -> bool:
        return ear.client.backlog == count and ear.client.lag > 0.5

    await eventually(all_late)
    assert ear.client.connects == 1
    assert await ear.hear(count) == list(range(count))
    assert (ear.client.backlog, ear.client.lag) == (0, 0.0)


async def test_a_silent_link_runs_into_the_deadline(make_ear: Ring, wire: TcpWire) -> None:
    ear = make_ear(deadline=0.3)
    ear.start()
    await ear.came_up()
    wire.stall()
    began = time.monotonic()
    with pytest.raises(AriUnavailable) as late:
        await ear.client.ari.asterisk.ping()
    assert late.value.code == "ari-timeout"
    assert time.monotonic() - began < 1.0
    with pytest.raises(AriUnavailable):
        await ear.client.http.request("GET", "asterisk/ping")
    wire.flow()
    await ear.client.ari.asterisk.ping()


async def test_health_asks_the_registry_and_looks_at_the_lag(
    ear: Ear, wire: TcpWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = await ear.client.health()
    assert healthy.ok
    assert healthy.round_trip is not None
    assert healthy.round_trip < 1.0

    monkeypatch.setattr("acd.adapters.ari.client.HEALTH_SECONDS", 0.2)
    await ear.tell(1)

    async def late() -> bool:
        return ear.client.lag > 0.2

    await eventually(late)
    assert "late" in (await ear.client.health()).problem
    await ear.hear(1)

    wire.stall()
    silent = await ear.client.health()
    assert (silent.ok, silent.round_trip) == (False, None)


async def test_a_successor_silences_the_first_client(ear: Ear, make_ear: Ring) -> None:
    successor = make_ear()
    successor.start()
    await successor.came_up()
    assert ear.running is not None
    with pytest.raises(AriReplaced):
        async with asyncio.timeout(5):
            await ear.running
    assert ear.client.state is LinkState.REPLACED
    assert ear.lost == ["replaced by another client"]
    with pytest.raises(AriReplaced):
        await ear.client.ari.asterisk.ping()
    await successor.tell(1)
    assert await successor.hear(1) == [1]


async def test_a_wrong_password_ends_at_once_with_a_remedy(make_ear: Ring, wire: TcpWire) -> None:
    ear = make_ear(password="not-the-password")
    with capture_logs() as logs, pytest.raises(AriError) as refused:
        async with asyncio.timeout(5):
            await ear.client.run()
    assert refused.value.code == "ari-unauthorised"
    assert "ari.conf" in refused.value.hint
    assert wire.accepted == 1
    assert "not-the-password" not in f"{logs}{refused.value}{refused.value.__dict__}"


async def test_an_asterisk_that_is_not_there_yet_is_waited_for(asterisk: Lab) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    ear = Ear(asterisk.settings, port)
    try:
        with capture_logs() as logs:
            ear.start()

            async def tried() -> bool:
                return sum(entry["event"] == "ari link down" for entry in logs) >= 3

            await eventually(tried)
            with pytest.raises(AriUnavailable):
                await ear.client.ari.asterisk.ping()
            assert not (await ear.client.health()).ok
            async with TcpWire(asterisk.settings.http_port, port=port):
                await ear.came_up()
                await ear.stop()
        assert asterisk.settings.ari_password not in str(logs)
        assert ear.lost == []
    finally:
        await ear.stop()


async def test_a_recording_is_fetched_over_http(asterisk: Lab, ear: Ear) -> None:
    folder = asterisk.settings.recordings_dir / "client test"
    folder.mkdir(parents=True, exist_ok=True)
    sound = next(asterisk.program.sounds_dir.rglob("beep.gsm"))
    shutil.copy(sound, folder / "tone.gsm")
    fetched = await ear.client.ari.recordings.get_stored_file("client test/tone")
    assert fetched == sound.read_bytes()
    with pytest.raises(AriError) as gone:
        await ear.client.ari.recordings.get_stored_file("nothing")
    assert is_gone(gone.value)


async def test_an_asterisk_killed_and_started_again_is_a_new_one(
    asterisk_program: AsteriskProgram, own_settings: AsteriskSettings
) -> None:
    server = AsteriskServer(asterisk_program, own_settings)
    await server.start()
    ear = Ear(own_settings, own_settings.http_port)
    try:
        ear.start()
        await ear.came_up()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        await ear.came_up(times=2)
        first, second = ear.connected[0], ear.connected[-1]
        assert first.startup_time != second.startup_time
        assert (first.first, first.restarted) == (True, False)
        assert (second.first, second.restarted) == (False, True)
        await ear.tell(1)
        assert await ear.hear(1) == [1]
    finally:
        await ear.stop()
        await server.stop()


async def test_it_runs_on_uvloop(asterisk: Lab) -> None:
    async def talk() -> list[int]:
        ear = Ear(asterisk.settings, asterisk.settings.http_port)
        try:
            ear.start()
            await ear.came_up()
            await asyncio.gather(*(ear.tell(n) for n in range(50)))
            return await ear.hear(50)
        finally:
            await ear.stop()

    assert await asyncio.to_thread(uvloop.run, talk()) == list(range(50))


async def test_the_generated_reply_decoders_fit_a_real_asterisk(ear: Ear) -> None:
    ari = ear.client.ari
    info = await ari.asterisk.get_info()
    assert info.system is not None
    assert info.system.version
    assert any(module.name == "res_ari.so" for module in await ari.asterisk.list_modules())
    assert any(endpoint.resource == "ann" for endpoint in await ari.endpoints.list_by_tech("PJSIP"))
    assert await ari.sounds.list_all()
    assert isinstance(await ari.channels.list_all(), list)
    raw = msgspec.json.decode(await ear.client.request("GET", f"applications/{APP}"))
    assert raw["name"] == (await ari.applications.get(APP)).name == APP


def test_the_generated_module_is_what_the_generator_makes(
    asterisk_program: AsteriskProgram, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "generate_ari.py"))
    descriptions = asterisk_program.data_dir / "rest-api"
    if tool["digest"](tool["load"](descriptions)) not in str(generated.__doc__):
        pytest.skip(f"Asterisk {asterisk_program.version} describes another ARI than ours")
    assert tool["main"](["--rest-api", str(descriptions), "--check"]) == 0, capsys.readouterr().out
