"""Stories as they are written: examples of contacts that are tests.

A story says when who calls or writes to which number or address and then, step by step, what the
customer does and what must come of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from acd.app.site import time_zones
from acd.core.contact import EndReason
from acd.core.timers import Instant
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
from acd.flow.schema import Record, key, read_schema

LIVE_SECONDS = 20.0
"""Longest wait, and longest message, of a story that is told by a real call: it really takes so
long."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_LIVE = {
    "answers": "asks outside for nothing: it cannot be answered by the story",
    "promises": "has nobody to ring: it cannot promise a call",
    "writes": "is a call: nothing can be written",
    "reads": "is a call: nothing can be read",
}


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
    writes: str | None = key(Text(longest=2000), "the customer writes this", default=None)
    reads: str | None = key(
        Text(longest=1000), "prompt key, or text, that the customer gets to read", default=None
    )
    answers: Mapping[str, str] | None = key(
        TableOf(
            "table of value to text",
            value=Text(shortest=0, longest=1000),
            key_fits=str.isprintable,
            key_wanted="the name of a value",
            may_be_empty=True,
        ),
        "what the flow has asked outside is answered so: values, and `outcome` if not `ok`",
        default=None,
    )
    served: str | None = key(
        Text(longest=64), "an agent of this name takes the contact and ends it", default=None
    )
    promises: str | None = key(
        Text(longest=40), "the customer is promised a call to this number", default=None
    )
    scores: int | None = key(
        Number("whole number", 0, 10, whole=True), "this answer to a survey is kept", default=None
    )
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

    def parts(self) -> tuple[str, Any]:
        """Return its key and what stands there."""
        (name,) = (item.name for item in fields(self) if getattr(self, item.name) is not None)
        return name, getattr(self, name)

    def not_live(self) -> str | None:
        """Return why a live story cannot have this step, if so."""
        name, wish = self.parts()
        if name in ("waits", "leaves_message") and wish > LIVE_SECONDS:
            return f"really waits, {LIVE_SECONDS:.0f} s at most"
        return _NOT_LIVE.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One table `[[story]]`."""

    title: str = key(Text(), "what it shows")
    at: datetime = key(  # noqa: RUF009  # a field, as all of them
        _WhenKind(), "when the call comes in: `2026-11-23T19:30:00`"
    )
    timezone: str = key(Text(), "time zone of `at`, unless it says its own", default="UTC")
    calls: str | None = key(Text(longest=40), "the number dialled", default=None)
    writes_to: str | None = key(
        Text(longest=200),
        "instead: the address or channel written to, `chat`, `help@example.org`; the first step "
        "that writes begins the contact",
        default=None,
    )
    caller: str = key(Text(longest=200), "the customer's number or address", default="+15550199")
    live: bool = key(
        Flag(), "`acd check --stories --live` rings it through a real Asterisk, too", default=False
    )
    full: tuple[str, ...] = key(
        ListOf("list of queues", item=Text()), "queues that take nobody more", default=()
    )
    steps: tuple[StoryStep, ...] = key(
        ListOf("list of steps", item=Record("step", StoryStep), least=1, most=200),
        "what happens",
    )

    def contradiction(self) -> str | None:
        """Say so when it is neither a call nor written."""
        if (self.calls is None) == (self.writes_to is None):
            return 'give "calls" for a call, or "writes_to"'
        if self.live and self.calls is None:
            return "only a call can be live"
        return "a live story cannot fill a queue" if self.live and self.full else None

    def begins_at(self) -> Instant:
        """Return when the contact begins."""
        return Instant((self._start - _EPOCH) // timedelta(microseconds=1))

    def local(self, instant: Instant) -> datetime:
        """Return the time of day that clocks show where the story is told."""
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self._start.tzinfo)

    def no_such_time(self) -> bool:
        """Return whether clocks skip the time it begins at."""
        return self.local(self.begins_at()).replace(tzinfo=None) != self.at.replace(tzinfo=None)

    @property
    def _start(self) -> datetime:
        return self.at if self.at.tzinfo else self.at.replace(tzinfo=ZoneInfo(self.timezone))


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
            if not 1970 < story.at.year < 9999 or story.no_such_time():
                when = f"{story.at:%Y-%m-%d %H:%M:%S}"
                (at / "at").say(Code.BAD_STORY, f"no clock in {story.timezone} shows {when}")
                continue
            if not story.live or _can_be_live(story, at):
                stories.append(Written(story, at))
    return stories


def _can_be_live(story: Story, at: At) -> bool:
    reasons = {n: why for n, step in enumerate(story.steps) if (why := step.not_live())}
    for index, why in reasons.items():
        (at / "steps" / index).say(Code.BAD_STORY, f"a live story {why}")
    return not reasons
