"""Tables of the site's versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _key(name: str, *refers: str) -> sa.Column[str]:
    keys = [sa.ForeignKey(one) for one in refers]
    return sa.Column(name, sa.Text, *keys, primary_key=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "site_versions",
        _key("version"),
        sa.Column("at", sa.BigInteger, nullable=False),
        _text("author"),
        _text("note"),
        _text("before"),
    )
    op.create_table(
        "site_contents", _key("digest"), sa.Column("content", sa.LargeBinary, nullable=False)
    )
    op.create_table(
        "site_files",
        _key("version", "site_versions.version"),
        _key("path"),
        sa.Column("digest", sa.Text, sa.ForeignKey("site_contents.digest"), nullable=False),
    )
