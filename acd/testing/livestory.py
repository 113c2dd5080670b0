"""One story told by a real call: what the customer does is done, what they hear is recognised.

The engine says what it plays; the proof is the telephone's recording, in which that very sound has
to be found. Both together tell a prompt that was never asked for from one that never came through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from acd.app.story import Story
from acd.core.agent import Presence
from acd.core.contact import Contact, ContactState
from acd.core.errors import AcdError
from acd.core.ids import AgentName
from acd.core.inputs import DefineAgent, FinishWrapup
from acd.flow.problems import did_you_mean, quoted
from acd.ports.pbx import Sounds
from acd.testing import tones
from acd.testing.heard import Heard, Sound, hear
from acd.testing.house import House
from acd.testing.livecourse import Course, Played
from acd.testing.livesound import find_sound
from acd.testing.softphone import CallGone, Phone, PhoneCall, PhoneError

_QUIET_SECONDS = 3.0  # nothing has happened for so long: nothing comes by itself
_LATE_SECONDS = 4.0  # from what the engine writes down to what is heard, or known
_PATIENCE_SECONDS = 15.0  # for telephones: until they answer, are offered a call, have hung up
_MESSAGE_OVER_SECONDS = 35.0  # the longest silence that ends a message, and a little
_LOOK_SECONDS = 0.05
_LISTEN_SECONDS = 0.4
_SAME_SECONDS = 0.3  # within so long it is the sound that was found before
_TALK_SECONDS = 1.0
_SPEECH_HZ = 440.0


class LiveTeller:
    """Tells one story in a house.

    Args:
        house: where. The agents who serve have telephones there.
        story: what.
        sounds: those of the house.
        dialling: held while a call is dialled, so that everybody knows their own.
    """

    def __init__(self, house: House, story: Story, sounds: Sounds, dialling: asyncio.Lock) -> None:
        self._house = house
        self._story = story
        self._sounds = sounds
        self._dialling = dialling
        self._course = Course(house.state.contacts, story.calls or "")
        self._line: PhoneCall | None = None
        self._listened = 0  # how much of what was played the story has asked for
        self._last: Played | None = None  # what was recognised last
        self._position = 0.0  # before this nothing more is looked for

    async def tell(self) -> tuple[int, str]:
        """Return the index of the first step that goes another way, and how; else ``(0, "")``."""
        index, complaint = 0, ""
        try:
            complaint = await self._dial()
            if complaint:
                return 0, complaint
            for index, step in enumerate(self._story.steps):
                name, wish = step.parts()
                try:
                    complaint = await _STEPS[name](self, wish)
                except CallGone:
                    complaint = "the call is over"
                except AcdError as error:
                    complaint = error.message
                if complaint:
                    seconds = tones.seconds_of(self.recording)
                    where = f"step {index + 1}, {seconds:.0f} s"
                    return index, f"{where}: {complaint}; {await self._so_far()}"
            return 0, ""
        finally:
            await self._leave()

    @property
    def recording(self) -> bytes:
        """What was heard, as PCM."""
        return self._line.record().pcm if self._line is not None else b""

    @property
    def _call(self) -> PhoneCall:
        assert self._line is not None, "nobody has dialled"
        return self._line

    async def _dial(self) -> str:
        async with self._dialling:
            self._house.centre.loop.observe(self._course.observe)
            try:
                phone = await self._house.customer(self._story.caller)
                self._line = await phone.dial(self._story.calls or "")
                await self._call.wait_established(_PATIENCE_SECONDS)
            except PhoneError as error:
                return error.message
            taken = await self._until(lambda: self._course.contact is not None, _PATIENCE_SECONDS)
            return "" if taken else "the engine was told of no such call"

    async def _leave(self) -> None:
        """Hang up, and wait until the engine has done with the call."""
        if self._line is None:
            return
        await self._line.hangup()
        await self._until(lambda: self._line is None or self._line.end, _PATIENCE_SECONDS)
        contact, legs = self._course.contact, self._house.state.legs
        await self._until(lambda: contact is None or contact.leg not in legs, _PATIENCE_SECONDS)

    # --- waiting --------------------------------------------------------------------------------

    async def _until(self, true: Callable[[], object], seconds: float) -> bool:
        """Return whether something comes to be so in time."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not true():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    async def _comes(self, true: Callable[[], object]) -> bool:
        """Return whether something comes to be so while the customer does nothing but listen."""
        while not true():
            if self._course.reason is not None or self._course.quiet_seconds > _QUIET_SECONDS:
                return bool(true())
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    async def _settles(self, complaint: Callable[[], str]) -> str:
        """Return what is still wrong after the engine had a moment for it."""
        await self._until(lambda: not complaint(), _LATE_SECONDS)
        return complaint()

    # --- the steps: each returns what went wrong, or nothing -------------------------------------

    async def _hears(self, wish: str) -> str:
        if not await self._comes(lambda: self._place_of(wish) is not None):
            known = [value for value, _ in self._course.played]
            return f"does not hear {quoted(wish)}{did_you_mean(wish, known)}"
        index = self._place_of(wish)
        assert index is not None
        sound = self._course.played[index][1]
        if sound is not self._last and not await self._recognised(sound):
            return f"{quoted(wish)} was to be played, but is not in the recording"
        self._last, self._listened = sound, index + 1
        return ""

    async def _presses(self, wish: str) -> str:
        for digit in wish:
            if not await self._until(self._is_in_flow, _LATE_SECONDS):
                return f"nobody listens to key {quoted(digit)}"
            keys = self._course.keys
            await self._call.send_dtmf(digit)
            if not await self._until(partial(self._has_taken, keys + 1), _LATE_SECONDS):
                return f"key {quoted(digit)} does not come through"
        return ""

    async def _waits(self, wish: float) -> str:
        await self._call.wait_seconds(wish)
        return ""

    async def _leaves_message(self, wish: float) -> str:
        course, before = self._course, self._course.messages_over
        if not await self._comes(lambda: course.messages_begun > before):
            return "cannot leave a message"
        if wish:
            self._call.play_tone(_SPEECH_HZ)
        await self._call.wait_seconds(wish)
        self._call.play_nothing()
        over = await self._until(lambda: course.messages_over > before, _MESSAGE_OVER_SECONDS)
        return "" if over else "the message does not end"

    async def _hangs_up(self, wish: bool) -> str:
        await self._call.hangup()
        return "" if await self._comes(lambda: self._course.reason) else "has hung up unnoticed"

    async def _served(self, wish: str) -> str:
        if not await self._comes(self._is_waiting):
            return "waits in no queue, so no agent can take the contact"
        phone = await self._hire(AgentName(wish))
        try:
            contact = self._contact
            talks = await self._until(
                lambda: contact.state is ContactState.ACTIVE and contact.agent == wish,
                _PATIENCE_SECONDS,
            )
            if not talks:
                return f"is not served by {quoted(wish)}"
            await self._call.wait_seconds(_TALK_SECONDS)
            for call in list(phone.calls):
                await call.hangup()
            left = await self._until(lambda: not contact.is_open, _PATIENCE_SECONDS)
            return "" if left else f"is not let go by {quoted(wish)}"
        finally:
            await self._dismiss(AgentName(wish), phone)

    async def _scores(self, wish: int) -> str:
        kept = self._course.scores
        return await self._settles(
            lambda: "" if wish in kept else f"no such answer was kept, only {kept}"
        )

    async def _reaches(self, wish: str) -> str:
        if not await self._comes(self._is_waiting):
            return f"does not reach queue {quoted(wish)}"
        queue = self._contact.queue
        return "" if queue == wish else f"reaches queue {quoted(queue)}, not {quoted(wish)}"

    async def _requires(self, wish: Mapping[str, int]) -> str:
        def wrong() -> str:
            found = {need.skill: need.min for need in self._contact.requirement}
            return "" if found == wish else f"requires {found or 'nothing'}"

        return await self._settles(wrong)

    async def _knows(self, wish: Mapping[str, str]) -> str:
        def wrong() -> str:
            known = self._contact.attributes
            for name, value in wish.items():
                if known.get(name) != value:
                    return f"{name} is {quoted(known.get(name, ''))}, not {quoted(value)}"
            return ""

        return await self._settles(wrong)

    async def _speaks(self, wish: str) -> str:
        return await self._settles(
            lambda: (
                ""
                if self._contact.language == wish
                else f"is spoken to in {quoted(self._contact.language)}"
            )
        )

    async def _ends(self, wish: str) -> str:
        if not await self._comes(lambda: self._course.reason):
            return f"does not end with {quoted(wish)}"
        assert self._course.reason is not None
        if self._course.reason != wish:
            return f"ends with {quoted(self._course.reason.value)}"
        hung_up = await self._until(lambda: self._call.end, _PATIENCE_SECONDS)
        return "" if hung_up else "the contact has ended, but the line is open"

    # --- what the steps share -------------------------------------------------------------------

    @property
    def _contact(self) -> Contact:
        assert self._course.contact is not None, "nobody has dialled"
        return self._course.contact

    def _is_in_flow(self) -> bool:
        return self._contact.state is ContactState.IN_FLOW

    def _has_taken(self, keys: int) -> bool:
        return self._course.keys >= keys

    def _is_waiting(self) -> bool:
        return self._contact.state is ContactState.WAITING

    def _place_of(self, wish: str) -> int | None:
        """Return where in what was played since the last step of this kind something stands."""
        played = self._course.played
        places = range(self._listened, len(played))
        return next((place for place in places if played[place][0] == wish), None)

    async def _recognised(self, sound: Played) -> bool:
        """Return whether a sound is found in the recording while it can still come."""
        path = await self._file_of(sound)
        course, call = self._course, self._call
        while True:
            is_over = call.end is not None or (
                course.playing != sound.playback and course.quiet_seconds > _LATE_SECONDS
            )
            since = round(self._position * tones.SAMPLE_RATE) * tones.SAMPLE_BYTES
            found = await asyncio.to_thread(find_sound, path, call.record().pcm[since:])
            if found is not None:
                self._position += found + _SAME_SECONDS
                return True
            if is_over:
                return False
            await call.wait_seconds(_LISTEN_SECONDS)

    async def _file_of(self, sound: Played) -> Path:
        (media,) = await self._sounds.media(sound.prompts, sound.language, sound.site)
        return Path(f"{media.name}.wav")

    async def _hire(self, name: AgentName) -> Phone:
        """Log an agent in who can do everything that anybody could be asked for."""
        house = self._house
        profile = replace(
            house.state.agents[name].profile,
            skills={need.skill: 100 for need in self._contact.requirement},
            queues=dict.fromkeys(house.state.site_of(self._contact).queues, 1),
        )
        await house.centre.ask(DefineAgent(profile), "story")
        return await house.agent(name)

    async def _dismiss(self, name: AgentName, phone: Phone) -> None:
        """Log an agent out; the next story finds them rested."""
        for call in list(phone.calls):
            await call.hangup()
        await self._house.centre.ask(FinishWrapup(name), "story")
        await self._house.presence(name, Presence.LOGGED_OUT)
        await phone.unregister()
        agent = self._house.state.agents[name]
        await self._until(lambda: not agent.is_reachable and not agent.lines, _PATIENCE_SECONDS)

    async def _so_far(self) -> str:
        """Return what became of the customer and what they heard, for whoever wonders."""
        files = {}
        for value, sound in self._course.played:
            files[value if len(sound.prompts) == 1 else "a sentence"] = await self._file_of(sound)
        heard = await asyncio.to_thread(hear, self.recording, files)
        told = ", ".join(_in_words(one) for one in heard if one.what is not Sound.SILENCE)
        return f"the customer {self._place()} and heard {told or 'nothing'}"

    def _place(self) -> str:
        if self._course.reason is not None:
            return f"ended with {self._course.reason.value}"
        if self._is_waiting():
            return f"waits in queue {self._contact.queue}"
        cursor = self._contact.cursor
        return f"is at {cursor.flow}/{cursor.node}" if cursor is not None else "is nowhere"


def _in_words(one: Heard) -> str:
    if one.what is Sound.PROMPT:
        return f"{one.detail} ({one.start_seconds:.0f} s{', cut short' if one.cut else ''})"
    return f"{one.duration_seconds:.1f} s of {one.what.value} ({one.start_seconds:.0f} s)"


_STEPS: dict[str, Callable[[LiveTeller, Any], Awaitable[str]]] = {
    step.__name__.removeprefix("_"): step
    for step in (
        LiveTeller._hears,
        LiveTeller._presses,
        LiveTeller._waits,
        LiveTeller._leaves_message,
        LiveTeller._hangs_up,
        LiveTeller._served,
        LiveTeller._scores,
        LiveTeller._reaches,
        LiveTeller._requires,
        LiveTeller._knows,
        LiveTeller._speaks,
        LiveTeller._ends,
    )
}
