"""`acd hours`: what ``--until`` takes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from acd.cli.hours import until_when
from acd.cli.output import BadInput

pytestmark = pytest.mark.app

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # one o'clock in Madrid


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("18:00", "2026-11-23T17:00"),
        ("12:30", "2026-11-24T11:30"),  # over for today
        ("13:00", "2026-11-24T12:00"),  # now is not later
        ("2026-12-24T18:00", "2026-12-24T17:00"),
        ("2026-12-24 18:00", "2026-12-24T17:00"),
        ("2026-12-24T18:00-05:00", "2026-12-24T23:00"),
        ("90m", "2026-11-23T13:30"),
        ("2h", "2026-11-23T14:00"),
    ],
)
def test_until(text: str, wanted: str) -> None:
    assert until_when(text, NOW, MADRID) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "noon", "25:00", "2h30", "18:60", "99999h", "2026-13-01"])
def test_no_time(text: str) -> None:
    with pytest.raises(BadInput):
        until_when(text, NOW, MADRID)
