"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def upgrade() -> None:
    """Make the log, what is administered and what is derived."""
    op.create_table(
        "log",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        _big("at"),
        _text("type"),
        sa.Column("version", sa.Integer, nullable=False),
        _big("cause"),
        _text("actor"),
        _text("contact", nullable=True),
        _text("agent", nullable=True),
        _text("data"),
    )
    _partial_index("log_contact", "log", ["contact", "seq"], "contact IS NOT NULL")
    op.create_table(
        "snapshots",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        _big("epoch"),
        _text("holder"),
        _big("renewed_at"),
        sa.CheckConstraint("id = 1", name="lease_is_one_row"),
    )
    _administered()
    _contacts()


def _administered() -> None:
    op.create_table(
        "agents",
        sa.Column("name", sa.Text, primary_key=True),
        _text("title"),
        _text("address"),
        _text("capacity"),
        _text("role"),
        _text("sip_digest"),
        _text("password_hash", nullable=True),
        sa.Column("is_active", sa.Boolean, nullable=False),
    )
    for table, key, value in (
        ("agent_skills", "skill", "level"),
        ("agent_queues", "queue", "preference"),
    ):
        op.create_table(
            table,
            sa.Column(
                "agent",
                sa.Text,
                sa.ForeignKey("agents.name", ondelete="CASCADE"),
                primary_key=True,
            ),
            sa.Column(key, sa.Text, primary_key=True),
            sa.Column(value, sa.Integer, nullable=False),
            sa.Column("place", sa.Integer, nullable=False),
        )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.Text, primary_key=True),
        _text("name"),
        _text("role"),
        _big("created_at"),
        _big("revoked_at", nullable=True),
    )
    _partial_index("tokens_valid_name", "tokens", ["name"], "revoked_at IS NULL", unique=True)


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text, primary_key=True),
        _big("seq"),
        _text("channel"),
        _text("state"),
        _text("queue", nullable=True),
        _text("agent", nullable=True),
        _text("ani"),
        _text("dnis"),
        _big("opened_at"),
        _big("closed_at", nullable=True),
        _text("end_reason", nullable=True),
        _text("document"),
    )
    op.create_index("contacts_seq", "contacts", ["seq"])
    op.create_index("contacts_opened", "contacts", ["opened_at", "id"])
    _partial_index("contacts_open", "contacts", ["id"], "closed_at IS NULL")
    for column in ("queue", "agent", "ani"):
        op.create_index(f"contacts_{column}", "contacts", [column, "opened_at"])


def _partial_index(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
