"""One call of a softphone: its state, its sound both ways, its keys, its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import baresip
from baresip.events import Event, StackEvent

from acd.core.errors import AcdError
from acd.testing import tones

_AHEAD_SAMPLES = 1600  # keep 200 ms written ahead: a busy machine may wake us that much late
_GAP_SECONDS = 0.3  # when nothing came for longer, it is written down as silence
_READ_BYTES = 32768  # all that the native buffer holds


class PhoneError(AcdError):
    """Something that a softphone was asked to do did not work."""

    code = "phone"


class RegistrationFailed(PhoneError):
    """The SIP server refused the registration or did not answer."""

    code = "sip-registration-failed"


class CallNotAnswered(PhoneError):
    """A dialled call ended, or its time ran out, before anybody answered.

    Attributes:
        end: how it ended; `by` is "us" when our own patience ran out.
    """

    code = "call-not-answered"

    def __init__(self, message: str, end: CallEnd) -> None:
        super().__init__(message)
        self.end = end


class CallGone(PhoneError):
    """The call has ended, so that nothing can be sent into it."""

    code = "call-gone"


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended.

    Attributes:
        by: who ended it: "us" (hang-up, cancel, reject) or "them".
        status: SIP status of the final answer when the call was never established, else None.
        reason: SIP reason phrase, or the stack's own words.
        cause: Q.850 cause when the far end gave one in a Reason header (RFC 3326), else None.
    """

    by: Literal["us", "them"]
    status: int | None
    reason: str
    cause: int | None

    def __str__(self) -> str:
        if self.status is None:
            return "hung up by us" if self.by == "us" else "hung up by the far end"
        cause = "" if self.cause is None else f", cause {self.cause}"
        return f"SIP {self.status} {self.reason}{cause}"


@dataclass(frozen=True, slots=True)
class Recording:
    """What was heard.

    Attributes:
        start_seconds: when the first sound came, in seconds after the call began (dialled, or
            began to ring here).
        pcm: sound from then on, gaps as silence.
    """

    start_seconds: float
    pcm: bytes

    def between(self, start_seconds: float, end_seconds: float) -> bytes:
        """Return the PCM between two moments of the call, in seconds after the call began."""
        first = max(0, round((start_seconds - self.start_seconds) * tones.SAMPLE_RATE))
        last = max(0, round((end_seconds - self.start_seconds) * tones.SAMPLE_RATE))
        return self.pcm[first * tones.SAMPLE_BYTES : last * tones.SAMPLE_BYTES]


class Voice(Protocol):
    """A source of sound; `acd.testing.tones.Tone` and `Clip` are."""

    def take(self, count: int) -> bytes:
        """Return the next `count` samples as PCM; fewer when the source has ended."""
        ...


class PhoneCall:
    """One call of a softphone, made or received. Built by `Phone`, never by hand.

    Attributes:
        peer: SIP URI of the far end.
        incoming: whether the far end called us.
        digits: the DTMF keys received so far.
    """

    def __init__(self, call: baresip.Call, *, incoming: bool, end_now: Callable[[], None]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._established = self._loop.create_future()
        self._ended: asyncio.Future[CallEnd] = self._loop.create_future()
        self._end_now = end_now
        self._hung_up = False
        self._digit = asyncio.Event()
        self._voice: Voice | None = None
        self._heard = bytearray()
        self._heard_from: float | None = None
        self._heard_last = 0.0
        self._ended_at: float | None = None
        self.incoming = incoming
        self.peer = call.peer or ""
        self.digits = ""
        call.on(self._on_event)
        call.on_dtmf(self._on_digit)

    def __repr__(self) -> str:
        way = "from" if self.incoming else "to"
        return f"<PhoneCall {way} {self.peer} {self._call.state.value}>"

    @property
    def end(self) -> CallEnd | None:
        """How the call ended, or None while it lives."""
        return self._ended.result() if self._ended.done() else None

    @property
    def established(self) -> bool:
        """Whether the call was answered (it may have ended since)."""
        return self._established.done()

    @property
    def age_seconds(self) -> float:
        """Seconds since the call began (dialled, or began to ring here), at most its length."""
        now = self._loop.time() if self._ended_at is None else self._ended_at
        return now - self._began

    @property
    def playing(self) -> bool:
        """Whether the voice still has something to say."""
        return self._voice is not None

    async def wait_established(self, timeout_seconds: float | None = 30.0) -> None:
        """Wait until the call is answered; None waits as long as it rings.

        Raises:
            CallNotAnswered: it ended before, or the time ran out (the call is then hung up).
        """
        done, _ = await asyncio.wait(
            {self._established, self._ended},
            timeout=timeout_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._established in done:
            return
        if not done:
            await self.hangup()
        end = self._ended.result() if done else CallEnd("us", None, "not answered in time", None)
        raise CallNotAnswered(f"call to {self.peer} was not answered: {end}", end)

    async def wait_ended(self, timeout_seconds: float | None = 30.0) -> CallEnd:
        """Wait until the call has ended and return how; None waits for ever.

        Raises:
            TimeoutError: it still lives.
        """
        return await asyncio.wait_for(asyncio.shield(self._ended), timeout_seconds)

    async def wait_digits(self, digits: str, timeout_seconds: float = 10.0) -> None:
        """Wait until the DTMF keys received contain `digits`.

        Raises:
            TimeoutError: they did not come.
        """
        async with asyncio.timeout(timeout_seconds):
            while digits not in self.digits:
                self._digit.clear()
                await self._digit.wait()

    async def wait_seconds(self, seconds: float) -> bool:
        """Let the call go on for `seconds`; return False at once when it ends before."""
        await asyncio.wait({self._ended}, timeout=seconds)
        return not self._ended.done()

    async def answer(self) -> None:
        """Answer a ringing call; one that has gone is left in peace."""
        with contextlib.suppress(baresip.StaleHandleError):
            await self._call.answer()

    async def reject(self) -> None:
        """Refuse a ringing call with 486 Busy Here; one that has gone is left in peace."""
        self._hung_up = True
        with contextlib.suppress(baresip.StaleHandleError):
            await self._call.reject()

    async def hangup(self) -> None:
        """Hang up, or cancel a call that still rings; one that has gone is left in peace."""
        if self._ended.done():
            return
        self._hung_up = True
        with contextlib.suppress(baresip.StaleHandleError):
            await self._call.hangup()

    async def send_dtmf(self, digits: str) -> None:
        """Press keys (`0-9 A-D * #`) as RTP telephone events, about 220 ms each.

        Raises:
            CallGone: the call ended before the last key.
            PhoneError: something else than a key was asked for.
        """
        try:
            await self._call.send_dtmf(digits)
        except ValueError as error:
            raise PhoneError(
                f"cannot press {digits!r}: {error}", hint="keys are 0-9, *, # and A-D"
            ) from error
        except baresip.BaresipError as error:
            raise CallGone(f"call with {self.peer} ended before key {digits!r}") from error

    def play(self, voice: Voice) -> None:
        """Say something into the call, in place of what was said before."""
        self._voice = voice

    def play_tone(self, frequency: float) -> None:
        """Send a steady sine (Hz) until told otherwise."""
        self.play(tones.Tone(frequency))

    def play_file(self, path: Path, *, repeat: bool = False) -> None:
        """Send a WAV file.

        Raises:
            SoundFileError: it cannot be used.
        """
        self.play(tones.Clip(tones.read_wav(path), repeat=repeat))

    def play_nothing(self) -> None:
        """Fall silent at once, dropping what was still to be sent."""
        self._voice = None
        with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
            self._call.audio.flush_tx()

    def record(self) -> Recording:
        """Return all that was heard, silence since the last sound included, to now or the end."""
        now = self._loop.time() if self._ended_at is None else self._ended_at
        if self._heard_from is None:
            return Recording(now - self._began, b"")
        self._fill_gap(now)
        return Recording(self._heard_from - self._began, bytes(self._heard))

    def lately(self, seconds: float) -> bytes:
        """Return the last `seconds` of what was heard, less when there was less."""
        if self._ended_at is None:
            self._fill_gap(self._loop.time())
        return bytes(self._heard[-round(seconds * tones.SAMPLE_RATE) * tones.SAMPLE_BYTES :])

    def exchange_audio(self) -> None:
        """Fetch what was heard and feed the voice; called every 20 ms by `Phones`."""
        audio = self._call.audio
        # Both mean "no sound just now": not up yet, being renegotiated, or over.
        with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
            heard = audio.read(_READ_BYTES)
            if heard:
                self._keep(heard)
            if self._voice is None:
                return
            info = audio.info()
            wanted = _AHEAD_SAMPLES - info.tx_buffered // tones.SAMPLE_BYTES
            if info.tx_ready and wanted > 0:
                said = self._voice.take(wanted)
                audio.write(said)
                if len(said) < wanted * tones.SAMPLE_BYTES:
                    self._voice = None

    def _keep(self, heard: bytes) -> None:
        now = self._loop.time()
        if self._heard_from is None:
            self._heard_from = self._heard_last = now - tones.seconds_of(heard)
        self._fill_gap(now, len(heard))
        self._heard += heard
        self._heard_last = now

    def _fill_gap(self, now: float, coming_bytes: int = 0) -> None:
        """Write down a pause as silence, and by it bring the recording back to the clock.

        Only a pause: a far end whose clock runs slow must not get holes in its voice.
        """
        if self._heard_from is None or now - self._heard_last <= _GAP_SECONDS:
            return
        due = round((now - self._heard_from) * tones.SAMPLE_RATE) * tones.SAMPLE_BYTES
        self._heard += bytes(max(0, due - coming_bytes - len(self._heard)))
        self._heard_last = now

    def _on_digit(self, event: baresip.DigitEvent) -> None:
        self.digits += event.digit
        self._digit.set()

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.CALL_ESTABLISHED and not self._established.done():
            self._established.set_result(None)
        elif event.event is Event.CALL_CLOSED and not self._ended.done():
            self._close(event.text)

    def _close(self, text: str | None) -> None:
        self._ended.set_result(
            _call_end(text or "", by="us" if self._hung_up else "them", rang=not self.established)
        )
        self._voice = None
        self._ended_at = self._loop.time()
        self._end_now()


def _call_end(text: str, *, by: Literal["us", "them"], rang: bool) -> CallEnd:
    """Read the stack's closing words, e.g. `486 Busy Here,Q.850;cause=17`."""
    words, _, q850 = text.partition(",Q.850;cause=")
    status, _, phrase = words.partition(" ")
    if rang and len(status) == 3 and status.isdigit():
        return CallEnd(by, int(status), phrase, int(q850) if q850.isdigit() else None)
    return CallEnd(by, None, words, int(q850) if q850.isdigit() else None)
