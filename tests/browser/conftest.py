"""One browser for the tests of a module, and a server of nothing but pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from acd.testing.browser import Chromium, chromium
from acd.web.pages import Pages
from acd.web.routes import declared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Chromium]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages() -> AsyncIterator[str]:
    """Address of a server that has the pages and nothing behind them."""
    app = web.Application()
    app.add_routes(declared(Pages()))
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/"))
