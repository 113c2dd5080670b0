"""Answers that are offered with a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add them; what was written before offered none."""
    op.add_column("messages", sa.Column("choices", sa.Text, nullable=False, server_default="[]"))
