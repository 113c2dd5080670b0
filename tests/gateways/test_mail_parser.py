"""Mails are parsed in a process that can do no harm, and no mail holds up the others for long."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from acd.gateways.mail.parsed import Unreadable
from acd.gateways.mail.parser import MailParser
from acd.testing import mails

pytestmark = pytest.mark.app


async def test_hostile_mails_end_soon_and_are_known_by_their_header() -> None:
    hostile = {
        "parts": mails.many_parts(),
        "nested": mails.nested(),
        "html": mails.deep_html(),
        "quotes": mails.slow_quotes(),
        "bomb": mails.zip_bomb(),
        "large": mails.large(),
        "garbage": mails.garbage(),
        "addresses": mails.many_addresses(),
    }
    async with MailParser() as parser:
        found = dict(zip(hostile, await asyncio.gather(*map(parser.parse, hostile.values())),
                         strict=True))  # fmt: skip
        assert {name: mail.unreadable for name, mail in found.items()} == {
            "parts": Unreadable.TOO_COMPLEX,
            "nested": Unreadable.TOO_COMPLEX,
            "html": None,
            "quotes": None,
            "bomb": None,
            "large": None,
            "garbage": None,
            "addresses": None,
        }
        assert parser.killed == 0
        for name in ("parts", "nested"):
            assert found[name].sender == "jo@example.org"
        assert found["bomb"].attachments[0].name == "bomb.zip"
        assert len(found["bomb"].attachments[0].content) < 1_000_000  # nobody unpacks it
        assert len(found["large"].attachments[0].content) > 18_000_000
        assert (await parser.parse(mails.mail("still here"))).text == "still here"


async def test_a_slow_mail_leaves_a_child_for_the_others() -> None:
    async with MailParser() as parser:
        slow = asyncio.create_task(parser.parse(mails.slow()))
        longest = 0.0
        while not slow.done():
            start = time.monotonic()
            assert (await parser.parse(mails.mail())).text == "Where is my order?"
            longest = max(longest, time.monotonic() - start)
            await asyncio.sleep(0.05)  # the slow one's CPU seconds are to pass, too
        assert (await slow).unreadable is Unreadable.TOO_SLOW
        assert (await slow).sender == "jo@example.org"
        assert parser.killed == 1
        assert longest < 2.0


def seen_from_outside(pid: int) -> tuple[str, str, set[str]]:
    """A process's limits, environment and open files."""
    process = Path(f"/proc/{pid}")
    files = set(os.listdir(process / "fd"))
    return (process / "limits").read_text(), (process / "environ").read_text(), files


async def test_a_child_has_no_way_out() -> None:
    async with MailParser(children=1) as parser:
        await parser.parse(mails.mail())
        (pid,) = {child._process.pid for child in parser._all}
        limits, environment, files = seen_from_outside(pid)
        assert "Max open files            3 " in limits
        assert "Max file size             0 " in limits
        assert f"Max address space         {256 * 1024 * 1024} " in limits
        assert files == {"0", "1", "2"}
        assert "HOME" not in environment


async def test_a_parse_given_up_leaves_no_answer_behind() -> None:
    async with MailParser(children=1) as parser:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await parser.parse(mails.slow())
        assert (await parser.parse(mails.mail("mine"))).text == "mine"


async def test_fifty_mails_a_second_are_easy() -> None:
    async with MailParser() as parser:
        raw = list(mails.numbered(500))
        start = time.monotonic()
        found = await asyncio.gather(*map(parser.parse, raw))
        assert len({mail.message_id for mail in found}) == 500
        assert 500 / (time.monotonic() - start) > 200
