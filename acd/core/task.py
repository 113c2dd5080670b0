"""Tasks: what a flow asks somebody outside to do while the customer stays at a node.

A task is data. The core starts it (:class:`acd.core.effects.PerformTask`), takes what came of it
(:class:`acd.core.inputs.TaskReported`) and tells the flow, once, and only while the contact still
waits for it. Whoever performs it is found by its type. A new task is a class here, a performer in
the shell and a node that starts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.value import value


class Task:
    """Base of tasks.

    Attributes:
        kind: name of the kind, written down with each task so that it can be read back.
    """

    __slots__ = ()
    kind: str


@value(frozen=True, slots=True)
class Lookup(Task):
    """Ask a web service.

    Attributes:
        method: ``GET`` or ``POST``.
        url: with everything filled in.
        body: JSON text that is sent; empty for none.
        take: name to the path of the answer's member that becomes a value: ``customer.tier``.
        timeout_seconds: how long the answer may take.
        secret_file: name of the setting that holds the credentials; empty for none.
    """

    method: str
    url: str
    body: str = ""
    take: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 5.0
    secret_file: str = ""
    kind: str = "lookup"


@value(frozen=True, slots=True)
class Listen(Task):
    """Record a few words of a caller and recognise them.

    Attributes:
        phrases: what is listened for; empty for anything.
        language: in which language.
        max_seconds: longest utterance.
        silence_seconds: how long a silence ends it.
    """

    phrases: tuple[str, ...]
    language: str
    max_seconds: float = 6.0
    silence_seconds: float = 1.0
    kind: str = "listen"


@value(frozen=True, slots=True)
class CollectSecret(Task):
    """Take digits of a caller that are never written anywhere, nor told to the core.

    Attributes:
        name: what services call them: ``{secret.NAME}`` in the body of a look-up.
        min_digits, max_digits: how many.
        terminator: the key that ends them, or empty.
        check: ``luhn`` or empty.
        timeout_seconds: how long the first digit, and each one after it, may take.
    """

    name: str
    min_digits: int
    max_digits: int
    terminator: str
    check: str
    timeout_seconds: float
    kind: str = "collect-secret"


@value(frozen=True, slots=True)
class DialOutside(Task):
    """Ring somebody outside and join the caller to them, until one of them hangs up.

    Attributes:
        number: what is dialled.
        ring_seconds: how long it may ring.
    """

    number: str
    ring_seconds: float
    kind: str = "dial"


@value(frozen=True, slots=True)
class VisitDialplan(Task):
    """Send a caller out to a context of the site's own Asterisk dialplan until they come back.

    Attributes:
        context, extension: where.
    """

    context: str
    extension: str
    kind: str = "dialplan"


KINDS: dict[str, type[Task]] = {
    "lookup": Lookup,
    "listen": Listen,
    "collect-secret": CollectSecret,
    "dial": DialOutside,
    "dialplan": VisitDialplan,
}
"""Kind to class, to read back what was written down."""
