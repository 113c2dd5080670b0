"""A directory watched for changes, by the ``watchfiles`` package."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import structlog
from watchfiles import awatch

log = structlog.get_logger()

QUIET_MS = 300
"""So long nothing must change before it is told: an editor writes a file in several steps."""


async def changes_of(directory: Path) -> AsyncIterator[None]:
    """Iterate over changes below a directory, as they have come to rest.

    It ends when the directory cannot be watched.
    """
    try:
        async for _ in awatch(directory, debounce=10 * QUIET_MS, step=QUIET_MS):
            yield
    except OSError as error:
        log.warning("directory cannot be watched", reason=error.strerror or str(error))
