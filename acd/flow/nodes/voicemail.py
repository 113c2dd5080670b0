"""Node ``voicemail``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import (
    DigitPressed,
    FlowEnd,
    MessageDone,
    PlaybackDone,
    Signal,
    TakeMessage,
)
from acd.flow.kinds import Number, Prompts
from acd.flow.model import ON_THE_PHONE, End, Entry, NodeType, Outcome, Reach, Stay, Wait
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """Take a message, say thanks and hang up.

    Any key that is no command skips the prompt; `#` ends the message. A caller who says nothing is
    not thanked.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is asked for")
    thanks: tuple[str, ...] = key(Prompts(), "heard after the message", default=("system.thanks",))
    max_seconds: float = key(Number(least=5, most=600), "longest message", default=120.0)
    silence_seconds: float = key(
        Number(least=1, most=30), "how long a silence ends the message", default=5.0
    )


def enter(keys: Voicemail, visit: Visit) -> Entry:
    """Ask for the message."""
    return visit.play(*keys.prompt)


def signal(keys: Voicemail, visit: Visit, signal: Signal) -> Outcome:
    """Prompt, then message, then thanks."""
    match visit.memory.get("part"), signal:
        case None, DigitPressed() as pressed if visit.is_command(pressed):
            return Stay()
        case None, PlaybackDone() | DigitPressed():
            visit.stop()
            visit.memory["part"] = "message"
            visit.actions.append(TakeMessage(keys.max_seconds, keys.silence_seconds))
            return Wait()
        case "message", DigitPressed("#"):
            return Wait()  # no command: it ends the recording, which is told next
        case "message", MessageDone(seconds):
            if seconds <= 0:
                return End()
            visit.memory["part"] = "thanks"
            return visit.play(*keys.thanks)
        case "thanks", PlaybackDone():
            return End(FlowEnd.MESSAGE_LEFT)
        case _:
            return Stay()


NODE = NodeType("voicemail", Voicemail, enter, signal, Reach.END, ON_THE_PHONE)
