"""Node ``promo``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from acd.core.flows import RedeemCode, Signal
from acd.core.site import Promotion
from acd.core.timers import MICROSECONDS, Instant
from acd.flow.kinds import Exit, Name, Template, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.promotions import plain
from acd.flow.schema import key
from acd.flow.template import fill
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Promo:
    """Redeem a code of a promotion of `promotions.toml`; each code counts once.

    Small letters, spaces and hyphens in the code do not matter. Whoever shows again the code that
    they redeemed in this very contact has still redeemed it.
    """

    promotion: str = key(Name("promotion", To.PROMOTION), "the promotion")
    code: str = key(Template(), "the code: `{code}`")
    redeemed: str = key(node(Exit.AT_ONCE), "where the caller goes when the code counts")
    duplicate: str = key(node(Exit.AT_ONCE), "… when somebody has used it before")
    unknown: str = key(node(Exit.AT_ONCE), "… when there is no such code")
    expired: str | None = key(
        node(Exit.AT_ONCE), "… when the promotion is over or has not begun", default=None
    )


def enter(keys: Promo, visit: Visit) -> Entry:
    """Look the code up and note that it is used."""
    promotion = visit.site.promotions.get(keys.promotion)
    if promotion is None:
        return FAIL  # the site was not checked
    code = plain(fill(keys.code, visit.values))
    if code not in promotion:
        return Go(keys.unknown)
    if not counts(promotion, visit.now):
        return Go(keys.expired)
    match visit.has_used(keys.promotion, code):
        case "other":
            return Go(keys.duplicate)
        case "nobody":
            visit.actions.append(RedeemCode(keys.promotion, code))
    return Go(keys.redeemed)


def counts(promotion: Promotion, now: Instant) -> bool:
    """Return whether a promotion's codes count on the day that ``now`` is in its zone."""
    day = datetime.fromtimestamp(now // MICROSECONDS, ZoneInfo(promotion.timezone)).date()
    first, last = promotion.first, promotion.last
    return (not first or first <= day.isoformat()) and (not last or day.isoformat() <= last)


def signal(keys: Promo, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("promo", Promo, enter, signal)
