"""The hand-over card: the way, its troubles and the suggestion, in the words of the site walked."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from acd.app.contact_fold import ContactFold
from acd.app.documents import ContactDocument
from acd.app.handover import following, handover_of
from acd.app.replies import read_replies
from acd.app.site import load_site
from acd.core import events as e
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.testing.pretend import START

pytestmark = pytest.mark.app

SITE = Path(__file__).parent.parent / "gateways" / "asksite"
CONTACT = ContactId("c-1")


@pytest.fixture(scope="module")
def site():
    found, problems = load_site(SITE)
    assert found is not None, problems
    return found


def document_of(*bodies):
    """Return the document of a chat in Spanish to which some things happened."""
    fold = ContactFold()
    opened = e.ContactOpened(CONTACT, "chat", None, "zoe", "site", "Zoe", "es", "v1", "chat:1")
    for seq, body in enumerate((opened, *bodies), 1):
        fold.fold(Record(seq, START, 0, "test", body))
    (row,) = fold.changed()
    return msgspec.json.decode(row.document, type=ContactDocument)


def walked(*places):
    """Return the events of a walk."""
    return [e.NodeEntered(CONTACT, *place.split("/")) for place in places]


def test_who_is_called_back_has_come_the_way_of_the_first_call(site):
    first = document_of(*walked("front/about", "front/queue"))
    promised = document_of(e.AttributeSet(CONTACT, "previous_contact", "c-0"))
    card = handover_of(following(first, promised), site, ())
    assert [one.node for one in card.steps] == ["about", "queue"]
    assert card.values == {}


def test_the_card_of_somebody_who_chose(site):
    document = document_of(
        *walked("front/about"),
        *walked("front/note"),
        e.AttributeSet(CONTACT, "matter", "orders"),
        *walked("front/queue"),
        e.AttributeSet(CONTACT, "suggested_reply", "order"),
        e.AttributeSet(CONTACT, "previous_contact", "c-0"),
    )
    card = handover_of(document, site, read_replies(SITE))
    assert (card.language, card.values, card.troubles) == ("es", {"matter": "orders"}, [])
    assert [(one.node, one.type, one.answer) for one in card.steps] == [
        ("about", "menu", "1 · Un pedido que he hecho"),
        ("note", "set", ""),
        ("queue", "enqueue", ""),
    ]
    assert card.steps[0].title == "Asks what it is about, then for a person"
    assert card.steps[0].text == "What is it about?"
    assert card.reply is not None
    assert card.reply.title == "Ask for the order"


def test_the_card_of_somebody_who_was_not_understood(site):
    failed = e.NodeFailed(CONTACT, "front", "about", "not_understood")
    document = document_of(*walked("front/about"), failed, failed, *walked("front/queue"))
    card = handover_of(document, site, ())
    assert [(one.reason, one.text, one.times) for one in card.troubles] == [
        ("not_understood", "What is it about?", 2)
    ]
    assert card.steps[0].troubles == ["not_understood"]
    assert card.reply is None


@pytest.mark.parametrize("is_known", [True, False])
def test_places_that_nobody_knows_any_more_are_named_all_the_same(site, is_known):
    failed = e.NodeFailed(CONTACT, "gone", "away", "failed")
    document = document_of(*walked("gone/away", "front/gone"), failed)
    card = handover_of(document, site if is_known else None, ())
    assert [(one.flow, one.node, one.text) for one in card.steps] == [
        ("gone", "away", ""),
        ("front", "gone", ""),
    ]
    assert [one.reason for one in card.troubles] == ["failed"]
