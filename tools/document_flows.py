"""Write the generated sections of ``docs/flows.md`` anew."""

from __future__ import annotations

from pathlib import Path

from acd.app.reference import filled

PAGE = Path(__file__).resolve().parents[1] / "docs" / "flows.md"

if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
