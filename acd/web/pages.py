"""The pages: HTML, scripts, styles and texts, read once and served from memory.

They hold nothing of a person or a call, so they are open to everybody; what they show they ask of
the API, like any other program.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from acd.web.auth import PUBLIC
from acd.web.errors import ApiError
from acd.web.routes import route

STATIC = Path(__file__).parent / "static"

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""What is served; a file of another kind is not."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "base-uri 'none'",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'none'",  # pages send by script: a form sent by the browser is a mistake
        "frame-ancestors 'none'",
        "frame-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "script-src 'self'",
        "style-src 'self'",
    )
)
"""Content security policy of the pages: scripts from our own files, and from nowhere else."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent.

    Attributes:
        body: as it is.
        packed: the same through gzip.
        tag: changes with the content.
    """

    media: str
    body: bytes
    packed: bytes
    tag: str


def read_assets(directory: Path = STATIC) -> dict[str, Asset]:
    """Return every file that is served, by its path below ``directory``."""
    found = {}
    for path in sorted(directory.rglob("*")):
        media = TYPES.get(path.suffix)
        if media is None or not path.is_file():
            continue
        body = path.read_bytes()
        tag = hashlib.sha256(body).hexdigest()[:32]
        packed = gzip.compress(body, compresslevel=9, mtime=0)
        found[path.relative_to(directory).as_posix()] = Asset(media, body, packed, tag)
    return found


class Pages:
    """The handlers.

    Args:
        directory: where the files are.
    """

    def __init__(self, directory: Path = STATIC) -> None:
        self._assets = read_assets(directory)

    @route("GET", "/", PUBLIC, media="text/html", is_documented=False)
    async def desk(self, request: web.Request) -> web.Response:
        """Return the agents' desk; it lets whoever is not signed in do so."""
        return self._send(request, "desk/index.html")

    @route("GET", "/wallboard", PUBLIC, media="text/html", is_documented=False)
    async def wallboard(self, request: web.Request) -> web.Response:
        """Return the supervisors' wallboard."""
        return self._send(request, "wallboard/index.html")

    @route("GET", "/flows", PUBLIC, media="text/html", is_documented=False)
    async def flows(self, request: web.Request) -> web.Response:
        """Return the page that shows the flows and what becomes of contacts in them."""
        return self._send(request, "flows/index.html")

    @route("GET", "/admin", PUBLIC, media="text/html", is_documented=False)
    async def admin(self, request: web.Request) -> web.Response:
        """Return the administrators' page."""
        return self._send(request, "admin/index.html")

    @route("GET", "/favicon.ico", PUBLIC, media="image/svg+xml", is_documented=False)
    async def icon(self, request: web.Request) -> web.Response:
        """Return the sign in the browser's tab, for browsers that ask unasked."""
        return self._send(request, "shared/icon.svg")

    @route("GET", "/static/{path:.+}", PUBLIC, media="text/javascript", is_documented=False)
    async def static(self, request: web.Request, path: str) -> web.Response:
        """Return a script, a style or a catalogue of texts."""
        return self._send(request, path)

    def _send(self, request: web.Request, path: str) -> web.Response:
        asset = self._assets.get(path)
        if asset is None:
            raise ApiError(f"there is nothing at {request.path}", code="not-found")
        headers = {
            # Kept, but asked for each time: a new version is seen with the next page.
            "Cache-Control": "no-cache",
            "Content-Security-Policy": POLICY,
            "ETag": f'"{asset.tag}"',
            "Vary": "Accept-Encoding",
        }
        if any(tag.value == asset.tag for tag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        body = asset.body
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = asset.packed
        response = web.Response(body=body, headers=headers, content_type=asset.media)
        response.charset = "utf-8"
        return response
