"""Legs: what a PBX says of them."""

from __future__ import annotations

from acd.core.ids import (
    LegId,
    PlaybackId,
    RecordingId,
    TaskId,
)
from acd.core.leg import GoneCause
from acd.core.value import value


@value(frozen=True, slots=True)
class LegArrived:
    """A customer's call came in.

    Attributes:
        leg: the PBX channel.
        node: name of the PBX.
        ani: caller's number as signalled.
        dnis: number dialled.
        caller_name: caller's name as signalled.
        is_up: the PBX has answered it already.
    """

    leg: LegId
    node: str
    ani: str
    dnis: str
    caller_name: str = ""
    is_up: bool = False


@value(frozen=True, slots=True)
class LegReturned:
    """A leg came back from the PBX's fallback dialplan; if unknown, it is a new call."""

    leg: LegId
    node: str
    ani: str
    dnis: str
    caller_name: str = ""
    is_up: bool = True


@value(frozen=True, slots=True)
class LegBack:
    """A leg came back from the site's own dialplan; if unknown, it is a new call.

    Attributes:
        task: what it was sent out for.
        result: what the dialplan returned; ``missing`` if what it was sent to is not there,
            ``timeout`` if it stayed too long, ``invalid`` or ``no-input`` if it found no way on.
        flow: flow that the dialplan leads it into; empty for back to where it left.
    """

    leg: LegId
    node: str
    ani: str
    dnis: str
    caller_name: str = ""
    is_up: bool = True
    task: TaskId = TaskId("")
    result: str = ""
    flow: str = ""


@value(frozen=True, slots=True)
class CodeDialled:
    """An agent dialled a ``*`` code on their own phone.

    Attributes:
        address: the phone it came from, as in :attr:`AgentProfile.address`.
    """

    leg: LegId
    node: str
    address: str
    code: str


@value(frozen=True, slots=True)
class LegRinging:
    """The phone at the end of a leg we dialled rings."""

    leg: LegId


@value(frozen=True, slots=True)
class LegAnswered:
    """A leg we dialled was answered."""

    leg: LegId


@value(frozen=True, slots=True)
class LegGone:
    """A leg has ended; confirmed, not guessed."""

    leg: LegId
    cause: GoneCause = GoneCause.NORMAL


@value(frozen=True, slots=True)
class DigitReceived:
    """A key was pressed on a leg."""

    leg: LegId
    digit: str


@value(frozen=True, slots=True)
class PlaybackEnded:
    """What we played to a leg has ended or failed."""

    leg: LegId
    playback: PlaybackId


@value(frozen=True, slots=True)
class RecordingEnded:
    """A message of a leg has been recorded.

    Attributes:
        seconds: its length.
    """

    leg: LegId
    recording: RecordingId
    seconds: float


LegInput = (
    LegArrived
    | LegReturned
    | LegBack
    | CodeDialled
    | LegRinging
    | LegAnswered
    | LegGone
    | DigitReceived
    | PlaybackEnded
    | RecordingEnded
)
