"""Asterisk as a part: started, adopted, supervised, and shut to the world."""

from __future__ import annotations

import pytest

from acd.testing.asterisk import Lab

pytestmark = pytest.mark.asterisk


def test_console_answers(asterisk: Lab) -> None:
    assert "Asterisk" in asterisk.cli("core show version")
