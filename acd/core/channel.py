"""Channels and their traits: channels differ by data, not by code path."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.customer import IdentityKind


class Channel(StrEnum):
    """How a contact reaches us."""

    VOICE = "voice"
    CHAT = "chat"
    MAIL = "mail"
    SMS = "sms"
    MESSAGING = "messaging"


@dataclass(frozen=True, slots=True)
class Traits:
    """What the core must know of a channel.

    Attributes:
        has_legs: parties are joined by PBX channels, so an offer rings a phone and answering it
            accepts; without legs an offer is shown and accepted by a request.
        is_delivered: what we write is carried to the customer by a gateway that says when it has
            arrived; else whoever is connected reads it and who is not finds it later.
        is_live: the customer stays and waits, so a queue can be full and gives up after its
            longest wait. Nobody sits and waits for an answer to a mail: it stays until answered.
        offer_seconds: least time an agent has to take an offer.
        is_answered_by_reply: taking it is not answering it: the customer has waited until the first
            message that a person wrote.
        reply_seconds: how long a customer has at least to answer what a flow asks.
        senders: what its contacts can be recognised by, the first that fits.
    """

    has_legs: bool
    is_delivered: bool = False
    is_live: bool = True
    offer_seconds: float = 0
    is_answered_by_reply: bool = False
    reply_seconds: float = 0
    senders: tuple[IdentityKind, ...] = ()


_NUMBER, _ADDRESS, _HANDLE = IdentityKind.NUMBER, IdentityKind.ADDRESS, IdentityKind.HANDLE

TRAITS: dict[Channel, Traits] = {
    Channel.VOICE: Traits(has_legs=True, senders=(_NUMBER,)),
    Channel.CHAT: Traits(
        has_legs=False,
        is_answered_by_reply=True,
        reply_seconds=180,
        senders=(_ADDRESS, _NUMBER, _HANDLE),
    ),
    Channel.MAIL: Traits(
        has_legs=False,
        is_delivered=True,
        is_live=False,
        offer_seconds=120,
        is_answered_by_reply=True,
        reply_seconds=3 * 86_400,
        senders=(_ADDRESS,),
    ),
    Channel.SMS: Traits(
        has_legs=False,
        is_delivered=True,
        is_live=False,
        offer_seconds=60,
        is_answered_by_reply=True,
        reply_seconds=3600,
        senders=(_NUMBER, _HANDLE),
    ),
    Channel.MESSAGING: Traits(
        has_legs=False,
        is_delivered=True,
        is_live=False,
        offer_seconds=60,
        is_answered_by_reply=True,
        reply_seconds=3600,
        senders=(_HANDLE,),
    ),
}
