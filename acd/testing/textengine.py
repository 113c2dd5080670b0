"""`python -m acd.testing.textengine HOME SITE`: an engine for text alone, to be killed.

It starts in a third of the time that one with an Asterisk takes.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from acd.testing.textcentre import text_centre


async def main(home: Path, site: Path) -> None:
    """Run until killed; print ``ready`` and where the web server answers."""
    async with text_centre(home, site) as centre:
        print(f"ready {centre.address}", flush=True)
        await centre.failed


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
