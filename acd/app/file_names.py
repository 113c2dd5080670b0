"""Names of files that strangers send."""

from __future__ import annotations


def file_name(given: str) -> str:
    """Return a file's name as text that is safe in a listing: one line, no path."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(c if c.isprintable() else "_" for c in name).strip(". ")[:200] or "file"
