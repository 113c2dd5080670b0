"""Look-ups and errands against a real web server that has good days and bad ones."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.adapters.http import AiohttpClient
from acd.app.breaker import FAILURES, OPEN_SECONDS
from acd.app.lookups import LONGEST_VALUE, Lookups, Notices, document_of, taken
from acd.app.services import Service, ServiceError, Services
from acd.app.tasks import Result
from acd.bootstrap.tasks import read_services
from acd.config import ConfigError, load_settings
from acd.core.effects import PerformTask
from acd.core.ids import ContactId, TaskId
from acd.core.task import Lookup, Notify, Task
from acd.flow.load import load
from acd.ports.http import HttpReply
from acd.testing.service import BAD_DAYS, WebService, web_service

pytestmark = pytest.mark.app

CONTACT = ContactId("c-1-0a1b2c3d")
TAKE = {"tier": "customer.tier", "name": "customer.name"}


class Clock:
    """Time that passes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A service, and who asks it."""

    def __init__(self, service: WebService, inside: WebService) -> None:
        self.service, self.inside, self.clock = service, inside, Clock()
        service.elsewhere = inside.url + "/admin"
        headers = {"Authorization": "Bearer s3cret"}
        self.services = Services(
            [
                Service("crm", service.url + "/v1", headers, allow_private=True),
                Service("public", service.url),
                Service("named", service.url.replace("127.0.0.1", "localhost")),
            ],
            AiohttpClient(),
            self.clock,
        )
        self.secrets = {"pin": "4711"}

    async def perform(self, what: Task, task: str = "t-9-0a1b2c3d") -> Result:
        performer = (
            Lookups(self.services, lambda contact, name: self.secrets.get(name))
            if isinstance(what, Lookup)
            else Notices(self.services)
        )
        return await performer.perform(PerformTask(TaskId(task), CONTACT, None, what))

    async def fails(self, what: Task) -> str:
        with pytest.raises(ServiceError) as caught:
            await self.perform(what)
        return caught.value.code


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with web_service() as service, web_service() as inside:
        yield World(service, inside)


def ask(**given: object) -> Lookup:
    what = {"service": "crm", "method": "GET", "path": "/c/%2B1?x=a%2Fb", "take": TAKE}
    return Lookup(**{**what, "timeout_seconds": 10, **given})  # type: ignore[arg-type]


async def test_a_good_day(world: World) -> None:
    result = await world.perform(ask())
    assert result == Result("ok", {"tier": "gold", "name": "Jo\nDoe"})
    (asked,) = world.service.asked
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/c/%2B1?x=a%2Fb", b"")
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert asked.headers["idempotency-key"] == "t-9-0a1b2c3d"
    assert asked.headers["accept-encoding"] == "identity"
    assert world.services.counts == {("crm", "ok"): 1}


async def test_no_proxy_of_the_environment_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, world.inside.url)
    await world.perform(ask())
    assert (len(world.service.asked), world.inside.asked) == (1, [])


async def test_dots_that_are_encoded_stay_so(world: World) -> None:
    await world.perform(ask(path="/a/%2E%2E/b%2Fc"))
    assert world.service.asked[0].path == "/v1/a/%2E%2E/b%2Fc"


async def test_what_is_posted(world: World) -> None:
    body = {"text": '"}, {"x": "\n{secret.pin}', "customer.id": "7", "half": "\ud800"}
    await world.perform(ask(method="POST", body=body, secrets={"customer.pin": "pin"}))
    (asked,) = world.service.asked
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "text": '"}, {"x": "\n{secret.pin}',
        "customer": {"id": "7", "pin": "4711"},
        "half": "?",
    }


async def test_without_the_secret_nothing_is_posted(world: World) -> None:
    world.secrets.clear()
    assert await world.fails(ask(method="POST", secrets={"pin": "pin"})) == "secret-missing"
    assert world.service.asked == []


async def test_a_secret_that_a_service_repeats_is_remembered_by_nobody(world: World) -> None:
    world.service.day = "repeats"
    world.secrets["card"] = "4111111111111111"
    result = await world.perform(ask(method="POST", secrets={"number": "card"}))
    assert result.values["tier"] == "11"
    assert "4111" not in result.values["name"]
    hidden = "*" * 16
    assert result.values["name"] == f"the card {hidden} ({hidden}) was declined"


ENDLESS = ("hangs", "drips")


@pytest.mark.parametrize("day", BAD_DAYS)
async def test_a_bad_day_is_over_in_time(world: World, day: str) -> None:
    world.service.day = day
    with capture_logs() as logs:
        async with asyncio.timeout(20):  # the days themselves last longer, or for ever
            code = await world.fails(ask(timeout_seconds=0.5 if day in ENDLESS else 10))
    assert len(world.service.asked) == 1
    assert world.inside.asked == []
    wanted = {
        "hangs": "http-timeout", "drips": "http-timeout", "huge": "http-too-large",
        "streams": "http-too-large", "cut": "http-unreachable", "redirect": "http-302",
        "refuses": "http-400", "broken": "http-500", "busy": "http-429",
    }  # fmt: skip
    assert code == wanted.get(day, "answer-unexpected")
    told = json.dumps(logs)
    assert "service asked" in told
    assert not [word for word in ("s3cret", "%2B1", "gold") if word in told]


async def test_nobody_knows_the_customer(world: World) -> None:
    world.service.day = "not found"
    assert await world.perform(ask()) == Result("not_found")
    assert world.services.counts == {("crm", "not_found"): 1}


async def test_nothing_is_taken_from_an_empty_answer(world: World) -> None:
    world.service.day = "empty"
    assert await world.perform(ask(take={})) == Result()
    assert await world.fails(ask()) == "answer-unexpected"


async def test_a_service_that_is_not_there(world: World) -> None:
    gone = Service("gone", "http://127.0.0.1:1", allow_private=True)
    services = Services([gone], AiohttpClient())
    with pytest.raises(ServiceError) as caught:
        await services.ask("gone", "GET", "/", None, key="k", seconds=1)
    assert caught.value.code == "http-unreachable"
    assert caught.value.is_passing
    assert await world.fails(ask(service="crn")) == "service-unknown"


@pytest.mark.parametrize("name", ["public", "named"])
async def test_a_service_is_not_of_the_inside_unless_it_may(world: World, name: str) -> None:
    assert await world.fails(ask(service=name)) == "address-refused"
    assert world.service.asked == []


# --- the breaker --------------------------------------------------------------------------------


async def test_what_fails_is_left_alone_then_tried_once(world: World) -> None:
    world.service.day = "broken"
    for _ in range(FAILURES):
        assert await world.fails(ask()) == "http-500"
    asked = len(world.service.asked)
    assert await world.fails(ask()) == "service-resting"
    assert len(world.service.asked) == asked
    assert len(world.service.asked) == FAILURES
    world.clock.now += OPEN_SECONDS
    world.service.day = "hangs"
    hanging = ask(timeout_seconds=0.5)
    codes = await asyncio.gather(*(world.fails(hanging) for _ in range(5)))
    assert sorted(codes) == ["http-timeout"] + ["service-resting"] * 4
    world.service.day = "good"
    assert await world.fails(ask()) == "service-resting"
    world.clock.now += OPEN_SECONDS
    assert (await world.perform(ask())).outcome == "ok"
    assert (await world.perform(ask())).outcome == "ok"
    assert world.services.counts["crm", "service-resting"] == 6


async def test_a_service_that_answers_is_not_left_alone(world: World) -> None:
    for day, code in (("refuses", "http-400"), ("page", "answer-unexpected")):
        world.service.day = day
        for _ in range(FAILURES + 1):
            assert await world.fails(ask()) == code


# --- errands ------------------------------------------------------------------------------------


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acd.app.lookups.PAUSES", (0.05,))


@pytest.mark.usefixtures("no_pauses")
async def test_an_errand_is_done_in_the_end_and_is_one(world: World) -> None:
    world.service.day = "broken"
    what = Notify("crm", "/calls", {"number": "+1"})
    running = asyncio.create_task(world.perform(what))
    await world.service.was_asked(3)
    world.service.day = "empty"
    assert await running == Result()
    assert {asked.headers["idempotency-key"] for asked in world.service.asked} == {"t-9-0a1b2c3d"}
    assert {asked.body for asked in world.service.asked} == {b'{"number":"+1"}'}
    assert {asked.path for asked in world.service.asked} == {"/v1/calls"}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize(
    ("day", "code"), [("refuses", "http-400"), ("not found", "http-404"), ("redirect", "http-302")]
)
async def test_an_errand_that_is_refused_is_over(world: World, day: str, code: str) -> None:
    world.service.day = day
    assert await world.fails(Notify("crm", "/calls", {})) == code
    assert len(world.service.asked) == 1


# --- what is taken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        ({"a": {"b": "x"}}, "a.b", "x"),
        ({"a": [{"b": 1}, {"b": 2}]}, "a.1.b", "2"),
        ({"a": 1.5}, "a", "1.5"),
        ({"a": True}, "a", "true"),
        ({"a": None}, "a", ""),
        ({"a": [1]}, "a.7", ""),
        ({"a": [1]}, "a.b", ""),
        ({"a": "x"}, "a.b", ""),
        ({}, "a.b", ""),
        ("x", "a", ""),
        ({"a": "y" * 5000}, "a", "y" * LONGEST_VALUE),
        ({"a": "1\n2\x00\x1b[3m\t"}, "a", "1\n2  [3m "),
        ({"a": "${x} {{y}} %s <speak/> {z}"}, "a", "${x} {{y}} %s <speak/> {z}"),
    ],
)
def test_taken(document: object, path: str, value: str) -> None:
    assert taken(document, path) == value


@pytest.mark.parametrize("value", [{}, {"x": 1}, [], ["x"]])
def test_tables_are_no_values(value: object) -> None:
    with pytest.raises(ServiceError):
        taken({"a": value}, "a")


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json"])
def test_types_of_json(kind: str) -> None:
    assert document_of(HttpReply(200, b"{}", kind)) == {}


@pytest.mark.parametrize("kind", ["", "text/json", "text/html", "application/jsonp"])
def test_types_that_are_not(kind: str) -> None:
    with pytest.raises(ServiceError):
        document_of(HttpReply(200, b"{}", kind))


# --- settings -----------------------------------------------------------------------------------


def secret(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_service_of_the_settings(tmp_path: Path) -> None:
    file = secret(tmp_path, "Token abc\n")
    url = "https://crm.example/api/"
    told = {"url": url, "secret_file": file, "secret_header": "X-Api-Key"}
    (service,) = read_services(load_settings(services={"crm": told}).services)
    assert service == Service("crm", url.rstrip("/"), {"X-Api-Key": "Token abc"})
    assert "abc" not in repr(service)


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("Bearer x\nX-Evil: 1", 0o600, "must hold one line"),
        ("", 0o600, "is empty"),
        ("Bearer x", 0o644, "others can read"),
    ],
)
def test_secrets_that_are_none(tmp_path: Path, text: str, mode: int, why: str) -> None:
    told = {"url": "https://crm.example", "secret_file": secret(tmp_path, text, mode)}
    with pytest.raises(ConfigError, match=why):
        read_services(load_settings(services={"crm": told}).services)


@pytest.mark.parametrize(
    "url",
    [
        "", "crm.example", "ftp://crm.example", "https://me:pw@crm.example", "https://crm.example?x=1",
        "https://crm.example/#x", "https://crm.example/a b", "http://crm.example",
    ],
)  # fmt: skip
def test_urls_that_are_none(tmp_path: Path, url: str) -> None:
    """The last would carry the secret for all to read."""
    told = {"url": url, "secret_file": secret(tmp_path, "Bearer x")}
    with pytest.raises(ConfigError, match=r"services\.crm"):
        load_settings(services={"crm": told})


def test_the_examples_of_the_page_are_in_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "services.md").read_text()
    settings, flow = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    section = tomllib.loads(settings)["services"]["crm"]
    assert section.pop("secret_file") == "crm.secret"
    named = load_settings(services={"crm": section}).services
    files = {
        "numbers.toml": '"100" = "gold"\n',
        "queues.toml": "[desk]\n",
        "prompts/en.toml": "",
        "prompts/es.toml": "",
        "gold.toml": flow,
    }
    encoded = {name: text.encode() for name, text in files.items()}
    site, problems = load(encoded, {}, frozenset({"UTC"}), services=named)
    assert problems == []
    assert site is not None
