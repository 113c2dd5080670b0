"""A contact's walk: what a caller did in the flows, step by step, read from their story.

A step is a stay at a node: what was heard there, what was pressed or written, what was learned,
and which way was taken for what reason. Everything is in the log; nothing is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from acd.app.documents import moment
from acd.app.trace import Trace
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import BLAME
from acd.core.flows import Prompt
from acd.core.message import Author
from acd.core.record import Record
from acd.core.site import Site
from acd.core.timers import Instant, elapsed_seconds
from acd.flow.chart import Chart, chart_of, wording


class What(StrEnum):
    """What can happen at a node."""

    HEARS = "hears"  # was played, or written to the customer
    PRESSES = "presses"
    WRITES = "writes"
    LEARNED = "learned"  # an attribute was set: "key = value"
    TROUBLE = "trouble"  # it did not bring the contact on: no input, not understood, …


@dataclass(slots=True)
class Happening:
    """Something that happened at a node.

    Attributes:
        at: when it began.
        is_interrupted: what was heard was cut short.
    """

    at: Instant
    what: What
    text: str
    is_interrupted: bool = False


_PRESSED, _ANSWERED = "pressed ", "an answer came"
"""How it is said why a node was left."""


@dataclass(slots=True)
class Stay:
    """A stay at a node.

    Attributes:
        at: when the contact came.
        type: type of the node; empty if its version of the site is not known any more.
        happenings: what happened there, in order.
        until: when they left; None while they are there.
        exit: the way they took: ``1``, ``on_fail``; empty where there is only one, or none.
        to: where they went on: ``flow/node``, ``queue:<name>``; empty if they went nowhere.
        why: why they left, for people.
    """

    at: Instant
    flow: str
    node: str
    type: str = ""
    happenings: list[Happening] = field(default_factory=list)
    until: Instant | None = None
    exit: str = ""
    to: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A contact's way through the flows.

    Attributes:
        trace: its whole story.
        version: of the site that it walked.
        stays: in order.
    """

    trace: Trace
    version: str
    stays: tuple[Stay, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        opened_at = self.trace.opened_at
        return {
            "contact": self.trace.contact,
            "opened_at": moment(opened_at),
            "site": self.version,
            "ended_at": None if self.trace.ended_at is None else moment(self.trace.ended_at),
            "end_reason": self.trace.reason,
            "steps": [
                {
                    "at": moment(stay.at),
                    "after_seconds": elapsed_seconds(opened_at, stay.at),
                    "seconds": None if stay.until is None else elapsed_seconds(stay.at, stay.until),
                    "flow": stay.flow,
                    "node": stay.node,
                    "type": stay.type,
                    "happenings": [
                        {
                            "after_seconds": elapsed_seconds(opened_at, one.at),
                            "what": one.what,
                            "text": one.text,
                            "is_interrupted": one.is_interrupted,
                        }
                        for one in stay.happenings
                    ],
                    "exit": stay.exit,
                    "to": stay.to,
                    "why": stay.why,
                }
                for stay in self.stays
            ],
        }

    def as_text(self) -> str:
        """Return it for people: seconds since the beginning, a paragraph a node."""
        started = moment(self.trace.opened_at)
        lines = [f"{self.trace.contact}  {started:%Y-%m-%d %H:%M:%S} UTC  site {self.version}"]
        for stay in self.stays:
            after = elapsed_seconds(self.trace.opened_at, stay.at)
            kind = f"  ({stay.type})" if stay.type else ""
            lines += ["", f"{after:10.3f}  {stay.flow}/{stay.node}{kind}"]
            lines += [f"{'':12}{word:<8} {text}" for word, text in _told(stay)]
        if not self.stays:
            lines += ["", "It was in no flow."]
        return "\n".join([*lines, "", self.trace.ending()])


def _told(stay: Stay) -> Iterator[tuple[str, str]]:
    for one in stay.happenings:
        is_quoted = one.what in (What.HEARS, What.WRITES)
        text = f"“{one.text}”" if is_quoted else one.text
        yield one.what, f"{text} (interrupted)" if one.is_interrupted else text
    if stay.until is not None:
        way = f"{stay.exit} " if stay.exit else ""
        lead = f"{way}→ {stay.to}" if stay.to else ""
        yield "leaves", f"{lead}  ({stay.why})" if lead else stay.why


def version_of(trace: Trace) -> str:
    """Return the version of the site that a contact walks."""
    bodies = (step.record.body for step in trace.steps)
    return next((body.site for body in bodies if isinstance(body, e.ContactOpened)), "")


def walk_of(trace: Trace, sites: Mapping[str, Site]) -> Walk:
    """Return a contact's walk.

    Args:
        trace: its story.
        sites: versions of the site that are known; without the contact's own, prompts are told
            by their keys and ways by their ends.
    """
    walker = _Walker(trace, sites)
    for step in trace.steps:
        if not step.is_elsewhere:
            walker.take(step.record)
    return Walk(trace, walker.version, tuple(walker.stays))


class _Walker:
    """Gathers stays in one pass over the records of a contact."""

    def __init__(self, trace: Trace, sites: Mapping[str, Site]) -> None:
        self.version = ""
        self.stays: list[Stay] = []
        self._trace = trace
        self._sites = sites
        self._site: Site | None = None
        self._charts: dict[str, Chart | None] = {}
        self._language = ""
        self._last = ""  # what happened last that a node may have left upon

    def take(self, record: Record) -> None:
        """Take the next record in."""
        take = _TAKES.get(type(record.body))
        if take is not None:
            take(self, record.body, record.at)

    @property
    def _here(self) -> Stay | None:
        return self.stays[-1] if self.stays and self.stays[-1].until is None else None

    # --- what happens ---------------------------------------------------------------------------

    def _opened(self, event: e.ContactOpened, _at: Instant) -> None:
        self.version = event.site
        self._site = self._sites.get(event.site)
        self._language = event.language

    def _entered(self, event: e.NodeEntered, at: Instant) -> None:
        here = self._here
        if here is not None:
            self._leave(here, at, event.flow, event.node)
        chart = self._chart(event.flow)
        kinds = [] if chart is None else [box.type for box in chart.boxes if box.id == event.node]
        self.stays.append(Stay(at, event.flow, event.node, kinds[0] if kinds else ""))
        self._last = ""

    def _leave(self, here: Stay, at: Instant, flow: str, node: str) -> None:
        here.until, here.to = at, f"{flow}/{node}"
        has_chosen = self._last.startswith(_PRESSED) or self._last == _ANSWERED
        chart = self._chart(here.flow)
        way = chart.way(here.node, flow, node, is_chosen=has_chosen) if chart else None
        if way is not None:
            pressed = self._last.removeprefix(_PRESSED)
            here.exit = pressed if pressed in way.keys else way.label
        here.why = self._last or "at once"

    def _note(self, at: Instant, what: What, text: str) -> None:
        here = self._here
        if here is None:
            return
        last = here.happenings[-1] if here.happenings else None
        if last is not None and last.what is what is What.PRESSES:
            last.text += f" {text}"
        else:
            here.happenings.append(Happening(at, what, text))

    def _language_set(self, event: e.LanguageSet, at: Instant) -> None:
        self._language = event.language
        self._note(at, What.LEARNED, f"language = {event.language}")

    def _learned(self, event: e.AttributeSet, at: Instant) -> None:
        self._note(at, What.LEARNED, f"{event.key} = {event.value}")

    def _pressed(self, event: e.DigitTaken, at: Instant) -> None:
        self._note(at, What.PRESSES, event.digit)
        self._last = f"{_PRESSED}{event.digit}"

    def _hears(self, event: e.PromptsStarted, at: Instant) -> None:
        self._note(at, What.HEARS, " ".join(self._text(prompt) for prompt in event.prompts))

    def _heard(self, event: e.PromptsEnded, _at: Instant) -> None:
        if not event.is_interrupted:
            self._last = "all was heard"
            return
        happenings = self.stays[-1].happenings if self.stays else []
        heard = [one for one in happenings if one.what is What.HEARS]
        if heard:
            heard[-1].is_interrupted = True

    def _written(self, event: e.MessageAdded, at: Instant) -> None:
        if event.author is Author.CUSTOMER:
            self._note(at, What.WRITES, event.text)
            self._last = _ANSWERED
        elif event.author is Author.SYSTEM:
            self._note(at, What.HEARS, event.text)
            self._last = "all was said"

    def _time_passed(self, _input: i.TimePassed, _at: Instant) -> None:
        self._last = "its time was over"

    def _message_left(self, event: e.MessageEnded, _at: Instant) -> None:
        if not event.seconds and self._last.startswith(_PRESSED):
            return  # it was given up for what the key leads to
        self._last = f"a message of {event.seconds:.0f} s was left"

    def _failed(self, event: e.NodeFailed, at: Instant) -> None:
        reason = event.reason.replace("_", " ")
        self._note(at, What.TROUBLE, reason)
        self._last = f"failed: {reason}"

    def _queued(self, event: e.ContactQueued, at: Instant) -> None:
        if (here := self._here) is not None:
            here.to = f"queue:{event.queue}"

    def _queue_left(self, event: e.QueueLeft, _at: Instant) -> None:
        self._last = f"left queue {event.queue}: {event.reason}"

    def _accepted(self, event: e.OfferAccepted, at: Instant) -> None:
        if (here := self._here) is not None:
            here.until, here.why = at, f"{event.agent} answered"

    def _ended(self, event: e.ContactEnded, at: Instant) -> None:
        if (here := self._here) is not None:
            here.until = at
            reason = event.reason.replace("_", " ")
            here.why = f"the contact ended: {reason}, by {BLAME[event.reason]}"

    # --- what it means --------------------------------------------------------------------------

    def _text(self, prompt: Prompt) -> str:
        if self._site is None or prompt.kind != "key":
            return prompt.value
        return wording(self._site, prompt.value, self._language)

    def _chart(self, flow: str) -> Chart | None:
        if flow not in self._charts:
            known = self._site is not None and flow in self._site.flows
            self._charts[flow] = chart_of(self._site, flow) if self._site and known else None
        return self._charts[flow]


_TAKES: dict[type, Callable[[_Walker, Any, Instant], None]] = {
    e.ContactOpened: _Walker._opened,
    e.NodeEntered: _Walker._entered,
    e.LanguageSet: _Walker._language_set,
    e.AttributeSet: _Walker._learned,
    e.DigitTaken: _Walker._pressed,
    e.PromptsStarted: _Walker._hears,
    e.PromptsEnded: _Walker._heard,
    e.MessageAdded: _Walker._written,
    e.MessageEnded: _Walker._message_left,
    e.NodeFailed: _Walker._failed,
    e.ContactQueued: _Walker._queued,
    e.QueueLeft: _Walker._queue_left,
    e.OfferAccepted: _Walker._accepted,
    e.ContactEnded: _Walker._ended,
    i.TimePassed: _Walker._time_passed,
}
