"""Flows as they are seen while real calls walk them: counts on the command line, and replays."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from acd.testing.house import House, agent_profile, house
from acd.testing.phonecall import PhoneCall

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
AGENTS = {"ann": agent_profile("ann", 1, "desk")}
ACD = Path(sys.executable).with_name("acd")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("seen"), SITE, AGENTS) as running:
        yield running


async def acd_flow(centre: House, *words: str) -> str:
    """Run `acd flow` beside the running engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
    done = await asyncio.create_subprocess_exec(
        str(ACD), "flow", *words, "--home", str(centre.settings.home),
        env=kept, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await done.communicate()
    assert done.returncode == 0, err.decode()
    return out.decode()


async def main_menu(centre: House) -> PhoneCall:
    """Call the menu; return once it is played."""
    caller = await (await centre.customer("+15550777")).dial("100")
    await caller.wait_established()
    await centre.until(lambda: centre.contact().playback)
    return caller


def node(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in document["boxes"] if one["id"] == name)


async def test_calls_are_counted_and_can_be_walked_again(centre: House):
    phone = await centre.agent("ann")
    caller = await main_menu(centre)
    await caller.send_dtmf("1")
    await (await phone.next_call()).wait_established()
    await centre.until(lambda: centre.contact().agent == "ann")
    await caller.hangup()
    await centre.hang_up_all()
    await centre.all_quiet()

    caller = await main_menu(centre)
    await caller.hangup()
    await centre.all_quiet()

    shown = json.loads(await acd_flow(centre, "show", "menu", "--live", "--json"))
    assert node(shown, "main")["entered"] == 2
    assert (node(shown, "main")["lost"], node(shown, "desk")["handed"]) == (1, 1)
    assert (shown["loss"], shown["inside"]) == (0.5, 0)
    assert '-->|"1 · 1"|' in await acd_flow(centre, "show", "menu")
    listed = json.loads(await acd_flow(centre, "list", "--json"))
    assert next(one["entered"] for one in listed["flows"] if one["name"] == "menu") == 2
    assert centre.centre.journeys.violations() == []

    contact = node(shown, "desk")["latest"][0]
    walk = json.loads(await acd_flow(centre, "replay", contact, "--json"))
    assert [(one["node"], one["exit"], one["to"]) for one in walk["steps"]] == [
        ("main", "1", "menu/desk"),
        ("desk", "", "queue:desk"),
    ]
    assert walk["steps"][1]["why"] == "ann answered"
    heard, pressed = walk["steps"][0]["happenings"]
    assert (heard["what"], pressed["what"], pressed["text"]) == ("hears", "presses", "1")
    assert heard["text"]
    last = await acd_flow(centre, "replay", "--last")
    assert "the contact ended: left flow, by customer" in last


async def test_who_is_not_understood_escapes_to_a_human(centre: House):
    caller = await main_menu(centre)
    await caller.send_dtmf("77")
    await centre.until(lambda: centre.contact().queue == "desk")
    await caller.hangup()
    await centre.all_quiet()
    shown = json.loads(await acd_flow(centre, "show", "menu", "--json"))
    assert node(shown, "main")["escaped"] == 1
    assert node(shown, "main")["troubles"]["not_understood"] == 2
    (way,) = [
        one
        for one in shown["ways"]
        if (one["source"], one["target"], one["is_failure"]) == ("main", "desk", True)
    ]
    assert way["taken"] == 1
