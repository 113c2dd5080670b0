"""The engine of `acd call`: a caller who listens, presses keys, and reports.

It neither parses words nor prints, and ends cleanly when its task is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from acd.core.errors import AcdError
from acd.testing import tones
from acd.testing.heard import Heard, Sound, hear
from acd.testing.softphone import (
    CallEnd,
    CallGone,
    CallNotAnswered,
    PhoneCall,
    PhoneError,
    Phones,
    SipServer,
)

_PROMPT_OVER_SECONDS = 0.8  # sentences within a prompt are closer together
_PROMPT_PATIENCE_SECONDS = 20.0
_LISTEN_SECONDS = 0.1
_KEYS = frozenset("0123456789ABCD*#,")
_LOOKUP_SECONDS = 0.5
_SILENT_DBFS = -50.0


@dataclass(frozen=True, slots=True)
class KeyPress:
    """A key that the caller pressed, and when in the call."""

    at_seconds: float
    key: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """What became of a call.

    Times are in seconds after the call was dialled.

    Attributes:
        number: what was dialled.
        answered: whether the far end (the engine, a menu) took the call.
        answered_after_seconds: when it did; None when it did not.
        end: how the call ended.
        seconds: how long it lasted.
        keys: keys pressed.
        heard: what was heard, in order.
        answered_by: the human who took the call, as `lookup` told; None when nobody did.
        talk_seconds: from the moment that `lookup` named them to the end.
        lookup_error: why `lookup` could not tell; empty when it could.
        pcm: all that was heard, not part of the JSON.
    """

    number: str
    answered: bool
    answered_after_seconds: float | None
    end: CallEnd
    seconds: float
    keys: tuple[KeyPress, ...]
    heard: tuple[Heard, ...]
    answered_by: str | None
    talk_seconds: float | None
    lookup_error: str
    pcm: bytes = field(repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values for `json.dumps`, times rounded to milliseconds."""
        return {
            "number": self.number,
            "answered": self.answered,
            "answered_after_seconds": _rounded(self.answered_after_seconds),
            "ended_by": self.end.by,
            "sip_status": self.end.status,
            "reason": self.end.reason,
            "q850_cause": self.end.cause,
            "seconds": _rounded(self.seconds),
            "keys": [{"at_seconds": _rounded(k.at_seconds), "key": k.key} for k in self.keys],
            "heard": [
                {
                    "start_seconds": _rounded(one.start_seconds),
                    "duration_seconds": _rounded(one.duration_seconds),
                    "what": one.what.value,
                    "detail": one.detail,
                    "cut": one.cut,
                    "alternatives": list(one.alternatives),
                }
                for one in self.heard
            ],
            "answered_by": self.answered_by,
            "talk_seconds": _rounded(self.talk_seconds),
            "lookup_error": self.lookup_error,
        }

    def __str__(self) -> str:
        if self.answered_after_seconds is None:
            lines = [f"{self.number}: not answered, {self.end}"]
        else:
            lines = [f"{self.number}: answered after {self.answered_after_seconds:.1f} s"]
        told = [(one.start_seconds, str(one)) for one in self.heard if _worth_telling(one)]
        told += [
            (k.at_seconds, f"{k.at_seconds:6.1f} s           pressed {k.key}") for k in self.keys
        ]
        lines += [f"  {text}" for _, text in sorted(told, key=lambda line: line[0])]
        if self.answered_by is not None:
            lines.append(f"connected to {self.answered_by} for {self.talk_seconds or 0:.1f} s")
        elif self.lookup_error:
            lines.append(f"who answered is unknown: {self.lookup_error}")
        elif self.answered:
            lines.append("no agent answered")
        if self.answered:
            lines.append(f"ended after {self.seconds:.1f} s, {self.end}")
        return "\n".join(lines)


def _worth_telling(one: Heard) -> bool:
    """Leave out what people would not notice: pauses for breath, clicks."""
    return one.what not in (Sound.SILENCE, Sound.SOUND) or one.duration_seconds >= 0.3


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


async def place_call(
    number: str,
    *,
    server: SipServer,
    user: str,
    password: str,
    ani: str,
    name: str = "",
    keys: Sequence[str] = (),
    hold_seconds: float = 10.0,
    answer_seconds: float = 30.0,
    tone_hz: float | None = None,
    prompts: Mapping[str, Path] | None = None,
    lookup: Callable[[], Awaitable[str | None]] | None = None,
) -> CallReport:
    """Ring a number as a customer would, press keys, listen, and report.

    Args:
        number: what to dial.
        server: where.
        user: SIP user that may call from any number (`caller`).
        password: its password.
        ani: number to call from.
        name: name to call from.
        keys: groups of keys. Before each group the caller waits until something was said and
            then silence fell (20 s at most); inside a group a `,` waits a second. A group that
            begins with `,` does not wait for a prompt.
        hold_seconds: how long to stay on the line after the last key, or the answer.
        answer_seconds: how long to let it ring.
        tone_hz: a steady sine to send; None sends silence.
        prompts: known prompts by name, see `acd.testing.heard.hear`.
        lookup: asked now and then who has taken the call; returns None while nobody has.

    Raises:
        PhoneError: a key is none, or the call could not even be dialled.
        SoundFileError: a prompt's file cannot be used.
    """
    if strange := sorted(set("".join(keys)) - _KEYS):
        raise PhoneError(
            f"cannot press {' '.join(strange)}", hint="keys are 0-9, *, #, A-D and , for a pause"
        )
    pressed: list[KeyPress] = []
    answered_after: float | None = None
    async with Phones(address=server.local_address()) as phones:
        phone = await phones.caller(
            user, password, from_user=ani, from_name=name, host=server.host, port=server.port
        )
        call = await phone.dial(number)
        who = _Lookup(call, lookup)
        phones.spawn(who.run())
        try:
            await call.wait_established(answer_seconds)
            answered_after = call.age_seconds
            if tone_hz is not None:
                call.play_tone(tone_hz)
            for group in keys:
                await _press(call, group, pressed)
            await call.wait_seconds(hold_seconds)
        except (CallNotAnswered, CallGone):
            pass  # how it ended is in the report
        finally:
            await call.hangup()
        end = await call.wait_ended(5.0)
    recording = call.record()
    heard = await asyncio.to_thread(hear, recording.pcm, prompts or {})
    shift = recording.start_seconds
    return CallReport(
        number=number,
        answered=answered_after is not None,
        answered_after_seconds=answered_after,
        end=end,
        seconds=call.age_seconds,
        keys=tuple(pressed),
        heard=tuple(replace(one, start_seconds=one.start_seconds + shift) for one in heard),
        answered_by=who.name,
        talk_seconds=None if who.since is None else max(0.0, call.age_seconds - who.since),
        lookup_error=who.error,
        pcm=recording.pcm,
    )


class _Lookup:
    """Asks who has taken the call, until somebody has or the call is over."""

    def __init__(self, call: PhoneCall, ask: Callable[[], Awaitable[str | None]] | None) -> None:
        self._call = call
        self._ask = ask
        self.name: str | None = None
        self.since: float | None = None
        self.error = ""

    async def run(self) -> None:
        while self._ask is not None and await self._call.wait_seconds(_LOOKUP_SECONDS):
            try:
                self.name = await self._ask()
            except AcdError as error:
                self.error = str(error)
                return
            if self.name is not None:
                self.since = self._call.age_seconds
                return


async def _press(call: PhoneCall, group: str, pressed: list[KeyPress]) -> None:
    if not group.startswith(","):
        await _prompt_over(call)
    for key in group:
        if key == ",":
            await call.wait_seconds(1.0)
            continue
        at_seconds = call.age_seconds
        await call.send_dtmf(key)
        pressed.append(KeyPress(at_seconds, key))


async def _prompt_over(call: PhoneCall) -> None:
    """Wait until something was said and silence fell, or nothing of the kind happens."""
    patience_until = call.age_seconds + _PROMPT_PATIENCE_SECONDS
    silent_since: float | None = None
    while call.age_seconds < patience_until and await call.wait_seconds(_LISTEN_SECONDS):
        heard = tones.to_samples(call.lately(_LISTEN_SECONDS))
        if heard and tones.level_dbfs(heard) >= _SILENT_DBFS:
            silent_since = call.age_seconds
        elif silent_since is not None and call.age_seconds - silent_since >= _PROMPT_OVER_SECONDS:
            return
