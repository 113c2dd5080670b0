"""Missed calls over the API: who is listed, and what agents make of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from webkit import Person, Web, person, ready, web_at

from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.ids import AgentName, ContactId, LegId, QueueName
from acd.core.leg import GoneCause
from acd.ports.store import Role

pytestmark = pytest.mark.app

NUMBER, OTHER, MAIL, OURS = "+15550100", "+15550111", "zoe@example.org", "support@example.org"


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    async with web_at(tmp_path, mailbox=OURS, sue=Role.SUPERVISOR) as running:
        await running.tell(i.PbxSeen("pbx", "epoch", (), (), is_fresh=False))
        await can(running, "ann", Channel.VOICE, Channel.MAIL)
        yield running


async def can(web: Web, name: str, *channels: Channel, queue: str = "support") -> None:
    profile = web.centre.state.agents[AgentName(name)].profile
    capacity = dict.fromkeys(channels, 1)
    await web.tell(i.DefineAgent(replace(profile, capacity=capacity, queues={QueueName(queue): 1})))


async def caught_up(web: Web) -> None:
    """Wait until customers and contacts have come up with the log, whatever that leads to."""
    async with asyncio.timeout(5):
        while True:
            seq = web.centre.state.seq
            await web.clientele.fold.reach(seq)
            await web.projector.reach(seq)
            if not web.centre.loop.backlog and web.centre.state.seq == seq:
                return


async def misses(web: Web, leg: str, ani: str = NUMBER, to: str = "support") -> ContactId:
    """Let somebody call and give up; return the contact."""
    contact = await web.call(leg, to, ani)
    await caught_up(web)
    await gone(web, leg)
    return contact


async def gone(web: Web, leg: str, cause: GoneCause = GoneCause.NORMAL) -> None:
    await web.tell(i.LegGone(LegId(leg), cause))
    await caught_up(web)


async def missed(who: Person) -> list[dict[str, Any]]:
    status, found = await who.ask("/api/v1/missed")
    assert status == 200
    return list(found["calls"])


async def post(who: Person, path: str, **body: object) -> tuple[int, str]:
    status, answer = await who.ask(f"/api/v1/{path}", method="POST", json=body)
    return status, (answer or {}).get("error", {}).get("code", "")


async def talks_back(web: Web) -> Contact:
    """Let the agent answer, whose phone rings for a call back, and then its customer."""
    await web.answer()
    legs = web.centre.state.legs.values()
    leg = next(one for one in legs if one.role == "customer")
    assert leg.contact is not None
    await web.tell(i.LegAnswered(leg.id))
    return web.centre.state.contacts[leg.contact]


async def known_by_mail(web: Web, customer: str) -> None:
    status, _ = await web.ask(
        f"/api/v1/customers/{customer}",
        method="PATCH",
        json={"add_identities": [{"kind": "address", "text": MAIL}]},
    )
    assert status == 200


async def test_a_customer_is_listed_once_by_the_newest_call(web: Web):
    async with person(web, "ann") as ann:
        assert await missed(ann) == []
        await misses(web, "leg-1")
        second = await misses(web, "leg-2")
        other = await misses(web, "leg-3", OTHER)
        calls = await missed(ann)
        assert [(one["contact"], one["number"], one["calls"]) for one in calls] == [
            (other, OTHER, 1),
            (second, NUMBER, 2),
        ]
        (_, one) = calls
        assert (one["name"], one["queue"], one["happened"]) == ("Zoe", "support", "missed")
        assert (one["tries"], one["tried_at"], one["addresses"]) == (0, None, [])
        await web.call("leg-4", "support", NUMBER)
        await caught_up(web)
        assert [one["number"] for one in await missed(ann)] == [OTHER], "she waits again"


async def test_only_calls_to_the_own_queues(web: Web):
    await can(web, "bob", Channel.VOICE, queue="sales")
    contact = await misses(web, "leg-1")
    async with person(web, "bob") as bob, person(web, "sue") as sue:
        assert await missed(bob) == []
        assert [one["contact"] for one in await missed(sue)] == [contact]
        await ready(web, "bob")
        refused = await post(bob, f"contacts/{contact}/call", number=NUMBER)
        assert refused == (403, "queue-not-yours")
        refused = await post(sue, f"contacts/{contact}/call", number=NUMBER)
        assert refused[0] == 403


async def test_a_message_left_without_a_queue_hides_no_missed_call(web: Web):
    """They gave up waiting, called again when nobody was there, and spoke onto the machine."""
    contact = await misses(web, "leg-1")
    later = await web.call("leg-2", "mail", NUMBER)
    caller = web.centre.state.contacts[later]
    assert caller.playback is not None
    await web.tell(i.PlaybackEnded(LegId("leg-2"), caller.playback))
    assert caller.recording is not None
    await web.tell(i.RecordingEnded(LegId("leg-2"), caller.recording, 5.0))
    await caught_up(web)
    async with person(web, "ann") as ann, person(web, "sue") as sue:
        assert (await sue.ask(f"/api/v1/contacts/{later}"))[1]["end_reason"] == "voicemail"
        for who in (ann, sue):
            assert [one["contact"] for one in await missed(who)] == [contact]


async def test_a_call_that_was_answered_is_not_missed(web: Web):
    await ready(web, "ann")
    await web.call("leg-1")
    await web.answer()
    await gone(web, "leg-1")
    async with person(web, "ann") as ann:
        assert await missed(ann) == []


async def test_a_caller_without_a_number_is_in_no_list(web: Web):
    contact = await misses(web, "leg-1", "anonymous")
    async with person(web, "ann") as ann:
        assert await missed(ann) == []
        assert (await web.ask(f"/api/v1/contacts/{contact}"))[1]["end_reason"] == "abandoned"


async def test_a_call_back_goes_on_with_the_conversation(web: Web):
    calling = await web.call("leg-1", "menu")
    await caught_up(web)
    await web.tell(i.DigitReceived(LegId("leg-1"), "2"))  # what it is about: kept in "choice"
    await gone(web, "leg-1")
    _, source = await web.ask(f"/api/v1/contacts/{calling}")
    await ready(web, "ann")
    async with person(web, "ann") as ann:
        (one,) = await missed(ann)
        assert (one["contact"], one["attributes"]) == (calling, {"choice": "2"})
        path = f"contacts/{calling}/call"
        assert await post(ann, path, number=one["number"]) == (204, "")
        assert await post(ann, path, number=one["number"]) == (409, "customer-in-touch")
        call = await talks_back(web)
        await caught_up(web)
        assert await missed(ann) == []
        _, found = await ann.ask(f"/api/v1/contacts/{call.id}")
        for name in ("customer_id", "conversation", "attributes"):
            assert found[name] == source[name], name
        assert (found["begun_by"], found["agent"]) == ("ann", "ann")
        assert call.leg is not None
        await gone(web, call.leg)
        assert await missed(ann) == []


async def test_a_call_back_in_vain_stays_on_the_list(web: Web):
    contact = await misses(web, "leg-1")
    await ready(web, "ann")
    async with person(web, "ann") as ann:
        assert await post(ann, f"contacts/{contact}/call", number=NUMBER) == (204, "")
        await web.answer()
        leg = next(one for one in web.centre.state.legs.values() if one.role == "customer")
        await gone(web, leg.id, GoneCause.NO_ANSWER)
        (one,) = await missed(ann)
        assert (one["contact"], one["calls"], one["tries"]) == (contact, 1, 1)
        assert one["tried_at"] > one["missed_at"]


async def test_a_missed_call_becomes_a_mail(web: Web):
    contact = await misses(web, "leg-1")
    await ready(web, "ann")
    async with person(web, "ann") as ann:
        (one,) = await missed(ann)
        path = f"contacts/{contact}/mail"
        assert await post(ann, path, address=MAIL) == (400, "address-unknown")
        await known_by_mail(web, one["customer"])
        assert (await missed(ann))[0]["addresses"] == [MAIL]
        body = {"address": MAIL, "subject": "Your call"}
        status, begun = await ann.ask(f"/api/v1/{path}", method="POST", json=body)
        assert status == 200
        await caught_up(web)
        _, mail = await ann.ask(f"/api/v1/contacts/{begun['contact']}")
        assert (mail["state"], mail["agent"], mail["begun_by"]) == ("active", "ann", "ann")
        assert (mail["dnis"], mail["ani"]) == (OURS, MAIL)
        assert mail["conversation"] == one["conversation"]
        assert mail["attributes"] == {"subject": "Your call"}
        assert await missed(ann) == [], "somebody is at it"
        written = {"key": "k" * 8, "text": "We missed your call"}
        assert (await post(ann, f"contacts/{mail['id']}/messages", **written))[0] == 204
        (delivery,) = web.centre.state.outbox.values()
        assert (delivery.recipient, delivery.subject) == (MAIL, "Your call")
        assert await post(ann, f"contacts/{mail['id']}/end") == (204, "")
        await caught_up(web)
        assert await missed(ann) == []

        # The answer comes back to the conversation, with whom it was.
        answer = i.MessageArrived(1, Channel.MAIL, "support", MAIL, "Zoe", mail["thread"], "Thanks")
        await web.tell(answer)
        await caught_up(web)
        again = web.centre.state.contacts[web.centre.state.threads[mail["thread"]]]
        assert (again.conversation, again.customer) == (mail["conversation"], mail["customer_id"])


async def test_a_mail_that_was_begun_and_never_written_deals_with_nothing(web: Web):
    contact = await misses(web, "leg-1")
    await ready(web, "ann")
    async with person(web, "ann") as ann:
        (one,) = await missed(ann)
        await known_by_mail(web, one["customer"])
        body = {"address": MAIL}
        _, begun = await ann.ask(f"/api/v1/contacts/{contact}/mail", method="POST", json=body)
        assert await post(ann, f"contacts/{begun['contact']}/end") == (204, "")
        await caught_up(web)
        assert [one["contact"] for one in await missed(ann)] == [contact]


async def test_customers_merged_since_are_one(web: Web):
    """Who called from two numbers and was answered at one of them is dealt with at both."""
    await misses(web, "leg-1")
    await ready(web, "ann")
    await web.call("leg-2", "support", OTHER)
    await web.answer()
    await gone(web, "leg-2")
    async with person(web, "ann") as ann:
        (one,) = await missed(ann)
        _, found = await ann.ask(f"/api/v1/customers?q={OTHER[1:]}")
        path = f"/api/v1/customers/{found['customers'][0]['id']}/merge"
        await ann.ask(path, method="POST", json={"other": one["customer"]})
        assert await missed(ann) == []


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("contacts/c-1-none/call", {"number": NUMBER}, (404, "contact-unknown")),
        ("contacts/c-1-none/mail", {"address": MAIL}, (404, "contact-unknown")),
        ("contacts/{id}/call", {"number": "zoe"}, (400, "number-invalid")),
        ("contacts/{id}/call", {}, (400, "bad-request")),
        ("contacts/{id}/mail", {"address": "zoe"}, (400, "address-unknown")),
        ("contacts/{id}/mail", {"address": MAIL, "subject": "a\nb"}, (400, "bad-request")),
    ],
)
async def test_what_is_refused(web: Web, path: str, body: dict[str, str], answer: tuple[int, str]):
    contact = await misses(web, "leg-1")
    await ready(web, "ann")
    async with person(web, "ann") as ann:
        assert await post(ann, path.format(id=contact), **body) == answer
    assert not web.centre.state.contacts


async def test_a_program_acts_for_nobody(web: Web):
    contact = await misses(web, "leg-1")
    path, body = f"/api/v1/contacts/{contact}/call", {"number": NUMBER}
    status, refused = await web.ask(path, method="POST", json=body, token=web.tokens[Role.AGENT])
    assert (status, refused["error"]["code"]) == (403, "not-yours")
    status, found = await web.ask("/api/v1/missed", token=web.tokens[Role.AGENT])
    assert (status, len(found["calls"]), found["can_write"]) == (200, 1, True)
