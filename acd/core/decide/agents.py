"""What agents and their administrators say."""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import CODES, Agent, Presence, WorkState
from acd.core.decide.acts import finish_work, settle_holds
from acd.core.decide.offers import give_back, open_offers, withdraw_all
from acd.core.decide.registry import decides
from acd.core.flows import Prompt
from acd.core.ids import AgentName, PlaybackId
from acd.core.leg import LegRole, LegState
from acd.core.offer import OfferOutcome
from acd.core.turn import Turn


@decides(i.DefineAgent)
def define_agent(turn: Turn, cause: i.DefineAgent) -> None:
    """Add or change an agent; an offer they no longer qualify for is withdrawn."""
    profile = cause.profile
    known = turn.state.agents.get(profile.name)
    if known is not None and known.profile == profile and not known.is_leaving:
        return
    seq = turn.emit(e.AgentDefined(profile.name, profile))
    agent = turn.state.agents[profile.name]
    settle_holds(turn, agent, seq)
    for offer in open_offers(turn, agent):
        contact = turn.state.contacts[offer.contact]
        if (
            contact.queue not in profile.queues
            or profile.lacks(contact.requirement)
            or agent.open_count(contact.channel) > profile.capacity.get(contact.channel, 0)
        ):
            give_back(turn, offer, OfferOutcome.WITHDRAWN)


@decides(i.RemoveAgent)
def remove_agent(turn: Turn, cause: i.RemoveAgent) -> None:
    """Remove an agent now, or as soon as the work in hand is done."""
    agent = _agent(turn, cause.agent)
    if agent is None:
        return
    set_presence(turn, agent, Presence.LOGGED_OUT, "removed")
    if agent.works:
        turn.emit(e.AgentLeaving(agent.name))
    else:
        turn.emit(e.AgentRemoved(agent.name))


@decides(i.SetPresence)
def presence_requested(turn: Turn, cause: i.SetPresence) -> None:
    """An agent says whether they take contacts."""
    agent = _agent(turn, cause.agent)
    if agent is not None and agent.is_leaving:
        turn.refuse("agent-leaving", "this agent is being removed")
    elif agent is not None:
        set_presence(turn, agent, cause.presence, cause.reason)


def set_presence(turn: Turn, agent: Agent, presence: Presence, reason: str = "") -> None:
    """Change a presence; who leaves while their phone rings gives the offer back unharmed."""
    if (agent.presence, agent.reason) != (presence, reason) or agent.rest_until is not None:
        turn.emit(e.PresenceChanged(agent.name, presence, reason))
    if presence is not Presence.AVAILABLE:
        withdraw_all(turn, agent)


def _agent(turn: Turn, name: AgentName) -> Agent | None:
    agent = turn.state.agents.get(name)
    if agent is None:
        turn.refuse("agent-unknown", "there is no such agent")
    return agent


@decides(i.PhoneReachable)
def phone_reachable(turn: Turn, cause: i.PhoneReachable) -> None:
    """An agent's phone came or went."""
    agent = _agent(turn, cause.agent)
    if agent is not None and agent.is_reachable is not cause.is_reachable:
        turn.emit(e.PhoneChanged(agent.name, cause.is_reachable))


@decides(i.FinishWrapup)
def finish_wrapup(turn: Turn, cause: i.FinishWrapup) -> None:
    """An agent's paperwork is done."""
    agent = _agent(turn, cause.agent)
    if agent is not None and not _finish_wrapups(turn, agent, cause):
        turn.refuse("no-wrapup", "the agent is not in wrap-up")


def _finish_wrapups(turn: Turn, agent: Agent, said: i.FinishWrapup) -> int:
    works = [
        work
        for work in agent.works.values()
        if work.state is WorkState.WRAPUP and said.contact in (None, work.contact)
    ]
    for work in works:
        finish_work(turn, agent, work, disposition=said.disposition, note=said.note)
    return len(works)


def _agent_at(turn: Turn, address: str) -> Agent | None:
    agents = turn.state.agents.values()
    return next((a for a in agents if address and a.profile.address == address), None)


@decides(i.CodeDialled)
def code_dialled(turn: Turn, cause: i.CodeDialled) -> None:
    """An agent dialled a code: do it, say so, hang up."""
    if cause.leg in turn.state.legs:
        turn.refuse("leg-known", "this call has arrived already")
        return
    agent = _agent_at(turn, cause.address)
    name = agent.name if agent is not None else None
    turn.emit(e.LegOpened(cause.leg, cause.node, LegRole.AGENT, LegState.UP, None, name, None))
    presence, prompt = CODES.get(cause.code, (None, "agent.refused"))
    if agent is None or agent.is_leaving:
        prompt = "agent.refused"
    elif presence is not None:
        set_presence(turn, agent, presence)
        if not agent.is_reachable:  # it has just called us
            turn.emit(e.PhoneChanged(agent.name, is_reachable=True))
    elif not _finish_wrapups(turn, agent, i.FinishWrapup(agent.name)):
        prompt = "agent.refused"
    playback = PlaybackId(turn.mint("p"))
    prompts = (Prompt("key", prompt),)
    turn.emit(e.FarewellStarted(cause.leg, None, name, playback, prompts))
    site = turn.state.sites.get(turn.state.site)
    language = next(iter(site.prompts), "en") if site is not None else "en"
    turn.do(f.Play(cause.leg, playback, prompts, language, turn.state.site))
