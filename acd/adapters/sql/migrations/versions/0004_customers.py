"""Tables of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _of(table: str, name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "customers",
        _key("id"),
        _text("name"),
        _text("name_key"),
        _text("language"),
        _text("preferred_agent", nullable=True),
        _text("note"),
        _big("created_at"),
        _of("customers", "merged_into", nullable=True),
    )
    op.create_table(
        "identities", _key("kind"), _key("text"), _of("customers", "customer"), _big("added_at")
    )
    op.create_table(
        "conversations",
        _key("id"),
        _of("customers", "customer"),
        _big("opened_at"),
        _big("last_at"),
        _text("context"),
    )
    op.create_table(
        "customer_contacts",
        _key("contact"),
        _big("seq"),
        _of("customers", "customer"),
        _of("conversations", "conversation"),
        _text("thread"),
        _big("opened_at"),
        _big("left_at", nullable=True),
    )
    for name, table, columns in (
        ("customers_created", "customers", ["created_at", "id"]),
        ("customers_merged", "customers", ["merged_into"]),
        ("identities_customer", "identities", ["customer"]),
        ("conversations_customer", "conversations", ["customer", "last_at"]),
        ("customer_contacts_seq", "customer_contacts", ["seq"]),
        ("customer_contacts_customer", "customer_contacts", ["customer", "opened_at"]),
        ("customer_contacts_conversation", "customer_contacts", ["conversation"]),
        ("customer_contacts_thread", "customer_contacts", ["thread"]),
    ):
        op.create_index(name, table, columns)
