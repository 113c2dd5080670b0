"""The log and the site."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.decide.registry import decides
from acd.core.turn import Turn


@decides(i.OpenLog)
def open_log(turn: Turn, cause: i.OpenLog) -> None:
    """Begin a log; an open one stays as it is."""
    if turn.state.seed:
        turn.refuse("log-open", "the log has begun already")
        return
    turn.emit(e.LogOpened(cause.engine, cause.seed, cause.flags))


@decides(i.PublishSite)
def publish_site(turn: Turn, cause: i.PublishSite) -> None:
    """Make a site the running one; the same version again is nothing."""
    if cause.site.version != turn.state.site:
        turn.emit(e.SitePublished(cause.site))
