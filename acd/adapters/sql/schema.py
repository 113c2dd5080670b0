"""The tables. :mod:`acd.adapters.sql.migrations` makes them; a test compares the two.

Instants are integers, microseconds since the Unix epoch, as in the core.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

HEAD = "0006"
"""Newest revision in ``migrations/versions``: a database at it needs no work at the start."""

metadata = MetaData()

# On SQLite only INTEGER makes the key the row's own place; it holds 64 bits all the same.
_Seq = BigInteger().with_variant(Integer, "sqlite")

log = Table(
    "log",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("cause", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("contact", Text),
    Column("agent", Text),
    Column("data", Text, nullable=False),  # JSON as text: the bytes are what logs are compared by
)
Index(
    "log_contact",
    log.c.contact,
    log.c.seq,
    sqlite_where=log.c.contact.is_not(None),
    postgresql_where=log.c.contact.is_not(None),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("name", Text, primary_key=True),  # "state" is the engine's, others are other folds'
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column(
        "id",
        Integer,
        CheckConstraint("id = 1", name="lease_is_one_row"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("epoch", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),  # empty when nobody writes
    Column("renewed_at", BigInteger, nullable=False),  # by the database's clock
)

agents = Table(
    "agents",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("capacity", Text, nullable=False),  # JSON: units, exclusive, interrupts
    Column("role", Text, nullable=False),
    Column("sip_digest", Text, nullable=False),
    Column("password_hash", Text),  # argon2id; null: cannot sign in
    Column("is_active", Boolean, nullable=False),
)

agent_skills = Table(
    "agent_skills",
    metadata,
    Column("agent", Text, ForeignKey("agents.name", ondelete="CASCADE"), primary_key=True),
    Column("skill", Text, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("place", Integer, nullable=False),  # order as written
)

agent_queues = Table(
    "agent_queues",
    metadata,
    Column("agent", Text, ForeignKey("agents.name", ondelete="CASCADE"), primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("preference", Integer, nullable=False),
    Column("place", Integer, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the token's text, in hex
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
Index(
    "tokens_valid_name",
    tokens.c.name,
    unique=True,
    sqlite_where=tokens.c.revoked_at.is_(None),
    postgresql_where=tokens.c.revoked_at.is_(None),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("queue", Text),
    Column("agent", Text),
    Column("ani", Text, nullable=False),
    Column("dnis", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("end_reason", Text),
    Column("document", Text, nullable=False),  # JSON, served as it is
)
Index("contacts_seq", contacts.c.seq)  # the newest is how far the log is folded
Index("contacts_opened", contacts.c.opened_at, contacts.c.id)
Index(
    "contacts_open",
    contacts.c.id,
    sqlite_where=contacts.c.closed_at.is_(None),
    postgresql_where=contacts.c.closed_at.is_(None),
)
Index("contacts_queue", contacts.c.queue, contacts.c.opened_at)
Index("contacts_agent", contacts.c.agent, contacts.c.opened_at)
Index("contacts_ani", contacts.c.ani, contacts.c.opened_at)

# --- web: people who are signed in, and who did what ----------------------------------------------

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of what the cookie holds, in hex
    Column("agent", Text, ForeignKey("agents.name", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),  # as it was at the sign-in: another one ends it
    Column("password_mark", Text, nullable=False),  # the same for the password
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),  # JSON object
    Column("digest", Text, nullable=False),  # SHA-256 over this row and the digest before it
)
Index("audit_subject", audit.c.subject, audit.c.seq)
Index("audit_actor", audit.c.actor, audit.c.seq)

# --- intake: what came in by text, files, messages, conversations of the widget ------------------

intake = Table(
    "intake",
    metadata,
    Column("number", _Seq, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", Text),  # null: equal content is no repetition
    Column("received_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("attributes", Text, nullable=False),  # JSON object
    Column("attachments", Text, nullable=False),  # JSON list: id, name, type, size
)
Index("intake_key", intake.c.source, intake.c.key, unique=True)
Index("intake_digest", intake.c.source, intake.c.digest, unique=True)
Index("intake_thread", intake.c.thread, intake.c.number)

intake_raw = Table(  # beside the rows: they are read without their originals
    "intake_raw",
    metadata,
    Column("number", _Seq, primary_key=True, autoincrement=False),
    Column("raw", LargeBinary, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # who may name it in a message
    Column("thread", Text, nullable=False),  # whose message carries it; empty: none does yet
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

mail_cursors = Table(
    "mail_cursors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),  # last record of the log that changed it
    Column("contact", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),  # record that added it: the order of messages
    Column("intake", BigInteger, nullable=False),  # row it came with; 0: it is ours
    Column("author", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("attachments", Text, nullable=False),  # JSON list of ids
    Column("state", Text, nullable=False),
    Column("failure", Text, nullable=False),
    Column("choices", Text, nullable=False, server_default="[]"),  # JSON list of keys and labels
)
Index("messages_contact", messages.c.contact, messages.c.seq)
Index("messages_thread", messages.c.thread, messages.c.seq)

chat_sessions = Table(
    "chat_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),  # SHA-256 of the resume token, in hex
    Column("address", Text, nullable=False),
    Column("sender", Text, nullable=False),  # as they say: nobody has checked it
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
)
Index("chat_sessions_digest", chat_sessions.c.digest, unique=True)

drafts = Table(  # what an agent has begun to write
    "drafts",
    metadata,
    Column("contact", Text, primary_key=True),
    Column("agent", Text, primary_key=True),
    Column("text", Text, nullable=False),
)

# --- customers: who contacts are from, and on which matter ---------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # folded, to be searched
    Column("language", Text, nullable=False),
    Column("preferred_agent", Text),
    Column("note", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("merged_into", Text, ForeignKey("customers.id")),
)
Index("customers_created", customers.c.created_at, customers.c.id)
Index("customers_merged", customers.c.merged_into)

identities = Table(
    "identities",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("text", Text, primary_key=True),  # normalised
    Column("customer", Text, ForeignKey("customers.id"), nullable=False),
    Column("added_at", BigInteger, nullable=False),
)
Index("identities_customer", identities.c.customer)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer", Text, ForeignKey("customers.id"), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("context", Text, nullable=False),  # JSON object: attributes
)
Index("conversations_customer", conversations.c.customer, conversations.c.last_at)

customer_contacts = Table(
    "customer_contacts",
    metadata,
    Column("contact", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),  # last record of the log that changed it
    Column("customer", Text, ForeignKey("customers.id"), nullable=False),  # whose identity it was
    Column("conversation", Text, ForeignKey("conversations.id"), nullable=False),
    Column("thread", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
)
Index("customer_contacts_seq", customer_contacts.c.seq)  # the newest is how far the log is folded
Index("customer_contacts_customer", customer_contacts.c.customer, customer_contacts.c.opened_at)
Index("customer_contacts_conversation", customer_contacts.c.conversation)
Index("customer_contacts_thread", customer_contacts.c.thread)

# --- the site: every version that was published --------------------------------------------------

site_versions = Table(
    "site_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("before", Text, nullable=False),
)

site_contents = Table(
    "site_contents",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

site_files = Table(
    "site_files",
    metadata,
    Column("version", Text, ForeignKey("site_versions.version"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("digest", Text, ForeignKey("site_contents.digest"), nullable=False),
)
