"""Where a request came from: directly, or through a proxy on this machine that ends TLS."""

from __future__ import annotations

import ipaddress

from aiohttp import web

LONGEST_ADDRESS = 45


def _is_proxied(request: web.Request) -> bool:
    """Return whether the peer is on this machine: then it may be a proxy, whose word we take.

    A program on this machine can claim to be one, and wins nothing but another name for itself.
    """
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def is_https(request: web.Request) -> bool:
    """Return whether the browser speaks TLS, to us or to our proxy."""
    if request.secure:
        return True
    return _is_proxied(request) and request.headers.get("X-Forwarded-Proto", "") == "https"


def client_address(request: web.Request) -> str:
    """Return the client's address; behind a proxy the one that the proxy added, the last."""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if forwarded and _is_proxied(request):
        return forwarded[:LONGEST_ADDRESS]
    return request.remote or ""
