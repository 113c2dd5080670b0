"""``python -m acd``."""

from __future__ import annotations

from acd.cli import main

main()
