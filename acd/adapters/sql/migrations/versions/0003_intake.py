"""Tables of intake: what came in by text, files, messages, conversations of the widget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column(
        "number",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    )


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.Text, primary_key=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "intake",
        _number(),
        _text("source"),
        _text("key"),
        sa.Column("digest", sa.Text),
        _big("received_at"),
        _text("kind"),
        _text("channel"),
        _text("address"),
        _text("sender"),
        _text("sender_name"),
        _text("thread"),
        _text("subject"),
        _text("text"),
        _text("html"),
        _text("language"),
        _text("attributes"),
        _text("attachments"),
    )
    op.create_index("intake_key", "intake", ["source", "key"], unique=True)
    op.create_index("intake_digest", "intake", ["source", "digest"], unique=True)
    op.create_index("intake_thread", "intake", ["thread", "number"])
    op.create_table("intake_raw", _number(), sa.Column("raw", sa.LargeBinary, nullable=False))
    op.create_table(
        "attachments",
        _id(),
        _text("owner"),
        _text("thread"),
        _text("name"),
        _text("type"),
        _big("size"),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "mail_cursors",
        sa.Column("source", sa.Text, primary_key=True),
        _big("uidvalidity"),
        _big("uid"),
    )
    op.create_table(
        "messages",
        _id(),
        _big("version"),
        _text("contact"),
        _text("thread"),
        _big("seq"),
        _big("intake"),
        _text("author"),
        _text("agent"),
        _big("at"),
        _text("key"),
        _text("text"),
        _text("attachments"),
        _text("state"),
        _text("failure"),
    )
    op.create_index("messages_contact", "messages", ["contact", "seq"])
    op.create_index("messages_thread", "messages", ["thread", "seq"])
    op.create_table(
        "chat_sessions",
        _id(),
        _text("digest"),
        _text("address"),
        _text("sender"),
        _text("name"),
        _text("language"),
        _big("opened_at"),
    )
    op.create_index("chat_sessions_digest", "chat_sessions", ["digest"], unique=True)
    op.create_table(
        "drafts",
        sa.Column("contact", sa.Text, primary_key=True),
        sa.Column("agent", sa.Text, primary_key=True),
        _text("text"),
    )
