"""Public holidays as the shell knows them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from acd.app.holidays import PublicHolidays

pytestmark = pytest.mark.app

BOOK = PublicHolidays(2026)


def test_by_the_names_of_the_country_and_in_english() -> None:
    found = BOOK.holidays("ES", "MD")["2026-05-02"]
    assert found.title == "Fiesta de la Comunidad de Madrid"
    assert found.wordings == (found.title, "Madrid Day")
    assert "2026-05-02" not in BOOK.holidays("ES", "")


def test_a_span_of_years() -> None:
    days = list(BOOK.holidays("US", ""))
    assert days[0] == "2025-01-01"
    assert days[-1] == "2030-12-25"
    assert BOOK.known_until == "2030-12-31"
    assert days == sorted(days)


def test_days_made_up_for() -> None:
    assert BOOK.holidays("US", "")["2027-12-24"].title == "Christmas Day (observed)"


def test_codes() -> None:
    assert {"US", "ES", "IT", "PT", "BR"} <= set(BOOK.countries())
    assert "MD" in BOOK.subdivisions("ES")


def test_names_do_not_follow_the_machine() -> None:
    """A version's hash is the same everywhere."""
    script = (
        "from acd.app.holidays import PublicHolidays as P;"
        "print(ascii(dict(P(2026).holidays('ES', 'MD'))))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "LANG": language, "LANGUAGE": language, "LC_ALL": "C.UTF-8"},
            check=True,
            capture_output=True,
        ).stdout
        for language in ("ca_ES.UTF-8", "en_US.UTF-8", "C")
    }
    assert len(said) == 1
