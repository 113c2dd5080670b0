"""Stories: examples of calls that are tests, told through the real engine in virtual time.

A story says when who calls which number and then, step by step, what the caller does and what
must come of it. Nobody waits for anything: what is played ends after :data:`PLAY_SECONDS` of
virtual time, and no agent is logged in, so a caller who reaches a queue stays there until the
story lets time pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from acd.app.flows import flow_interpreter
from acd.app.site import time_zones
from acd.core import effects as f
from acd.core import inputs as i
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.events import ContactClosed, ContactOpened
from acd.core.ids import LegId, PlaybackId, RecordingId
from acd.core.leg import GoneCause
from acd.core.site import Site
from acd.core.timers import Instant, after
from acd.flow.kinds import (
    BAD,
    DIGITS,
    Flag,
    ListOf,
    Number,
    OneOf,
    Plain,
    TableOf,
    Text,
    wrong_type,
)
from acd.flow.load import parse
from acd.flow.problems import At, Code, Report, did_you_mean, quoted
from acd.flow.schema import Record, key, keys_of, read_schema

PLAY_SECONDS = 3.0
"""How long whatever is played takes in a story."""

_LEG = LegId("story-caller")
_NODE = "story"


# --- how stories are written --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _WhenKind(Plain):
    label: str = "date and time"

    def read(self, raw: object, at: At) -> Any:
        """Read a TOML date-time."""
        return raw if isinstance(raw, datetime) else wrong_type(at, "a date and time", raw)


@dataclass(frozen=True, slots=True)
class _KeysKind(Plain):
    label: str = "phone keys"

    def read(self, raw: object, at: At) -> Any:
        """Read a text of keys."""
        if not isinstance(raw, str):
            return wrong_type(at, "a text of phone keys", raw)
        if not raw or not set(raw) <= set(DIGITS):
            at.say(Code.BAD_STORY, f"{quoted(raw)} are not phone keys: {DIGITS}")
            return BAD
        return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One step; exactly one of these keys."""

    hears: str | None = key(
        Text(longest=1000), "prompt key, or spoken text, that begins to play", default=None
    )
    presses: str | None = key(_KeysKind(), "the caller presses these keys", default=None)
    waits: float | None = key(
        Number("seconds", 0, 86400), "the caller does nothing for so long", default=None
    )
    leaves_message: float | None = key(
        Number("seconds", 0, 600), "the caller speaks for so long; 0 is silence", default=None
    )
    hangs_up: bool | None = key(Flag(), "the caller hangs up", default=None)
    reaches: str | None = key(Text(), "the caller waits in this queue", default=None)
    requires: Mapping[str, int] | None = key(
        TableOf(
            "table of skill to level",
            value=Number(least=1, most=100, whole=True),
            key_fits=str.isprintable,
            key_wanted="a skill",
            may_be_empty=True,
        ),
        "what the agent must be able to do by now, exactly",
        default=None,
    )
    knows: Mapping[str, str] | None = key(
        TableOf("table of attribute to text", value=Text(longest=1000), key_wanted="an attribute"),
        "what is known about the contact, among other things",
        default=None,
    )
    speaks: str | None = key(Text(), "language spoken to the caller", default=None)
    ends: str | None = key(
        OneOf("end reason", tuple(reason.value for reason in EndReason), Code.BAD_STORY),
        "the contact has ended for this reason",
        default=None,
    )

    def contradiction(self) -> str | None:
        """Say so unless it is one step."""
        given = [item.name for item in fields(self) if getattr(self, item.name) is not None]
        return None if len(given) == 1 else "a step has exactly one key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One table `[[story]]`."""

    title: str = key(Text(), "what it shows")
    at: datetime = key(  # noqa: RUF009  # a field, as all of them
        _WhenKind(), "when the call comes in: `2026-11-23T19:30:00`"
    )
    timezone: str = key(Text(), "time zone of `at`, unless it says its own", default="UTC")
    calls: str = key(Text(longest=40), "the number dialled")
    caller: str = key(Text(longest=200), "the caller's number", default="+15550199")
    full: tuple[str, ...] = key(
        ListOf("list of queues", item=Text()), "queues that take nobody more", default=()
    )
    steps: tuple[StoryStep, ...] = key(
        ListOf("list of steps", item=Record("step", StoryStep), least=1, most=200),
        "what happens",
    )


@dataclass(frozen=True, slots=True)
class Written:
    """A story and where it is written."""

    story: Story
    at: At


def read_stories(files: Mapping[str, bytes], report: Report) -> list[Written]:
    """Return the stories of ``stories/*.toml``; what is wrong with them goes to ``report``."""
    stories = []
    for name in sorted(files):
        raw = parse(name, files[name], report)
        if raw is None:
            continue
        place = report.at(name)
        for key_name in raw:
            if key_name != "story":
                (place / key_name).say(Code.UNKNOWN_KEY, f"no key {quoted(key_name)}: [[story]]")
        tables = raw.get("story")
        if not isinstance(tables, list):
            place.say(Code.BAD_STORY, "there is no story: a story is a table [[story]]")
            continue
        for index, table in enumerate(tables):
            at = place / "story" / index
            story = read_schema(Story, table, at)
            if story is BAD:
                continue
            if story.timezone not in time_zones():
                hint = did_you_mean(story.timezone, time_zones())
                zone = quoted(story.timezone)
                (at / "timezone").say(Code.BAD_TIMEZONE, f"no time zone {zone}{hint}")
                continue
            stories.append(Written(story, at))
    return stories


# --- how they are told --------------------------------------------------------------------------


def tell(site: Site, written: Written) -> None:
    """Tell a story and report the first step that goes another way, with what happened instead."""
    story, at = written.story, written.at
    teller = _Teller(_with_full_queues(site, story.full), story)
    for index, step in enumerate(story.steps):
        name, wish = next(
            (name, value)
            for name, _, _ in keys_of(StoryStep)
            if (value := getattr(step, name)) is not None
        )
        complaint = _STEPS[name](teller, wish)
        if complaint:
            (at / "steps" / index).say(
                Code.STORY_FAILED,
                f"{quoted(story.title)}, step {index + 1}: {complaint}; {teller.story_so_far()}",
            )
            return


def _with_full_queues(site: Site, full: tuple[str, ...]) -> Site:
    if not full:
        return site
    queues = {
        name: replace(queue, max_waiting=0) if name in full else queue
        for name, queue in site.queues.items()
    }
    return replace(site, queues=queues)


class _Teller:
    """One call of one story: the engine, and the little of a PBX that it needs."""

    def __init__(self, site: Site, story: Story) -> None:
        start = story.at if story.at.tzinfo else story.at.replace(tzinfo=ZoneInfo(story.timezone))
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        self.now = Instant((start - epoch) // timedelta(microseconds=1))
        self.engine = Engine(flow_interpreter(), is_strict=True)
        self.contact: Contact | None = None
        self.reason: EndReason | None = None
        self.heard: list[str] = []
        self.listened = 0  # how much of it the story has asked for
        self.playing: tuple[Instant, PlaybackId] | None = None
        self.recording: RecordingId | None = None
        self.send(i.OpenLog("story", "story"))
        self.send(i.PublishSite(site))
        self.send(i.LegArrived(_LEG, _NODE, story.caller, story.calls))

    def send(self, cause: i.Input) -> None:
        """Tell the engine something now."""
        self._follow(self.engine.step(cause, now=self.now))

    def _follow(self, outcome: Outcome) -> None:
        for record in outcome.records:
            match record.body:
                case ContactOpened(contact):
                    self.contact = self.engine.state.contacts.get(contact)
                case ContactClosed(_, reason):
                    self.reason = reason
        for effect in outcome.effects:
            match effect:
                case f.Play(_, playback, prompts):
                    self.heard += [prompt.value for prompt in prompts]
                    self.playing = (after(self.now, PLAY_SECONDS), playback)
                case f.StopPlay():
                    self.playing = None
                case f.TakeMessage(_, recording):
                    self.recording = recording
                case f.HangUp(leg):
                    self.playing = None
                    self.send(i.LegGone(leg))

    def play_on(self) -> bool:
        """Let what is being played come to its end; return False if nothing is."""
        if self.playing is None:
            return False
        self.now, playback = self.playing
        self.playing = None
        self.send(i.PlaybackEnded(_LEG, playback))
        return True

    def wait(self, seconds: float) -> None:
        """Let time pass with everything that falls due in it."""
        end = after(self.now, seconds)
        while True:
            deadline = self.engine.next_deadline()
            ends = self.playing[0] if self.playing is not None else None
            due = min((t for t in (deadline, ends) if t is not None), default=None)
            if due is None or due > end:
                break
            if due == ends:
                self.play_on()
            else:
                self.now = max(self.now, due)
                self._follow(self.engine.advance(now=self.now))
        self.now = end

    # Each step returns what went wrong, or nothing.

    def hears(self, wish: str) -> str:
        while wish not in self.heard[self.listened :]:
            if not self.play_on():
                return f"does not hear {quoted(wish)}{did_you_mean(wish, self.heard)}"
        self.listened = self.heard.index(wish, self.listened) + 1
        return ""

    def presses(self, wish: str) -> str:
        for digit in wish:
            if self.contact is None or self.contact.state is not ContactState.IN_FLOW:
                return f"nobody listens to key {quoted(digit)}"
            self.send(i.DigitReceived(_LEG, digit))
        return ""

    def waits(self, wish: float) -> str:
        self.wait(wish)
        return ""

    def leaves_message(self, wish: float) -> str:
        while self.recording is None:
            if not self.play_on():
                return "cannot leave a message"
        recording, self.recording = self.recording, None
        self.wait(wish)
        self.send(i.RecordingEnded(_LEG, recording, wish))
        return ""

    def hangs_up(self, wish: bool) -> str:
        self.playing = None
        self.send(i.LegGone(_LEG, GoneCause.NORMAL))
        return ""

    def reaches(self, wish: str) -> str:
        while not self._is_waiting():
            if not self.play_on():
                return f"does not reach queue {quoted(wish)}"
        assert self.contact is not None
        if self.contact.queue != wish:
            return f"reaches queue {quoted(self.contact.queue)}, not {quoted(wish)}"
        return ""

    def requires(self, wish: Mapping[str, int]) -> str:
        needs = self.contact.requirement if self.contact is not None else ()
        found = {need.skill: need.min for need in needs}
        return "" if found == wish else f"requires {found or 'nothing'}"

    def knows(self, wish: Mapping[str, str]) -> str:
        known = self.contact.attributes if self.contact is not None else {}
        for name, value in wish.items():
            if known.get(name) != value:
                return f"{name} is {quoted(known.get(name, ''))}, not {quoted(value)}"
        return ""

    def speaks(self, wish: str) -> str:
        language = self.contact.language if self.contact is not None else ""
        return "" if language == wish else f"is spoken to in {quoted(language)}"

    def ends(self, wish: str) -> str:
        while self.reason is None:
            if not self.play_on():
                return f"does not end with {quoted(wish)}"
        return "" if self.reason == wish else f"ends with {quoted(self.reason.value)}"

    def _is_waiting(self) -> bool:
        return self.contact is not None and self.contact.state is ContactState.WAITING

    def story_so_far(self) -> str:
        """Return what happened, for whoever wonders."""
        heard = ", ".join(self.heard) or "nothing"
        if self.reason is not None:
            place = f"ended with {self.reason.value}"
        elif self._is_waiting():
            assert self.contact is not None
            place = f"waits in queue {self.contact.queue}"
        else:
            cursor = self.contact.cursor if self.contact is not None else None
            place = f"is at {cursor.flow}/{cursor.node}" if cursor is not None else "is nowhere"
        return f"the caller {place} and heard {heard}"


_STEPS: dict[str, Callable[[_Teller, Any], str]] = {
    name: getattr(_Teller, name) for name, _, _ in keys_of(StoryStep)
}
