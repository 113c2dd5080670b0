"""What a capture of the SIP port tells of calls. Pure.

A caller is known by the number in From, which both systems hand on to the agent's phone; an agent
by the user in the request's address.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.capture import Packet

_REQUEST = re.compile(rb"([A-Z]+) sips?:([^@;>\s]+)@")
_FROM = re.compile(rb"^(?:From|f)\s*:[^\r\n]*?sips?:([^@;>\s]+)@", re.IGNORECASE | re.MULTILINE)
_CALL_ID = re.compile(rb"^(?:Call-ID|i)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(rb"^CSeq\s*:\s*\d+\s+([A-Z]+)", re.IGNORECASE | re.MULTILINE)
_TO_TAG = re.compile(rb"^(?:To|t)\s*:[^\r\n]*;tag=", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Story:
    """What happened in one round; times are seconds since the epoch.

    Attributes:
        called: number of a caller to when their first INVITE left.
        rung: number of a caller to when the first INVITE for them left to an agent.
        invited: agent to the times of INVITEs to them, ascending.
        released: (time, agent) of each "200 OK" to an agent's BYE.
    """

    called: dict[str, float] = field(default_factory=dict)
    rung: dict[str, float] = field(default_factory=dict)
    invited: dict[str, list[float]] = field(default_factory=dict)
    released: list[tuple[float, str]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Callers for whom no agent's phone ever rang."""
        return len(self.called.keys() - self.rung.keys())

    def routing(self) -> list[float]:
        """Return for each caller the seconds from their INVITE to the agent's."""
        return [at - self.called[number] for number, at in self.rung.items()]

    def idle_gaps(self) -> list[float]:
        """Return the seconds that agents were idle between two calls while somebody waited.

        From the 200 OK to an agent's BYE to the next INVITE to the same agent. A gap counts only
        if at its beginning a caller was waiting who had not been offered to anybody.
        """
        came = sorted(self.called.values())
        went = sorted(self.rung.values())
        gaps = []
        for ended, agent in self.released:
            if bisect_right(came, ended) <= bisect_right(went, ended):
                continue
            times = self.invited[agent]
            following = bisect_right(times, ended)
            if following < len(times):
                gaps.append(times[following] - ended)
        return gaps


def tell(packets: Iterable[Packet], agents_port: int) -> Story:
    """Return what the packets of one round say.

    Args:
        packets: in the order of their times.
        agents_port: where all agents' phones listen.
    """
    story = Story()
    agent_of: dict[bytes, str] = {}
    for packet in packets:
        request = _REQUEST.match(packet.payload)
        if request is not None and request[1] == b"INVITE":
            _invite(story, agent_of, packet, request[2].decode(), agents_port)
        elif packet.payload.startswith(b"SIP/2.0 200") and packet.target == agents_port:
            cseq, call_id = _CSEQ.search(packet.payload), _CALL_ID.search(packet.payload)
            if cseq is not None and cseq[1] == b"BYE" and call_id is not None:
                agent = agent_of.pop(call_id[1], None)  # a repeated answer counts once
                if agent is not None:
                    story.released.append((packet.at, agent))
    return story


def _invite(
    story: Story, agent_of: dict[bytes, str], packet: Packet, user: str, agents_port: int
) -> None:
    caller, call_id = _FROM.search(packet.payload), _CALL_ID.search(packet.payload)
    if caller is None or call_id is None or _TO_TAG.search(packet.payload):
        return  # a re-INVITE is no new call
    number = caller[1].decode()
    if packet.target != agents_port:
        story.called.setdefault(number, packet.at)
    elif call_id[1] not in agent_of:
        agent_of[call_id[1]] = user
        story.rung.setdefault(number, packet.at)
        story.invited.setdefault(user, []).append(packet.at)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of ``values`` lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
