"""The composition root: settings become adapters, adapters become a running centre.

What is named here is imported when it is first asked for: a command that only needs to know where
the database is must not wait for the whole house.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from acd.bootstrap.assembly import Running, read_site, running
    from acd.bootstrap.places import asterisk_settings, choose_ports, database_url
    from acd.bootstrap.records import reasons_of, records_of, site_in, story_of, walk_in
    from acd.bootstrap.telephony import Progress

__all__ = [
    "Progress",
    "Running",
    "asterisk_settings",
    "choose_ports",
    "database_url",
    "read_site",
    "reasons_of",
    "records_of",
    "running",
    "site_in",
    "story_of",
    "walk_in",
]

_ROOMS = {
    "assembly": ("Running", "read_site", "running"),
    "places": ("asterisk_settings", "choose_ports", "database_url"),
    "records": ("reasons_of", "records_of", "site_in", "story_of", "walk_in"),
    "telephony": ("Progress",),
}


def __getattr__(name: str) -> Any:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"acd.bootstrap.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
