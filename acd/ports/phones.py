"""Telephones of agents: what engine, PBX and pages agree on."""

from __future__ import annotations

import hashlib

REALM = "asterisk"
"""Realm of SIP digest authentication. Part of every stored digest: it can never be changed."""


def sip_digest(name: str, password: str) -> str:
    """Return the HA1 digest (RFC 2617) of a SIP user, which is stored in place of the password."""
    return hashlib.md5(f"{name}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
