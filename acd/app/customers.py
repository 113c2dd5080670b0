"""Who contacts are from: the log folded into customers and conversations, and told to the engine.

For each contact that begins, the customer with its identity is found or made, and the conversation
that it continues; the engine is told of both, with what was learned in earlier contacts. All of it
comes from the log, so a crash anywhere only has the same done again, to no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from acd.app.follow import Follower
from acd.app.metrics import STREAM_ATTRIBUTE
from acd.core import events as e
from acd.core.channel import TRAITS, Channel
from acd.core.customer import Identity, IdentityKind, identity_of
from acd.core.ids import ContactId, ConversationId, CustomerId
from acd.core.inputs import IdentifyContact, Input
from acd.core.message import SUBJECT
from acd.core.record import Record
from acd.core.state import State
from acd.ports.customers import CustomerStore, Fact, Known, Learned, Left, Placed, Sighting
from acd.ports.store import LogStore

ACTOR = "customers"

OF_ONE_CONTACT = frozenset({STREAM_ATTRIBUTE, SUBJECT})
"""Attributes that say something of one contact only; the conversation does not carry them."""

_CHANNELS = tuple(f"{channel}_" for channel in Channel)


def is_carried(key: str) -> bool:
    """Return whether a conversation carries an attribute from one contact to the next.

    Not what is of one contact only, as everything is whose name begins with a channel's:
    ``mail_id`` of one mail means nothing to the next.
    """
    return key not in OF_ONE_CONTACT and not key.startswith(_CHANNELS)


def identity_of_contact(opened: e.ContactOpened) -> Identity | None:
    """Return what a contact's customer is recognised by; None for one who does not say.

    A handle means somebody only where it was given: two networks may call two people the same.
    """
    found = identity_of(opened.ani, TRAITS[opened.channel].senders)
    if found is None or found.kind is not IdentityKind.HANDLE:
        return found
    return identity_of(f"{opened.dnis}/{found.text}", (IdentityKind.HANDLE,))


def is_ours(opened: e.ContactOpened) -> bool:
    """Return whether an agent began a contact; older logs tell that of calls only."""
    return opened.begun_by is not None or bool(opened.dial)


def fact_of(record: Record) -> Fact | None:
    """Return what a record says about customers, or None."""
    match record.body:
        case e.ContactOpened() as opened:
            return _sighting(record, opened)
        case e.ContactIdentified(contact, customer, conversation):
            return Placed(record.seq, record.at, contact, customer, conversation)
        case e.AttributeSet(contact, key, value) if is_carried(key):
            return Learned(record.seq, record.at, contact, key, value)
        case e.ContactEnded(contact):
            return Left(record.seq, record.at, contact)
        case _:
            return None


def _sighting(record: Record, opened: e.ContactOpened) -> Sighting | None:
    identity = identity_of_contact(opened)
    if identity is None or is_ours(opened):  # who it is to is known from the contact it is about
        return None
    born = opened.contact.removeprefix("c-")  # so whoever is made of it tells where
    return Sighting(
        record.seq,
        record.at,
        opened.contact,
        identity,
        _shown(opened.caller_name, identity),
        _clean(opened.language),
        opened.thread.replace("\0", ""),  # PostgreSQL's text holds none
        CustomerId(f"cu-{born}"),
        ConversationId(f"cv-{born}"),
    )


def _shown(name: str, identity: Identity) -> str:
    """Return a name as told by a channel; none if it only repeats the identity."""
    plain = _clean(name)
    again = identity_of(plain, (identity.kind,))
    return "" if again == identity else plain


LONGEST_NAME = 200


def _clean(text: str) -> str:
    """Return a line of a channel's without what cannot be shown."""
    plain = "".join(one for one in " ".join(text.split()) if one.isprintable())
    return plain[:LONGEST_NAME]


class Customers(Follower):
    """Keeps customers up to date with the log, and tells the engine who contacts are from.

    Args:
        log_store: what is followed.
        store: what is written.
        state: the engine's: which contacts are open.
        tell: puts an input into the engine's inbox.
    """

    def __init__(
        self,
        log_store: LogStore,
        store: CustomerStore,
        state: State,
        tell: Callable[[Input, str], None],
    ) -> None:
        super().__init__("customers", log_store)
        self._store = store
        self._state = state
        self._tell = tell
        self._facts: list[Fact] = []
        self._begun: dict[ContactId, str] = {}  # contacts that we began, to their threads

    async def begin(self) -> int:
        """Go back to what is stored, and tell the engine what a crash may have kept from it."""
        self._facts, self._begun = [], {}
        position = await self._store.customer_position()
        unknown = [one.id for one in self._state.contacts.values() if one.customer is None]
        for known in await self._store.known(unknown):
            self._identify(known)
        return position

    def fold(self, record: Record) -> None:
        """Take one record in."""
        match record.body:
            case e.ContactOpened() as opened if is_ours(opened):
                self._begun[opened.contact] = opened.thread
            case e.ContactIdentified(contact) if contact not in self._begun:
                return  # we said so
            case e.ContactEnded(contact):
                self._begun.pop(contact, None)
        fact = fact_of(record)
        if isinstance(fact, Placed):
            fact = replace(fact, thread=self._begun[fact.contact])
        if fact is not None:
            self._facts.append(fact)

    async def save(self, position: int) -> None:
        """Keep what is new and tell the engine who its contacts are from."""
        facts, self._facts = self._facts, []
        if facts:
            for known in await self._store.take(facts):
                self._identify(known)

    def _identify(self, known: Known) -> None:
        contact = self._state.contacts.get(known.contact)
        if contact is None or contact.customer is not None:
            return
        news = {k: v for k, v in known.context.items() if k not in contact.attributes}
        self._tell(
            IdentifyContact(
                known.contact, known.customer, known.conversation, known.name, attributes=news
            ),
            ACTOR,
        )
