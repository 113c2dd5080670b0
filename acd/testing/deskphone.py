"""The engine of `acd phone`: an agent's telephone on the command line.

It neither parses words nor prints, and ends cleanly when its task is cancelled.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from acd.testing import tones
from acd.testing.softphone import (
    Answer,
    CallNotAnswered,
    Phone,
    PhoneCall,
    PhoneError,
    Phones,
    Policy,
    Ring,
    SipServer,
    Voice,
)

_CODE_SECONDS = 10.0
_BETWEEN_REPEATS_SECONDS = 1.0

VoiceMaker = Callable[[], Voice]
"""Makes the voice of one call; every call needs its own."""


class PhoneEventKind(StrEnum):
    """What happened at a telephone."""

    REGISTERED = "registered"
    CODE_ACCEPTED = "code-accepted"
    CODE_REFUSED = "code-refused"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """Something that happened at a telephone.

    Attributes:
        kind: what.
        about: the far end's address, or the code dialled.
        detail: how a call ended, why a code was refused.
        seconds: length of an ended call, from the first ring.
    """

    kind: PhoneEventKind
    about: str = ""
    detail: str = ""
    seconds: float | None = None

    def __str__(self) -> str:
        length = "" if self.seconds is None else f"after {self.seconds:.1f} s"
        return " ".join(part for part in (self.kind, self.about, length, self.detail) if part)


async def run_phone(
    user: str,
    password: str,
    *,
    server: SipServer,
    on_event: Callable[[PhoneEvent], None],
    answer_after_seconds: float | None = 0.0,
    hangup_after_seconds: float | None = None,
    talk: VoiceMaker | None = None,
    codes: Sequence[str] = (),
) -> None:
    """Be an agent's telephone until cancelled.

    Args:
        user: SIP user.
        password: its password.
        server: where to register.
        on_event: told what happens.
        answer_after_seconds: how long to let a call ring; None never answers.
        hangup_after_seconds: how long to talk before hanging up; None leaves it to the far end.
        talk: makes what to say in a call; None says nothing.
        codes: feature codes to dial first, one after another, such as a login.

    Raises:
        RegistrationFailed: wrong password or user, or no server there.
    """
    policy: Policy = Ring() if answer_after_seconds is None else Answer(answer_after_seconds)
    async with Phones(address=server.local_address()) as phones:
        phone = await phones.agent(
            user, password, host=server.host, port=server.port, policy=policy
        )
        on_event(PhoneEvent(PhoneEventKind.REGISTERED, f"{user}@{server.host}:{server.port}"))
        async with asyncio.TaskGroup() as conversations:
            conversations.create_task(_dial_codes(phone, codes, on_event))
            while True:
                call = await phone.next_call(None)
                on_event(PhoneEvent(PhoneEventKind.RINGING, call.peer))
                conversations.create_task(_converse(call, hangup_after_seconds, talk, on_event))


async def _dial_codes(
    phone: Phone, codes: Sequence[str], on_event: Callable[[PhoneEvent], None]
) -> None:
    for code in codes:
        try:
            call = await phone.dial(code)
            await call.wait_established(_CODE_SECONDS)
        except CallNotAnswered as error:
            on_event(PhoneEvent(PhoneEventKind.CODE_REFUSED, code, str(error.end)))
            continue
        except PhoneError as error:
            on_event(PhoneEvent(PhoneEventKind.CODE_REFUSED, code, str(error)))
            continue
        # What it says is listened to, and the far end may say it in full.
        await call.wait_seconds(_CODE_SECONDS)
        await call.hangup()
        on_event(PhoneEvent(PhoneEventKind.CODE_ACCEPTED, code))


async def _converse(
    call: PhoneCall,
    hangup_after_seconds: float | None,
    talk: VoiceMaker | None,
    on_event: Callable[[PhoneEvent], None],
) -> None:
    try:
        await call.wait_established(None)
        on_event(PhoneEvent(PhoneEventKind.ANSWERED, call.peer))
        if talk is not None:
            call.play(talk())
        if hangup_after_seconds is not None and await call.wait_seconds(hangup_after_seconds):
            await call.hangup()
    except CallNotAnswered:
        pass
    end = await call.wait_ended(None)
    on_event(PhoneEvent(PhoneEventKind.ENDED, call.peer, str(end), call.age_seconds))


def voice_maker(words: str, *, espeak_argv: Sequence[str] = ("espeak-ng",)) -> VoiceMaker:
    """Make a voice from a person's words; blocks while speech is made.

    Args:
        words: `tone:440` (a steady sine, Hz), the path of a `.wav` file, or a text to speak;
            file and text are repeated with a pause.
        espeak_argv: how to call espeak-ng.

    Raises:
        SoundFileError: the file cannot be used.
        PhoneError: the tone is none, or the text cannot be spoken.
    """
    kind, _, hertz = words.partition(":")
    if kind == "tone":
        try:
            frequency = float(hertz)
        except ValueError:
            raise PhoneError(f"{words!r} is no tone", hint="say it like tone:440") from None
        return lambda: tones.Tone(frequency)
    pcm = tones.read_wav(Path(words)) if words.endswith(".wav") else speak(words, espeak_argv)
    repeated = pcm + tones.silence(_BETWEEN_REPEATS_SECONDS)
    return lambda: tones.Clip(repeated, repeat=True)


def speak(text: str, espeak_argv: Sequence[str] = ("espeak-ng",)) -> bytes:
    """Return a text as spoken by espeak-ng; blocks while it speaks.

    Raises:
        PhoneError: it cannot be spoken.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "speech.wav"
        try:
            subprocess.run(
                [*espeak_argv, "--stdin", "-w", str(path)],
                input=text.encode(),
                capture_output=True,
                check=True,
                timeout=30,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise PhoneError(
                f"the text cannot be spoken: {error}",
                hint="install espeak-ng, or give a .wav file or tone:440",
                code="no-speech-program",
            ) from error
        return tones.read_wav(path)
