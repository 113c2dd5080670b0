"""`acd`: parses words, calls, prints."""

from __future__ import annotations

from acd.cli.main import main

__all__ = ["main"]
