"""Flows: graphs of nodes written in TOML, checked whole and interpreted purely."""
