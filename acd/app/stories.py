"""Stories told through the real engine in virtual time.

Nobody waits for anything: what is played ends after :data:`PLAY_SECONDS` of virtual time, and no
agent is logged in, so a customer who reaches a queue stays there until the story lets time pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from acd.app.flows import flow_interpreter
from acd.app.story import Story, StoryStep, Written
from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.flows import Prompt
from acd.core.ids import AgentName, ContactId, LegId, OfferId, PlaybackId, RecordingId, TaskId
from acd.core.leg import GoneCause
from acd.core.message import Author
from acd.core.site import Site
from acd.core.task import Lookup, Task
from acd.core.timers import Instant, after, elapsed_seconds
from acd.flow.channels import channel_of
from acd.flow.interpreter import FlowInterpreter
from acd.flow.problems import Code, did_you_mean, quoted
from acd.flow.schema import keys_of

PLAY_SECONDS = 3.0
"""How long whatever is played takes in a story."""

_LEG = LegId("story-caller")
_NODE = "story"


def tell_all(site: Site, stories: Iterable[Written]) -> None:
    """Tell stories and report of each the first step that goes another way, and what happened."""
    flows = flow_interpreter()  # one for all: it has the site's flows to get ready only once
    for written in stories:
        _tell(site, written, flows)


def _tell(site: Site, written: Written, flows: FlowInterpreter) -> None:
    story, at = written.story, written.at
    for index, queue in enumerate(story.full):
        if queue not in site.queues:
            hint = did_you_mean(queue, site.queues)
            (at / "full" / index).say(Code.BAD_STORY, f"no queue {quoted(queue)}{hint}")
    teller = _Teller(_with_full_queues(site, story.full), story, flows)
    for index, step in enumerate(story.steps):
        name, wish = step.parts()
        complaint = _STEPS[name](teller, wish)
        if complaint:
            (at / "steps" / index).say(
                Code.STORY_FAILED,
                f"{quoted(story.title)}, step {index + 1}, {teller.time()}: {complaint}; "
                f"{teller.story_so_far()}",
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

    def __init__(self, site: Site, story: Story, flows: FlowInterpreter) -> None:
        self.now = story.begins_at()
        self.engine = Engine(flows, is_strict=True)
        self.story = story
        self.site = site
        self.contact: Contact | None = None
        self.reason: EndReason | None = None
        self.heard: list[str] = []
        self.heard_at: list[Instant] = []
        self.listened = 0  # how much of it the story has asked for
        self.playing: tuple[Instant, PlaybackId] | None = None
        self.recording: RecordingId | None = None
        self.task: TaskId | None = None
        self.asked: Task | None = None
        self.offer: tuple[OfferId, LegId | None] | None = None
        self.is_out = False  # in the site's own dialplan
        self.promised = ""
        self.scores: list[int] = []
        self.intake = 0
        self.send(i.OpenLog("story", "story"))
        self.send(i.PublishSite(site))
        self.send(i.PbxSeen(_NODE, "story", (), (), is_fresh=True))
        if story.calls is not None:
            self.send(i.LegArrived(_LEG, _NODE, story.caller, story.calls))

    def send(self, cause: i.Input) -> None:
        """Tell the engine something now."""
        self._follow(self.engine.step(cause, now=self.now))

    def _follow(self, outcome: Outcome) -> None:
        for record in outcome.records:
            match record.body:
                case e.ContactOpened(contact, dial=number) if number:
                    self.promised = number
                case e.ContactOpened(contact):
                    self.contact = self.engine.state.contacts.get(contact)
                    self.reason = None
                case e.ContactEnded(contact, reason) if self._is_mine(contact):
                    self.reason = reason
                case e.MessageAdded(author=Author.SYSTEM, text=text):
                    self._hear(text)
                case e.ScoreKept(score=score):
                    self.scores.append(score)
                case e.TaskStarted(task=task, what=what, is_errand=False):
                    self.task, self.asked = task, what
                case e.TaskEnded(task=task) if task == self.task:
                    self.task = None
                case e.OfferMade(offer=offer, leg=leg):
                    self.offer = (offer, leg)
        for effect in outcome.effects:
            match effect:
                case f.Play(_, playback, prompts):
                    self._hear(*(prompt.value for prompt in prompts))
                    self.playing = (after(self.now, PLAY_SECONDS), playback)
                case f.StopPlay():
                    self.playing = None
                case f.TakeMessage(_, recording):
                    self.recording = recording
                case f.DropMessage():
                    self.recording = None
                case f.SendOut():
                    self.is_out = True
                case f.HangUp(leg):
                    self.playing = None if leg == _LEG else self.playing
                    self.send(i.LegGone(leg))

    def _hear(self, *texts: str) -> None:
        self.heard += texts
        self.heard_at += [self.now] * len(texts)

    def _is_mine(self, contact: ContactId) -> bool:
        return self.contact is not None and self.contact.id == contact

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
        if self.story.calls is None:
            return "this is written: no key can be pressed"
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
        if self.contact is None:
            return "nothing has begun that could end"
        if self.story.calls is None:
            self.intake += 1
            self.send(i.CustomerLeft(self.intake, "story"))
        else:
            self.send(i.LegGone(_LEG, GoneCause.NORMAL))
        return ""

    def writes(self, wish: str) -> str:
        to = self.story.writes_to
        if to is None:
            return "this is a call: nothing can be written"
        channel = channel_of(to)
        self.intake += 1
        who = self.story.caller
        self.send(i.MessageArrived(self.intake, channel, to, who, "", "story", wish))
        return ""

    def reads(self, wish: str) -> str:
        language = self.contact.language if self.contact is not None else "en"
        text = self.site.text_of((Prompt("key", wish),), language) or wish
        for place in range(self.listened, len(self.heard)):
            if text in self.heard[place]:
                self.listened = place + 1
                return ""
        return f"does not read {quoted(wish)}{did_you_mean(text, self.heard)}"

    def answers(self, wish: Mapping[str, str]) -> str:
        while self.task is None:
            if not self.play_on():
                return "has asked nothing outside"
        values = {name: text for name, text in wish.items() if name != "outcome"}
        if isinstance(self.asked, Lookup) and (more := values.keys() - self.asked.take.keys()):
            hint = did_you_mean(min(more), self.asked.take)
            return f"the flow takes no {quoted(min(more))} of the answer{hint}"
        if self.is_out:
            result = values.get("result", "")
            self.is_out = False
            self.send(i.LegBack(_LEG, _NODE, "", "", task=self.task, result=result))
        else:
            self.send(i.TaskReported(self.task, wish.get("outcome", "ok"), values))
        return ""

    def served(self, wish: str) -> str:
        while not self._is_waiting():
            if not self.play_on():
                return "waits in no queue, so no agent can take the contact"
        assert self.contact is not None
        contact, channel = self.contact.id, self.contact.channel
        self._hire(wish, channel)
        if self.offer is None:
            return f"is not offered to {quoted(wish)}"
        offer, leg = self.offer
        if leg is not None:
            self.send(i.LegAnswered(leg))
            self.send(i.LegGone(leg, GoneCause.NORMAL))
        else:
            self.send(i.AcceptOffer(offer))
            self.send(i.EndContact(contact, by_customer=False))
        return ""

    def _hire(self, name: str, channel: Channel) -> None:
        """Log an agent in who can do everything that anybody could be asked for."""
        assert self.contact is not None
        needs = {need.skill: 100 for need in self.contact.requirement}
        profile = AgentProfile(
            AgentName(name),
            skills=needs,
            queues=dict.fromkeys(self.site.queues, 1),
            address="story-agent",
            capacity={channel: 1},
        )
        self.send(i.DefineAgent(profile))
        if TRAITS[channel].has_legs:
            self.send(i.PhoneReachable(profile.name, is_reachable=True))
        self.send(i.SetPresence(profile.name, Presence.AVAILABLE))

    def promises(self, wish: str) -> str:
        while not self.promised:
            if not self.play_on():
                return "is promised no call"
        return "" if self.promised == wish else f"is promised a call to {quoted(self.promised)}"

    def scores_(self, wish: int) -> str:
        return "" if wish in self.scores else f"no such answer was kept, only {self.scores}"

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

    def time(self) -> str:
        """Return what time it is in the story, and how much of it has passed."""
        local = self.story.local(self.now)
        return f"{local:%H:%M:%S} ({self._since(self.now)})"

    def _since(self, instant: Instant) -> str:
        return f"{elapsed_seconds(self.story.begins_at(), instant):.0f} s"

    def story_so_far(self) -> str:
        """Return what happened, for whoever wonders."""
        if self.contact is None:
            address = self.story.calls or self.story.writes_to or ""
            return f"nothing has come of {quoted(address)}: is it in numbers.toml?"
        both = zip(self.heard, self.heard_at, strict=True)
        heard = ", ".join(f"{text} ({self._since(then)})" for text, then in both) or "nothing"
        if self.reason is not None:
            place = f"ended with {self.reason.value}"
        elif self._is_waiting():
            place = f"waits in queue {self.contact.queue}"
        else:
            cursor = self.contact.cursor
            place = f"is at {cursor.flow}/{cursor.node}" if cursor is not None else "is nowhere"
        return f"the customer {place} and heard {heard}"


_STEPS: dict[str, Callable[[_Teller, Any], str]] = {
    name: getattr(_Teller, {"scores": "scores_"}.get(name, name))
    for name, _, _ in keys_of(StoryStep)
}
