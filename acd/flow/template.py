"""Texts with attributes in them: ``{name}`` and nothing else, replaced once and never evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = r"[a-z][a-z0-9_]{0,63}"
_PLACE = re.compile(r"\{(" + _NAME + r")\}")
_ATTRIBUTE = re.compile(_NAME)

MAX_LENGTH = 1000  # characters of a filled text: nobody listens longer, and attributes are hostile

BUILT_IN = frozenset({"ani", "dnis", "caller_name", "language"})
"""Names that every contact has; no node may set them as attributes."""

TOLD = frozenset({"subject", "mail_automatic", "mail_unreadable"})
"""Attributes that a mail brings along, see :mod:`acd.gateways.mail.receive`; nodes may set them."""


def names(template: str) -> tuple[str, ...]:
    """Return the attributes that ``template`` names.

    >>> names("Order {order} of {name}, {not a name}, {{order}")
    ('order', 'name', 'order')
    """
    return tuple(_PLACE.findall(template))


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
