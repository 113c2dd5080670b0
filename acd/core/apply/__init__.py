"""The fold: how each event changes the state. Total; decides nothing.

A function checks everything that may be illegal before it changes anything, so an illegal event
leaves the state as it was.
"""

from __future__ import annotations

from acd.core.apply import centre, contacts, endings, flows, legs, messages, offers, publishing
from acd.core.apply.registry import FOLDS, apply

__all__ = [
    "FOLDS",
    "apply",
    "centre",
    "contacts",
    "endings",
    "flows",
    "legs",
    "messages",
    "offers",
    "publishing",
]
