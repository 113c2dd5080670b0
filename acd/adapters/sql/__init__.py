"""The record on SQLAlchemy: SQLite and PostgreSQL with the same code."""
