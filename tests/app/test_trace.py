"""Trace and why, told as stories."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from acd.app.codec import BODY_TYPES
from acd.app.telling import _LINES, tell
from acd.app.trace import ContactUnknown, Trace, find_contact, trace
from acd.app.why import Why, why
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.contact import EndReason, Party
from acd.core.ids import ContactId
from acd.core.leg import GoneCause, LegState
from acd.core.queue import Queue
from acd.core.record import Record
from acd.core.skill import Need
from acd.core.timers import after
from acd.testing.fakes import tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.app


def contact_of(story: Story, name: str) -> ContactId:
    opened = [x for x in story.events(e.ContactOpened) if name in (x.leg, x.ani)]
    return opened[-1].contact


def traced(story: Story, name: str) -> Trace:
    return trace(story.watch.records, contact_of(story, name))


def asked(story: Story, name: str) -> Why:
    return why(story.watch.records, contact_of(story, name))


def lunch() -> Story:
    """Carl has lunch, Ann talks to c0, Bob does not answer c1, Ann does in the end."""
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=10)}))
    story.agent("carl").says("carl", Presence.NOT_READY, "lunch")
    story.agent("ann").agent("bob").calls("c0").rings("ann", "c0").answers("ann")
    story.at(3).calls("c1", to="menu").at(6).presses("c1", "2").rings("bob", "c1")
    story.at(30).hangs_up("c0").at(35).finishes("ann").rings("ann", "c1").at(37).answers("ann")
    return story.at(60).hangs_up("c1").at(75)


# --- trace --------------------------------------------------------------------------------------


def test_a_whole_story_with_causes() -> None:
    found = traced(lunch(), "c1")
    assert (found.reason, found.party) == (EndReason.CUSTOMER_ENDED, Party.CUSTOMER)
    legs_and_cursors = e.LegChanged | e.LegClosed | e.LegOpened | e.FlowWaiting
    told = [
        (round((step.record.at - found.opened_at) / 1e6, 1), step.text)
        for step in found.steps
        if not isinstance(step.record.body, legs_and_cursors)
    ]
    assert told[:6] == [
        (0.0, "call from c1 <+c1> to menu comes in"),
        (0.0, f"contact {found.contact}: call from c1 <+c1> to menu"),
        (0.0, "flow menu"),
        (0.0, "node menu.start"),
        (0.0, "hears menu"),
        (3.0, "key 2 pressed"),
    ]
    texts = [text for _, text in told]
    assert any(text.startswith("offered to bob, attempt 1 [1. bob, pref") for text in texts)
    for line in (
        "phone of bob rings",
        "offer to bob was not answered in time",
        "bob is not_ready (rona)",
        "ann answers",
        "ends: customer_ended, by customer",
        "ann wraps up",
        "ann is done",
        "closed: customer_ended",
    ):
        assert line in texts, line
    assert texts.index("ends: customer_ended, by customer") < texts.index("ann wraps up")


def test_what_led_here_from_elsewhere_is_shown_and_marked() -> None:
    found = traced(lunch(), "c1")
    (second,) = [s for s in found.steps if s.text.startswith("offered to ann")]
    by_seq = {step.record.seq: step for step in found.steps}
    freed = by_seq[second.record.cause]
    assert (freed.record.type, freed.is_elsewhere) == ("WorkDone", True)
    said = by_seq[freed.record.cause]
    assert (said.text, said.is_elsewhere) == ("ann says wrap-up is done", True)
    assert second.depth == freed.depth + 1 == said.depth + 2
    assert {s.record.type for s in found.steps if s.is_elsewhere} == {"WorkDone", "FinishWrapup"}


def test_every_cause_is_in_the_story_and_stands_above() -> None:
    story = lunch()
    for name in ("c0", "c1"):
        found = traced(story, name)
        seqs = {step.record.seq: step.depth for step in found.steps}
        for step in found.steps:
            if step.record.cause:
                assert seqs[step.record.cause] == step.depth - 1
            else:
                assert step.depth == 0


def test_nothing_of_the_contact_is_missing_and_nothing_of_others_is_in() -> None:
    story = lunch()
    c0, c1 = contact_of(story, "c0"), contact_of(story, "c1")
    shown = {step.record.seq for step in traced(story, "c1").steps}
    ours = {r.seq for r in story.watch.records if getattr(r.body, "contact", None) == c1}
    assert ours <= shown
    others = [
        step for step in traced(story, "c1").steps if getattr(step.record.body, "contact", "") == c0
    ]
    assert all(step.is_elsewhere for step in others)


def test_text_for_people() -> None:
    lines = traced(lunch(), "c1").as_text().splitlines()
    assert lines[0].endswith("2023-11-14 22:13:23 UTC")
    assert lines[-1] == "It ended after 57.000 s: customer_ended, by customer."
    (answer,) = [line for line in lines if line.endswith("ann answers")]
    (cause,) = [line for line in lines if "phone answered" in line]
    assert answer.startswith("    34.000  #")
    assert cause.endswith("by pbx")
    assert answer.index("ann") == cause.index("phone") + 2
    (rona,) = [line for line in lines if "bob is not_ready" in line]
    assert "because of #" in rona  # its cause is not the line above it
    assert sum("(elsewhere)" in line for line in lines) == 2


def test_document_for_programs() -> None:
    document = json.loads(json.dumps(traced(lunch(), "c1").document()))
    assert (document["end_reason"], document["ended_by"]) == ("customer_ended", "customer")
    first = document["steps"][0]
    assert (first["type"], first["is_input"], first["actor"]) == ("LegArrived", True, "pbx")
    assert first["data"]["ani"] == "+c1"
    assert document["steps"][-1]["after_seconds"] >= 57


def test_an_open_contact_has_no_end() -> None:
    story = Story().calls("c1").at(5)
    found = traced(story, "c1")
    assert (found.ended_at, found.reason, found.party) == (None, None, None)
    assert found.as_text().endswith("It has not ended.")
    assert found.document()["ended_at"] is None


@pytest.mark.parametrize(
    ("end", "reason", "party"),
    [
        (lambda s: s.at(9).hangs_up("c1"), EndReason.ABANDONED, Party.CUSTOMER),
        (lambda s: s.at(9).tell(i.PbxLost("pbx")), EndReason.PBX_LOST, Party.SYSTEM),
        (
            lambda s: s.agent("ann").rings("ann").answers("ann").at(9).puts_down("ann"),
            EndReason.AGENT_ENDED,
            Party.AGENT,
        ),
        (
            lambda s: s.at(9).hangs_up("c1", GoneCause.UNSEEN),
            EndReason.UNSEEN,
            Party.UNKNOWN,
        ),
    ],
)
def test_who_ended_it_and_why(end, reason: EndReason, party: Party) -> None:
    found = traced(end(Story().calls("c1")), "c1")
    assert (found.reason, found.party) == (reason, party)
    assert f"{reason}, by {party}" in found.ending()


def test_a_look_at_the_pbx_that_ends_it_is_no_stranger() -> None:
    story = Story().calls("c1", "c2").at(5).looks({})
    (seen,) = [s for s in traced(story, "c1").steps if s.record.type == "PbxSeen"]
    assert not seen.is_elsewhere


def test_a_chat() -> None:
    story = Story().agent("ann", capacity={Channel.CHAT: 1}).chats("c1").at(2).accepts("ann").at(9)
    story.tell(i.EndContact(contact_of(story, "c1"), by_customer=False), "agent:ann")
    text = traced(story, "c1").as_text()
    assert "chat from c1 to widget comes in" in text
    assert "offer accepted on the screen  by agent:ann" in text
    assert text.endswith("It ended after 9.000 s: agent_ended, by agent.")


def test_find_by_id_or_by_number_the_newest() -> None:
    story = Story().calls("c1").hangs_up("c1").calls("c2").hangs_up("c2").calls("c1")
    records = story.watch.records
    first, last = [x.contact for x in story.events(e.ContactOpened) if x.ani == "+c1"]
    assert find_contact(records, "+c1") == last
    assert find_contact(records, first) == first
    for ask in (
        lambda: find_contact(records, "+c3"),
        lambda: trace(records, ContactId("c-0-none")),
        lambda: why(records, ContactId("c-0-none")),
    ):
        with pytest.raises(ContactUnknown):
            ask()


def test_everything_that_can_be_in_a_log_has_words() -> None:
    assert set(_LINES) == set(BODY_TYPES.values())


def test_words_of_every_record_of_these_stories() -> None:
    for record in lunch().watch.records:
        assert tell(record.body)
        assert "\n" not in tell(record.body)


# --- why ----------------------------------------------------------------------------------------


def test_why_this_agent_and_why_not_the_others() -> None:
    found = asked(lunch(), "c1")
    assert [(made.agent, made.outcome) for made in found.decisions] == [
        ("bob", "rona"),
        ("ann", "accepted"),
    ]
    first, second = found.decisions
    assert [(row.agent, row.rank, row.why) for row in first.rows] == [
        ("bob", 1, "preference 1, idle 6.0 s"),
        ("ann", 0, "active"),
        ("carl", 0, "not_ready:lunch"),
    ]
    assert [(row.agent, row.why) for row in second.rows[1:]] == [
        ("bob", "not_ready:rona"),
        ("carl", "not_ready:lunch"),
    ]
    assert (first.after_seconds, second.after_seconds) == (0, 29)
    assert (found.state, found.waiting) == ("closed", None)
    text = found.as_text()
    assert "offer 2" in text
    assert "29.000 s after entering queue support: ann (accepted)" in text
    assert "-  carl: not_ready:lunch" in text


def test_a_short_table_is_made_whole_from_the_log() -> None:
    story = Story()
    for number in range(60):
        story.agent(f"a{number}", skills={"es": number % 3 + 1}).later(1)
    story.says("a7", Presence.NOT_READY, "lunch").chats("other", require=[]).at(100)
    story.agent("sal", queues="sales").calls("c1")
    (made,) = story.events(e.OfferMade)
    assert not made.candidates.is_complete
    (decision,) = asked(story, "c1").decisions
    assert len(decision.rows) == 60
    assert decision.rows[0] == made.candidates.rows[0]
    assert [row.rank for row in decision.rows] == [*range(1, 60), 0]
    assert (decision.rows[-1].agent, decision.rows[-1].why) == ("a7", "not_ready:lunch")
    assert decision.outcome == "open"
    # Idle the longest first: the table is that of the instant, not of the end of the log.
    assert decision.rows[1].agent == "a1"


def test_whole_and_short_tables_are_alike() -> None:
    # Where the log keeps the whole table, making it again from the log gives the same one.
    story = lunch()
    shortened = [
        replace(r, body=replace(r.body, candidates=replace(r.body.candidates, is_complete=False)))
        if isinstance(r.body, e.OfferMade)
        else r
        for r in story.watch.records
    ]
    contact = contact_of(story, "c1")
    assert why(shortened, contact) == why(story.watch.records, contact)


def test_why_still_waiting() -> None:
    story = Story().agent("ann").agent("bob").says("bob", Presence.NOT_READY, "rona")
    story.agent("eve", skills={"es": 1}).reachable("eve", False).agent("sal", queues="sales")
    story.calls("c0").rings("ann").answers("ann")
    story.chats("early").calls("c1").at(1).calls("c2").at(12)
    found = asked(story, "c2")
    waiting = found.waiting
    assert (found.state, found.decisions) == ("waiting", ())
    assert (waiting.queue, waiting.ahead, waiting.note) == ("support", 2, "")
    assert {row.agent: row.why for row in waiting.rows} == {
        "ann": "active",
        "bob": "not_ready:rona",
        "eve": "unreachable",
    }
    assert waiting.outside == ("sal",)
    text = found.as_text()
    assert "; 2 before it" in text
    assert "-  eve: unreachable" in text
    assert "not in this queue: sal" in text
    later = why(story.watch.records, found.contact, after(story.now, 30))
    assert later.waiting.since_seconds == 41


def test_a_missing_skill_is_named_with_its_levels() -> None:
    story = Story().agent("ann", skills={"es": 1}, capacity={Channel.CHAT: 1})
    story.chats("c1", require=[Need("es", 2)])
    waiting = asked(story, "c1").waiting
    assert [(row.agent, row.why) for row in waiting.rows] == [("ann", "skill:es needs 2 has 1")]
    assert waiting.requirement == "es 2"
    assert "requires es 2" in asked(story, "c1").as_text()


def test_a_caller_in_the_fallback_waits_for_their_return() -> None:
    story = Story().calls("c1").at(1)
    fact = replace(story.facts()["c1"], state=LegState.AWAY)
    story.looks({"c1": fact}).agent("ann")
    waiting = asked(story, "c1").waiting
    assert "fallback" in waiting.note
    assert [(row.agent, row.rank) for row in waiting.rows] == [("ann", 1)]


def test_nobody_in_the_queue_and_never_queued() -> None:
    assert "nobody serves this queue" in asked(Story().calls("c1"), "c1").as_text()
    in_flow = asked(Story().calls("c1", to="menu"), "c1")
    assert "no agent was ever chosen" in in_flow.as_text()
    assert in_flow.document()["waiting"] is None


def test_why_as_a_document() -> None:
    document = json.loads(json.dumps(asked(lunch(), "c1").document()))
    assert document["decisions"][0]["candidates"][1] == {
        "agent": "ann",
        "rank": 0,
        "why": "active",
    }
    story = Story().calls("c1")
    waiting = json.loads(json.dumps(asked(story, "c1").document()))["waiting"]
    assert (waiting["queue"], waiting["candidates"]) == ("support", [])


def test_a_log_from_a_file_tells_the_same(tmp_path) -> None:
    from acd.app.codec import export_jsonl, import_jsonl

    story = lunch()
    records: list[Record] = list(import_jsonl(export_jsonl(story.watch.records)))
    contact = contact_of(story, "c1")
    assert trace(records, contact).as_text() == traced(story, "c1").as_text()
    assert why(records, contact) == asked(story, "c1")
