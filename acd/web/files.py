"""Files of strangers: given for download only, never shown by a browser as a page of ours."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from acd.ports.intake import Attachment


def download(attachment: Attachment) -> web.Response:
    """Return a file as an answer that no browser renders, whatever its sender calls it."""
    # RFC 6266 section 5: filename* for what is not ASCII; quote() leaves nothing that could end it.
    name = quote(attachment.name, safe="")
    return web.Response(
        body=attachment.content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
