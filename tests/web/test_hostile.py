"""Requests that mean harm: each is answered like any other that is wrong (W3, W9)."""

from __future__ import annotations

import re
import time
import zlib
from typing import Any

import pytest
from webkit import OWN_TOKEN, Web

from acd.web.routes import Declaration, declarations

pytestmark = pytest.mark.app

INJECTIONS = (
    "' OR '1'='1", "' OR 1=1 --", '" OR ""="', "1; DROP TABLE agents; --", "' UNION SELECT * --",
    "'; SELECT pg_sleep(5); --", "1' AND (SELECT randomblob(500000000)) --", "%27%20OR%201=1",
    "ann'/*", "\\'; --", "${7*7}{{7*7}}", "*)(uid=*))(|(uid=*", "$(sleep 5)", "`sleep 5`", "%00",
    "a\u202eb", "٣", "\U0001f600" * 50, "x" * 4000,
)  # fmt: skip

BODIES: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "NaN": b'{"priority": NaN}',
    "infinite": b'{"priority": 1e999}',
    "a number of 60 kB": b'{"priority": ' + b"9" * 60_000 + b"}",
    "too deep": b"[" * 60_000,
    "deep and valid": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "half a character": b'{"name": "\\ud800"}',
    "character 0": b'{"name": "\\u0000"}',
    "twice": b'{"name": "a", "name": "b"}',
    "another": b'{"is_admin": true, "__proto__": {}}',
    "wrong types": b'{"name": 1, "presence": [], "priority": "1", "text": {}, "login": null}',
}


def _with_body(web: Web) -> list[Declaration]:
    return [one for one in declarations(web.server.app) if one.body is not None]


async def _send(web: Web, one: Declaration, raw: bytes, **headers: str) -> tuple[int, Any]:
    url = web.server.make_url(one.template.format(id="c-1-none", name="nobody", other="x"))
    headers = {
        "Authorization": f"Bearer {OWN_TOKEN}",
        "Content-Type": "application/json",
    } | headers
    async with web.session.request(one.method, url, data=raw, headers=headers) as reply:
        text = await reply.read()
        return reply.status, await reply.json() if text else None


async def test_a_body_that_is_wrong_is_never_our_fault(web: Web):
    for one in _with_body(web):
        for name, raw in BODIES.items():
            status, answer = await _send(web, one, raw)
            assert status < 500, (one.template, name, answer)
            if name in ("no JSON", "no UTF-8", "half a character", "too deep", "a list"):
                assert status == 400, (one.template, name, answer)
                assert answer["error"]["message"]


async def test_a_body_that_unfolds_into_a_flood_is_refused(web: Web):
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 250_000
    for one in _with_body(web)[:3]:
        status, _ = await _send(web, one, bomb, **{"Content-Encoding": "deflate"})
        assert status in (400, 413)


async def test_a_text_is_a_text_whatever_it_says(web: Web):
    """What would change a query's meaning finds what it says: nothing, at the same speed."""
    await web.call("leg-1", ani="+4444444444")  # a search for digits finds numbers
    await web.ask("/api/v1/tokens", method="POST", json={"name": "x", "role": "read"})
    assert (await web.ask("/api/v1/contacts", params={"queue": "support"}))[1]["contacts"]
    assert (await web.ask("/api/v1/audit", params={"actor": "cli"}))[1]["entries"]
    before = len(await web.centre.agent_store.agents())
    began = time.perf_counter()
    for one in declarations(web.server.app):
        if one.method != "GET" or not one.template.startswith("/api/") or "live" in one.template:
            continue
        for text in INJECTIONS:
            if one.parts:
                path = re.sub(r"\{\w+\}", "{}", one.template)
                url = web.server.make_url("/").join(
                    web.server.make_url("/").with_path(path.replace("{}", text))
                )
                status, answer = await web.ask(str(url.relative()))
                assert status in (200, 400, 403, 404, 409), (url, answer)
                if status == 200:  # an empty list of something that is not there
                    assert not any(answer.values()), (url, answer)
            for name in [] if one.query is None else one.query.__struct_fields__:
                status, answer = await web.ask(one.template, params={name: text})
                assert status in (200, 400, 404), (one.template, name, text, answer)
                if status == 200 and name != "before":
                    assert not any(answer.values()), (one.template, name, text, answer)
    assert time.perf_counter() - began < 30  # one that slept would take 5
    assert len(await web.centre.agent_store.agents()) == before
