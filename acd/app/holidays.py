"""Public holidays by country, from the ``holidays`` package."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache

import holidays as package
from holidays.holiday_base import HolidayBase

from acd.flow.hours import Holiday

FIRST_YEAR = 2025
"""From here on they are known, so that a story of years ago still comes out as it did."""

YEARS_AHEAD = 4
_ENGLISH = "en_US"


class PublicHolidays:
    """The public holidays from :data:`FIRST_YEAR` to four years after this one.

    Args:
        year: this year.
    """

    def __init__(self, year: int) -> None:
        self._years = range(FIRST_YEAR, max(year, FIRST_YEAR) + YEARS_AHEAD + 1)
        self.known_until = f"{self._years[-1]}-12-31"

    def countries(self) -> Collection[str]:
        """Return the codes of the countries."""
        return _countries()

    def subdivisions(self, country: str) -> Collection[str]:
        """Return the codes of a country's parts."""
        return _countries()[country]

    def holidays(self, country: str, subdivision: str) -> Mapping[str, Holiday]:
        """Return the holidays by date, named as their country names them."""
        plain = self._named(country, subdivision, None)
        # Without a language the package would follow the machine's, and versions would differ.
        local = self._named(country, subdivision, plain.default_language)
        books = [local]
        if _ENGLISH in plain.supported_languages and plain.default_language != _ENGLISH:
            books.append(self._named(country, subdivision, _ENGLISH))
        return {
            day.isoformat(): Holiday(
                "; ".join(local.get_list(day)),
                tuple(dict.fromkeys(name for book in books for name in book.get_list(day))),
            )
            for day in sorted(local)
        }

    def _named(self, country: str, subdivision: str, language: str | None) -> HolidayBase:
        return package.country_holidays(
            country, subdiv=subdivision or None, years=self._years, language=language
        )


@cache
def _countries() -> Mapping[str, Collection[str]]:
    return package.list_supported_countries(include_aliases=False)


def public_holidays() -> PublicHolidays:
    """Return the holidays that are known as of today."""
    return PublicHolidays(datetime.now(UTC).year)
