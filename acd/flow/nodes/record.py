"""Node ``record``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import DigitPressed, MessageDone, PlaybackDone, Signal, TakeMessage
from acd.flow.kinds import Attribute, Exit, Number, Prompts, node
from acd.flow.model import FAIL, ON_THE_PHONE, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record what the caller says, and go on.

    The agent finds the recording by the attribute. `#`, silence or the longest time end it; any
    key that is no command skips the prompt. Whoever says nothing goes to `on_fail`.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is asked for")
    attribute: str = key(Attribute(), "takes the id of the recording")
    max_seconds: float = key(Number(least=2, most=600), "longest recording", default=60.0)
    silence_seconds: float = key(
        Number(least=1, most=30), "how long a silence ends it", default=3.0
    )
    next: str = key(node(Exit.IN_TIME), "where the caller goes then")
    on_fail: str | None = key(node(Exit.IN_TIME), "… having said nothing", default=None)


def enter(keys: Record, visit: Visit) -> Entry:
    """Ask."""
    return visit.play(*keys.prompt)


def signal(keys: Record, visit: Visit, signal: Signal) -> Outcome:
    """Prompt, then recording."""
    match visit.memory.get("part"), signal:
        case None, DigitPressed() as pressed if visit.is_command(pressed):
            return Stay()
        case None, PlaybackDone() | DigitPressed():
            visit.stop()
            visit.memory["part"] = "recording"
            visit.actions.append(TakeMessage(keys.max_seconds, keys.silence_seconds))
            return Wait()
        case "recording", DigitPressed("#"):
            return Wait()  # no command: it ends the recording, which is told next
        case "recording", MessageDone(seconds, recording):
            if seconds <= 0:
                return FAIL
            visit.set(keys.attribute, recording)
            return Go(keys.next)
        case _:
            return Stay()


NODE = NodeType("record", Record, enter, signal, channels=ON_THE_PHONE)
