"""Stand-ins for what the core talks to: small flows, a PBX in virtual time, a ready-made site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acd.core.contact import Contact
from acd.core.flows import (
    Action,
    AnswerCall,
    Centre,
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    Entered,
    FlowEnd,
    MessageDone,
    PlaybackDone,
    PlayPrompts,
    Prompt,
    QueueFigures,
    QueueLeft,
    Reattached,
    Said,
    SetAttribute,
    SetLanguage,
    Signal,
    Step,
    StopPlaying,
    TakeMessage,
    TimedOut,
    VisitNode,
)
from acd.core.ids import ContactId, QueueName
from acd.core.queue import Queue
from acd.core.site import Number, Site
from acd.core.skill import Need
from acd.core.timers import Instant


@dataclass
class FixedCentre:
    """A centre for flows that are tested alone: it answers what it was given.

    Attributes:
        site: whose calendars there are.
        queues: figures by queue.
        overrides: what somebody said of calendars; the others go by their hours.
        redeemed: (promotion, code) to who used it.
    """

    site: Site = field(default_factory=Site)
    queues: dict[str, QueueFigures] = field(default_factory=dict)
    overrides: dict[str, bool] = field(default_factory=dict)
    redeemed: dict[tuple[str, str], ContactId] = field(default_factory=dict)

    def queue(self, name: str, contact: Contact, now: Instant) -> QueueFigures | None:
        """Return the figures of a queue."""
        return self.queues.get(name)

    def is_open(self, calendar: str, contact: Contact, now: Instant) -> bool | None:
        """Return whether a calendar of the contact's site is open."""
        if calendar in self.overrides:
            return self.overrides[calendar]
        found = self.site.calendars.get(calendar)
        return None if found is None else found.is_open(now)

    def redeemer(self, promotion: str, code: str) -> ContactId | None:
        """Return who used a code."""
        return self.redeemed.get((promotion, code))


class TinyFlows:
    """Flows of four rooms, for tests of the core that do not want to test flows.

    A flow is a table: ``queue`` with optional ``priority``, ``require`` (a list of
    ``[skill, min, relax_after]``) and ``max_wait`` is what the caller is put into. With ``menu``
    (key to table) they first choose, for ``wait`` seconds, three times. ``left`` says where a queue
    sends who it gives back: ``bye``, ``voicemail`` or another flow. ``end`` ends at once.
    """

    def step(
        self, site: Site, contact: Contact, signal: Signal, now: Instant, centre: Centre
    ) -> Step:
        """Advance a contact; see :class:`acd.core.flows.Flows`."""
        if isinstance(signal, Entered):
            return self._start(site.flows[signal.flow], signal.flow)
        assert contact.cursor is not None
        cursor = contact.cursor
        flow = site.flows[cursor.flow]
        match signal:
            case QueueLeft():
                return self._left(site, flow, cursor.flow, signal.reason)
            case Reattached():
                return self._again(flow, cursor)
        match cursor.node, signal:
            case "menu", DigitPressed(digit):
                return self._chosen(flow, cursor, digit)
            case "menu", Said(text):
                return self._chosen(flow, cursor, text.strip())
            case "menu", TimedOut():
                return self._missed(flow, cursor)
            case "bye", PlaybackDone():
                return Step((EndContact(),), cursor)
            case "mail", PlaybackDone():
                return Step((TakeMessage(60, 3),), Cursor(cursor.flow, "message"))
            case "message", MessageDone(seconds):
                how = FlowEnd.MESSAGE_LEFT if seconds else FlowEnd.FAILED
                return Step((EndContact(how),), cursor)
            case _:
                return Step((), cursor, 5.0 if cursor.node == "menu" else None)

    def _start(self, flow: Mapping[str, Any], name: str) -> Step:
        actions: list[Action] = [VisitNode(name, "start")]
        if "language" in flow:
            actions.append(SetLanguage(flow["language"]))
        if "end" in flow:
            return Step((*actions, EndContact(FlowEnd(flow["end"]))), Cursor(name, "start"))
        if "menu" in flow:
            actions += [AnswerCall(), _say("menu")]
            return Step(tuple(actions), Cursor(name, "menu", {"tries": "1"}), 5.0)
        if "queue" not in flow:
            return Step((*actions, _say("mail")), Cursor(name, "mail"))
        return Step((*actions, _enqueue(flow)), Cursor(name, "queue"))

    def _again(self, flow: Mapping[str, Any], cursor: Cursor) -> Step:
        match cursor.node:
            case "menu":
                return Step((AnswerCall(), _say("menu")), cursor, 5.0)
            case "message":
                return Step((TakeMessage(60, 3),), cursor)
            case _:
                return Step((_say(cursor.node),), cursor)

    def _chosen(self, flow: Mapping[str, Any], cursor: Cursor, digit: str) -> Step:
        chosen = flow["menu"].get(digit)
        if chosen is None:
            return self._missed(flow, cursor)
        actions = (StopPlaying(), SetAttribute("choice", digit), _enqueue(chosen))
        return Step(actions, Cursor(cursor.flow, "queue"))

    def _missed(self, flow: Mapping[str, Any], cursor: Cursor) -> Step:
        tries = int(cursor.memory["tries"]) + 1
        if tries > 3:  # nobody who cannot handle a menu is turned away
            return Step((_enqueue(flow),), Cursor(cursor.flow, "queue"))
        again = Cursor(cursor.flow, "menu", {"tries": str(tries)})
        return Step((StopPlaying(), _say("menu")), again, 5.0)

    def _left(self, site: Site, flow: Mapping[str, Any], name: str, reason: str) -> Step:
        way = flow.get("left", "bye")
        visit = VisitNode(name, f"left-{reason}")
        if way == "again":
            return Step((visit, _enqueue(flow)), Cursor(name, "queue"))
        if way == "voicemail":
            return Step((visit, _say("mail")), Cursor(name, "mail"))
        if way != "bye":
            return self._start(site.flows[way], way)
        return Step((visit, _say("bye")), Cursor(name, "bye"))


def _say(key: str) -> PlayPrompts:
    return PlayPrompts((Prompt("key", key),))


def _enqueue(flow: Mapping[str, Any]) -> Enqueue:
    needs = tuple(Need(*need) for need in flow.get("require", []))
    return Enqueue(flow["queue"], flow.get("priority", 0), needs, flow.get("max_wait"))


def tiny_site(
    version: str = "v1",
    *,
    queues: Mapping[str, Queue] | None = None,
    flows: Mapping[str, Mapping[str, Any]] | None = None,
) -> Site:
    """Return a site: a queue ``support`` and ``sales``, and each flow under a number of its name.

    Args:
        version: its version.
        queues: queues added to these or replacing them.
        flows: flows, see :class:`TinyFlows`, added to one for each queue, ``menu`` and ``mail``.
    """
    all_queues = {
        name: Queue(QueueName(name), offer_seconds=20, wrapup_seconds=0, max_wait_seconds=600)
        for name in ("support", "sales")
    }
    all_queues.update(queues or {})
    all_flows: dict[str, Mapping[str, Any]] = {name: {"queue": name} for name in all_queues}
    all_flows["menu"] = {
        "menu": {"1": {"queue": "sales"}, "2": {"queue": "support"}},
        "queue": "support",
    }
    all_flows["mail"] = {}
    all_flows |= flows or {}
    return Site(
        version,
        numbers={name: Number(name) for name in all_flows},
        queues={QueueName(name): queue for name, queue in all_queues.items()},
        flows=all_flows,
        prompts={"en": {}},
    )
