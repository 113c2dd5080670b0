"""What a node's functions see: one step of one contact at a node."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact
from acd.core.flows import (
    Action,
    AnswerCall,
    Centre,
    Choice,
    DigitPressed,
    DropTask,
    NoteTrouble,
    PlayPrompts,
    Prompt,
    QueueFigures,
    Said,
    SetAttribute,
    SetLanguage,
    StartTask,
    StopPlaying,
)
from acd.core.site import Site, Written
from acd.core.task import Task
from acd.core.timers import Instant, after
from acd.flow.model import Wait
from acd.flow.words import given

TASK_GRACE_SECONDS = 5.0
"""How much longer than a task may take the flow waits, should its end never be told."""


LATE_SECONDS = 2.0
"""How long after the last digit that is possible the key that ends digits belongs to them."""


class Visit:
    """One step of one contact: what is known, and the actions asked for so far.

    Attributes:
        site: the site.
        now: the present.
        flow, node: where the contact is.
        memory: what the current node remembers; it starts empty when a node is entered.
        counts: what is counted over the whole way of the contact.
        actions: what was asked for, in order.
        playing: whether something is being played.
        firm: whether keys do not interrupt it.
        late: a key that still belongs to what was entered before, and until when.
    """

    __slots__ = (
        "_answered",
        "_centre",
        "_contact",
        "_values",
        "_written",
        "actions",
        "counts",
        "firm",
        "flow",
        "late",
        "memory",
        "node",
        "now",
        "playing",
        "site",
    )

    def __init__(
        self, site: Site, contact: Contact, now: Instant, centre: Centre, written: Written
    ) -> None:
        self.site = site
        self.now = now
        self.flow = ""
        self.node = ""
        self.memory: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.actions: list[Action] = []
        self.playing = False
        self.firm = False
        self.late = ""
        self._written = written
        self._contact = contact
        self._centre = centre
        self._answered = False
        self._values: dict[str, str] | None = None

    # --- what is known --------------------------------------------------------------------------

    @property
    def answered(self) -> bool:
        """Whether this flow has already seen to it that the call is answered."""
        return self._answered

    @answered.setter
    def answered(self, value: bool) -> None:
        self._answered = value

    @property
    def channel(self) -> Channel:
        """How the customer reaches us."""
        return self._contact.channel

    @property
    def is_written(self) -> bool:
        """Whether the customer reads and writes."""
        return not TRAITS[self._contact.channel].has_legs

    @property
    def values(self) -> dict[str, str]:
        """Everything texts and branches may name: attributes, then what is built in."""
        if self._values is None:
            contact = self._contact
            self._values = {
                **contact.attributes,
                "ani": contact.ani,
                "dnis": contact.dnis,
                "caller_name": contact.caller_name,
                "language": contact.language,
                "channel": contact.channel.value,
            }
        return self._values

    @property
    def language(self) -> str:
        """The language the customer is spoken to in."""
        return self.values["language"]

    def is_open(self, calendar: str) -> bool | None:
        """Return whether a calendar is open now; None if there is no such calendar."""
        return self._centre.is_open(calendar, self._contact, self.now)

    def queue(self, name: str) -> QueueFigures | None:
        """Return how things stand in a queue; None if there is no such queue."""
        return self._centre.queue(name, self._contact, self.now)

    def has_used(self, promotion: str, code: str) -> str:
        """Return who has used a code: ``nobody``, ``customer`` (this one) or ``other``."""
        user = self._centre.redeemer(promotion, code)
        if user is None:
            return "nobody"
        return "customer" if user == self._contact.id else "other"

    def is_command(self, signal: DigitPressed | Said) -> bool:
        """Return whether what was pressed or said is a command of the site.

        For nodes that take any key or words: a command goes before, see :class:`Stay`.
        """
        return given(self.site.commands, signal, self.language) is not None

    def chance(self) -> float:
        """Return a number from 0 up to 1 that is always the same for this contact at this node.

        It is a hash, so a log replays; over many contacts it is evenly spread.
        """
        key = f"{self._contact.id}/{self.flow}/{self.node}".encode()
        return int.from_bytes(blake2b(key, digest_size=6).digest()) / 2**48

    # --- what is done ---------------------------------------------------------------------------

    def tries(self) -> int:
        """Return how many tries failed at this node, counting one more."""
        count = whole(self.memory.get("tries", "")) + 1
        self.memory["tries"] = str(count)
        return count

    def take_late(self, key: str) -> None:
        """Let a key that ends what is complete already mean nothing: many press it out of habit."""
        self.late = f"{key}{after(self.now, LATE_SECONDS)}"

    def count(self, name: str) -> int:
        """Return how often something was counted on this contact's way, counting once more."""
        self.counts[name] = self.counts.get(name, 0) + 1
        return self.counts[name]

    def trouble(self, reason: str) -> None:
        """Note that this node did not bring the customer on."""
        self.actions.append(NoteTrouble(self.flow, self.node, reason))

    def set(self, name: str, value: str) -> None:
        """Remember an attribute of the contact."""
        self.values[name] = value
        self.actions.append(SetAttribute(name, value))

    def speak(self, language: str) -> None:
        """Change the contact's language."""
        self.values["language"] = language
        self.actions.append(SetLanguage(language))

    def answer(self) -> None:
        """See to it that the call is answered."""
        if not self._answered:
            self._answered = True
            self.actions.append(AnswerCall())

    def play(self, *keys: str, choices: Mapping[str, str] | None = None) -> Wait:
        """Play prompts by key; their end is signalled unless they are stopped.

        Args:
            keys: of the site's prompts.
            choices: what may be answered, for those who read: key to the prompt that names it.
        """
        return self.tell(tuple(Prompt("key", key) for key in keys), choices)

    def tell(self, prompts: tuple[Prompt, ...], choices: Mapping[str, str] | None = None) -> Wait:
        """Play prompts of any kind; their end is signalled unless they are stopped."""
        self.answer()
        self.stop()
        if self.is_written:
            prompts = tuple(self._as_written(prompt) for prompt in prompts)
        offered = tuple(Choice(key, self.label(name)) for key, name in (choices or {}).items())
        self.actions.append(PlayPrompts(prompts, offered if self.is_written else ()))
        self.playing = True
        self.firm = not self.site.may_interrupt(prompts, self.language)
        return Wait()

    def _as_written(self, prompt: Prompt) -> Prompt:
        if prompt.kind in ("key", "text"):
            return prompt
        return Prompt("text", self._written(prompt, self.language))

    def label(self, prompt: str) -> str:
        """Return what a prompt says, in the customer's language."""
        return self.site.text_of((Prompt("key", prompt),), self.language)

    def stop(self) -> None:
        """Stop what is being played, if anything."""
        if self.playing:
            self.playing = self.firm = False
            self.actions.append(StopPlaying())

    def reply_within(self, seconds: float) -> Wait:
        """Wait for an answer: so long on the phone, and as long as writing takes elsewhere."""
        return Wait(max(seconds, TRAITS[self._contact.channel].reply_seconds))

    def start(self, task: Task, seconds: float) -> Wait:
        """Have something done outside; :class:`TaskDone` or :class:`TimedOut` is signalled."""
        self.actions.append(StartTask(task))
        return Wait(seconds + TASK_GRACE_SECONDS)

    def drop(self) -> None:
        """Wait no more for what was started."""
        self.actions.append(DropTask())

    def send_on_errand(self, task: Task) -> None:
        """Have something done outside whatever becomes of the contact."""
        self.actions.append(StartTask(task, is_errand=True))


def whole(text: str) -> int:
    """Return the whole number that a memory holds; 0 if it holds none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
