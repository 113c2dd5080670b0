"""What agents do with written contacts over the API: read, write, attach; each only their own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar, FormData

from acd.core.agent import AgentProfile
from acd.core.ids import AgentName
from acd.ports.store import AgentRow, Role
from acd.testing.chatclient import chat, new_key
from acd.testing.textcentre import text_centre

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
PASSWORD = "a long password of a test"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    async with text_centre(tmp_path_factory.mktemp("home"), SITE) as running:
        for name in ("ann", "bob"):
            profile = AgentProfile(AgentName(name), name.title(), {}, {}, f"20{ord(name[0])}", {})
            row = AgentRow(profile, Role.AGENT, "0" * 32)
            await running.centre.agent_store.save_agent(row, password=PASSWORD)
        await running.agent("ann", chat=50)
        yield running


class Desk:
    """A signed-in agent's browser."""

    def __init__(self, centre, session, csrf) -> None:
        self.centre, self.session = centre, session
        self.headers = {"X-CSRF-Token": csrf, "Origin": centre.address}

    async def ask(self, method, path, **how):
        """Return status and JSON of an answer."""
        url = self.centre.url(f"/api/v1{path}")
        async with self.session.request(method, url, headers=self.headers, **how) as reply:
            text = await reply.text()
            return reply.status, (await reply.json()) if text else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desks(centre):
    found = {}
    async with (
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as ann,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as bob,
    ):
        for name, session in (("ann", ann), ("bob", bob)):
            body = {"login": name, "password": PASSWORD}
            async with session.post(centre.url("/api/v1/session"), json=body) as reply:
                assert reply.status == 200, await reply.text()
                found[name] = Desk(centre, session, (await reply.json())["csrf"])
        yield found


async def taken(centre, client, name: str):
    """Return the path of a contact that ann has taken."""
    await client.say("hello")
    contacts = centre.state.contacts
    await centre.until(lambda: [c for c in contacts.values() if c.caller_name == name])
    (contact,) = [c.id for c in contacts.values() if c.caller_name == name]
    await centre.accept(contact)
    return f"/contacts/{contact}"


async def test_an_answer_is_sent_once_however_often_it_is_posted(centre, desks):
    async with chat(centre.session, centre.url(""), name="Once") as client:
        path = await taken(centre, client, "Once")
        body = {"key": new_key(), "text": "Good day"}
        for _ in range(3):
            assert await desks["ann"].ask("POST", f"{path}/messages", json=body) == (204, None)
        await client.texts("hello", "Good day")
        status, listed = await desks["ann"].ask("GET", f"{path}/messages")
        assert status == 200
        assert [m["text"] for m in listed["messages"]] == ["hello", "Good day"]
        assert [m["author"] for m in listed["messages"]] == ["customer", "agent"]
        last = listed["messages"][0]["seq"]
        _, page = await desks["ann"].ask("GET", f"{path}/messages", params={"after": str(last)})
        assert [m["text"] for m in page["messages"]] == ["Good day"]


async def test_only_the_agent_of_a_contact_writes_to_its_customer(centre, desks):
    async with chat(centre.session, centre.url(""), name="Own") as client:
        path = await taken(centre, client, "Own")
        body = {"key": new_key(), "text": "from bob"}
        status, answer = await desks["bob"].ask("POST", f"{path}/messages", json=body)
        assert (status, answer["error"]["code"]) == (409, "contact-not-yours")
        assert (await desks["bob"].ask("POST", f"{path}/typing"))[0] == 204
        assert (await desks["ann"].ask("POST", f"{path}/typing"))[0] == 204
        await client.frame("typing")
        assert len([f for f in client.frames if f["type"] == "typing"]) == 1


async def test_a_file_of_an_agent_reaches_the_customer(centre, desks):
    async with chat(centre.session, centre.url(""), name="File") as client:
        path = await taken(centre, client, "File")
        form = FormData()
        form.add_field("file", io.BytesIO(b"%PDF-1.7 " * 20_000), filename="offer.pdf",
                       content_type="application/pdf")  # fmt: skip
        status, info = await desks["ann"].ask("POST", f"{path}/attachments", data=form)
        assert (status, info["name"], info["size"]) == (200, "offer.pdf", 180_000)
        body = {"key": new_key(), "text": "", "attachments": [info["id"]]}
        status, answer = await desks["bob"].ask("POST", f"{path}/messages", json=body)
        assert (status, answer["error"]["code"]) == (400, "attachment-unknown")
        url = centre.url(f"/widget/files/{info['id']}")
        async with centre.session.get(url) as early:  # nobody has sent it yet
            assert early.status == 404
        assert (await desks["ann"].ask("POST", f"{path}/messages", json=body))[0] == 204
        await client.until(lambda: len(client.messages) == 2)
        assert client.messages[1]["attachments"] == [info]
        async with centre.session.get(url) as reply:
            assert await reply.read() == b"%PDF-1.7 " * 20_000


@pytest.mark.parametrize(
    ("form", "status"),
    [({"file": "no file"}, 400), (b"x", 400), ({"file": b"x" * (10 * 1024 * 1024 + 1)}, 413)],
    ids=["no-file", "no-form", "too-large"],
)
async def test_an_upload_that_cannot_be_used(centre, desks, form, status):
    async with chat(centre.session, centre.url(""), name=(name := new_key())) as client:
        path = await taken(centre, client, name)
        data = form
        if isinstance(form, dict):
            data = FormData(default_to_multipart=True)
            is_file = isinstance(form["file"], bytes)
            value = io.BytesIO(form["file"]) if is_file else form["file"]
            data.add_field("file", value, filename="x" if is_file else None)
        assert (await desks["ann"].ask("POST", f"{path}/attachments", data=data))[0] == status


async def test_what_is_not_there(centre, desks):
    ask = desks["ann"].ask
    for method, path, how in (
        ("GET", "/contacts/c-1-none/messages", {}),
        ("POST", "/contacts/c-1-none/messages", {"json": {"key": new_key(), "text": "x"}}),
        ("POST", "/contacts/c-1-none/typing", {}),
        ("GET", "/attachments/a-none", {}),
    ):
        assert (await ask(method, path, **how))[0] == 404
    bad = {"key": new_key(), "text": " "}
    async with chat(centre.session, centre.url(""), name="Empty") as client:
        path = await taken(centre, client, "Empty")
        assert (await ask("POST", f"{path}/messages", json=bad))[0] == 400


async def test_a_draft_is_kept_for_its_agent_only(centre, desks):
    async with chat(centre.session, centre.url(""), name=(name := new_key())) as client:
        path = await taken(centre, client, name)
        assert await desks["ann"].ask("GET", f"{path}/draft") == (200, {"text": ""})
        for text in ("Good", "Good day, ¿qué"):
            assert (await desks["ann"].ask("PUT", f"{path}/draft", json={"text": text}))[0] == 204
        assert await desks["ann"].ask("GET", f"{path}/draft") == (200, {"text": "Good day, ¿qué"})
        assert await desks["bob"].ask("GET", f"{path}/draft") == (200, {"text": ""})
        await desks["ann"].ask("PUT", f"{path}/draft", json={"text": ""})
        assert await desks["ann"].ask("GET", f"{path}/draft") == (200, {"text": ""})
    gone = await desks["ann"].ask("PUT", "/contacts/c-1-none/draft", json={"text": "x"})
    assert gone[0] == 404


async def test_a_program_does_not_write_to_customers(centre, desks):
    async with chat(centre.session, centre.url(""), name=(name := new_key())) as client:
        path = await taken(centre, client, name)
        url = centre.url(f"/api/v1{path}/messages")
        body = {"key": new_key(), "text": "from a program"}
        async with centre.session.post(url, json=body) as reply:
            assert reply.status == 403


async def test_canned_replies_come_from_the_site(centre, desks):
    status, found = await desks["ann"].ask("GET", "/replies")
    assert status == 200
    assert found["replies"] == [
        {"name": "greeting", "title": "Greeting", "texts": {"en": "Good day", "es": "Buenos días"}},
        {"name": "bare", "title": "bare", "texts": {"en": "Bare"}},
    ]
