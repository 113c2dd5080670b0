"""Publishing, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.apply.common import drop_site_if_unused
from acd.core.apply.registry import folds
from acd.core.canary import Canary
from acd.core.state import State
from acd.core.timers import Instant, Timers


@folds(e.CanaryStarted)
def _(state: State, _: Timers, event: e.CanaryStarted, at: Instant, _seq: int) -> None:
    site = event.site
    state.sites[site.version] = site
    state.canary = Canary(site.version, at, event.percent, event.numbers, event.guard)


@folds(e.CanaryEnded)
def _(state: State, _: Timers, event: e.CanaryEnded, _at: Instant, _seq: int) -> None:
    state.canary = None
    drop_site_if_unused(state, event.version)
