"""A centre behind its web server, for each test its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from webkit import Web, web_at


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with web_at(tmp_path) as running:
        yield running
