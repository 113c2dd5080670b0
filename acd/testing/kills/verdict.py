"""Compares what customers said and heard with the log, the state and the API.

Guaranteed is: every message that was taken is in exactly one contact, once, in order. What we write
is in the log once; it is handed over once, or again after a kill that fell between its being taken
outside and the note of that, and then with the same id (the Message-ID of a mail, the
``Idempotency-Key`` of a post), by which the other side knows a repeat.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from aiohttp import ClientSession

from acd.core import events as e
from acd.core.channel import TRAITS
from acd.core.ids import ContactId, MessageId
from acd.core.message import Author
from acd.core.record import Record
from acd.core.state import State
from acd.core.timers import MICROSECONDS
from acd.testing.invariants import problems
from acd.testing.kills.run import Run
from acd.testing.kills.talk import Talk
from acd.testing.textcentre import TOKEN


@dataclass(slots=True)
class Verdict:
    """What came of a run.

    Attributes:
        wrong: losses, doubles, and whatever else may not be.
        contacts, messages, answers: how many there are in the log.
        repeats: copies that were taken outside for a second time, as they may.
    """

    wrong: list[str] = field(default_factory=list)
    contacts: int = 0
    messages: int = 0
    answers: int = 0
    repeats: int = 0


@dataclass(slots=True)
class _Contact:
    """A contact as the log tells of it."""

    id: ContactId
    sender: str
    added: list[e.MessageAdded] = field(default_factory=list)
    closed: int = 0

    def texts(self, *authors: Author) -> list[str]:
        return [one.text for one in self.added if one.author in authors]


async def judge(run: Run) -> Verdict:
    """Look at everything; the engine runs, and is killed for the last time."""
    shown = await _shown(run)
    await run.engine.kill()
    records, state = await run.engine.records(), await run.engine.state()
    contacts = _contacts(records)
    verdict = Verdict(list(run.wrong), len(contacts))
    verdict.messages = sum(len(one.texts(Author.CUSTOMER)) for one in contacts)
    verdict.answers = sum(len(one.texts(Author.AGENT, Author.SYSTEM)) for one in contacts)
    by_sender: dict[str, list[_Contact]] = {}
    for contact in contacts:
        by_sender.setdefault(contact.sender, []).append(contact)
    strangers = set(by_sender) - {talk.sender for talk in run.talks}
    verdict.wrong += [f"{name} has never written" for name in strangers]
    for talk in run.talks:
        its = by_sender.get(talk.sender, [])
        if len(its) != 1:
            verdict.wrong.append(f"{talk.sender} has {len(its)} contacts")
        else:
            told = shown.get(its[0].id, [])
            verdict.wrong += [f"{talk.sender} {one}" for one in _talk(talk, its[0], told)]
    verdict.wrong += _intake(records)
    verdict.wrong += _ended(state)
    if TRAITS[run.customers.channel].is_delivered:
        verdict.wrong += _settled(records)
        verdict.wrong += _carried(run, records)
        verdict.repeats = len(run.customers.copies) - len({c.id for c in run.customers.copies})
    return verdict


async def _shown(run: Run) -> dict[ContactId, list[str]]:
    """Return the texts of every contact as the API lists them."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    found = {}
    async with ClientSession(run.engine.url, headers=headers, raise_for_status=True) as session:
        for contact in _contacts(await run.engine.records()):
            async with session.get(f"/api/v1/contacts/{contact.id}/messages") as reply:
                listed = await reply.json()
            found[contact.id] = [message["text"] for message in listed["messages"]]
    return found


def _contacts(records: Sequence[Record]) -> list[_Contact]:
    contacts: dict[ContactId, _Contact] = {}
    for record in records:
        match record.body:
            case e.ContactOpened() as opened:
                contacts[opened.contact] = _Contact(opened.contact, opened.ani)
            case e.MessageAdded() as added:
                contacts[added.contact].added.append(added)
            case e.ContactClosed() as closed:
                contacts[closed.contact].closed += 1
    return list(contacts.values())


def _talk(talk: Talk, contact: _Contact, shown: list[str]) -> Iterator[str]:
    texts = contact.texts(*Author)
    if (said := contact.texts(Author.CUSTOMER)) != talk.said:
        yield f"said {talk.said}, kept is {said}"
    if (answers := contact.texts(Author.AGENT, Author.SYSTEM)) != talk.answers:
        yield f"was to be told {talk.answers}, was told {answers}"
    if shown != texts:
        yield f"the API lists {shown}, the log {texts}"
    if contact.closed != 1:
        yield f"the contact was closed {contact.closed} times"
    if talk.heard and [text for _, text in talk.heard] != texts:
        yield f"the browser showed {talk.heard}, the log has {texts}"


def _intake(records: Sequence[Record]) -> Iterator[str]:
    taken = [record.body.intake for record in records if isinstance(record.body, e.IntakeTaken)]
    if taken != list(range(1, len(taken) + 1)):
        yield f"rows of the intake were taken as {taken}"


def _ended(state: State) -> Iterator[str]:
    yield from problems(state)
    for message in state.outbox:
        yield f"{message} is still in the outbox"
    for contact in state.contacts.values():
        yield f"{contact.id} is still {contact.state}"


def _settled(records: Sequence[Record]) -> Iterator[str]:
    bodies = [record.body for record in records]
    settled = [body for body in bodies if isinstance(body, e.MessageSettled)]
    counts = Counter(body.message for body in settled)
    for body in bodies:
        if not isinstance(body, e.MessageAdded) or body.author is Author.CUSTOMER:
            continue
        if counts.pop(body.message, 0) != 1:
            yield f"{body.message} was not settled once"
    yield from (f"{message} was settled and never written" for message in counts)
    yield from (f"{body.message} failed: {body.failure}" for body in settled if body.failure)


def _carried(run: Run, records: Sequence[Record]) -> Iterator[str]:
    """Check what was taken outside: all of it, in order, again only where it may be."""
    copies = run.customers.copies
    by_id: dict[str, list[int]] = {}
    for number, copy in enumerate(copies):
        by_id.setdefault(copy.id, []).append(number)
    first = [copies[numbers[0]] for numbers in by_id.values()]
    for talk in run.talks:
        texts = [copy.text for copy in first if copy.to == talk.sender]
        if texts != talk.answers:
            yield f"{talk.sender} was to get {talk.answers}, got {texts}"
    ends_of_lives = [life.copies for life in run.lives]
    noted = _noted(run, records)
    for name, numbers in by_id.items():
        lives = [bisect.bisect_right(ends_of_lives, number) for number in numbers]
        if len(set(lives)) != len(lives):
            yield f"{name} was carried twice by one engine"
        note = next((life for message, life in noted.items() if message in name), None)
        if note is not None and note < lives[-1]:
            yield f"{name} was carried again after it was noted"


def _noted(run: Run, records: Sequence[Record]) -> dict[MessageId, int]:
    """Return which engine noted that a message was carried."""
    ends = [life.until for life in run.lives]
    return {
        record.body.message: bisect.bisect_right(ends, record.at / MICROSECONDS)
        for record in records
        if isinstance(record.body, e.MessageSettled)
    }
