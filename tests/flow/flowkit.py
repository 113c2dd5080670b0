"""Sites written in a line or two, and a caller who walks their flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.flows import (
    Action,
    DigitPressed,
    Entered,
    PlaybackDone,
    PlayPrompts,
    SetAttribute,
    SetLanguage,
    Signal,
    Step,
    VisitNode,
)
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.core.timers import Instant, after
from acd.flow.hours import Holiday
from acd.flow.interpreter import FlowInterpreter
from acd.flow.load import Sound, load
from acd.flow.problems import Problem
from acd.testing.fakes import FixedCentre

ZONES = frozenset({"UTC", "America/New_York"})
MONDAY_NOON = Instant(1_795_435_200_000_000)  # 2026-11-23 12:00 UTC


class Utopia:
    """A country with two holidays, and a part with a third."""

    known_until = "2027-12-31"

    def countries(self) -> tuple[str, ...]:
        return ("UT",)

    def subdivisions(self, country: str) -> tuple[str, ...]:
        return ("N",)

    def holidays(self, country: str, subdivision: str) -> Mapping[str, Holiday]:
        noon = Holiday("Noon", ("Noon", "Mediodía"))
        days = {"2026-11-23": noon, "2026-12-25": Holiday("Noon (observed)", ("Noon (observed)",))}
        return days | ({"2026-11-24": Holiday("North", ("North",))} if subdivision else {})


UTOPIA = Utopia()

FILES = {
    "numbers.toml": '"100" = "main"\n',
    "queues.toml": "[sales]\n[support]\n",
    "hours.toml": '[office]\ntimezone = "UTC"\nweek = { mon-fri = ["09:00-17:00"] }\n',
    "prompts/en.toml": 'hello = "Hello."\nmenu = "Press 1."\nwrong = "No."\nlate = "Well?"\n',
    "prompts/es.toml": 'hello = "Hola."\nmenu = "Oprima 1."\nwrong = "No."\nlate = "¿Y?"\n',
}

# Nodes that a flow under test gets when it leads to them.
BYE = '[node.bye]\ntype = "hangup"\n'
HUMAN = '[node.human]\ntype = "enqueue"\nqueue = "support"\non_fail = "bye"\n'


def flow_text(text: str) -> str:
    """Complete a flow that leads to "human" or "bye" without writing them."""
    if '"human"' in text:
        text += HUMAN
    return text + (BYE if '"bye"' in text else "")


def read(
    files: Mapping[str, str], sounds: Mapping[str, Sound] | None = None
) -> tuple[Site | None, list[Problem]]:
    """Load the usual files with some of them replaced or added."""
    merged = FILES | dict(files)
    return load({name: text.encode() for name, text in merged.items()}, sounds or {}, ZONES, UTOPIA)


class Caller:
    """A caller in the flows of a site."""

    def __init__(self, site: Site, *, channel: Channel = Channel.VOICE, **known: str) -> None:
        self.site = site
        self.centre = FixedCentre(site)
        self.flows = FlowInterpreter()
        self.now = MONDAY_NOON
        attributes = {k: v for k, v in known.items() if k not in ("ani", "dnis", "language")}
        self.contact = Contact(
            ContactId("c-1"),
            channel,
            site.version,
            ContactState.IN_FLOW,
            known.get("ani", "+15550199"),
            known.get("dnis", "100"),
            "",
            known.get("language", "en"),
            self.now,
            attributes=attributes,
        )
        self.step = Step((), None)  # type: ignore[arg-type]  # replaced at once

    def send(self, *signals: Signal) -> tuple[Action, ...]:
        """Send signals and return what the last one led to."""
        for signal in signals:
            self.step = self.flows.step(self.site, self.contact, signal, self.now, self.centre)
            self.contact.cursor = self.step.cursor
            for action in self.step.actions:
                if isinstance(action, SetAttribute):
                    self.contact.attributes[action.key] = action.value
                elif isinstance(action, SetLanguage):
                    self.contact.language = action.language
        return self.step.actions

    def enter(self, flow: str = "main") -> tuple[Action, ...]:
        return self.send(Entered(flow))

    def press(self, digits: str) -> tuple[Action, ...]:
        return self.send(*(DigitPressed(digit) for digit in digits))

    def listen(self) -> tuple[Action, ...]:
        return self.send(PlaybackDone())

    def pass_seconds(self, seconds: float) -> None:
        self.now = after(self.now, seconds)

    @property
    def node(self) -> str:
        return self.step.cursor.node

    @property
    def waits(self) -> float | None:
        return self.step.wait_seconds

    def heard(self) -> list[str]:
        """What the last step began to play."""
        return [
            prompt.value
            for action in self.step.actions
            if isinstance(action, PlayPrompts)
            for prompt in action.prompts
        ]

    def visited(self) -> list[str]:
        return [a.node for a in self.step.actions if isinstance(a, VisitNode)]

    def the(self, kind: type[Action]) -> Action:
        """The one action of a kind in the last step."""
        (found,) = [action for action in self.step.actions if isinstance(action, kind)]
        return found


def call(flow: str, files: Mapping[str, str] | None = None, **known: Any) -> Caller:
    """Begin a call into a flow that must be in order; ``known`` is what the contact brings."""
    # What follows a talk may know anything.
    queues = {"queues.toml": '[sales]\nafter = "main"\n[support]\n'}
    site, problems = read({**queues, "main.toml": flow_text(flow), **(files or {})})
    assert site is not None, "\n".join(map(str, problems))
    caller = Caller(site, **known)
    caller.enter()
    return caller
