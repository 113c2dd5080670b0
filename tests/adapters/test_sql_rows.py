"""Agents, tokens and contacts in their tables, on both databases."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from sqlalchemy import text

from acd.adapters.sql import agents as sql_agents
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.tokens import SqlTokens
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.ports.store import AgentRow, ContactFilter, ContactRow, Role, StoreError, TokenRow

pytestmark = pytest.mark.app

ANN = AgentRow(
    AgentProfile(
        "ann",
        "Ann Øst",
        skills={"tax": 3, "billing": 1},
        queues={"support": 2, "sales": 1},
        address="ann-phone",
        capacity={Channel.VOICE: 1, Channel.CHAT: 3, Channel.MAIL: 2},
        exclusive=((Channel.VOICE, Channel.CHAT),),
        interrupts={Channel.CHAT: (Channel.MAIL,)},
    ),
    "agent",
    "0" * 32,
)


async def _all(database, statement):
    async with database.single("look") as connection:
        return (await connection.execute(text(statement))).all()


# --- agents -------------------------------------------------------------------------------------


async def test_agents_are_kept_as_they_are(database):
    store = SqlAgents(database)
    assert await store.agents() == []
    bob = AgentRow(AgentProfile("bob"), "supervisor", "")
    await store.save_agent(bob)
    await store.save_agent(ANN)
    kept = await store.agents()
    assert kept == [ANN, bob]
    assert list(kept[0].profile.skills) == ["tax", "billing"]  # in the order given
    changed = dataclasses.replace(ANN, profile=dataclasses.replace(ANN.profile, skills={"tax": 1}))
    await store.save_agent(changed)
    assert await store.agents() == [changed, bob]


async def test_removed_agents_stay_on_the_books_and_cannot_sign_in(database):
    store = SqlAgents(database)
    await store.save_agent(ANN, password="right horse")
    await store.remove_agent("ann")
    assert [row.is_active for row in await store.agents()] == [False]
    assert not await store.verify_password("ann", "right horse")
    with pytest.raises(StoreError) as caught:
        await store.remove_agent("zoe")
    assert caught.value.code == "agent-unknown"


async def test_passwords(database):
    store = SqlAgents(database)
    await store.save_agent(ANN)
    assert not await store.verify_password("ann", "")
    await store.save_agent(ANN, password="right horse")
    assert await store.verify_password("ann", "right horse")
    assert not await store.verify_password("ann", "wrong horse")
    await store.save_agent(ANN)  # no password given: it stays
    assert await store.verify_password("ann", "right horse")
    await store.save_agent(ANN, password="new horse")
    assert not await store.verify_password("ann", "right horse")
    ((stored,),) = await _all(database, "SELECT password_hash FROM agents")
    assert stored.startswith("$argon2id$")


async def test_unknown_names_cost_a_hash_too(database, monkeypatch):
    """Not a stopwatch: that the same work is done is what makes the time the same."""
    checked = []

    class Hasher:
        hash = staticmethod(sql_agents._hasher.hash)

        def verify(self, stored, given):
            checked.append(stored.rpartition("$")[0].rpartition("$")[0])  # its parameters
            return sql_agents_hasher.verify(stored, given)

    sql_agents_hasher = sql_agents._hasher
    monkeypatch.setattr(sql_agents, "_hasher", Hasher())
    store = SqlAgents(database)
    await store.save_agent(ANN, password="right horse")
    await store.save_agent(AgentRow(AgentProfile("bob"), "agent", ""))
    assert [await store.verify_password(n, "right horse") for n in ("ann", "zoe", "bob")] == [
        True,
        False,
        False,
    ]
    assert not await store.verify_password("zoe", "nobody has this password")
    assert len(checked) == 4
    assert len(set(checked)) == 1


# --- tokens -------------------------------------------------------------------------------------


async def test_a_token_opens_until_it_is_revoked(database):
    store = SqlTokens(database)
    token = await store.create_token("wallboard", Role.READ, now=5)
    assert token.startswith("acd_")
    assert len(token) > 40
    row = TokenRow("wallboard", Role.READ, 5)
    assert await store.verify_token(token) == row
    for wrong in ("", "acd_", token[:-1], token + "x", token[4:], "acd_é"):
        assert await store.verify_token(wrong) is None
    assert await store.tokens() == [row]
    assert await store.revoke_token("wallboard", now=9)
    assert not await store.revoke_token("wallboard", now=9)
    assert await store.verify_token(token) is None
    assert await store.tokens() == [dataclasses.replace(row, revoked_at=9)]


async def test_a_token_s_text_is_not_kept(database):
    token = await SqlTokens(database).create_token("x", Role.ADMIN, now=1)
    ((row),) = await _all(database, "SELECT * FROM tokens")
    assert token not in str(row)
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()


async def test_names_of_valid_tokens_are_unique(database):
    store = SqlTokens(database)
    first = await store.create_token("x", Role.ADMIN, now=1)
    with pytest.raises(StoreError) as caught:
        await store.create_token("x", Role.READ, now=2)
    assert caught.value.code == "token-exists"
    await store.revoke_token("x", now=3)
    second = await store.create_token("x", Role.READ, now=4)
    assert second != first
    assert [row.revoked_at for row in await store.tokens()] == [3, None]


# --- contacts -----------------------------------------------------------------------------------


def _contact(number, **changes):
    row = ContactRow(
        f"c-{number}",
        seq=number,
        channel="voice",
        state="waiting",
        queue="sales",
        agent=None,
        ani="+1",
        dnis="100",
        opened_at=1000 + number // 2,
        closed_at=None,
        end_reason=None,
        document=f'{{"n":{number}}}'.encode(),
    )
    return dataclasses.replace(row, **changes)


@pytest.fixture
async def store(database):
    opened = SqlContacts(database)
    yield opened
    await opened.close()


async def test_contacts_and_position_move_together(store):
    assert await store.contact_position() == 0
    await store.save_contacts([_contact(2), _contact(1)], after=0)
    assert await store.contact_position() == 2
    assert await store.open_contacts() == [_contact(1), _contact(2)]
    closed = _contact(1, seq=9, state="closed", closed_at=2000, document=b'{"n":"\xc3\xa9"}')
    await store.save_contacts([closed, _contact(3, seq=7)], after=2)
    assert await store.open_contacts() == [_contact(2), _contact(3, seq=7)]
    assert await store.contact("c-1") == closed.document
    assert await store.contact("c-9") is None
    await store.save_contacts([], after=9)
    assert await store.contact_position() == 9
    await store.save_contacts([_contact(n) for n in range(10, 210)], after=9)
    assert len(await store.open_contacts()) == 202


@pytest.mark.parametrize("after", [0, 6, 8])
async def test_a_second_folder_changes_nothing(store, after):
    await store.save_contacts([_contact(1, seq=7)], after=0)
    with pytest.raises(StoreError) as caught:
        await store.save_contacts([_contact(1, seq=9, state="closed")], after=after)
    assert caught.value.code == "lease-lost"
    assert await store.open_contacts() == [_contact(1, seq=7)]


async def test_a_contact_never_goes_back(store):
    await store.save_contacts([_contact(1, seq=7)], after=0)
    with pytest.raises(StoreError) as caught:
        await store.save_contacts([_contact(1, seq=6, state="in_flow")], after=7)
    assert caught.value.code == "lease-lost"
    assert await store.open_contacts() == [_contact(1, seq=7)]


async def test_listing(store):
    rows = [
        _contact(1, closed_at=2000, state="closed", agent="ann"),
        _contact(2, queue="support"),
        _contact(3, ani="+2", channel="chat"),
        _contact(4, queue=None),
    ]
    await store.save_contacts(rows, after=0)

    async def listed(**wanted):
        documents = await store.contacts(ContactFilter(**wanted))
        return [int(document[5:-1]) for document in documents]

    assert await listed() == [4, 3, 2, 1]
    assert await listed(limit=2) == [4, 3]
    assert await listed(limit=2, before="c-3") == [2, 1]
    assert await listed(before="c-4") == [3, 2, 1]
    assert await listed(before="c-nowhere") == []
    assert await listed(queue="sales") == [3, 1]
    assert await listed(agent="ann") == [1]
    assert await listed(channel="chat", ani="+2") == [3]
    assert await listed(state="closed") == [1]
    assert await listed(is_open=True) == [4, 3, 2]
    assert await listed(is_open=False) == [1]
    assert await listed(opened_from=1001, opened_until=1002) == [3, 2]


async def test_odd_characters_from_callers_are_no_obstacle(store):
    await store.save_contacts([_contact(1, ani="+1\0' OR 1=1 --")], after=0)
    assert len(await store.contacts(ContactFilter(ani="+1' OR 1=1 --"))) == 1
