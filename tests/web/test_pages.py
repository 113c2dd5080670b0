"""Pages: what is served, how it is kept by browsers, and what its policy allows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from webkit import Web

from acd.web.pages import POLICY, STATIC, read_assets

pytestmark = pytest.mark.app


async def test_the_desk_and_what_it_loads(web: Web):
    async with web.session.get(web.server.make_url("/")) as reply:
        assert reply.status == 200
        assert reply.content_type == "text/html"
        assert reply.headers["Content-Security-Policy"] == POLICY
        text = await reply.text()
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(named) > 4
    for path in named:
        async with web.session.get(web.server.make_url(path)) as reply:
            assert reply.status == 200, path


async def test_a_file_is_sent_again_only_when_it_changed(web: Web):
    url = web.server.make_url("/static/shared/api.js")
    async with web.session.get(url) as reply:
        assert reply.content_type == "text/javascript"
        assert reply.headers["Cache-Control"] == "no-cache"
        tag = reply.headers["ETag"]
    async with web.session.get(url, headers={"If-None-Match": tag}) as reply:
        assert reply.status == 304
        assert await reply.read() == b""
    async with web.session.get(url, headers={"If-None-Match": '"older"'}) as reply:
        assert reply.status == 200


@pytest.mark.parametrize(
    "path",
    ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/shared", "/static/x.js"],
)
async def test_nothing_else_is_served(web: Web, path: str):
    async with web.session.get(f"{str(web.server.make_url('/')).rstrip('/')}{path}") as reply:
        assert reply.status == 404


def test_modules_name_files_that_are_there():
    assets = read_assets()
    for path, asset in assets.items():
        if not path.endswith(".js") or path.startswith("vendor/"):
            continue
        text = asset.body.decode()
        for name in re.findall(r'(?:from|import) ?\(?"(\.[^"]+)"', text):
            found = (STATIC / path).parent.joinpath(name).resolve().relative_to(STATIC)
            assert found.as_posix() in assets, f"{path} imports {name}"


def test_no_page_evaluates_text_or_reads_it_as_html():
    for path in STATIC.rglob("*"):
        if path.suffix not in {".js", ".html"} or path.parent.name == "vendor":
            continue
        text = path.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                     "dangerouslySetInnerHTML", "new Function", "javascript:"):  # fmt: skip
            assert word not in text, f"{path} uses {word}"


@pytest.mark.parametrize(
    "english", sorted((STATIC / "texts").glob("*.en.json")), ids=lambda p: p.name
)
def test_every_text_is_there_in_every_language_with_the_same_gaps(english: Path):
    spanish = english.with_name(english.name.replace(".en.", ".es."))
    here, there = json.loads(english.read_text()), json.loads(spanish.read_text())
    assert list(here) == list(there)
    for key, text in here.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", there[key]))
        assert text
        assert there[key]


def test_the_desk_names_all_its_modules_so_that_they_come_at_once():
    text = (STATIC / "desk/index.html").read_text()
    begin = re.findall(r'<script type="module" src="/static/([^"]+)"', text)
    named = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)"', text))
    needed: set[str] = set()
    left = list(begin)
    while left:
        path = left.pop()
        if path in needed:
            continue
        needed.add(path)
        if not path.startswith("vendor/"):
            found = re.findall(r'(?m)(?:^|\s)from "(\.[^"]+)"', (STATIC / path).read_text())
            folder = (STATIC / path).parent
            left += [folder.joinpath(one).resolve().relative_to(STATIC).as_posix() for one in found]
    assert named == needed - set(begin)
