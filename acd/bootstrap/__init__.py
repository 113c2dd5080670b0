"""The composition root: settings become adapters, adapters become a running centre."""

from __future__ import annotations

from acd.bootstrap.assembly import Running, SiteError, read_site, running
from acd.bootstrap.places import asterisk_settings, choose_ports, database_url
from acd.bootstrap.records import reasons_of, records_of, story_of
from acd.bootstrap.telephony import Progress

__all__ = [
    "Progress",
    "Running",
    "SiteError",
    "asterisk_settings",
    "choose_ports",
    "database_url",
    "read_site",
    "reasons_of",
    "records_of",
    "running",
    "story_of",
]
