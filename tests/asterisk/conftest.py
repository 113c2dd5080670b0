"""A started Asterisk for every test that needs real calls."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.adapters.asterisk import process
from acd.adapters.asterisk.install import default_cache, locate
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer
from acd.adapters.asterisk.settings import AsteriskSettings
from acd.testing.asterisk import AriProbe, Lab, lab_settings
from acd.testing.softphone import Phones


@pytest.fixture(scope="session")
def asterisk_program() -> AsteriskProgram:
    """The machine's Asterisk, or the bundled one (installed on first use)."""
    return locate("auto", cache=default_cache(), progress=lambda step, done: None)


@pytest.fixture(scope="session")
def asterisk(
    asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A started Asterisk shared by all tests of a worker; it is not supervised."""
    settings = lab_settings(tmp_path_factory.mktemp("asterisk"))
    server = AsteriskServer(asterisk_program, settings)
    asyncio.run(server.start())
    try:
        yield Lab(asterisk_program, settings)
    finally:
        asyncio.run(server.stop())


@pytest.fixture
async def ari(asterisk: Lab) -> AsyncIterator[AriProbe]:
    """A bare ARI client of the shared Asterisk; its application is not yet registered."""
    async with AriProbe(asterisk.settings) as probe:
        yield probe


@pytest.fixture
async def phones() -> AsyncIterator[Phones]:
    """The process's telephones."""
    async with Phones() as phones:
        yield phones


@pytest.fixture
def own_settings(tmp_path: Path) -> Iterator[AsteriskSettings]:
    """Settings for an Asterisk of the test's own, in a path with spaces, longer than a socket's.

    An Asterisk that outlives the test, as it outlives its engine, is ended.
    """
    directory = tmp_path / ("a home " + "x" * 100) / "asterisk"
    yield replace(lab_settings(directory), systemname="own")
    if left := process.find(directory):
        os.killpg(left.pid, signal.SIGKILL)
