"""Where a contact is in a flow, and what is heard or read there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.value import value


@value(frozen=True, slots=True)
class Cursor:
    """Where a contact is in a flow.

    Attributes:
        flow: name of the flow.
        node: name of the node.
        memory: what the node remembers (tries, digits so far), as plain strings.
        stack: places to come back to when a subflow is over, the last one first to be left.
        trail: places where the customer was asked something, the last one last, each followed by
            the ``stack`` of then, with spaces between.
        counts: what is counted over the whole way: passes of loops, misunderstandings.

    A place is written ``flow/node``.
    """

    flow: str
    node: str
    memory: Mapping[str, str] = field(default_factory=dict)
    stack: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@value(frozen=True, slots=True)
class Prompt:
    """Something to be heard or read.

    Attributes:
        kind: ``key`` names an entry of the site's prompts, ``text`` is spoken as it is.
        value: the key or the text.
    """

    kind: str
    value: str


@value(frozen=True, slots=True)
class Choice:
    """One of the answers offered to a customer who reads.

    Attributes:
        key: what stands for it: ``1``.
        label: what it is, in the customer's language.
    """

    key: str
    label: str
