"""What a capture tells, from packets made by hand."""

from __future__ import annotations

import pytest

from bench.capture import Packet
from bench.signalling import percentile, tell

pytestmark = pytest.mark.core

PBX, CALLERS, AGENTS = 5060, 6000, 7000


def packet(at: float, source: int, target: int, start: str, **headers: str) -> Packet:
    lines = [start, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return Packet(at, source, target, "\r\n".join([*lines, "", ""]).encode())


def called(at: float, caller: str, *, to: str = "<sip:100@pbx>") -> Packet:
    return packet(at, CALLERS, PBX, "INVITE sip:100@pbx SIP/2.0", From=f"<sip:{caller}@here>;tag=1",
                  To=to, Call_ID=f"c-{caller}", CSeq="1 INVITE")  # fmt: skip


def rung(at: float, caller: str, agent: str, call_id: str) -> Packet:
    return packet(at, PBX, AGENTS, f"INVITE sip:{agent}@127.0.0.1:7000 SIP/2.0",
                  From=f'"x" <sip:{caller}@pbx>;tag=2', To=f"<sip:{agent}@127.0.0.1>",
                  Call_ID=call_id, CSeq="7 INVITE")  # fmt: skip


def ended(at: float, call_id: str) -> Packet:
    return packet(at, PBX, AGENTS, "SIP/2.0 200 OK", Call_ID=call_id, CSeq="1 BYE")


def test_the_time_from_a_callers_invite_to_the_agents() -> None:
    story = tell(
        [
            called(1.0, "5551"),
            called(1.2, "5552"),
            rung(1.25, "5551", "1001", "a"),
            rung(1.5, "5552", "1002", "b"),
        ],
        AGENTS,
    )
    assert story.routing() == pytest.approx([0.25, 0.3])
    assert story.lost == 0


def test_repetitions_and_re_invites_are_no_new_calls() -> None:
    story = tell(
        [
            called(1.0, "5551"),
            called(1.5, "5551"),
            rung(1.6, "5551", "1001", "a"),
            rung(1.7, "5551", "1001", "a"),
            called(1.8, "5559", to="<sip:100@pbx>;tag=9"),
        ],
        AGENTS,
    )
    assert story.routing() == pytest.approx([0.6])
    assert story.invited == {"1001": [1.6]}


def test_a_caller_whom_nobody_was_rung_for_is_lost() -> None:
    assert tell([called(1.0, "5551")], AGENTS).lost == 1


def test_a_gap_counts_only_while_somebody_waits() -> None:
    story = tell(
        [
            called(1.0, "5551"),
            rung(1.1, "5551", "1001", "a"),
            ended(2.0, "a"),  # nobody waits: the agent is idle until 3.1
            called(3.0, "5552"),
            rung(3.1, "5552", "1001", "b"),
            called(3.5, "5553"),
            ended(4.0, "b"),
            ended(4.1, "b"),  # repeated
            rung(4.25, "5553", "1001", "c"),
        ],
        AGENTS,
    )
    assert story.idle_gaps() == pytest.approx([0.25])


def test_the_percentile_is_a_value_that_occurred() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.95) == 96
    assert percentile([7.0], 0.99) == 7
