"""Channels and their traits: channels differ by data, not by code path."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """How a contact reaches us."""

    VOICE = "voice"
    CHAT = "chat"
    MAIL = "mail"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class Traits:
    """What the core must know of a channel.

    Attributes:
        has_legs: parties are joined by PBX channels, so an offer rings a phone and answering it
            accepts; without legs an offer is shown and accepted by a request.
    """

    has_legs: bool


TRAITS: dict[Channel, Traits] = {
    Channel.VOICE: Traits(has_legs=True),
    Channel.CHAT: Traits(has_legs=False),
    Channel.MAIL: Traits(has_legs=False),
    Channel.SMS: Traits(has_legs=False),
}
