from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from acd.adapters.ami import (
    AmiClient,
    AmiError,
    AmiUnavailable,
    AmiUnsafe,
    Contact,
    guarded,
)
from acd.testing.asterisk import Lab, eventually
from acd.testing.softphone import Phones
from acd.testing.wire import TcpWire

pytestmark = pytest.mark.asterisk


class Desk:
    """An AMI client over a wire, and what it was told."""

    def __init__(self, lab: Lab, wire: TcpWire, password: str | None = None) -> None:
        self.told: list[Contact] = []
        self.resyncs: list[list[Contact]] = []
        settings = lab.settings
        self.client = AmiClient(
            "127.0.0.1",
            wire.port,
            settings.ami_user,
            password or settings.ami_password,
            on_contact=self._on_contact,
            on_connected=self._on_connected,
            deadline=1.0,
            ping_every=0.3,
        )

    async def _on_contact(self, contact: Contact) -> None:
        self.told.append(contact)

    async def _on_connected(self) -> None:
        self.resyncs.append(await self.client.contacts())

    async def came_up(self, times: int) -> None:
        async def resynced() -> bool:
            return len(self.resyncs) == times and self.client.is_up

        await eventually(resynced)


@pytest.fixture
async def wire(asterisk: Lab) -> AsyncIterator[TcpWire]:
    async with TcpWire(asterisk.settings.ami_port) as wire:
        yield wire


@pytest.fixture
async def desk(asterisk: Lab, wire: TcpWire) -> AsyncIterator[Desk]:
    desk = Desk(asterisk, wire)
    running = asyncio.create_task(desk.client.run())
    async with asyncio.timeout(10):
        await desk.client.wait_up()
    yield desk
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_a_phone_that_registers_is_told_and_listed(
    asterisk: Lab, desk: Desk, phones: Phones
) -> None:
    assert await desk.client.device_state("cid") == "Unavailable"
    settings = asterisk.settings
    phone = await phones.agent("cid", Lab.password("cid"), host="127.0.0.1", port=settings.sip_port)

    async def is_reachable() -> bool:
        return any(c.endpoint == "cid" and c.status == "Reachable" for c in desk.told)

    await eventually(is_reachable)
    assert [c for c in await desk.client.contacts() if c.endpoint == "cid"] == desk.told[-1:]
    assert desk.told[-1].is_reachable
    assert await desk.client.device_state("cid") == "Not in use"

    await phone.unregister()

    async def is_removed() -> bool:
        return desk.told[-1].status == "Removed"

    await eventually(is_removed)
    assert not desk.told[-1].is_reachable
    assert await desk.client.device_state("cid") == "Unavailable"


async def test_reload_reaches_the_module_and_names_one_that_is_not_there(
    asterisk: Lab, desk: Desk
) -> None:
    before = asterisk.cli("module show like res_pjsip.so")
    assert "res_pjsip.so" in before
    await desk.client.reload("res_pjsip.so")
    with pytest.raises(AmiError, match="No such module"):
        await desk.client.reload("no_such_module.so")


async def test_an_unknown_endpoint_is_an_error(desk: Desk) -> None:
    with pytest.raises(AmiError, match="nobody"):
        await desk.client.device_state("nobody")


async def test_a_line_break_in_a_value_does_not_become_an_action(asterisk: Lab, desk: Desk) -> None:
    injected = "x\r\n\r\nAction: Reload\r\nModule: res_pjsip.so"
    with pytest.raises(AmiUnsafe):
        await desk.client.device_state(injected)
    with pytest.raises(AmiUnsafe):
        await desk.client.reload(injected)
    # Nothing was written: the session goes on in step.
    assert await desk.client.device_state("bob") == "Unavailable"


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\x0b", "\x1b", "\x7f"])
def test_the_guard_refuses_control_characters_and_tells_no_values(character: str) -> None:
    with pytest.raises(AmiUnsafe) as refused:
        guarded({"Action": "Reload", "Module": f"secret{character}"})
    assert "secret" not in str(refused.value)
    with pytest.raises(AmiUnsafe):
        guarded({"Action": "Reload", f"Module{character}": "x"})


@pytest.mark.parametrize("action", ["Originate", "Command", "Setvar", "UpdateConfig", ""])
def test_the_guard_refuses_actions_that_can_run_programs(action: str) -> None:
    with pytest.raises(AmiUnsafe):
        guarded({"Action": action})


async def test_a_wrong_password_ends_at_once_with_a_remedy(asterisk: Lab, wire: TcpWire) -> None:
    desk = Desk(asterisk, wire, password="not-the-password")
    with pytest.raises(AmiError) as refused:
        async with asyncio.timeout(5):
            await desk.client.run()
    assert refused.value.code == "ami-unauthorised"
    assert "manager.conf" in refused.value.hint
    assert wire.accepted == 1


async def test_a_cut_link_fails_what_is_in_flight_and_comes_back(desk: Desk, wire: TcpWire) -> None:
    wire.stall()
    asked = asyncio.create_task(desk.client.device_state("ann"))
    await asyncio.sleep(0)
    wire.cut()
    wire.flow()
    with pytest.raises(AmiUnavailable) as lost:
        await asked
    assert (lost.value.code, lost.value.retryable) == ("ami-disconnected", True)
    await desk.came_up(times=2)
    assert await desk.client.device_state("ann")


async def test_a_silent_link_is_noticed_by_the_ping(desk: Desk, wire: TcpWire) -> None:
    wire.stall()

    async def is_down() -> bool:
        return not desk.client.is_up

    await eventually(is_down)
    with pytest.raises(AmiUnavailable):
        await desk.client.device_state("ann")
    wire.flow()
    await desk.came_up(times=2)


async def test_no_secret_is_logged(
    asterisk: Lab, desk: Desk, wire: TcpWire, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        wire.cut()
        await desk.came_up(times=2)
    assert any(entry["event"] == "ami link down" for entry in logs)
    assert asterisk.settings.ami_password not in f"{logs}{caplog.text}"
