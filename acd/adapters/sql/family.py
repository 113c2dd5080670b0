"""Customers merged into one another: a tree by ``merged_into``, looked at from either end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, func, or_, select

from acd.adapters.sql.schema import customers, identities
from acd.core.customer import Identity, IdentityKind
from acd.core.ids import AgentName, CustomerId
from acd.core.timers import Instant
from acd.ports.customers import CustomerError, CustomerRow


def upwards(start: ColumnElement[bool]) -> CTE:
    """Return the customers that meet a condition and all they were merged into."""
    columns = customers.c.id, customers.c.merged_into
    found = select(*columns).where(start).cte("upwards", recursive=True)
    return found.union(select(*columns).join(found, customers.c.id == found.c.merged_into))


def family(roots: Sequence[CustomerId]) -> CTE:
    """Return ``root, id`` of customers and of all that were merged into each."""
    start = select(customers.c.id.label("root"), customers.c.id).where(customers.c.id.in_(roots))
    found = start.cte("family", recursive=True)
    below = select(found.c.root, customers.c.id).join(found, customers.c.merged_into == found.c.id)
    return found.union_all(below)


def root_of(connection: Connection, customer: CustomerId) -> CustomerId | None:
    """Return the customer that one is shown as, itself unless it was merged; None: unknown."""
    way = upwards(customers.c.id == customer)
    found = connection.scalar(select(way.c.id).where(way.c.merged_into.is_(None)))
    return None if found is None else CustomerId(found)


def roots_of(connection: Connection, wanted: Sequence[CustomerId]) -> dict[CustomerId, CustomerId]:
    """Return of each customer the one that they are shown as."""
    columns = customers.c.id, customers.c.merged_into
    way = select(customers.c.id.label("start"), *columns).where(customers.c.id.in_(wanted))
    found = way.cte("ways", recursive=True)
    above = select(found.c.start, *columns).join(found, customers.c.id == found.c.merged_into)
    found = found.union_all(above)
    ends = select(found.c.start, found.c.id).where(found.c.merged_into.is_(None))
    return {CustomerId(start): CustomerId(root) for start, root in connection.execute(ends)}


def unmerged(connection: Connection, customer: CustomerId) -> None:
    """Pass if the customer exists and is its own.

    Raises:
        CustomerError: ``customer-unknown`` or ``customer-merged``.
    """
    root = root_of(connection, customer)
    if root is None:
        raise unknown(customer)
    if root != customer:
        raise CustomerError(
            f"customer {customer} was merged into {root}",
            hint=f"ask about {root}, or take {customer} out of it",
            code="customer-merged",
        )


def unknown(customer: CustomerId) -> CustomerError:
    """Return the error to raise when there is no such customer."""
    return CustomerError(f"there is no customer {customer!r}", code="customer-unknown")


def rows_of(connection: Connection, wanted: Sequence[CustomerId]) -> list[CustomerRow]:
    """Return customers in the order asked for; unknown ones are left out."""
    found = connection.execute(select(customers).where(customers.c.id.in_(wanted)))
    rows = {row.id: row for row in found}
    trees = family(wanted)
    known_by: dict[str, list[Identity]] = {}
    identity = select(trees.c.root, identities.c.kind, identities.c.text)
    identity = identity.join(trees, identities.c.customer == trees.c.id)
    in_order = identities.c.added_at, identities.c.kind, identities.c.text
    for root, kind, text in connection.execute(identity.order_by(*in_order)):
        known_by.setdefault(root, []).append(Identity(IdentityKind(kind), text))
    merged: dict[str, list[CustomerId]] = {}
    inside = select(customers.c.merged_into, customers.c.id)
    inside = inside.where(customers.c.merged_into.in_(wanted))
    for root, one in connection.execute(inside.order_by(customers.c.created_at, customers.c.id)):
        merged.setdefault(root, []).append(CustomerId(one))
    return [
        _row(rows[one], tuple(known_by.get(one, ())), tuple(merged.get(one, ())))
        for one in wanted
        if one in rows
    ]


def row_of(connection: Connection, customer: CustomerId) -> CustomerRow:
    """Return a customer that must exist.

    Raises:
        CustomerError: ``customer-unknown``.
    """
    found = rows_of(connection, [customer])
    if not found:
        raise unknown(customer)
    return found[0]


def matching(query: str) -> ColumnElement[bool]:
    """Return the condition that a customer's own name, id or an identity of theirs holds a text."""
    folded = query.strip().casefold()
    digits = "".join(character for character in folded if character.isdigit())
    texts = [func.lower(identities.c.text).contains(folded, autoescape=True)]
    if digits and not any(character.isalpha() for character in folded):
        texts.append(identities.c.text.contains(digits))
    return or_(
        customers.c.name_key.contains(folded, autoescape=True),
        customers.c.id == query.strip(),
        customers.c.id.in_(select(identities.c.customer).where(or_(*texts))),
    )


def _row(row: Any, known_by: tuple[Identity, ...], merged: tuple[CustomerId, ...]) -> CustomerRow:
    return CustomerRow(
        CustomerId(row.id),
        row.name,
        row.language,
        None if row.preferred_agent is None else AgentName(row.preferred_agent),
        row.note,
        Instant(row.created_at),
        known_by,
        merged,
        None if row.merged_into is None else CustomerId(row.merged_into),
    )
