"""``/api/v1/customers``, ``/api/v1/conversations``: who contacts are from, on which matter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.customers import LONGEST_NAME
from acd.app.documents import moment
from acd.app.timeline import TimelineEntry, entry_of
from acd.core.customer import Identity, IdentityKind, identity_of
from acd.core.ids import AgentName, ContactId, ConversationId, CustomerId
from acd.ports.audit import AuditEntry
from acd.ports.customers import CustomerChange, CustomerRow, CustomerStore
from acd.ports.store import Role
from acd.web.auth import ACTOR
from acd.web.errors import ApiError
from acd.web.routes import route

PAGE = 50
LARGEST_PAGE = 200
LONGEST_NOTE = 4000
LONGEST_QUERY = 100
MOST_IDENTITIES = 20

Line = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)]


class IdentityDocument(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer is known by; ``text`` as normalised in answers, in any spelling when sent."""

    kind: IdentityKind
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]


class CustomerCard(msgspec.Struct, kw_only=True):
    """A customer.

    Attributes:
        preferred_agent: who should serve them; null for anybody.
        identities: those of customers merged into this one are included.
        merged: customers that were merged into this one and can be taken out again.
        merged_into: another customer that all of this one is shown with now, or null.
    """

    id: CustomerId
    name: str
    language: str
    preferred_agent: AgentName | None
    note: str
    created_at: datetime
    identities: list[IdentityDocument]
    merged: list[CustomerId]
    merged_into: CustomerId | None


class CustomersQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which customers to list.

    Attributes:
        q: part of a name, a number, an address or a handle; without it all.
        before: the page after this customer.
        limit: at most so many.
    """

    q: Annotated[str, msgspec.Meta(max_length=LONGEST_QUERY)] = ""
    before: CustomerId | None = None
    limit: Limit = PAGE


class CustomerPage(msgspec.Struct):
    """Customers, newest first; ``next`` goes into ``before`` for the next page."""

    customers: list[CustomerCard]
    next: CustomerId | None


class CustomerBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is sent to change a customer; what is not given stays.

    Attributes:
        preferred_agent: empty for anybody.
        add_identities: that another customer has: refused, merge the two instead.
    """

    name: Line | None = None
    language: Annotated[str, msgspec.Meta(pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$")] | None = (
        None
    )
    preferred_agent: Line | None = None
    note: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE)] | None = None
    add_identities: Annotated[list[IdentityDocument], msgspec.Meta(max_length=MOST_IDENTITIES)] = []
    remove_identities: Annotated[
        list[IdentityDocument], msgspec.Meta(max_length=MOST_IDENTITIES)
    ] = []


class MergeBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is sent to merge; all of ``other`` is shown with this customer from then on."""

    other: CustomerId


class TimelineQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of a timeline to list.

    Attributes:
        before: the page after this contact.
        limit: at most so many.
    """

    before: ContactId | None = None
    limit: Limit = PAGE


class TimelinePage(msgspec.Struct):
    """A customer's contacts, newest first; ``next`` goes into ``before`` for the next page."""

    entries: list[TimelineEntry]
    next: ContactId | None


class ConversationDocument(msgspec.Struct, kw_only=True):
    """Contacts of one customer on one matter.

    Attributes:
        last_at: when one of them last began or ended.
        is_open: a contact of the customer that came now would belong to it.
        context: what was learned in its contacts; each new one begins with it.
        contacts: newest first.
    """

    id: ConversationId
    customer: CustomerId
    opened_at: datetime
    last_at: datetime
    is_open: bool
    context: dict[str, str]
    contacts: list[TimelineEntry]


class Customers:
    """The handlers."""

    def __init__(self, centre: Centre, store: CustomerStore) -> None:
        self._centre = centre
        self._store = store

    @route("GET", "/api/v1/customers", Role.AGENT)
    async def customers(self, request: web.Request, query: CustomersQuery) -> CustomerPage:
        """Find customers, newest first."""
        found = await self._store.customers(query.q, before=query.before, limit=query.limit)
        last = found[-1].id if len(found) == query.limit else None
        return CustomerPage([_card(row) for row in found], last)

    @route("GET", "/api/v1/customers/{id}", Role.AGENT)
    async def customer(self, request: web.Request, id: CustomerId) -> CustomerCard:
        """Show a customer."""
        return _card(await self._known(id))

    @route("PATCH", "/api/v1/customers/{id}", Role.AGENT)
    async def change(
        self, request: web.Request, id: CustomerId, body: CustomerBody
    ) -> CustomerCard:
        """Change a customer; answers with them as they are then."""
        change = CustomerChange(
            None if body.name is None else " ".join(body.name.split()),
            body.language,
            body.preferred_agent,
            body.note,
            add=tuple(_identity(one) for one in body.add_identities),
            remove=tuple(_identity(one) for one in body.remove_identities),
        )
        self._check_agent(body.preferred_agent)
        row = await self._store.change_customer(id, change, now=self._centre.now())
        changed = [name for name in body.__struct_fields__ if getattr(body, name) not in (None, [])]
        await self._note(request, "customers.change", id, {"fields": changed})
        return _card(row)

    @route("POST", "/api/v1/customers/{id}/merge", Role.AGENT)
    async def merge(self, request: web.Request, id: CustomerId, body: MergeBody) -> CustomerCard:
        """Show another customer as part of this one from now on; nothing is lost by it."""
        row = await self._store.merge(id, body.other)
        await self._note(request, "customers.merge", id, {"other": body.other})
        return _card(row)

    @route("POST", "/api/v1/customers/{id}/unmerge", Role.AGENT)
    async def unmerge(self, request: web.Request, id: CustomerId) -> CustomerCard:
        """Take a customer out of the one it was merged into, with all that was its own."""
        into = (await self._known(id)).merged_into
        row = await self._store.unmerge(id)
        await self._note(request, "customers.unmerge", id, {"from": into})
        return _card(row)

    @route("GET", "/api/v1/customers/{id}/timeline", Role.AGENT)
    async def timeline(
        self, request: web.Request, id: CustomerId, query: TimelineQuery
    ) -> TimelinePage:
        """List a customer's contacts on every channel, newest first."""
        await self._known(id)
        rows = await self._store.timeline(id, before=query.before, limit=query.limit)
        last = rows[-1].contact if len(rows) == query.limit else None
        return TimelinePage([entry_of(row) for row in rows], last)

    @route("GET", "/api/v1/conversations/{id}", Role.AGENT)
    async def conversation(self, request: web.Request, id: ConversationId) -> ConversationDocument:
        """Show the contacts of one matter and what is known of it."""
        found = await self._store.conversation(id)
        if found is None:
            raise ApiError(f"there is no conversation {id!r}", code="conversation-unknown")
        return ConversationDocument(
            id=found.id,
            customer=found.customer,
            opened_at=moment(found.opened_at),
            last_at=moment(found.last_at),
            is_open=found.is_open(self._centre.now()),
            context=dict(found.context),
            contacts=[entry_of(row) for row in await self._store.contacts_of(id)],
        )

    async def _known(self, customer: CustomerId) -> CustomerRow:
        found = await self._store.customer(customer)
        if found is None:
            raise ApiError(f"there is no customer {customer!r}", code="customer-unknown")
        return found

    def _check_agent(self, name: str | None) -> None:
        if name and name not in self._centre.state.agents:
            raise ApiError(f"there is no agent {name!r}", details={"field": "preferred_agent"})

    async def _note(
        self, request: web.Request, action: str, customer: CustomerId, details: dict[str, object]
    ) -> None:
        entry = AuditEntry(
            self._centre.now(), request[ACTOR], action, f"customer:{customer}", details
        )
        await self._centre.audit_store.add(entry)


def _card(row: CustomerRow) -> CustomerCard:
    return CustomerCard(
        id=row.id,
        name=row.name,
        language=row.language,
        preferred_agent=row.preferred_agent,
        note=row.note,
        created_at=moment(row.created_at),
        identities=[IdentityDocument(one.kind, one.text) for one in row.identities],
        merged=list(row.merged),
        merged_into=row.merged_into,
    )


def _identity(given: IdentityDocument) -> Identity:
    found = identity_of(given.text, (given.kind,))
    if found is None:
        raise ApiError(
            f"{given.text!r} is no {given.kind}",
            code="identity-invalid",
            details={"kind": given.kind},
        )
    return found
