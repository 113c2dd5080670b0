"""Journeys: a fold of the log into how contacts walk the flows, and what becomes of them there.

Everything is counted by version of the site, flow and node, so that two versions can be compared.
A *journey* begins when a flow takes a contact and has one outcome:

- contained: the flow ended it, or a message was left: resolved without a human;
- handed: a human took it where the flow meant it to;
- escaped: a human took it because a node failed, was not understood, or was asked for one;
- lost: the customer left inside the flow;
- failed: it ended in another way: the flow or the telephony broke.

Whoever leaves or waits in a queue was handed or has escaped as well: what happens in queues is
counted by :mod:`acd.app.metrics`. An escape is counted at the node where the trouble was, every
other outcome where the contact stood; for a flow those journeys count that came through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields

from acd.app.codec import decode, encode
from acd.core import events as e
from acd.core.contact import EndReason
from acd.core.ids import ContactId
from acd.core.message import Author
from acd.core.record import Record
from acd.ports.store import Snapshot

FOLD = "journeys"

VERSIONS_KEPT = 20
"""Versions of the site that are counted; of older ones only the sums of their flows are left."""

LATEST_KEPT = 8
"""Contacts that are remembered by node."""

_CONTAINED = frozenset({EndReason.FLOW_ENDED, EndReason.VOICEMAIL})

_HANDED = frozenset({EndReason.TRANSFERRED, EndReason.CALLBACK})
"""Ends that a human elsewhere, or later, goes on from."""


@dataclass(slots=True)
class Outcomes:
    """What became of journeys, see the module."""

    contained: int = 0
    handed: int = 0
    escaped: int = 0
    lost: int = 0
    failed: int = 0

    def count(self, outcome: str) -> None:
        """Count one more."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    @property
    def decided(self) -> int:
        """Return how many journeys have an outcome."""
        return self.contained + self.handed + self.escaped + self.lost + self.failed


OUTCOMES = tuple(one.name for one in fields(Outcomes))


@dataclass(slots=True)
class FlowTally:
    """Journeys through a flow, or through any of a version.

    Attributes:
        entered: how many came into it.
    """

    entered: int = 0
    outcomes: Outcomes = field(default_factory=Outcomes)

    @property
    def inside(self) -> int:
        """Return how many have no outcome yet."""
        return self.entered - self.outcomes.decided

    def share(self, outcome: str) -> float | None:
        """Return the share of an outcome in all; None before the first."""
        decided = self.outcomes.decided
        return getattr(self.outcomes, outcome) / decided if decided else None


@dataclass(slots=True)
class NodeTally:
    """What happened at a node.

    Attributes:
        entered: how often contacts came to it.
        ways: place to how often contacts went on there: by choice or course, and by failure.
        troubles: reason to how often it did not bring a contact on.
        latest: the contacts that came last, the newest at the end.
    """

    entered: int = 0
    outcomes: Outcomes = field(default_factory=Outcomes)
    ways: dict[str, list[int]] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    latest: list[ContactId] = field(default_factory=list)


@dataclass(slots=True)
class VersionTally:
    """What is counted of a version of the site; nodes by place: ``flow/node``."""

    total: FlowTally = field(default_factory=FlowTally)
    flows: dict[str, FlowTally] = field(default_factory=dict)
    nodes: dict[str, NodeTally] = field(default_factory=dict)


@dataclass(slots=True)
class Walker:
    """An open contact.

    Attributes:
        version: of the site it walks.
        flows: those that its journey came through.
        place: where it stands; empty before the first node.
        trouble: where something went wrong in this step; empty if nothing did.
        origin: where the trouble was that led it to where it is; empty if it came by choice.
        has_left_message: at the node where it stands; then there is nothing to wait for.
        is_queued: it waits for a human.
        is_decided: its journey has an outcome.
    """

    version: str
    flows: list[str] = field(default_factory=list)
    place: str = ""
    trouble: str = ""
    origin: str = ""
    has_left_message: bool = False
    is_queued: bool = False
    is_decided: bool = False


@dataclass(slots=True)
class JourneysState:
    """All that is known.

    Attributes:
        seq: the last record folded.
        versions: the oldest first.
        flows: sums over all versions there ever were, which never go down.
    """

    seq: int = 0
    versions: dict[str, VersionTally] = field(default_factory=dict)
    flows: dict[str, FlowTally] = field(default_factory=dict)
    walkers: dict[ContactId, Walker] = field(default_factory=dict)


class Journeys:
    """The fold."""

    def __init__(self, state: JourneysState | None = None) -> None:
        """Begin with nothing, or with a saved ``state``."""
        self.state = state or JourneysState()

    @classmethod
    def restored(cls, snapshot: Snapshot) -> Journeys:
        """Go on where :meth:`snapshot` left off; fold the records after ``snapshot.seq`` next.

        Raises:
            CodecError: it was saved by another version: fold the log from its beginning.
        """
        return cls(decode(snapshot.data, JourneysState))

    def snapshot(self) -> Snapshot:
        """Return all that is known, to be saved."""
        return Snapshot(self.state.seq, encode(self.state))

    def fold(self, record: Record) -> None:
        """Take one record in."""
        self.state.seq = record.seq
        change = _FOLDS.get(type(record.body))
        if change is not None:
            change(self, record.body)

    def fold_all(self, records: Iterable[Record]) -> None:
        """Take several records in."""
        for record in records:
            self.fold(record)

    # --- asking ---------------------------------------------------------------------------------

    def version(self, version: str) -> VersionTally:
        """Return what is counted of a version; all zero for one that nobody has walked."""
        return self.state.versions.get(version) or VersionTally()

    def violations(self) -> list[str]:
        """Return which sums do not add up; always empty unless there is a bug."""
        found = []
        for version, tally in self.state.versions.items():
            ours = [one for one in self.state.walkers.values() if one.version == version]
            open_now = [one for one in ours if one.flows and not one.is_decided]
            if tally.total.inside != len(open_now):
                found.append(f"{version}: {tally.total.inside} inside, {len(open_now)} walking")
            for name, flow in tally.flows.items():
                inside = sum(name in one.flows for one in open_now)
                if flow.inside != inside:
                    found.append(f"{version}: {flow.inside} inside {name}, {inside} walking")
            for outcome in OUTCOMES:
                at_nodes = sum(getattr(one.outcomes, outcome) for one in tally.nodes.values())
                if at_nodes != getattr(tally.total.outcomes, outcome):
                    found.append(f"{version}: {outcome} at nodes is {at_nodes}")
        return found

    # --- folding --------------------------------------------------------------------------------

    def _opened(self, event: e.ContactOpened) -> None:
        self.state.walkers[event.contact] = Walker(event.site)

    def _flow_entered(self, event: e.FlowEntered) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None and walker.is_decided:  # after a human: another journey
            self.state.walkers[event.contact] = Walker(walker.version)

    def _node_entered(self, event: e.NodeEntered) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is None:
            return
        tally = self._tally(walker.version)
        place = f"{event.flow}/{event.node}"
        if event.flow not in walker.flows:
            self._flow_begins(walker, tally, event.flow)
        if walker.place:
            counts = _node(tally, walker.place).ways.setdefault(place, [0, 0])
            counts[bool(walker.trouble)] += 1
        if walker.trouble:
            walker.origin, walker.trouble = walker.trouble, ""
        walker.place = place
        walker.has_left_message = False
        node = _node(tally, place)
        node.entered += 1
        latest = node.latest
        if event.contact in latest:
            latest.remove(event.contact)
        latest.append(event.contact)
        if len(latest) > LATEST_KEPT:
            del latest[0]

    def _flow_begins(self, walker: Walker, tally: VersionTally, flow: str) -> None:
        if not walker.flows:
            tally.total.entered += 1
        walker.flows.append(flow)
        tally.flows.setdefault(flow, FlowTally()).entered += 1
        self.state.flows.setdefault(flow, FlowTally()).entered += 1

    def _failed(self, event: e.NodeFailed) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is None:
            return
        walker.trouble = f"{event.flow}/{event.node}"
        troubles = _node(self._tally(walker.version), walker.trouble).troubles
        troubles[event.reason] = troubles.get(event.reason, 0) + 1

    def _waiting(self, event: e.FlowWaiting) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None:
            walker.trouble = ""  # it was only a try

    def _digit(self, event: e.DigitTaken) -> None:
        self._chose(event.contact)

    def _written(self, event: e.MessageAdded) -> None:
        if event.author is Author.CUSTOMER:
            self._chose(event.contact)

    def _chose(self, contact: ContactId) -> None:
        walker = self.state.walkers.get(contact)
        if walker is not None and not walker.is_queued:
            walker.origin = ""  # from here on they go where they want to

    def _message_left(self, event: e.MessageEnded) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None:
            walker.has_left_message = event.seconds > 0

    def _queued(self, event: e.ContactQueued) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None:
            walker.is_queued = True

    def _queue_left(self, event: e.QueueLeft) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None:
            walker.is_queued = False

    def _accepted(self, event: e.OfferAccepted) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is not None:
            self._to_human(walker)

    def _ended(self, event: e.ContactEnded) -> None:
        walker = self.state.walkers.get(event.contact)
        if walker is None:
            return
        if walker.is_queued or event.reason in _HANDED:
            self._to_human(walker)
        elif event.reason in _CONTAINED:
            self._decide(walker, "contained", walker.place)
        elif event.reason is EndReason.LEFT_FLOW:
            outcome = "contained" if walker.has_left_message else "lost"
            self._decide(walker, outcome, walker.place)
        else:
            self._decide(walker, "failed", walker.place)

    def _closed(self, event: e.ContactClosed) -> None:
        walker = self.state.walkers.pop(event.contact, None)
        if walker is not None:
            self._decide(walker, "failed", walker.place)

    def _to_human(self, walker: Walker) -> None:
        if walker.origin:
            self._decide(walker, "escaped", walker.origin)
        else:
            self._decide(walker, "handed", walker.place)

    def _decide(self, walker: Walker, outcome: str, place: str) -> None:
        if walker.is_decided or not walker.flows:
            return
        walker.is_decided = True
        tally = self._tally(walker.version)
        tally.total.outcomes.count(outcome)
        _node(tally, place).outcomes.count(outcome)
        for flow in walker.flows:
            tally.flows[flow].outcomes.count(outcome)
            self.state.flows[flow].outcomes.count(outcome)

    def _tally(self, version: str) -> VersionTally:
        versions = self.state.versions
        tally = versions.get(version)
        if tally is None:
            tally = versions[version] = VersionTally()
            used = {walker.version for walker in self.state.walkers.values()}
            for old in [one for one in versions if one not in used]:
                if len(versions) <= VERSIONS_KEPT:
                    break
                del versions[old]
        return tally


def _node(tally: VersionTally, place: str) -> NodeTally:
    node = tally.nodes.get(place)
    if node is None:
        node = tally.nodes[place] = NodeTally()
    return node


_FOLDS: dict[type, Callable[..., None]] = {
    e.ContactOpened: Journeys._opened,
    e.FlowEntered: Journeys._flow_entered,
    e.NodeEntered: Journeys._node_entered,
    e.NodeFailed: Journeys._failed,
    e.FlowWaiting: Journeys._waiting,
    e.DigitTaken: Journeys._digit,
    e.MessageAdded: Journeys._written,
    e.MessageEnded: Journeys._message_left,
    e.ContactQueued: Journeys._queued,
    e.QueueLeft: Journeys._queue_left,
    e.OfferAccepted: Journeys._accepted,
    e.ContactEnded: Journeys._ended,
    e.ContactClosed: Journeys._closed,
}
