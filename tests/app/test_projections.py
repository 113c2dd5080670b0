"""Contact documents: what the API shows is what the log says, wherever the fold was cut."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from acd.app import follow
from acd.app.contact_fold import _FOLDS, PATH_KEPT, ContactFold
from acd.app.documents import moment
from acd.app.projections import ContactProjector
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile
from acd.core.ids import ContactId
from acd.core.queue import Queue
from acd.core.record import EVENT_TYPES, Record
from acd.core.timers import after
from acd.ports.store import StoreError
from acd.testing.pretend import START, Pretend, busy_centre

pytestmark = pytest.mark.app


def _documents(records):
    fold = ContactFold()
    for record in records:
        fold.fold(record)
    return {row.id: row for row in fold.changed()}


def test_the_document_of_a_call():
    queue = Queue("sales", wrapup_seconds=10, offer_seconds=20, record=True)
    centre = Pretend([queue], [AgentProfile("ann", queues={"sales": 1}, address="ann")])
    centre.call(1.5, "a", "sales", ani="+1 555 “0100”")
    centre.log_in(10, "ann")
    centre.tell(31)  # missed
    centre.log_in(40, "ann")
    centre.answer(42.25, "a")
    centre.hang_up(60, "a")
    centre.tell(65, i.FinishWrapup("ann", "sold"))
    ids = [r.body.contact for r in centre.records if r.type == "ContactOpened"]
    row = _documents(centre.records)[ids[0]]
    document = json.loads(row.document)
    segments = document.pop("segments")
    recording = document["recording"]
    assert recording.startswith("r-")
    assert document == {
        "id": ids[0],
        "version": centre.records[-1].seq,
        "channel": "voice",
        "state": "closed",
        "customer": {"address": "+1 555 “0100”", "name": "A Caller"},
        "queue": "sales",
        "agent": "ann",
        "ani": "+1 555 “0100”",
        "dnis": "sales",
        "language": "en",
        "attributes": {},
        "priority": 0,
        "requirement": [],
        "opened_at": "2026-01-05T00:00:01.500000Z",
        "queued_at": "2026-01-05T00:00:01.500000Z",
        "answered_at": "2026-01-05T00:00:42.250000Z",
        "ended_at": "2026-01-05T00:01:00Z",
        "closed_at": "2026-01-05T00:01:05Z",
        "wait_seconds": 40.75,
        "offer": None,
        "offers": 2,
        "end_reason": "customer_ended",
        "ended_by": "customer",
        "disposition": "sold",
        "begun_by": None,
        "note": "",
        "recording": recording,
        "thread": "",
        "customer_id": None,
        "conversation": None,
        "is_held": False,
        "messages": 0,
        "is_answered": False,
        "replied_at": None,
        "path": [],
        "troubles": [],
        "scores": [],
    }
    assert [(s["kind"], s["party"], s["reason"], s["recording"]) for s in segments] == [
        ("flow", "sales", "queued", None),
        ("queue", "sales", "answered", None),
        ("agent", "ann", "customer_ended", recording),
    ]
    assert [s["end_at"] for s in segments] == [
        document["queued_at"],
        document["answered_at"],
        document["ended_at"],
    ]
    assert (row.queue, row.agent, row.state, row.ani) == ("sales", "ann", "closed", document["ani"])
    assert row.opened_at == after(START, 1.5)
    assert row.closed_at == after(START, 65)


def test_an_open_offer_is_shown():
    centre = Pretend([Queue("sales")], [AgentProfile("ann", queues={"sales": 1}, address="ann")])
    centre.log_in(0, "ann")
    centre.call(1, "a", "sales")
    (row,) = _documents(centre.records).values()
    offer = json.loads(row.document)["offer"]
    assert offer.pop("id").startswith("o-")
    assert offer == {
        "agent": "ann",
        "made_at": "2026-01-05T00:00:01Z",
        "expires_at": "2026-01-05T00:00:21Z",
        "is_ringing": True,
        "recording": None,
    }


@pytest.mark.parametrize("seed", range(3))
def test_documents_agree_with_the_engine(seed):
    centre = busy_centre(seed, 300)
    rows = _documents(centre.records)
    live = centre.engine.state.contacts
    assert live
    assert {id_ for id_, row in rows.items() if row.closed_at is None} == set(live)
    for contact in live.values():
        document = json.loads(rows[contact.id].document)
        for name in ("state", "queue", "agent", "language", "priority", "attributes", "ani"):
            assert document[name] == getattr(contact, name), name
        assert (document["offer"] or {}).get("id") == (
            contact.offer if contact.state == "offered" else None
        )
        shown = [
            (s["id"], s["kind"], s["party"], s["reason"], s["start_at"])
            for s in document["segments"]
        ]
        assert shown == [
            (s.id, s.kind, s.party, s.reason, _iso(s.start_at)) for s in contact.segments
        ]


def _iso(at):
    return moment(at).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("seed", range(2))
def test_the_fold_may_be_cut_anywhere(seed):
    records = busy_centre(seed, 120).records
    whole = _documents(records)
    stored = {}
    fold = ContactFold()
    for record in records:
        fold.fold(record)
        stored |= {row.id: row for row in fold.changed()}
        fold = ContactFold(row for row in stored.values() if row.closed_at is None)
    assert stored == whole


def test_inputs_and_what_is_unknown_are_passed_over():
    records = busy_centre(1, 60).records
    opened = next(n for n, record in enumerate(records) if record.type == "ContactOpened")
    contact = records[opened].body.contact
    fold = ContactFold()
    for record in records[opened + 1 :]:
        fold.fold(record)
    assert contact not in {row.id for row in fold.changed()}


# --- the projector, over a store in memory ------------------------------------------------------


class Memory:
    """A log and contacts, as durable as a test needs."""

    def __init__(self, records):
        self.records = records
        self.rows = {}
        self.position = 0
        self.reads = []
        self.saves = []
        self.failures = []

    async def read(self, after=0):
        self.reads.append(after)
        for record in self.records[after:]:
            yield record

    async def contact_position(self):
        return self.position

    async def open_contacts(self):
        return [row for row in self.rows.values() if row.closed_at is None]

    async def save_contacts(self, rows, *, after):
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        assert after == self.position
        self.position = max(row.seq for row in rows)
        self.saves.append((after, self.position))
        self.rows |= {row.id: row for row in rows}


@contextlib.asynccontextmanager
async def _running(projector):
    task = asyncio.create_task(projector.run())
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, StoreError):
        await task


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(ContactProjector, "gather_seconds", 0.001)
    monkeypatch.setattr(follow, "RETRY_SECONDS", 0.001)


async def _reach(projector, seq):
    await asyncio.wait_for(projector.reach(seq), 10)


async def test_it_catches_up_and_then_follows(monkeypatch):
    monkeypatch.setattr(ContactProjector, "gather_seconds", 0.2)  # all batches come well within it
    records = busy_centre(3, 200).records
    half = len(records) // 2
    memory = Memory(records[:half])
    projector = ContactProjector(memory, memory)
    async with _running(projector):
        await _reach(projector, half)
        assert memory.rows == _documents(records[:half])
        for start in range(half, len(records), 7):
            batch = records[start : start + 7]
            memory.records = records[: start + 7]
            projector.observe(batch)
            await asyncio.sleep(0)
        await _reach(projector, len(records))
    assert memory.rows == _documents(records)
    assert memory.reads == [0]  # the rest came from the loop
    assert len(memory.saves) < (len(records) - half) / 7  # gathered


async def test_long_logs_are_saved_in_pieces(monkeypatch):
    monkeypatch.setattr(follow, "BATCH_RECORDS", 50)
    records = busy_centre(3, 200).records
    memory = Memory(records)
    projector = ContactProjector(memory, memory)
    projector.observe(records)  # what was read from the log already is passed over
    async with _running(projector):
        await _reach(projector, len(records))
    assert memory.rows == _documents(records)
    assert 40 < max(position - after for after, position in memory.saves) <= 60


async def test_what_was_missed_is_read_from_the_log(monkeypatch):
    monkeypatch.setattr(follow, "BUFFERED_RECORDS", 10)
    records = busy_centre(3, 100).records
    memory = Memory(records[:5])
    projector = ContactProjector(memory, memory)
    async with _running(projector):
        await _reach(projector, 5)
        memory.records = records
        for record in records[5:]:
            projector.observe([record])  # too many at once: the buffer is given up
        projector.observe([])
        await _reach(projector, len(records))
    assert memory.rows == _documents(records)
    assert len(memory.reads) > 1


async def test_a_store_that_fails_for_a_while_loses_nothing():
    records = busy_centre(3, 100).records
    memory = Memory(records[:50])
    memory.failures = [StoreError("full", code="store-full") for _ in range(3)]
    projector = ContactProjector(memory, memory)
    async with _running(projector):
        await _reach(projector, 50)
        memory.records = records
        memory.failures = [StoreError("locked", code="store-locked")]
        projector.observe(records[50:])
        await _reach(projector, len(records))
    assert memory.rows == _documents(records)


async def test_a_lost_lease_ends_it():
    memory = Memory(busy_centre(3, 50).records)
    memory.failures = [StoreError("another", code="lease-lost")]
    async with _running(ContactProjector(memory, memory)) as task:
        with pytest.raises(StoreError, match="another"):
            await asyncio.wait_for(asyncio.shield(task), 10)


def test_the_way_and_its_troubles_are_kept_within_bounds():
    contact = ContactId("c-1")
    fold = ContactFold()
    seq = iter(range(1, 10_000))

    def tell(body):
        fold.fold(Record(next(seq), START, 0, "test", body))

    tell(e.ContactOpened(contact, "chat", None, "zoe", "shop", "Zoe", "en", "v1", "chat:1"))
    for n in range(PATH_KEPT + 5):
        tell(e.NodeEntered(contact, "main", f"n{n}"))
        tell(e.NodeEntered(contact, "main", f"n{n}"))  # again: it is one stay
    for _ in range(3):
        tell(e.NodeFailed(contact, "main", "menu", "not_understood"))
    tell(e.NodeFailed(contact, "main", "menu", "operator"))
    tell(e.ScoreKept(contact, "after", "overall", "csat", 4))
    (row,) = fold.changed()
    document = json.loads(row.document)
    assert document["path"] == [f"main/n{n}" for n in range(5, PATH_KEPT + 5)]
    assert document["troubles"] == [
        {"place": "main/menu", "reason": "not_understood", "times": 3},
        {"place": "main/menu", "reason": "operator", "times": 1},
    ]
    assert document["scores"] == [
        {"survey": "after", "question": "overall", "scale": "csat", "score": 4}
    ]


def test_every_event_of_a_contact_is_shown_or_left_out_on_purpose():
    """A new event must be thought of here."""
    left_out = {
        e.LegOpened,
        e.LegChanged,
        e.LegClosed,
        e.FarewellStarted,
        e.DigitTaken,
        e.PromptsStarted,
        e.PromptsEnded,
        e.MessageEnded,
        e.FlowWaiting,
        e.MusicStarted,
        e.WrapupStarted,
        e.MessageSettled,
        e.LegPassed,
        e.TaskStarted,
        e.TaskEnded,
        e.CodeRedeemed,
        e.CallPromised,
        e.NoticeSent,
    }
    of_contacts = {k for k in EVENT_TYPES.values() if "contact" in k.__dataclass_fields__}
    assert of_contacts == left_out | set(_FOLDS)
