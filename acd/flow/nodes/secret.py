"""Node ``secret``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acd.core.flows import PlaybackDone, Signal, TaskBegun, TaskDone, TimedOut
from acd.core.task import CollectSecret
from acd.flow.kinds import BAD, DIGITS, Attribute, Exit, Number, OneOf, Plain, Prompts, node
from acd.flow.model import FAIL, ON_THE_PHONE, Again, Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.problems import At, Code, quoted
from acd.flow.schema import key
from acd.flow.template import is_attribute
from acd.flow.visit import TASK_GRACE_SECONDS, Visit

_COUNT = Number("whole number", 1, 40, whole=True)


@dataclass(frozen=True, slots=True)
class _SecretName(Plain):
    label: str = "name of the secret"

    def read(self, raw: object, at: At) -> Any:
        """Read a name such as look-ups use."""
        if isinstance(raw, str) and is_attribute(raw):
            return raw
        at.say(Code.BAD_NAME, f"{quoted(raw)} cannot be a name: small letters, digits, underscores")
        return BAD

    def sets(self, value: Any) -> Iterator[str]:
        """The name by which bodies know it."""
        yield f"secret.{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Take digits that nobody may see: the number of a card, a PIN.

    They are never written down: not in the log, the trace, the database or a recording (calls are
    not recorded while they are in a flow). They are kept in memory until the contact ends, at
    most 15 minutes, and go where `{secret.NAME}` stands in the body of a `lookup` or `webhook`.
    Keys may be pressed while the prompt plays, unless it may not be interrupted. Every key is
    hidden, so none is a command here. A wrong entry is a failed try; after the last one the caller
    goes to `on_fail`.
    """

    prompt: tuple[str, ...] = key(Prompts(), "what is asked for")
    name: str = key(_SecretName(), "what a `lookup` calls it: `{secret.NAME}`")
    min_digits: int = key(_COUNT, "fewest digits", default=1)
    max_digits: int = key(_COUNT, "most digits", default=19)
    terminator: str = key(
        OneOf("phone key", (*DIGITS, "none")), "key that ends the digits, or `none`", default="#"
    )
    check: str | None = key(
        OneOf("word", ("luhn",)), "`luhn`: the check digit of a card must be right", default=None
    )
    attribute: str | None = key(
        Attribute(),
        "what the last four digits are remembered as; with `check` and 13 digits or more only",
        default=None,
    )
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for the first digit", default=10.0
    )
    digit_timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for one more digit", default=5.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=3)
    invalid: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt after a wrong entry", default=None
    )
    timeout: tuple[str, ...] | None = key(
        Prompts(), "heard before the prompt when nothing was entered", default=None
    )
    next: str = key(node(Exit.BY_CALLER), "where the caller goes when it is entered")
    on_fail: str | None = key(
        node(Exit.IN_TIME), "where the caller goes after the last try", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when no entry can be right, or when too much would be remembered."""
        if self.min_digits > self.max_digits:
            return "min_digits is more than max_digits"
        if self.attribute is not None and (self.check is None or self.min_digits < 13):
            return 'attribute is for the number of a card: check = "luhn", min_digits = 13 or more'
        return None


def ask(keys: Secret, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Ask; the keys are hidden from before the first word on."""
    terminator = "" if keys.terminator == "none" else keys.terminator
    visit.stop()
    visit.start(
        CollectSecret(
            keys.name,
            keys.min_digits,
            keys.max_digits,
            terminator,
            keys.check or "",
            keys.digit_timeout_seconds,
        ),
        0.0,
    )
    return visit.play(*first, *keys.prompt)


def enter(keys: Secret, visit: Visit) -> Entry:
    """Ask for the first time."""
    return ask(keys, visit, ())


def signal(keys: Secret, visit: Visit, signal: Signal) -> Outcome:
    """Wait until the digits are there; the keys themselves are never told."""
    match signal:
        case TaskBegun():
            if not visit.firm:
                visit.stop()
            visit.memory["begun"] = "1"
            return Wait(keys.max_digits * keys.digit_timeout_seconds + TASK_GRACE_SECONDS)
        case PlaybackDone() if "begun" not in visit.memory:
            return Wait(keys.timeout_seconds)
        case TaskDone("ok", values):
            if keys.attribute is not None:
                visit.set(keys.attribute, values.get("last4", ""))
            return Go(keys.next)
        case TaskDone("invalid"):
            visit.memory.pop("begun", None)
            return Again("not_understood", keys.invalid or ())
        case TaskDone():
            return FAIL
        case TimedOut():
            visit.memory.pop("begun", None)
            return Again("no_input", keys.timeout or ())
        case _:
            return Stay()


NODE = NodeType("secret", Secret, enter, signal, channels=ON_THE_PHONE, ask=ask)
