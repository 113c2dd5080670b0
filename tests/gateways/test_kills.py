"""The engine is killed at every step of a chat message, a webhook and a mail, in and out, once.

`make kills` is the long form of the same: two hundred kills of each channel's engine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from acd.core.channel import TRAITS
from acd.testing.kills.__main__ import CHANNELS, fire

pytestmark = pytest.mark.app


@pytest.mark.timeout(300)
@pytest.mark.parametrize("channel", CHANNELS)
async def test_killed_at_every_step(channel: str, tmp_path: Path) -> None:
    kind = CHANNELS[channel]
    run, verdict = await fire(kind, len(kind.points), 1, tmp_path, print)
    assert not verdict.wrong
    assert run.kills == dict.fromkeys(kind.points, 1)
    # What is killed between being taken outside and the note of that is carried again.
    assert (verdict.repeats > 0) is TRAITS[kind.channel].is_delivered
