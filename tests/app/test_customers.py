"""Who contacts are from: what the log says, told to tables and engine, also after a crash."""

from __future__ import annotations

import doctest

import msgspec
import pytest

from acd.adapters.sql.customers import SqlCustomers
from acd.adapters.sql.engine import Database
from acd.app import timeline
from acd.app.contact_fold import ContactFold
from acd.app.customers import ACTOR, Customers, fact_of, identity_of_contact
from acd.app.timeline import Happened, entry_of
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.customer import Identity, IdentityKind
from acd.core.decide.outbound import OUTBOUND
from acd.core.queue import Queue
from acd.core.record import Record
from acd.ports.customers import Sighting, TimelineRow
from acd.testing.pretend import Pretend

pytestmark = pytest.mark.app

NUMBER, ADDRESS, HANDLE = IdentityKind


def opened(channel, ani, dnis="100", name="", thread=""):
    return e.ContactOpened("c-7-aa", channel, None, ani, dnis, name, "es", "v1", thread)


@pytest.mark.parametrize(
    ("channel", "ani", "expected"),
    [
        (Channel.VOICE, "+1 (555) 0100", Identity(NUMBER, "+15550100")),
        (Channel.VOICE, "anonymous", None),
        (Channel.VOICE, "", None),
        (Channel.VOICE, "zoe@example.org", None),
        (Channel.MAIL, "Zoe@Example.org", Identity(ADDRESS, "zoe@example.org")),
        (Channel.MAIL, "", None),
        (Channel.CHAT, "zoe@example.org", Identity(ADDRESS, "zoe@example.org")),
        (Channel.CHAT, "chat:17", Identity(HANDLE, "100/chat:17")),
        (Channel.SMS, "+15550100", Identity(NUMBER, "+15550100")),
        (Channel.SMS, "BANK", Identity(HANDLE, "100/BANK")),
        (Channel.MESSAGING, "15550100", Identity(HANDLE, "100/15550100")),
    ],
)
def test_what_a_contact_is_recognised_by(channel, ani, expected):
    assert identity_of_contact(opened(channel, ani)) == expected


def test_the_same_handle_elsewhere_is_somebody_else():
    here, there = (opened(Channel.MESSAGING, "17", dnis) for dnis in ("one:bot", "other:bot"))
    assert identity_of_contact(here) != identity_of_contact(there)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (" Zoe \n Ö ", "Zoe Ö"),
        ("", ""),
        ("+1 555 0100", ""),  # telephone systems repeat the number
        ("x" * 300, "x" * 200),
        ("<b>\0Zoe\x1b[31m</b>", "<b>Zoe[31m</b>"),  # shown as text, so nothing else is harmful
    ],
)
def test_a_name_is_a_name(name, kept):
    fact = fact_of(Record(5, 1, 0, "pbx", opened(Channel.VOICE, "+15550100", name=name)))
    assert isinstance(fact, Sighting)
    assert fact.name == kept
    assert (fact.customer, fact.conversation) == ("cu-7-aa", "cv-7-aa")


def test_what_is_of_one_contact_only_is_not_carried():
    kept = [
        fact_of(Record(5, 1, 0, "pbx", e.AttributeSet("c-7", key, "x"))) is not None
        for key in ("order", "traffic", "subject", "mail_id", "mailing")
    ]
    assert kept == [True, False, False, False, True]


# --- following the log --------------------------------------------------------------------------


class Log:
    """A log that can be read."""

    def __init__(self, records):
        self.records = records

    async def read(self, after=0):
        for record in list(self.records):
            if record.seq > after:
                yield record


class Centre(Pretend):
    """A centre and its customers; what the fold tells is told to the engine at once."""

    def __init__(self, store):
        agent = AgentProfile(
            "ann", queues={"sales": 1}, address="ann", capacity=dict.fromkeys(Channel, 2)
        )
        super().__init__([Queue("sales")], [agent])
        self.store = store
        self.told = []
        self.restart()

    def restart(self):
        """Forget everything that is not stored, as a crash does."""
        self.fold = Customers(Log(self.records), self.store, self.engine.state, self._told)

    def _told(self, cause, actor):
        assert actor == ACTOR
        self.told.append(cause)

    async def catch_up(self):
        self.fold.position = await self.fold.begin()
        await self.fold._catch_up()

    def pass_on(self):
        """Let the engine have what it was told."""
        told, self.told = self.told, []
        self.tell(0, *told)
        return told

    def state_of(self, leg):
        return next(c for c in self.engine.state.contacts.values() if c.leg == leg)


@pytest.fixture
async def centre(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'acd.db'}")
    await database.migrate()
    store = SqlCustomers(database)
    yield Centre(store)
    await store.close()
    await database.close()


async def test_the_engine_is_told_who_calls(centre):
    centre.call(1, "a", "sales", ani="+1 555 0100")
    await centre.catch_up()
    (told,) = centre.pass_on()
    contact = centre.state_of("a")
    assert (contact.customer, contact.conversation) == (told.customer, told.conversation)
    assert (await centre.store.customer(told.customer)).name == "A Caller"
    await centre.catch_up()
    assert centre.told == []


async def test_anonymous_callers_stay_so(centre):
    centre.call(1, "a", "sales", ani="anonymous")
    await centre.catch_up()
    assert centre.told == []
    assert await centre.store.customers("", limit=9) == []


async def test_told_again_after_a_crash_before_the_engine_knew(centre):
    centre.call(1, "a", "sales")
    await centre.catch_up()
    (lost,) = centre.told
    centre.told.clear()  # the process died here
    centre.restart()
    await centre.catch_up()
    assert centre.told == [lost]
    centre.pass_on()
    centre.restart()
    await centre.catch_up()
    assert centre.told == []


async def test_a_call_that_came_and_went_while_nobody_looked_is_on_the_books(centre):
    centre.call(1, "a", "sales")
    centre.hang_up(9, "a")
    await centre.catch_up()
    assert centre.told == []  # the engine has forgotten it
    (customer,) = await centre.store.customers("", limit=9)
    conversation = await centre.store.conversation("cv-" + customer.id.removeprefix("cu-"))
    assert len(conversation.contacts) == 1
    assert not conversation.is_busy


async def test_what_one_contact_knew_the_next_one_begins_with(centre):
    attributes = {"order": "17", "traffic": "web", "mood": "calm"}
    centre.tell(
        1, i.ContactArrived(Channel.MAIL, "sales", "zoe@example.org", "sales", 0, (), attributes)
    )
    centre.tell(
        2, i.ContactArrived(Channel.CHAT, "sales", "ZOE@example.org", "sales", 0, (),
                            {"mood": "angry"}),
    )  # fmt: skip
    await centre.catch_up()
    first, second = centre.pass_on()
    assert first.attributes == {}
    assert second.attributes == {"order": "17"}  # what it says of itself stays
    assert (second.customer, second.conversation) == (first.customer, first.conversation)
    await centre.catch_up()
    context = (await centre.store.conversation(first.conversation)).context
    assert context == {"order": "17", "mood": "angry"}


# --- the timeline -------------------------------------------------------------------------------


def story(*steps):
    """Return the timeline's entry of a caller's story: what happens at which second."""
    agent = AgentProfile(
        "ann", queues={"sales": 1}, address="ann", capacity=dict.fromkeys(Channel, 2)
    )
    centre = Pretend([Queue("sales", max_wait_seconds=300)], [agent])
    for at, step in steps:
        step(centre, at)
    fold = ContactFold()
    for record in centre.records:
        fold.fold(record)
    (row,) = fold.changed()
    return entry_of(TimelineRow(row.id, "cv-1", row.document))


def call(centre, at):
    centre.call(at, "a", "sales")


def hang_up(centre, at):
    centre.hang_up(at, "a")


def write(centre, at):
    centre.tell(at, i.MessageArrived(1, Channel.CHAT, "sales", "zoe", "Zoe", "chat:1", "Hello"))


def accept(centre, at):
    (offer,) = centre.engine.state.offers
    centre.tell(at, i.AcceptOffer(offer))


def leave(centre, at):
    centre.tell(at, i.EndContact(centre.engine.state.threads["chat:1"], by_customer=True))


def reply(centre, at):
    contact = centre.engine.state.threads["chat:1"]
    centre.tell(at, i.SendMessage(contact, "ann", "key", "Good day"))


def ready(centre, at):
    centre.log_in(at, "ann")


@pytest.mark.parametrize(
    ("steps", "happened", "line"),
    [
        ([(0, call)], Happened.GOING_ON, "Voice waits in sales"),
        ([(0, call), (95, hang_up)], Happened.MISSED,
         "Voice missed in sales: abandoned after 1 min 35 s"),
        ([(0, call), (301, ready)], Happened.MISSED,
         "Voice missed in sales: flow ended after 5 min"),
        ([(0, ready), (1, call), (4, lambda c, at: c.answer(at, "a"))], Happened.WITH_AGENT,
         "Voice with ann"),
        ([(0, ready), (1, call), (4, lambda c, at: c.answer(at, "a")), (3664, hang_up)],
         Happened.ANSWERED, "Voice with ann for 1 h 1 min"),
        ([(0, ready), (1, write), (2, accept), (9, leave)], Happened.MISSED,
         "Chat missed in sales: customer ended after 1 s"),
        ([(0, ready), (1, write), (2, accept), (3, reply), (9, leave)], Happened.ANSWERED,
         "Chat with ann for 7 s"),
    ],
)  # fmt: skip
def test_a_contact_in_a_line(steps, happened, line):
    found = story(*steps)
    assert (found.happened, found.line) == (happened, line)


def test_the_examples_are_true():
    assert doctest.testmod(timeline).failed == 0


@pytest.mark.parametrize(
    ("fields", "happened", "line"),
    [
        ({"dnis": OUTBOUND, "end_reason": "not_reached", "agent": "ann"}, Happened.NOT_REACHED,
         "Voice to +15550100 by ann: nobody answered"),
        ({"dnis": OUTBOUND, "end_reason": "withdrawn", "queued_at": "2026-01-05T00:00:00Z"},
         Happened.ENDED, "Voice to +15550100 ended: withdrawn"),
        ({"begun_by": "ann", "agent": "ann", "channel": "mail", "thread": "mail:1",
          "answered_at": "2026-01-05T00:00:00Z", "end_reason": "agent_ended"},
         Happened.ENDED, "Mail to +15550100 ended: agent ended"),
        ({"end_reason": "voicemail"}, Happened.MESSAGE_LEFT, "Voice: left a message"),
        ({"end_reason": "pbx_lost"}, Happened.MISSED, "Voice missed: pbx lost"),
        ({"end_reason": "left_flow"}, Happened.ENDED, "Voice ended: left flow"),
    ],
)  # fmt: skip
def test_how_else_a_contact_may_end(fields, happened, line):
    document = {
        "id": "c-1", "version": 1, "channel": "voice", "state": "closed", "ani": "+15550100",
        "dnis": "100", "language": "en", "opened_at": "2026-01-05T00:00:00Z",
        "customer": {"address": "+15550100", "name": ""},
    }  # fmt: skip
    found = entry_of(TimelineRow("c-1", "cv-1", msgspec.json.encode(document | fields)))
    assert (found.happened, found.line) == (happened, line)
