"""Health and metrics."""

from __future__ import annotations

import asyncio
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families
from webkit import Web, ready, web_at

from acd import __version__
from acd.app.centre import PartHealth
from acd.core import inputs as i
from acd.core.ids import LegId
from acd.web.server import WebError, WebServer, make_app

pytestmark = pytest.mark.app


async def _metrics(web: Web) -> dict[str, float]:
    async with web.session.get(web.server.make_url("/metrics")) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = await reply.text()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_alive_and_ready(web: Web):
    status, found = await web.ask("/healthz", token=None)
    assert (status, found) == (200, {"status": "alive", "version": __version__})
    status, found = await web.ask("/readyz", token=None)
    assert (status, found) == (
        200, {"ready": True, "parts": {"part": {"ok": True, "detail": "fine"}}},
    )  # fmt: skip


async def test_a_part_that_fails_makes_it_unready_but_not_dead(web: Web):
    web.health = PartHealth(ok=False, detail="no link")
    status, found = await web.ask("/readyz", token=None)
    assert status == 503
    assert found["parts"]["part"] == {"ok": False, "detail": "no link"}
    assert (await web.ask("/healthz", token=None))[0] == 200
    assert (await _metrics(web))["acd_part_up{part=part}"] == 0


async def test_metrics_follow_the_centre(web: Web):
    before = await _metrics(web)
    assert before[f"acd_build_info{{version={__version__}}}"] == 1
    assert before["acd_queue_offered_total{queue=support}"] == 0
    assert "acd_queue_asa_seconds{queue=support}" not in before

    await ready(web, "ann")
    await web.call("leg-1")
    await web.answer()
    await web.call("leg-2")
    now = await _metrics(web)
    assert now["acd_queue_offered_total{queue=support}"] == 2
    assert now["acd_queue_answered_total{queue=support}"] == 1
    assert now["acd_queue_waiting{queue=support}"] == 1
    assert now["acd_agents{state=active}"] == 1
    assert now["acd_agents{state=logged_out}"] == 1
    assert now["acd_contacts{state=waiting}"] == 1
    assert now["acd_log_records_total"] == web.centre.state.seq
    assert now["acd_illegal_transitions_total"] == 0
    assert now["acd_log_stalled"] == 0

    await web.tell(i.LegGone(LegId("leg-2")))
    assert (await _metrics(web))["acd_queue_abandoned_total{queue=support}"] == 1


async def test_metrics_tell_nothing_of_persons(web: Web):
    await ready(web, "ann")
    await web.call("leg-1", ani="+15559876")
    async with web.session.get(web.server.make_url("/metrics")) as reply:
        text = await reply.text()
    assert "5559876" not in text
    assert "Zoe" not in text
    assert not re.search(r"\bann\b", text, re.IGNORECASE)


async def test_a_port_in_use_is_said_with_the_remedy(web: Web):
    app = make_app(web.centre, own_token="x", host="127.0.0.1")
    with pytest.raises(WebError, match=r"port \d+ on 127\.0\.0\.1 cannot be used") as caught:
        async with WebServer(app, "127.0.0.1", web.server.port):
            pytest.fail("it listens")
    assert caught.value.code == "port-in-use"
    assert "--port" in caught.value.hint


async def test_figures_survive_a_restart(tmp_path):
    async with web_at(tmp_path) as web:
        await ready(web, "ann")
        await web.call("leg-1")
        await web.answer()
    async with asyncio.timeout(10), web_at(tmp_path) as web:
        found = await _metrics(web)
    assert found["acd_queue_answered_total{queue=support}"] == 1
