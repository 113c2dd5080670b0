"""The centre: log, site, agents, PBXes, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.agent import Agent, Presence
from acd.core.apply.common import drop_site_if_unused
from acd.core.apply.registry import folds
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers


@folds(e.LogOpened)
def _(state: State, _: Timers, event: e.LogOpened, _at: Instant, _seq: int) -> None:
    state.seed = event.seed
    state.flags = event.flags


@folds(e.SitePublished)
def _(state: State, _: Timers, event: e.SitePublished, _at: Instant, _seq: int) -> None:
    old, state.site = state.site, event.site.version
    state.sites[event.site.version] = event.site
    drop_site_if_unused(state, old)


@folds(e.AgentDefined)
def _(state: State, _: Timers, event: e.AgentDefined, at: Instant, seq: int) -> None:
    agent = state.agents.get(event.agent)
    if agent is None:
        # Who was removed and comes back may still have a phone that is being hung up.
        lines = {leg.id for leg in state.legs.values() if leg.agent == event.agent}
        state.agents[event.agent] = Agent(event.profile, order=seq, presence_since=at, lines=lines)
    else:
        agent.profile = event.profile
        agent.is_leaving = False


@folds(e.AgentLeaving)
def _(state: State, _: Timers, event: e.AgentLeaving, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].is_leaving = True


@folds(e.AgentRemoved)
def _(state: State, timers: Timers, event: e.AgentRemoved, _at: Instant, _seq: int) -> None:
    del state.agents[event.agent]
    timers.clear(Purpose.REST, event.agent)


@folds(e.PresenceChanged)
def _(state: State, timers: Timers, event: e.PresenceChanged, at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    if event.presence is Presence.AVAILABLE and agent.presence is not Presence.AVAILABLE:
        agent.idle_since = at
    agent.presence = event.presence
    agent.reason = event.reason
    agent.presence_since = at
    agent.rest_until = None
    timers.clear(Purpose.REST, event.agent)


@folds(e.AgentRested)
def _(state: State, timers: Timers, event: e.AgentRested, _at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    agent.rest_until = event.until
    agent.rest_reason = event.reason
    timers.set(Purpose.REST, event.agent, event.until)


@folds(e.RestEnded)
def _(state: State, timers: Timers, event: e.RestEnded, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].rest_until = None
    timers.clear(Purpose.REST, event.agent)


@folds(e.PhoneChanged)
def _(state: State, _: Timers, event: e.PhoneChanged, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].is_reachable = event.is_reachable


@folds(e.CalendarOverridden)
def _(state: State, timers: Timers, event: e.CalendarOverridden, _at: Instant, _seq: int) -> None:
    override = event.override
    state.overrides[override.calendar] = override
    if override.until is None:
        timers.clear(Purpose.OVERRIDE, override.calendar)
    else:
        timers.set(Purpose.OVERRIDE, override.calendar, override.until)


@folds(e.OverrideEnded)
def _(state: State, timers: Timers, event: e.OverrideEnded, _at: Instant, _seq: int) -> None:
    del state.overrides[event.calendar]
    timers.clear(Purpose.OVERRIDE, event.calendar)


@folds(e.PbxEpochChanged)
def _(state: State, _: Timers, event: e.PbxEpochChanged, _at: Instant, _seq: int) -> None:
    state.epochs[event.node] = event.epoch
