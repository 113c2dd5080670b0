"""The PBX as a whole: what it could not do, what was seen of it, and its death.

Recovery is a decision like any other: a look at the PBX comes in as one input, every difference
between it and the state becomes an event, and what the PBX should be doing is asked for again.
"""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import Contact, ContactState
from acd.core.decide import legs, visits
from acd.core.decide.acts import hang_up, work_of
from acd.core.decide.offers import give_back
from acd.core.decide.registry import decides
from acd.core.ids import LegId
from acd.core.leg import GoneCause, Leg, LegRole, LegState
from acd.core.offer import OfferOutcome
from acd.core.turn import Turn

OUR_LEGS = "l-"
"""How the ids of legs we dial begin."""


@decides(i.PbxLost)
def pbx_lost(turn: Turn, cause: i.PbxLost) -> None:
    """The PBX died, and every leg with it."""
    for leg in list(turn.state.legs.values()):
        if leg.node == cause.node and leg.id in turn.state.legs:
            legs.close(turn, leg, GoneCause.PBX_LOST)


@decides(i.PbxSeen)
def pbx_seen(turn: Turn, cause: i.PbxSeen) -> None:
    """Compare the PBX with the state and mend every difference."""
    known_epoch = turn.state.epochs.get(cause.node)
    restarted = known_epoch is not None and known_epoch != cause.epoch
    if known_epoch != cause.epoch:
        turn.emit(e.PbxEpochChanged(cause.node, cause.epoch))
    facts = {fact.leg: fact for fact in cause.legs}
    asked = frozenset(cause.asked)
    gone = GoneCause.PBX_LOST if restarted else GoneCause.UNSEEN
    for leg in [leg for leg in turn.state.legs.values() if leg.node == cause.node]:
        if leg.id not in turn.state.legs:
            continue
        fact = facts.get(leg.id)
        if fact is not None:
            _compare(turn, leg, fact, is_fresh=cause.is_fresh)
        elif leg.id in asked or restarted:
            legs.close(turn, leg, gone)
    for fact in cause.legs:
        if fact.leg not in turn.state.legs:
            _unknown(turn, fact, cause.node)
    if cause.is_fresh:
        _restore_all(turn, facts)


def _compare(turn: Turn, leg: Leg, fact: i.LegFact, *, is_fresh: bool) -> None:
    if leg.state is LegState.CLOSING:
        turn.do(f.HangUp(leg.id))
    elif leg.role is LegRole.AGENT or leg.state in (LegState.DIALING, LegState.RINGING):
        if fact.state is LegState.RINGING:
            legs.leg_ringing(turn, i.LegRinging(leg.id))
        elif fact.state is LegState.UP:
            legs.leg_answered(turn, i.LegAnswered(leg.id))
        elif leg.role is LegRole.CUSTOMER:
            pass  # outside of our hands is where a line is that we dialled and nobody answered
        elif fact.state is LegState.AWAY and leg.state is not LegState.UP:
            turn.change_leg(leg, LegState.AWAY)  # answered while we were not there; it will come
    elif fact.state is LegState.AWAY:
        turn.change_leg(leg, LegState.AWAY)
        contact = turn.state.contacts.get(leg.contact) if leg.contact else None
        offer = turn.state.offers.get(contact.offer) if contact and contact.offer else None
        if offer is not None:  # nobody to connect until the caller is back
            give_back(turn, offer, OfferOutcome.WITHDRAWN)
    elif fact.state is LegState.UP:
        was_away = leg.state is LegState.AWAY
        turn.change_leg(leg, LegState.UP)
        contact = turn.state.contacts.get(leg.contact) if leg.contact else None
        if was_away and contact is not None and not is_fresh:  # its return was missed
            legs.restore(turn, contact, fact.bridge)
    elif fact.state is LegState.DOWN and leg.state is LegState.UP and is_fresh:
        turn.do(f.Answer(leg.id))


def _unknown(turn: Turn, fact: i.LegFact, node: str) -> None:
    if fact.leg.startswith(OUR_LEGS):  # dialled for an offer that is over
        turn.do(f.HangUp(fact.leg))
    elif fact.state is LegState.AWAY:
        pass  # it comes by itself
    elif fact.dnis:
        legs.arrive(turn, fact, node)
    else:  # an agent's own call for a code: they dial it again
        turn.do(f.HangUp(fact.leg))


def _restore_all(turn: Turn, facts: dict[LegId, i.LegFact]) -> None:
    for contact in list(turn.state.contacts.values()):
        fact = facts.get(contact.leg) if contact.leg is not None else None
        leg = turn.leg(contact.leg)
        if fact is None or leg is None or leg.state not in (LegState.UP, LegState.DOWN):
            continue
        if not _talks_already(turn, contact, facts):
            legs.restore(turn, contact, fact.bridge)
    for leg in list(turn.state.legs.values()):
        if leg.farewell is not None and leg.id in facts:
            hang_up(turn, leg.id)


def _talks_already(turn: Turn, contact: Contact, facts: dict[LegId, i.LegFact]) -> bool:
    if contact.state is not ContactState.ACTIVE or contact.leg is None:
        return False
    _, work = work_of(turn, contact)
    ours, theirs = facts.get(contact.leg), facts.get(work.leg) if work.leg else None
    return bool(ours and theirs and ours.bridge and ours.bridge == theirs.bridge)


@decides(i.EffectFailed)
def effect_failed(turn: Turn, cause: i.EffectFailed) -> None:
    """Something could not be done: go on as if it had been done in vain."""
    leg = turn.leg(LegId(cause.subject))
    if leg is None:
        return
    contact = turn.state.contacts.get(leg.contact) if leg.contact else None
    match cause.effect:
        case "Dial" | "DialOut":
            unreachable = cause.code == "unreachable"
            legs.close(turn, leg, GoneCause.UNREACHABLE if unreachable else GoneCause.FAILED)
        case "Connect":  # the agent's leg is the subject; the caller keeps the place
            hang_up(turn, leg.id)
            legs.lose(turn, leg, GoneCause.FAILED)
        case "Play" if leg.farewell is not None:
            legs.playback_ended(turn, i.PlaybackEnded(leg.id, leg.farewell))
        case "Play" if contact is not None and contact.playback is not None:
            legs.playback_ended(turn, i.PlaybackEnded(leg.id, contact.playback))
        case "SendOut":
            visits.not_sent(turn, leg, contact)
        case "TakeMessage" if contact is not None and contact.recording is not None:
            legs.recording_ended(turn, i.RecordingEnded(leg.id, contact.recording, 0.0))
        case _:
            pass
