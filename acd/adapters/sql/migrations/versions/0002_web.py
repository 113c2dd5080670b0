"""Tables of web: sessions of people, and the audit, which nothing changes afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = """
CREATE TRIGGER audit_keeps_{verb} BEFORE {verb} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END
"""

_POSTGRESQL = """
CREATE FUNCTION audit_keeps() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is only ever added to'; END $$
"""

_POSTGRESQL_TRIGGER = """
CREATE TRIGGER audit_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_keeps()
"""


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    """Make them; capacity also says now what excludes and interrupts what."""
    op.execute(
        "UPDATE agents SET capacity = '{\"units\":' || capacity || "
        '\',"exclusive":[],"interrupts":{"voice":["mail"]}}\''
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column(
            "agent", sa.Text, sa.ForeignKey("agents.name", ondelete="CASCADE"), nullable=False
        ),
        _text("role"),
        _text("password_mark"),
        _big("created_at"),
        _big("expires_at"),
    )
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        _big("at"),
        _text("actor"),
        _text("action"),
        _text("subject"),
        _text("details"),
        _text("digest"),
    )
    op.create_index("audit_subject", "audit", ["subject", "seq"])
    op.create_index("audit_actor", "audit", ["actor", "seq"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(_SQLITE.format(verb=verb))
    else:
        op.execute(_POSTGRESQL)
        op.execute(_POSTGRESQL_TRIGGER)
