"""Customers, conversations and merging, on both databases."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.customers import SqlCustomers
from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import (
    contacts,
    conversations,
    customer_contacts,
    customers,
    identities,
)
from acd.core.customer import Identity, IdentityKind
from acd.core.timers import MICROSECONDS
from acd.ports.customers import (
    MOST_CONTEXT,
    SAME_MATTER_SECONDS,
    CustomerChange,
    CustomerError,
    Known,
    Learned,
    Left,
    Placed,
    Sighting,
)
from acd.ports.store import ContactRow, StoreError

pytestmark = pytest.mark.app

NUMBER = Identity(IdentityKind.NUMBER, "+15550100")
MAIL = Identity(IdentityKind.ADDRESS, "zoe@example.org")
OTHER = Identity(IdentityKind.NUMBER, "+15550199")
WEEK = SAME_MATTER_SECONDS * MICROSECONDS


def seen(number, identity=NUMBER, at=0, *, thread="", name="", language="en"):
    return Sighting(
        number, 1000 + at, f"c-{number}", identity, name, language, thread,
        f"cu-{number}", f"cv-{number}",
    )  # fmt: skip


def left(seq, number, at):
    return Left(seq, 1000 + at, f"c-{number}")


def learned(seq, number, key, value):
    return Learned(seq, 1000, f"c-{number}", key, value)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.sql)]
)
def migrated(request, tmp_path_factory):
    """A database of each kind with all tables, made once: that takes longer than the tests."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('customers') / 'acd.db'}"
    else:
        url = request.getfixturevalue("server").create_database("customers")

    async def migrate():
        database = Database(url)
        await database.migrate()
        await database.close()

    asyncio.run(migrate())
    return url


@pytest.fixture
async def database(migrated):
    """It, empty again afterwards."""
    opened = Database(migrated)
    yield opened
    async with opened.write("empty it") as connection:
        for table in (customer_contacts, conversations, identities, customers, contacts):
            await connection.execute(table.delete())
    await opened.close()


@pytest.fixture
async def store(database):
    opened = SqlCustomers(database)
    yield opened
    await opened.close()


async def places(store, *facts):
    """Take facts; return customer and conversation of each sighted contact, by their numbers."""
    return [(k.customer[3:], k.conversation[3:]) for k in await store.take(facts)]


# --- who, and on which matter ------------------------------------------------------------------


async def test_the_first_contact_makes_customer_and_conversation(store):
    assert await store.customer_position() == 0
    (found,) = await store.take([seen(5, name="Zoe", language="es")])
    assert found == Known("c-5", "cu-5", "cv-5", "Zoe", {})
    customer = await store.customer("cu-5")
    assert (customer.name, customer.language, customer.created_at) == ("Zoe", "es", 1000)
    assert customer.identities == (NUMBER,)
    assert await store.customer_position() == 5
    assert await store.customer("cu-6") is None


async def test_the_same_identity_is_the_same_customer_and_another_is_not(store):
    assert await places(store, seen(1), seen(2), seen(3, OTHER)) == [
        ("1", "1"), ("1", "1"), ("3", "3"),
    ]  # fmt: skip
    same_text = Identity(IdentityKind.HANDLE, NUMBER.text)
    assert await places(store, seen(4, same_text)) == [("4", "4")]


async def test_a_name_is_filled_in_but_never_replaced(store):
    await store.take([seen(1), seen(2, name="Zoe")])
    (found,) = await store.take([seen(3, name="Somebody")])
    assert found.name == "Zoe"


async def test_told_again_nothing_changes(store):
    facts = [seen(1), learned(2, 1, "order", "17"), left(3, 1, 5), learned(4, 1, "order", "18")]
    await store.take(facts)
    before = await store.customer("cu-1"), await store.conversation("cv-1")
    (found,) = await store.take(facts)
    assert found == Known("c-1", "cu-1", "cv-1", "", {"order": "18"})
    assert (await store.customer("cu-1"), await store.conversation("cv-1")) == before
    assert await store.customer_position() == 4


async def test_a_conversation_lasts_while_something_happens_in_it(store):
    assert await places(
        store,
        seen(1, at=0), left(2, 1, at=10),
        seen(3, at=10 + WEEK), left(4, 3, at=20 + WEEK),
        seen(5, at=21 + 2 * WEEK),
    ) == [("1", "1"), ("1", "1"), ("1", "5")]  # fmt: skip
    assert (await store.conversation("cv-1")).is_open(1000 + 20 + 2 * WEEK)
    assert not (await store.conversation("cv-1")).is_open(1000 + 21 + 2 * WEEK)


async def test_a_contact_that_has_not_ended_keeps_its_conversation_open(store):
    """A mail may wait for long."""
    assert await places(store, seen(1, at=0), seen(2, at=9 * WEEK)) == [("1", "1"), ("1", "1")]


async def test_a_thread_stays_in_its_conversation_however_old(store):
    await store.take([seen(1, MAIL, thread="mail:x"), left(2, 1, at=1)])
    assert await places(store, seen(3, MAIL, 3 * WEEK)) == [("1", "3")]
    assert await places(store, seen(4, MAIL, 4 * WEEK, thread="mail:x")) == [("1", "1")]


async def test_a_stranger_does_not_get_into_a_thread(store):
    """References can be written by anybody; somebody's context is not for who names their mail."""
    await store.take([seen(1, MAIL, thread="mail:x"), learned(2, 1, "order", "17")])
    (found,) = await store.take([seen(3, OTHER, thread="mail:x")])
    assert (found.customer, found.conversation, found.context) == ("cu-3", "cv-3", {})


async def test_what_is_learned_is_carried_to_the_next_contact(store):
    await store.take([seen(1), learned(2, 1, "order", "17"), learned(3, 1, "mood", "gut é")])
    (found,) = await store.take([seen(4)])
    assert found.context == {"order": "17", "mood": "gut é"}
    await store.take([learned(5, 4, "order", "18")])
    assert (await store.conversation("cv-1")).context == {"order": "18", "mood": "gut é"}
    assert await store.known(["c-1", "c-4", "c-9"]) == [
        Known(one, "cu-1", "cv-1", "", {"order": "18", "mood": "gut é"}) for one in ("c-1", "c-4")
    ]


async def test_there_is_an_end_to_what_is_carried(store):
    many = [learned(n + 2, 1, f"k{n}", "v") for n in range(MOST_CONTEXT + 5)]
    await store.take([seen(1), *many, learned(999, 1, "k0", "new")])
    context = (await store.conversation("cv-1")).context
    assert len(context) == MOST_CONTEXT
    assert context["k0"] == "new"


async def test_facts_of_contacts_of_nobody_are_nothing(store):
    assert await store.take([learned(1, 1, "a", "b"), left(2, 1, 5)]) == []
    assert await store.customer_position() == 0


async def test_all_facts_or_none(store):
    broken = dataclasses.replace(seen(2, OTHER), conversation=None)
    with pytest.raises(StoreError):
        await store.take([seen(1), broken])
    assert await store.customers("", limit=9) == []


async def test_a_conversation_lists_its_contacts(store):
    await store.take([seen(1), left(2, 1, at=5), seen(3, at=7)])
    found = await store.conversation("cv-1")
    assert found.contacts == ("c-1", "c-3")
    assert found.is_busy
    assert (found.opened_at, found.last_at) == (1000, 1007)
    await store.take([left(4, 3, at=9)])
    assert not (await store.conversation("cv-1")).is_busy
    assert await store.conversation("cv-2") is None


async def test_a_contact_begun_on_a_matter_is_put_there(store):
    placed = Placed(4, 1009, "c-4", "cu-1", "cv-1")
    assert await places(store, seen(1), learned(2, 1, "order", "17"), placed) == [("1", "1")]
    assert await store.take([placed, learned(5, 4, "mood", "calm")]) == []
    found = await store.conversation("cv-1")
    assert (found.contacts, found.last_at) == (("c-1", "c-4"), 1009)
    assert found.context == {"order": "17", "mood": "calm"}
    assert await store.take([Placed(6, 1010, "c-6", "cu-1", "cv-9")]) == []  # no such matter
    assert await store.known(["c-6"]) == []


# --- people change them -------------------------------------------------------------------------


async def test_changing_a_customer(store):
    await store.take([seen(1, name="Zoe")])
    change = CustomerChange("Zoë Ö", "de", "ann", "likes mail", add=(MAIL,))
    found = await store.change_customer("cu-1", change, now=2000)
    assert found == await store.customer("cu-1")
    assert (found.name, found.language, found.preferred_agent, found.note) == (
        "Zoë Ö", "de", "ann", "likes mail",
    )  # fmt: skip
    assert found.identities == (NUMBER, MAIL)
    assert await places(store, seen(5, MAIL)) == [("1", "1")]
    found = await store.change_customer(
        "cu-1", CustomerChange(preferred_agent="", remove=(NUMBER,)), now=2000
    )
    assert (found.preferred_agent, found.identities, found.name) == (None, (MAIL,), "Zoë Ö")


@pytest.mark.parametrize(
    ("customer", "change", "code"),
    [
        ("cu-1", CustomerChange("changed", add=(OTHER,)), "identity-taken"),
        ("cu-1", CustomerChange("changed", remove=(OTHER,)), "identity-unknown"),
        ("cu-9", CustomerChange("changed"), "customer-unknown"),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(store, customer, change, code):
    await store.take([seen(1, name="Zoe"), seen(2, OTHER, name="Max")])
    before = await store.customers("", limit=9)
    with pytest.raises(CustomerError) as caught:
        await store.change_customer(customer, change, now=1)
    assert caught.value.code == code
    assert await store.customers("", limit=9) == before


async def test_adding_what_one_has_is_nothing(store):
    await store.take([seen(1)])
    found = await store.change_customer("cu-1", CustomerChange(add=(NUMBER,)), now=1)
    assert found.identities == (NUMBER,)


async def test_finding_customers(store):
    await store.take([seen(1, name="Zoë 100%"), seen(2, MAIL, at=1, name="Max"), seen(3, OTHER, 2)])

    async def found(query, **more):
        return [row.id[3:] for row in await store.customers(query, **{"limit": 9} | more)]

    assert await found("") == ["3", "2", "1"]
    assert await found("", limit=2) == ["3", "2"]
    assert await found("", before="cu-2") == ["1"]
    assert await found("zOË") == ["1"]
    assert await found("Example") == ["2"]
    assert await found("555 01") == ["3", "1"]
    assert await found("(555) 01-99") == ["3"]
    assert await found("cu-2") == ["2"]
    assert await found("%") == ["1"]
    assert await found("_") == []
    assert await found("' OR 1=1 --") == []


# --- merging ------------------------------------------------------------------------------------


async def test_merged_customers_are_one(store):
    await store.take([seen(1, name="Zoe"), seen(2, MAIL, at=1, name="zoe@")])
    found = await store.merge("cu-1", "cu-2")
    assert (found.name, found.identities, found.merged) == ("Zoe", (NUMBER, MAIL), ("cu-2",))
    assert (await store.customer("cu-2")).merged_into == "cu-1"
    assert [row.id for row in await store.customers("", limit=9)] == ["cu-1"]
    assert [row.id for row in await store.customers("zoe@", limit=9)] == ["cu-1"]
    (known,) = await store.take([seen(4, MAIL, at=9)])
    assert (known.customer, known.name) == ("cu-1", "Zoe")


async def test_taken_apart_again_all_is_as_before(store):
    facts = [seen(1, name="Zoe"), seen(2, MAIL, at=1), left(3, 2, 5), seen(4, OTHER, at=6)]
    await store.take(facts)
    before = [await store.customer(f"cu-{n}") for n in (1, 2, 4)]
    await store.merge("cu-2", "cu-4")
    await store.merge("cu-1", "cu-2")
    assert (await store.customer("cu-1")).identities == (NUMBER, MAIL, OTHER)
    assert await places(store, seen(5, OTHER, at=7)) == [("1", "4")]
    assert (await store.unmerge("cu-2")).identities == (MAIL, OTHER)
    await store.unmerge("cu-4")
    assert [await store.customer(f"cu-{n}") for n in (1, 2, 4)] == before
    assert (await store.known(["c-5"]))[0].customer == "cu-4"  # whose number it came from


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        ("cu-1", "cu-1", "merge-with-self"),
        ("cu-1", "cu-9", "customer-unknown"),
        ("cu-9", "cu-1", "customer-unknown"),
        ("cu-1", "cu-2", "customer-merged"),
        ("cu-2", "cu-1", "customer-merged"),
        ("cu-2", "cu-3", "customer-merged"),
    ],
)
async def test_merges_that_make_no_sense(store, one, other, code):
    await store.take([seen(1), seen(2, MAIL), seen(3, OTHER)])
    await store.merge("cu-1", "cu-2")
    with pytest.raises(CustomerError) as caught:
        await store.merge(one, other)
    assert caught.value.code == code


async def test_who_was_not_merged_cannot_be_taken_out(store):
    await store.take([seen(1)])
    for customer, code in (("cu-1", "customer-not-merged"), ("cu-9", "customer-unknown")):
        with pytest.raises(CustomerError) as caught:
            await store.unmerge(customer)
        assert caught.value.code == code


async def test_an_identity_of_a_merged_customer_is_not_taken(store):
    await store.take([seen(1), seen(2, MAIL)])
    await store.merge("cu-1", "cu-2")
    assert await store.change_customer("cu-1", CustomerChange(add=(MAIL,)), now=1)
    with pytest.raises(CustomerError) as caught:
        await store.change_customer("cu-2", CustomerChange(name="x"), now=1)
    assert caught.value.code == "customer-merged"


# --- the timeline -------------------------------------------------------------------------------


async def test_the_timeline_shows_every_contact_newest_first(store, database):
    documents = SqlContacts(database)
    rows = [
        ContactRow(
            f"c-{n}", n, "voice", "closed", None, None, "+1", "1", 1000 + n, 2000, None,
            b'{"n":%d}' % n,
        )
        for n in range(1, 7)
    ]  # fmt: skip
    await documents.save_contacts(rows, after=0)
    await documents.close()
    await store.take([seen(n, (NUMBER, MAIL)[n % 2], at=n // 2) for n in range(1, 6)])
    await store.take([seen(9, MAIL, at=9)])  # whose document is not there yet
    await store.merge("cu-1", "cu-2")
    whole = await store.timeline("cu-1", limit=9)
    assert [row.contact for row in whole] == ["c-5", "c-4", "c-3", "c-2", "c-1"]
    assert whole[0].document == b'{"n":5}'
    assert [r.contact for r in await store.timeline("cu-1", limit=2)] == ["c-5", "c-4"]
    rest = await store.timeline("cu-1", before="c-4", limit=9)
    assert [row.contact for row in rest] == ["c-3", "c-2", "c-1"]
    assert [row.contact for row in await store.timeline("cu-2", limit=9)] == ["c-4", "c-2"]
    assert [row.contact for row in await store.contacts_of("cv-2")] == ["c-4", "c-2"]
    assert await store.timeline("cu-9", limit=9) == []


# --- missed calls -------------------------------------------------------------------------------


def call(number, at, *, agent=None, queue="desk", reason="abandoned", channel="voice", closed=True):
    return ContactRow(
        f"c-{number}", number, channel, "closed" if closed else "waiting", queue, agent, "+1", "1",
        1000 + at, 2000 if closed else None, reason if closed else None, b'{"n":%d}' % number,
    )  # fmt: skip


async def test_who_called_and_was_answered_by_nobody(store, database):
    third, fourth = (Identity(IdentityKind.NUMBER, f"+1555020{n}") for n in (3, 4))
    documents = SqlContacts(database)
    told = [
        (NUMBER, call(1, 1)),
        (NUMBER, call(2, 2, agent="ann", reason="not_reached")),  # rung in vain: not dealt with
        (OTHER, call(3, 3)),
        (OTHER, call(4, 4, agent="ann", reason="agent_ended")),  # talked to since
        (third, call(5, 5, queue="sales")),
        (third, call(6, 6, queue=None, reason="left_flow")),  # wanted nobody
        (fourth, call(7, 7, closed=False)),  # waits
        (MAIL, call(8, 8, agent="ann", channel="mail", reason="agent_ended")),
    ]
    await documents.save_contacts([row for _, row in told], after=0)
    await documents.close()
    await store.take([seen(row.seq, who, at=row.seq) for who, row in told])
    await store.merge("cu-1", "cu-8")
    found = await store.unanswered(["desk"], since=1000, limit=9)
    assert [one.customer.id for one in found] == ["cu-1"]
    assert found[0].customer.identities == (NUMBER, MAIL)
    assert [row.contact for row in found[0].contacts] == ["c-8", "c-2", "c-1"]
    found = await store.unanswered(None, since=1000, limit=9)
    assert [one.customer.id for one in found] == ["cu-5", "cu-1"]
    assert [one.customer.id for one in await store.unanswered(None, since=1000, limit=1)] == [
        "cu-5"
    ]
    assert [one.customer.id for one in await store.unanswered(None, since=1002, limit=9)] == [
        "cu-5"
    ]
    await store.merge("cu-5", "cu-1")  # and so on: whoever calls for it finds one customer
    (one,) = await store.unanswered(["desk"], since=1000, limit=9)
    assert one.customer.id == "cu-5"
    assert {row.contact for row in one.contacts} == {"c-8", "c-6", "c-5", "c-2", "c-1"}
    assert await store.unanswered([], since=1000, limit=9) == []
