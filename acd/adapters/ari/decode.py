"""ARI events become the core's inputs. Pure: no request is made here."""

from __future__ import annotations

from acd.adapters.ari import generated as ari
from acd.adapters.ari.wire import UnknownEvent
from acd.core import inputs as i
from acd.core.ids import LegId, PlaybackId, RecordingId, TaskId
from acd.core.leg import GoneCause, LegState
from acd.ports.pbx import BROWSER

EVENTS = (
    "StasisStart",
    "ChannelStateChange",
    "ChannelHangupRequest",
    "ChannelDestroyed",
    "ChannelDtmfReceived",
    "PlaybackFinished",
    "RecordingFinished",
    "RecordingFailed",
)
"""All that Asterisk has to send: each type left out is work saved in Asterisk.

How a leg's end is told (seen on 22.10.1):

* ChannelDestroyed comes only for channels of an endpoint that is subscribed: agents' phones. An
  application is no longer subscribed to a channel that has left it.
* ChannelHangupRequest comes for every channel, at once, whether the far end hung up or we did
  (``soft``); an expired lease does not send it, so it always means the end.
* StasisEnd is not among the events: it is a hint, not a fact. A call that fell into the fallback
  comes back with a StasisStart.
"""

OUR_LEGS = "l-"
"""How the ids of legs begin that the core minted: agents' legs."""

_CAUSES: dict[int, GoneCause] = {
    1: GoneCause.UNREACHABLE,  # unallocated number
    3: GoneCause.UNREACHABLE,  # no route to destination
    16: GoneCause.NORMAL,
    17: GoneCause.BUSY,
    18: GoneCause.NO_ANSWER,
    19: GoneCause.NO_ANSWER,
    20: GoneCause.UNREACHABLE,  # subscriber absent: no contact registered
    21: GoneCause.DECLINED,
    26: GoneCause.NORMAL,  # answered elsewhere
    27: GoneCause.UNREACHABLE,  # destination out of order
    31: GoneCause.NORMAL,
}
"""Q.850 cause codes, as Asterisk reports them, to what they mean here."""

_STATES: dict[str, LegState] = {
    "Up": LegState.UP,
    "Ringing": LegState.RINGING,
    "Ring": LegState.DOWN,
    "Down": LegState.DOWN,
    "Dialing": LegState.DIALING,
}

_CHANNEL = "channel:"


def to_input(event: ari.AnyEvent | UnknownEvent, node: str) -> i.Input | None:
    """Return what ``event`` means to the core; None for nothing."""
    match event:
        case ari.StasisStart():
            return _stasis_start(event, node)
        case ari.ChannelStateChange(channel=channel) if channel.state == "Ringing":
            return i.LegRinging(LegId(channel.id))
        case ari.ChannelDestroyed():
            return _gone(event.channel, event.cause)
        case ari.ChannelHangupRequest():
            # An agent's phone that we hang up is free only when its channel is destroyed.
            if event.soft and event.channel.id.startswith(OUR_LEGS):
                return None
            return _gone(event.channel, event.cause)
        case ari.ChannelDtmfReceived():
            return i.DigitReceived(LegId(event.channel.id), event.digit)
        case ari.PlaybackFinished(playback=playback):
            leg = LegId(playback.target_uri.removeprefix(_CHANNEL))
            return i.PlaybackEnded(leg, PlaybackId(playback.id))
        case ari.RecordingFinished(recording=recording):
            leg = LegId(recording.target_uri.removeprefix(_CHANNEL))
            seconds = float(recording.duration or 0)
            return i.RecordingEnded(leg, RecordingId(recording.name), seconds)
        case ari.RecordingFailed(recording=recording):
            leg = LegId(recording.target_uri.removeprefix(_CHANNEL))
            return i.RecordingEnded(leg, RecordingId(recording.name), 0.0)
        case _:
            return None


def _gone(channel: ari.Channel, cause: int | None) -> i.LegGone:
    return i.LegGone(LegId(channel.id), _CAUSES.get(cause or 16, GoneCause.FAILED))


def _stasis_start(event: ari.StasisStart, node: str) -> i.Input | None:
    """Return the arrival that the dialplan's arguments tell of (``extensions.conf.j2``)."""
    channel = event.channel
    leg = LegId(channel.id)
    match event.args:
        case ["leg" | "out"]:
            return i.LegAnswered(leg)
        case ["code", code, address]:
            return i.CodeDialled(leg, node, address.removesuffix(BROWSER), code)
        case ["back" | "flow" as mode, _, dnis, task, result]:
            is_up, caller = channel.state == "Up", channel.caller
            to_flow = mode == "flow"
            return i.LegBack(
                leg,
                node,
                caller.number,
                dnis,
                caller.name,
                is_up,
                TaskId(task),
                result="" if to_flow else result,
                flow=result if to_flow else "",
            )
        case ["new" | "resume" as mode, _, dnis]:
            kind = i.LegArrived if mode == "new" else i.LegReturned
            is_up = channel.state == "Up"
            caller = channel.caller
            return kind(leg, node, caller.number, dnis, caller.name, is_up)
        case _:
            return None


def to_fact(channel: ari.Channel, bridge: str) -> i.LegFact:
    """Return a channel read from Asterisk as the core sees it.

    Args:
        channel: as ``GET /channels/{id}`` shows it.
        bridge: bridge it stands in; empty for none.
    """
    state = _STATES.get(channel.state, LegState.DOWN)
    if state in (LegState.UP, LegState.DOWN) and channel.dialplan.app_name != "Stasis":
        state = LegState.AWAY  # alive in the dialplan; it will come back by itself
    variables = channel.channelvars or {}
    return i.LegFact(
        LegId(channel.id),
        state,
        bridge,
        channel.caller.number,
        str(variables.get("ACD_DID", "")),
        channel.caller.name,
    )
