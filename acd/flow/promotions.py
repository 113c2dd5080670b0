"""`promotions.toml`: codes that customers may redeem, each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from acd.core.site import Promotion
from acd.flow.kinds import BAD, ListOf, Plain, Text, good_name
from acd.flow.problems import At, Code, did_you_mean, quoted
from acd.flow.schema import key, read_schema


@dataclass(frozen=True, slots=True)
class _DateKind(Plain):
    """A date, as TOML writes it."""

    label: str = "date"

    def read(self, raw: object, at: At) -> object:
        """Read a date without a time."""
        if type(raw) is date:
            return raw.isoformat()
        at.say(Code.BAD_DATE, "must be a date such as 2026-11-23, without quotes")
        return BAD


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionKeys:
    """One table per promotion: `[summer]`."""

    codes: tuple[str, ...] = key(
        ListOf("list of codes", item=Text(longest=40), least=1, most=100_000),
        "the codes; customers may write them with spaces, hyphens and small letters",
    )
    first: str | None = key(_DateKind(), "the first day on which they count", default=None)
    last: str | None = key(_DateKind(), "the last day on which they count", default=None)
    timezone: str = key(Text(), "time zone of these days", default="UTC")

    def contradiction(self) -> str | None:
        """Say so when no day is left."""
        over = self.first is not None and self.last is not None and self.last < self.first
        return "last is before first" if over else None


def plain(code: str) -> str:
    """Return a code as it is compared: capitals and digits only.

    >>> plain("ab-12 cd")
    'AB12CD'
    """
    return "".join(c for c in code.upper() if c.isalnum())


def read_promotions(
    raw: Mapping[str, object], at: At, zones: Collection[str]
) -> dict[str, Promotion]:
    """Return the promotions by name."""
    promotions = {}
    for name, table in raw.items():
        place = at / name
        keys = read_schema(PromotionKeys, table, place)
        if not good_name(name, "promotion", place) or keys is BAD:
            continue
        if keys.timezone not in zones:
            hint = did_you_mean(keys.timezone, zones)
            (place / "timezone").say(
                Code.BAD_TIMEZONE, f"no time zone {quoted(keys.timezone)}{hint}"
            )
            continue
        codes = tuple(sorted(set(map(plain, keys.codes))))
        if "" in codes or len(codes) < len(keys.codes):
            (place / "codes").say(Code.BAD_VALUE, "a code is empty or listed twice")
            continue
        promotions[name] = Promotion(codes, keys.first or "", keys.last or "", keys.timezone)
    return promotions
