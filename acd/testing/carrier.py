"""A carrier for calls that we begin: a SIPp that answers everybody and sends back what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

ALLOWED = "+1555"
"""How the numbers begin that may be rung."""


@contextlib.asynccontextmanager
async def carrier(directory: Path) -> AsyncIterator[dict[str, Any]]:
    """Run a carrier; yields the settings of ``sip`` for a centre that calls out over it.

    Args:
        directory: where SIPp leaves its files.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-rtp_echo", "-nostdin",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=directory,
    )  # fmt: skip
    try:
        yield {
            "trunks": {"carrier": ["127.0.0.2"]},
            "outbound": {"trunk": "carrier", "host": f"127.0.0.1:{port}", "allow": [ALLOWED]},
        }
    finally:
        process.kill()
        await process.wait()
