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
    """Ask a web service; ``not_found`` is an outcome of its own.

    Attributes:
        service: name of the service in the settings: where it is, and who we are to it.
        method: ``GET`` or ``POST``.
        path: path and query with everything filled in and encoded; begins with ``/``.
        body: member of the JSON object that is posted to its text; ``customer.id`` is the member
            ``id`` of the member ``customer``.
        secrets: member of that object to the name of the secret that it is, see
            :class:`CollectSecret`.
        take: name to the path of the answer's member that becomes a value: ``customer.tier``.
        timeout_seconds: how long the answer may take.
    """

    service: str
    method: str
    path: str
    body: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    take: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 5.0
    kind: str = "lookup"


@value(frozen=True, slots=True)
class Notify(Task):
    """Post to a web service until it takes it: the errand of a flow that does not wait.

    Attributes:
        service, path, body: see :class:`Lookup`.
    """

    service: str
    path: str
    body: Mapping[str, str] = field(default_factory=dict)
    kind: str = "notify"


@value(frozen=True, slots=True)
class Listen(Task):
    """Record a few words of a caller and recognise them.

    Outcomes: ``ok`` with ``text`` (empty when it is none of the phrases) and ``confidence``,
    ``silent``, and ``unavailable`` when nobody here understands the language.

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

    Outcomes: ``ok`` with ``length``, and with ``last4`` for the number of a card; ``invalid``.

    Attributes:
        name: what services call them: ``{secret.NAME}`` in the body of a look-up.
        min_digits, max_digits: how many.
        terminator: the key that ends them, or empty.
        check: ``luhn`` or empty.
        timeout_seconds: how long each digit after the first may take; how long to wait for the
            first one is the flow's to say.
    """

    name: str
    min_digits: int
    max_digits: int
    terminator: str
    check: str
    timeout_seconds: float
    kind: str = "collect-secret"


DIAL_CONTEXT = "acd-dial"
"""The context of ours that joins a caller to somebody outside."""


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

    Performed by the PBX as :class:`acd.core.effects.SendOut`; meanwhile their leg is away.

    Attributes:
        context, extension: where.
        max_seconds: how long they may stay.
    """

    context: str
    extension: str
    max_seconds: float = 600.0
    kind: str = "dialplan"


WITHOUT_LEG = (Lookup, Notify)
"""What is done wherever the customer is meanwhile, so a crash does not end it."""

KINDS: dict[str, type[Task]] = {
    "lookup": Lookup,
    "notify": Notify,
    "listen": Listen,
    "collect-secret": CollectSecret,
    "dial": DialOutside,
    "dialplan": VisitDialplan,
}
"""Kind to class, to read back what was written down."""
