"""Texts with attributes in them: ``{name}``, replaced once and never evaluated.

``{name:kind}`` is a value of :mod:`acd.flow.values`: ``{due:date}`` is heard and read as a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_NAME = r"[a-z][a-z0-9_]{0,63}"
_PLACE = re.compile(r"\{(" + _NAME + r")(?::([a-z]{1,20}))?\}")
_ATTRIBUTE = re.compile(_NAME)

MAX_LENGTH = 1000  # characters of a filled text: nobody listens longer, and attributes are hostile

BUILT_IN = frozenset({"ani", "dnis", "caller_name", "language", "channel"})
"""Names that every contact has; no node may set them as attributes."""

TOLD = frozenset(
    {"subject", "mail_automatic", "mail_unreadable"}
    | {"previous_contact", "previous_agent", "previous_queue"}
)
"""Attributes that a mail brings along (:mod:`acd.gateways.mail.receive`), and those of a contact
that follows another (:mod:`acd.core.decide.after`); nodes may set them."""


def names(template: str) -> tuple[str, ...]:
    """Return the attributes that ``template`` names.

    >>> names("Order {order} of {name}, {not a name}, {{order}")
    ('order', 'name', 'order')
    """
    return tuple(match[1] for match in _PLACE.finditer(template))


def kinds(template: str) -> tuple[str, ...]:
    """Return the kinds of values that ``template`` names.

    >>> kinds("{amount:money} by {due:date}, {name}")
    ('money', 'date')
    """
    return tuple(match[2] for match in _PLACE.finditer(template) if match[2])


def pieces(template: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Iterate over what ``template`` comes to: (kind, text), where plain text is of kind ``text``.

    >>> list(pieces("You owe {sum:money}, {name}.", {"sum": "5 EUR", "name": "{sum}"}))
    [('text', 'You owe'), ('money', '5 EUR'), ('text', ', {sum}.')]
    """
    text, end = "", 0
    for match in _PLACE.finditer(template):
        text += template[end : match.start()]
        end = match.end()
        value = values.get(match[1], "")[:MAX_LENGTH]
        if match[2] is None:
            text += value
        else:
            if text.strip():
                yield "text", text.strip()[:MAX_LENGTH]
            text = ""
            if value.strip():
                yield match[2], value
    text += template[end:]
    if text.strip():
        yield "text", text.strip()[:MAX_LENGTH]


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with each ``{name}`` replaced; an unknown name becomes nothing.

    What comes out of an attribute is text: it is not looked at again.

    >>> fill("Order {order}, {missing}.", {"order": "{order} ${x} %s"})
    'Order {order} ${x} %s, .'
    """
    return _PLACE.sub(lambda match: values.get(match[1], ""), template)[:MAX_LENGTH]


def is_attribute(name: str) -> bool:
    """Return whether ``name`` may name an attribute that flows set."""
    return _ATTRIBUTE.fullmatch(name) is not None and name not in BUILT_IN
