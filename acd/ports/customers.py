"""Customers, what they are known by, and the matters that their contacts are about.

What is written here comes from two sides: the fold of the log (:class:`Sighting`, :class:`Learned`,
:class:`Left`), which is told again after a crash and then changes nothing, and people, who give
names, add identities and merge. Merging moves nothing: a customer points to the one it was merged
into and everything asked about that one includes it. So taking it out again restores exactly what
was its own, with what came in by its identities meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from acd.core.customer import Identity
from acd.core.errors import AcdError
from acd.core.ids import AgentName, ContactId, ConversationId, CustomerId, QueueName
from acd.core.timers import Instant

SAME_MATTER_SECONDS = 7 * 24 * 3600
"""A contact continues the customer's newest conversation if something happened in it since."""

MOST_CONTEXT = 100
"""Attributes that a conversation carries; what is learned beyond them is not carried."""


class CustomerError(AcdError):
    """What was asked about customers cannot be done.

    Codes: ``customer-unknown``, ``conversation-unknown``, ``identity-taken`` (another customer has
    it: merge the two), ``identity-unknown``, ``customer-merged`` (ask about the one that it was
    merged into), ``customer-not-merged``, ``merge-with-self``.
    """

    code = "customer-unknown"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A contact began, and its channel tells who it is from.

    Attributes:
        seq: record of the log that says so.
        name, language: as the channel tells; a new customer gets them.
        thread: of written messages; empty for none.
        customer, conversation: ids for a new one; made of the contact's, so that telling this
            again makes no second one.
    """

    seq: int
    at: Instant
    contact: ContactId
    identity: Identity
    name: str
    language: str
    thread: str
    customer: CustomerId
    conversation: ConversationId


@dataclass(frozen=True, slots=True)
class Learned:
    """Something was learned in a contact that its conversation carries on."""

    seq: int
    at: Instant
    contact: ContactId
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Left:
    """A contact's customer is no longer with us."""

    seq: int
    at: Instant
    contact: ContactId


@dataclass(frozen=True, slots=True)
class Placed:
    """A contact was begun on a matter that was known, such as a call that an agent makes.

    Attributes:
        customer, conversation: whose and on which; both exist.
        thread: of written messages; empty for none.
    """

    seq: int
    at: Instant
    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    thread: str = ""


Fact = Sighting | Placed | Learned | Left


@dataclass(frozen=True, slots=True)
class Known:
    """Who a contact is from, and what its conversation is about.

    Attributes:
        customer: the one that others were merged into, if any were.
        context: what was learned in earlier contacts of the conversation.
    """

    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    name: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer.

    Attributes:
        identities: in the order of their addition; those of merged customers are included.
        merged: customers that were merged into it, directly.
        merged_into: another customer that everything of this one is now shown with.
    """

    id: CustomerId
    name: str
    language: str
    preferred_agent: AgentName | None
    note: str
    created_at: Instant
    identities: tuple[Identity, ...] = ()
    merged: tuple[CustomerId, ...] = ()
    merged_into: CustomerId | None = None


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What people change of a customer; None leaves it.

    Attributes:
        preferred_agent: empty for nobody.
    """

    name: str | None = None
    language: str | None = None
    preferred_agent: str | None = None
    note: str | None = None
    add: tuple[Identity, ...] = ()
    remove: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """Contacts of one customer on one matter.

    Attributes:
        last_at: when a contact of it last began or ended.
        context: what was learned in its contacts, carried from one to the next.
        contacts: oldest first.
        is_busy: one of them has not ended.
    """

    id: ConversationId
    customer: CustomerId
    opened_at: Instant
    last_at: Instant
    context: Mapping[str, str]
    contacts: tuple[ContactId, ...]
    is_busy: bool

    def is_open(self, now: Instant) -> bool:
        """Return whether a contact that came now would belong to it."""
        return self.is_busy or now - self.last_at <= SAME_MATTER_SECONDS * 1_000_000


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A contact of a customer.

    Attributes:
        document: as the API shows the contact, a JSON object in UTF-8.
    """

    contact: ContactId
    conversation: ConversationId
    document: bytes


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A customer with a call that no agent answered.

    Attributes:
        contacts: all of theirs in the time asked about, newest first.
    """

    customer: CustomerRow
    contacts: tuple[TimelineRow, ...]


class CustomerStore(Protocol):
    """Customers and conversations, durable. Every method may raise ``StoreError``."""

    # --- told by the fold of the log ------------------------------------------------------------

    async def customer_position(self) -> int:
        """Return a record up to which all facts are kept; 0 at first."""
        ...

    async def take(self, facts: Sequence[Fact]) -> list[Known]:
        """Keep facts in their order, all or none; return who each sighted contact is from.

        A contact is given to the customer with its identity, else to a new one, and to the
        conversation of its thread with the same customer, else to the newest in which something
        happened within :data:`SAME_MATTER_SECONDS` or a contact has not ended, else to a new one.
        """
        ...

    async def known(self, contacts: Sequence[ContactId]) -> list[Known]:
        """Return who contacts are from; those of nobody known are left out."""
        ...

    # --- asked and changed by people ------------------------------------------------------------

    async def customer(self, customer: CustomerId) -> CustomerRow | None:
        """Return a customer, or None."""
        ...

    async def customers(
        self, query: str, *, before: CustomerId | None = None, limit: int
    ) -> list[CustomerRow]:
        """Return customers, newest first, none that was merged into another.

        Args:
            query: part of a name or of an identity of theirs, whatever the case; empty for all.
            before: only those made before this one: the way to the next page.
            limit: at most so many.
        """
        ...

    async def change_customer(
        self, customer: CustomerId, change: CustomerChange, *, now: Instant
    ) -> CustomerRow:
        """Change a customer, wholly or not at all; return what they are then.

        Raises:
            CustomerError: ``customer-unknown``, ``customer-merged``, ``identity-taken``,
                ``identity-unknown``.
        """
        ...

    async def merge(self, customer: CustomerId, other: CustomerId) -> CustomerRow:
        """Show ``other`` as part of ``customer`` from now on.

        Raises:
            CustomerError: ``customer-unknown``, ``customer-merged``, ``merge-with-self``.
        """
        ...

    async def unmerge(self, customer: CustomerId) -> CustomerRow:
        """Take a customer out of the one it was merged into, with all that was its own.

        Raises:
            CustomerError: ``customer-unknown``, ``customer-not-merged``.
        """
        ...

    async def timeline(
        self, customer: CustomerId, *, before: ContactId | None = None, limit: int
    ) -> list[TimelineRow]:
        """Return the contacts of a customer on every channel, newest first."""
        ...

    async def conversation(self, conversation: ConversationId) -> ConversationRow | None:
        """Return a conversation, or None."""
        ...

    async def contacts_of(self, conversation: ConversationId) -> list[TimelineRow]:
        """Return the contacts of a conversation, newest first."""
        ...

    async def unanswered(
        self, queues: Sequence[QueueName] | None, *, since: Instant, limit: int
    ) -> list[Unanswered]:
        """Return customers who called and were answered by no agent, newest call first.

        Left out is, at once, whoever talked to an agent on the phone after that; the rest of what
        happened since is among the contacts.

        Args:
            queues: queues that the calls were in; None for all.
            since: only calls and other contacts that began at this instant or later.
            limit: at most so many calls.
        """
        ...
