"""A day in which a whole site is walked: :mod:`acd.testing.chaos` with real flows.

Callers press, speak, enter secrets and go out to the dialplan; customers write over every channel;
look-ups answer, fail, hang and answer too late; calendars are overridden, versions published and
taken back; links, PBX and engine fail as ever. Nobody may be stuck, and a checked site never fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from acd.app.journeys import Journeys
from acd.core import effects as f
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.ids import LegId, TaskId
from acd.core.leg import LegState
from acd.core.site import Site
from acd.core.task import CollectSecret, Listen, Lookup
from acd.core.timers import Purpose, after
from acd.flow.interpreter import FlowInterpreter
from acd.testing.chaos import Chaos
from acd.testing.fake_pbx import Chances
from acd.testing.invariants import InvariantBroken

Nodes = Mapping[str, Mapping[str, Any]]

HOSTILE = (
    "${SHELL(reboot)}",
    "{{ 7 * 7 }}",
    "%s%n",
    "{ani} {secret.card}",
    "a,b;c|d\r\nBcc: x@example.org",
    "<speak><break time='9s'/></speak>",
    "\u202e\x00\ud83d",
    "9" * 400,
    "",
)
"""Texts of strangers that mean something somewhere."""


class FlowChaos(Chaos):
    """One run.

    Args:
        seed: where all chance comes from.
        site: a checked site with real flows.
        callers: how many calls.
    """

    queues = ("support", "sales", "billing")
    skills = ("support", "sales", "billing")

    def __init__(self, seed: int, site: Site, callers: int = 150) -> None:
        self._site = site
        self.flows = FlowInterpreter()
        self.numbers = (*(number for number in site.numbers if number.isdigit()), "?")
        self.addresses = (
            (Channel.CHAT, "widget:shop"),
            (Channel.CHAT, "widget:help"),
            (Channel.MAIL, "support@example.org"),
            (Channel.SMS, "+15550100"),
            (Channel.MESSAGING, "shop"),
        )
        self._running: dict[TaskId, f.PerformTask] = {}
        self._words, self._values = _vocabulary(site), _values(site)
        self.stuck_checks = 0
        super().__init__(seed, callers, thorough_every=50, chances=Chances(patience=90))
        self.pbx.flows = tuple(site.flows)

    def site(self, version: str = "v1") -> Site:
        """Return the site under another version's name, with queues that are soon full."""
        queues = {
            name: replace(queue, max_wait_seconds=40, max_waiting=4)
            for name, queue in self._site.queues.items()
        }
        return replace(self._site, version=version, queues=queues)

    def key(self) -> str:
        """Return any key."""
        return self.random.choice("0123456789*#112233")

    def words(self) -> str:
        """Return words that flows know, or that they had better not."""
        return self.random.choice(HOSTILE if self.random.random() < 0.1 else self._words)

    # --- people ---------------------------------------------------------------------------------

    def _arrive(self) -> None:
        super()._arrive()
        for leg in list(self.pbx.legs.values()):
            if leg.dnis and self.random.random() < 0.5:
                for _ in range(self.random.randrange(1, 5)):
                    self._later(0, 3, lambda leg=leg.id: self._press(leg))  # type: ignore[misc]
        if self.random.random() < 0.2:
            self._override()

    def _press(self, leg: LegId) -> None:
        """Press a key; while it is hidden the engine is told no more than that."""
        known = self.engine.state.legs.get(leg)
        contact = self.engine.state.contacts.get(known.contact) if known and known.contact else None
        if contact is None or not contact.is_secret or contact.task is None:
            super()._press(leg)
        elif leg in self.pbx.legs and self.pbx.legs[leg].is_ours:
            task = contact.task
            self.pbx.emit(i.TaskBegun(task))
            outcome = self.random.choice(("ok", "ok", "invalid"))
            values = {"length": "16", "last4": "1111"} if outcome == "ok" else {}
            self._later(0, 8, lambda: self._report(task, outcome, values))

    def _override(self) -> None:
        calendar = self.random.choice((*self._site.calendars, "nowhere"))
        is_open = self.random.choice((True, False, None))
        until = after(self.clock.now, 30) if self.random.random() < 0.5 else None
        self.tell(i.OverrideCalendar(calendar, is_open, until))

    # --- tasks ----------------------------------------------------------------------------------

    def _took(self, outcome: Outcome) -> None:
        super()._took(outcome)
        for effect in outcome.effects:
            if isinstance(effect, f.PerformTask):
                self._perform(effect)
            elif isinstance(effect, f.CancelTask):
                cancelled = self._running.pop(effect.task, None)
                if cancelled is not None and self.random.random() < 0.3:  # it was just over
                    self._later(0, 1, lambda task=effect.task: self._late(task))  # type: ignore[misc]

    def _late(self, task: TaskId) -> None:
        self.tell(i.TaskReported(task, "ok", {"text": "operator"}))

    def _perform(self, effect: f.PerformTask) -> None:
        if effect.task in self._running:
            return
        self._running[effect.task] = effect
        if isinstance(effect.what, CollectSecret) or self.random.random() < 0.05:
            return  # it waits for keys; or it hangs
        self.clock.call(self.random.expovariate(1 / 2.0), lambda: self._finish(effect))

    def _finish(self, effect: f.PerformTask) -> None:
        outcome, values = self.random.choice(("ok", "ok", "ok", "failed", "not_found")), {}
        match effect.what:
            case Lookup(take=take) if outcome == "ok":
                told = self._values if self.random.random() < 0.8 else HOSTILE
                values = {name: self.random.choice(told) for name in take}
            case Listen():
                outcome = self.random.choice(("ok", "ok", "silent", "unavailable", "failed"))
                values = {"text": self.words(), "confidence": "0.5"} if outcome == "ok" else {}
        if self._running.get(effect.task) is effect:
            self._report(effect.task, outcome, values)

    def _report(self, task: TaskId, outcome: str, values: dict[str, str]) -> None:
        if self._running.pop(task, None) is not None:
            self.tell(i.TaskReported(task, outcome, values))

    def _restart_engine(self) -> None:
        super()._restart_engine()
        self._running.clear()
        for errand in list(self.engine.state.errands.values()):
            self._perform(errand)

    # --- what must hold -------------------------------------------------------------------------

    def _picture(self, contact: Contact) -> list[str]:
        found = super()._picture(contact)
        if contact.state is ContactState.IN_FLOW:
            self.stuck_checks += 1
            if not self._goes_on(contact):
                found.append(f"{contact.id} is stuck at {contact.cursor} with {contact.task}")
        return found

    def _goes_on(self, contact: Contact) -> bool:
        """Return whether something is bound to happen that the flow of a contact waits for."""
        state = self.engine.state
        if f"{Purpose.FLOW}:{contact.id}" in state.deadlines:
            return True
        if contact.leg is None:
            return False
        leg, mine = state.legs[contact.leg], self.pbx.legs.get(contact.leg)
        if mine is None or not mine.is_ours or leg.state is LegState.AWAY:
            return True
        is_heard = contact.playback is not None and mine.playback == contact.playback
        speaks = contact.is_leaving_message and mine.recording == contact.recording
        return is_heard or speaks

    def _at_the_end(self) -> None:
        super()._at_the_end()
        found = []
        if self.reasons[EndReason.FLOW_FAILED]:
            found.append(f"{self.reasons[EndReason.FLOW_FAILED]} contacts failed in a checked site")
        journeys = Journeys()
        journeys.fold_all(self.watch.records)
        found += journeys.violations()
        found += self._replayed()
        if found:
            raise InvariantBroken("\n".join(found))

    def _replayed(self) -> list[str]:
        """Return where the same inputs lead to other records."""
        engine = Engine(FlowInterpreter(), is_strict=True)
        seq = 0
        for record in self.watch.records:
            if not record.is_input:
                continue
            outcome = engine.step(record.body, now=record.at, actor=record.actor)  # type: ignore[arg-type]
            then = tuple(self.watch.records[seq : seq + len(outcome.records)])
            seq += len(outcome.records)
            if outcome.records != then:
                return [f"replayed, {record.seq} {record.body} leads to {outcome.records}"]
        return []


def _vocabulary(site: Site) -> tuple[str, ...]:
    """Return what customers of a site may well write: digits, and words of its commands."""
    said = [word for one in site.commands for words in one.words.values() for word in words]
    digits = [str(number) for number in range(11)]
    codes = [code for promotion in site.promotions.values() for code in promotion.codes[:3]]
    return (*digits, *digits, *said, *codes, "bill", "my order", "24122026", "hello", "no")


def _values(site: Site) -> tuple[str, ...]:
    """Return what a service may well answer: what flows compare with."""
    nodes = [
        node
        for flow in site.flows.values()
        for node in cast("Nodes", flow.get("node", {})).values()
    ]
    cases = [case for node in nodes for case in node.get("cases", ()) if "is" in case]
    constants = [case["is"] for case in cases]
    texts = [text for one in constants for text in (one if isinstance(one, list) else [one])]
    return (*sorted(set(texts)), "7", "12.50", "2026-12-24")
