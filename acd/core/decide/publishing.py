"""Publishing: which version of the site new contacts enter. Those in flight stay on theirs."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.canary import CanaryEnd, one_way
from acd.core.decide.registry import decides
from acd.core.turn import Turn


@decides(i.PublishSite)
def publish_site(turn: Turn, cause: i.PublishSite) -> None:
    """Make a site the running one, and the end of any canary; the same again is nothing."""
    version, canary = cause.site.version, turn.state.canary
    if version == turn.state.site:
        return
    turn.emit(e.SitePublished(cause.site))
    if canary is not None:
        is_it = canary.version == version
        _end(turn, CanaryEnd.PROMOTED if is_it else CanaryEnd.REPLACED)


@decides(i.StartCanary)
def start_canary(turn: Turn, cause: i.StartCanary) -> None:
    """Give a site a share of the new contacts; an older canary gives way."""
    state = turn.state
    if not state.site:
        turn.refuse("nothing-published", "nothing runs yet that a canary could stand beside")
    elif cause.site.version == state.site:
        turn.refuse("version-running", "this version takes all contacts already")
    elif not 0 <= cause.percent < 100 or not (cause.percent or cause.numbers):
        turn.refuse("share-invalid", "a canary takes 1 to 99 percent, or certain numbers")
    else:
        if state.canary is not None:
            _end(turn, CanaryEnd.REPLACED)
        numbers = tuple(dict.fromkeys(map(one_way, cause.numbers)))
        turn.emit(e.CanaryStarted(cause.site, cause.percent, numbers, cause.guard))


@decides(i.PromoteCanary)
def promote_canary(turn: Turn, cause: i.PromoteCanary) -> None:
    """Make the canary the running version."""
    canary = turn.state.canary
    if canary is None:
        turn.refuse("no-canary", "there is no canary")
        return
    turn.emit(e.SitePublished(turn.state.sites[canary.version]))
    _end(turn, CanaryEnd.PROMOTED)


@decides(i.EndCanary)
def end_canary(turn: Turn, cause: i.EndCanary) -> None:
    """Take the canary back."""
    if turn.state.canary is None:
        turn.refuse("no-canary", "there is no canary")
    else:
        _end(turn, CanaryEnd.TAKEN_BACK)


def judge_canary(turn: Turn, cause: int) -> None:
    """End the canary if its guard complains.

    Args:
        turn: the turn.
        cause: number of the event that may have tipped the scales.
    """
    canary = turn.state.canary
    if canary is not None and (complaint := canary.complaint()):
        turn.emit(e.CanaryEnded(canary.version, CanaryEnd.WORSE, complaint, ""), cause=cause)


def _end(turn: Turn, reason: CanaryEnd) -> None:
    canary = turn.state.canary
    assert canary is not None
    turn.emit(e.CanaryEnded(canary.version, reason, "", turn.actor))
