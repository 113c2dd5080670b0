"""What a signed-in browser holds: a session cookie, and a token that only our own pages can read.

The cookie's value is the session's secret. The CSRF token is made of it by a hash, so it needs no
place of its own, changes with every sign-in, and tells nothing of the secret.
"""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web

from acd.web.address import is_https

COOKIE = "acd_session"

LONGEST_SECRET = 100

CSRF_HEADER = "X-CSRF-Token"


def _name(request: web.Request) -> str:
    # With this prefix browsers take it from nobody but this very host, over TLS
    # (RFC 6265bis section 4.1.3.2).
    return f"__Host-{COOKIE}" if is_https(request) else COOKIE


def secret_of(request: web.Request) -> str | None:
    """Return the session's secret that a request brings, or None."""
    text = request.cookies.get(_name(request))
    if not text or len(text) > LONGEST_SECRET or not text.isascii():
        return None
    return text


def csrf_token(secret: str) -> str:
    """Return the token with which a page proves that it is ours."""
    return hashlib.sha256(f"csrf:{secret}".encode()).hexdigest()


def brings_csrf_token(request: web.Request, secret: str) -> bool:
    """Return whether a request brings the right token."""
    given = request.headers.get(CSRF_HEADER, "")
    return hmac.compare_digest(given.encode(), csrf_token(secret).encode())


def give(request: web.Request, response: web.Response, secret: str, seconds: int) -> None:
    """Let the browser hold a session for a while."""
    response.set_cookie(
        _name(request),
        secret,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=is_https(request),
    )


def take_away(request: web.Request, response: web.Response) -> None:
    """Let the browser forget its session."""
    response.del_cookie(
        _name(request), path="/", httponly=True, samesite="Strict", secure=is_https(request)
    )
