"""Putting on record who did something that the engine's own log does not tell."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from acd.app.centre import Centre
from acd.ports.audit import AuditEntry
from acd.web.auth import WHO


async def note(
    centre: Centre,
    request: web.Request,
    action: str,
    subject: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Note what whoever asks has done; durable when this returns.

    Args:
        centre: where it is kept.
        request: of whom.
        action: such as ``agents.change``.
        subject: such as ``agent:ann``.
        details: no secrets, and no texts of customers.

    Raises:
        StoreError: it cannot be kept.
    """
    entry = AuditEntry(centre.now(), request[WHO].actor, action, subject, details or {})
    await centre.audit_store.add(entry)
