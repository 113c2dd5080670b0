"""Messages: what customers, agents and the centre itself write to each other."""

from __future__ import annotations

from enum import StrEnum

LONGEST_TEXT = 64 * 1024
"""Characters of a message that are kept in the log; the whole of a mail is in the intake."""

SUBJECT = "subject"
"""Attribute of a contact in writing: what it is about, where the channel tells that."""


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
