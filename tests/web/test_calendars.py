"""Opening hours over the API: what is open, and a supervisor's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from webkit import OWN_TOKEN, Web, person, web_at

from acd.cli.engine import Engine
from acd.cli.hours import override
from acd.core import inputs as i
from acd.core.calendar import WEEKDAYS, Calendar
from acd.core.errors import AcdError
from acd.core.ids import AgentName
from acd.ports.store import Role
from acd.testing.fakes import tiny_site

pytestmark = pytest.mark.app

DAY = dict.fromkeys(WEEKDAYS, ((0, 1440),))
TODAY = datetime.now(UTC).date()
EVERY_DAY = {(TODAY + timedelta(days=n)).isoformat(): "Saint Nobody's Day" for n in range(-1, 2)}
CALENDARS = {
    "always": Calendar("always", "Europe/Berlin", DAY),
    "never": Calendar("never", "UTC", {}, {}, EVERY_DAY, "2030-12-31"),
}


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR) as running:
        site = replace(tiny_site("with hours"), calendars=CALENDARS)
        await running.tell(i.PublishSite(site))
        yield running


async def _override(who, name: str = "always", **body: object):
    return await who.ask(f"/api/v1/calendars/{name}/override", method="POST", json=body)


async def test_what_is_open(web: Web):
    status, found = await web.ask("/api/v1/calendars", token=web.tokens[Role.READ])
    assert status == 200
    always, never = found["calendars"]
    assert (always["name"], always["open"], always["next_change"]) == ("always", True, None)
    assert (never["open"], never["holiday"]) == (False, "Saint Nobody's Day")
    assert never["holidays_known_until"] == "2030-12-31"
    assert never["override"] is None


async def test_a_supervisor_closes_for_two_hours_and_opens_again(web: Web):
    until = datetime.now(UTC) + timedelta(hours=2)
    async with person(web, "sue") as sue:
        body = {"state": "closed", "until": until.isoformat(), "note": "no power"}
        status, found = await _override(sue, **body)
        assert status == 200
        assert found["open"] is False
        assert found["override"]["note"] == "no power"
        assert found["override"]["by"] == "agent:sue"
        assert datetime.fromisoformat(found["next_change"]) == until
        assert web.centre.state.overrides["always"].is_open is False
        status, found = await _override(sue, state=None)
        assert (status, found["open"], found["override"]) == (200, True, None)
    rows = await web.centre.audit_store.entries(subject="calendar:always")
    assert [(row.entry.actor, row.entry.details["state"]) for row in rows] == [
        ("agent:sue", None),
        ("agent:sue", "closed"),
    ]


async def test_an_agent_may_look_but_not_close(web: Web):
    async with person(web, "ann") as ann:
        assert (await ann.ask("/api/v1/calendars"))[0] == 200
        status, refused = await _override(ann, state="closed")
        assert (status, refused["error"]["code"]) == (403, "role-insufficient")
    assert AgentName("ann") in web.centre.state.agents


@pytest.mark.parametrize(
    ("name", "body", "refusal"),
    [
        ("nobody", {"state": "closed"}, (404, "calendar-unknown")),
        ("always", {"state": "ajar"}, (400, "bad-request")),
        ("always", {}, (400, "bad-request")),
        ("always", {"state": "open", "until": "2020-01-01T00:00:00Z"}, (400, "until-past")),
        ("always", {"state": "open", "until": "2099-01-01T00:00:00"}, (400, "bad-request")),
        (
            "always",
            {"state": "open", "until": "9999-12-31T23:59:59-23:59"},
            (400, "bad-request"),
        ),
        ("always", {"state": "open", "note": "two\nlines"}, (400, "bad-request")),
    ],
)
async def test_what_makes_no_sense_is_refused(web: Web, name, body, refusal):
    status, found = await _override(web, name, **body)
    assert (status, found["error"]["code"]) == refusal
    assert web.centre.state.overrides == {}


async def test_the_command(web: Web):
    engine = Engine(str(web.server.make_url("")).rstrip("/"), OWN_TOKEN, "", 0, {})
    found = await override(engine, "always", "closed", "2h", "storm")
    assert (found["open"], found["override"]["note"]) == (False, "storm")
    until = web.centre.state.overrides["always"].until
    assert until is not None
    assert abs((until - web.centre.now()) / 3_600_000_000 - 2) < 0.01
    assert (await override(engine, "always", None, None, ""))["open"] is True
    with pytest.raises(AcdError, match="allways") as refused:
        await override(engine, "allways", "open", None, "")
    assert refused.value.hint == "there are: always, never"
