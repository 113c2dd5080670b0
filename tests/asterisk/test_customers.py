"""A customer who rings a running centre is known when they ring again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from acd.adapters.home import ENGINE_FILE
from acd.core.contact import ContactState
from acd.testing.house import House, agent_profile, house

pytestmark = pytest.mark.asterisk

SITE = Path(__file__).parent / "site"
AGENTS = {"ann": agent_profile("ann", 1, "desk")}
NUMBER = "+15550177"


async def _get(centre: House, path: str) -> Any:
    engine = json.loads((centre.settings.home / ENGINE_FILE).read_text(encoding="utf-8"))
    headers = {"Authorization": f"Bearer {engine['token']}"}
    url = f"{engine['url']}/api/v1/{path}"
    async with ClientSession(headers=headers) as session, session.get(url) as reply:
        assert reply.status == 200, await reply.text()
        return await reply.json()


async def _timeline(centre: House, customer: str, length: int) -> list[dict[str, Any]]:
    """Return a timeline once it is so long: documents follow the log a moment late."""
    async with asyncio.timeout(10):
        while True:
            entries = (await _get(centre, f"customers/{customer}/timeline"))["entries"]
            if len(entries) == length:
                return list(entries)
            await asyncio.sleep(0.05)


async def test_two_calls_of_one_number(tmp_path: Path):
    async with house(tmp_path, SITE, AGENTS) as centre:
        phone = await centre.customer(NUMBER, "Zoe")
        first = await phone.dial("200")
        await centre.until(lambda: centre.contact().state is ContactState.WAITING)
        await centre.until(lambda: centre.contact().customer is not None)
        await first.hangup()
        await centre.all_quiet()

        second = await phone.dial("200")
        await centre.until(lambda: centre.contact().customer is not None)
        contact = centre.contact()
        entries = await _timeline(centre, str(contact.customer), 2)
        assert [one["happened"] for one in entries] == ["going_on", "missed"]
        assert {one["conversation"] for one in entries} == {contact.conversation}
        card = await _get(centre, f"customers/{contact.customer}")
        assert (card["name"], card["identities"]) == ("Zoe", [{"kind": "number", "text": NUMBER}])
        await second.hangup()
        await centre.all_quiet()
