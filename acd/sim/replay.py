"""Replay: decide a recorded log again and compare decision by decision.

A fresh engine is told every input of the log at its recorded instant. What it decides must be what
was recorded: the same events in the same order, with the same causes, actors and ids. After a first
difference the two states differ and nothing further could be concluded, so it ends there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import msgspec

from acd.app.codec import encode_body, import_jsonl
from acd.core.engine import Engine
from acd.core.errors import AcdError
from acd.core.events import OfferMade
from acd.core.flows import Flows
from acd.core.record import Record

CONTEXT = 8
"""Records shown before a difference."""


class ReplayError(AcdError):
    """A log cannot be replayed.

    Codes: ``log-empty``, ``log-headless`` (its first record is not the first of a log),
    ``log-gap`` (a record is missing or out of order), ``log-unreadable``.
    """

    code = "log-unreadable"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a log and its replay part.

    Attributes:
        seq: sequence number of the record in question.
        recorded: what the log says; None when the log says nothing more.
        decided: what the engine decided; None when it decided nothing more.
        fields: what differs between the two, as (name, recorded, decided); names are dotted.
        context: the records before, oldest first, the input that led here among them or before.
        cause: the input that led here.
    """

    seq: int
    recorded: Record | None
    decided: Record | None
    fields: tuple[tuple[str, str, str], ...]
    context: tuple[Record, ...]
    cause: Record


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The outcome of a replay.

    Attributes:
        inputs, events, decisions: inputs told, events compared and, of these, agents chosen, up to
            the difference if there is one.
        illegal: illegal transitions the engine met and dropped; each is a bug, then and now.
        difference: the first one, or None.
    """

    inputs: int
    events: int
    decisions: int
    illegal: int
    difference: Difference | None

    @property
    def is_same(self) -> bool:
        """Whether the engine decided all of it as recorded."""
        return self.difference is None

    def document(self) -> dict[str, Any]:
        """Return the report as plain values."""
        document: dict[str, Any] = {
            "is_same": self.is_same,
            "inputs": self.inputs,
            "events": self.events,
            "decisions": self.decisions,
            "illegal": self.illegal,
            "difference": None,
        }
        found = self.difference
        if found is not None:
            document["difference"] = {
                "seq": found.seq,
                "recorded": _document(found.recorded),
                "decided": _document(found.decided),
                "fields": [
                    {"name": name, "recorded": one, "decided": other}
                    for name, one, other in found.fields
                ],
                "cause": _document(found.cause),
                "context": [_document(record) for record in found.context],
            }
        return document

    def as_text(self) -> str:
        """Return the report for people."""
        counts = f"{self.inputs} inputs, {self.events} events, {self.decisions} offers"
        found = self.difference
        if found is None:
            return f"no difference: {counts} decided as recorded"
        lines = [f"difference at record {found.seq}, after {counts}", ""]
        lines += [f"    {_line(record)}" for record in found.context]
        lines += [
            f"  - {_line(found.recorded) if found.recorded else 'recorded: nothing more'}",
            f"  + {_line(found.decided) if found.decided else 'decided: nothing more'}",
        ]
        if found.recorded and found.decided:
            lines.append("")
            lines += [
                f"  {name}: {one} recorded, {other} decided" for name, one, other in found.fields
            ]
        return "\n".join(lines)


def replay(records: Iterable[Record], flows: Flows) -> ReplayReport:
    """Decide a log again.

    Args:
        records: the whole log, from its first record on.
        flows: the flow interpreter.

    Raises:
        ReplayError: this is not a log from its beginning without gaps.
    """
    engine = Engine(flows)
    inputs = events = decisions = 0
    before: deque[Record] = deque(maxlen=CONTEXT)
    for cause, recorded in _turns(records):
        decided = engine.step(cause.body, now=cause.at, actor=cause.actor).records  # type: ignore[arg-type]  # _turns gives inputs
        inputs += 1
        difference = None
        for place in range(max(len(recorded), len(decided))):
            one = recorded[place] if place < len(recorded) else None
            other = decided[place] if place < len(decided) else None
            if one != other:
                difference = _difference(one, other, tuple(before), cause)
                break
            assert one is not None
            before.append(one)
            events += place > 0
            decisions += type(one.body) is OfferMade
        if difference is not None:
            return ReplayReport(inputs, events, decisions, engine.illegal_count, difference)
    if not inputs:
        raise ReplayError("the log is empty", code="log-empty")
    return ReplayReport(inputs, events, decisions, engine.illegal_count, None)


def _turns(records: Iterable[Record]) -> Iterator[tuple[Record, list[Record]]]:
    """Yield each input with what the log holds of its turn, itself first."""
    turn: list[Record] = []
    last = 0
    for record in records:
        if record.seq != last + 1:
            if not last:
                raise ReplayError(
                    f"the log begins with record {record.seq}, not with its first",
                    hint="export the whole log",
                    code="log-headless",
                )
            raise ReplayError(f"record {record.seq} follows record {last}", code="log-gap")
        last = record.seq
        if record.is_input:
            if turn:
                yield turn[0], turn
            turn = [record]
        elif not turn:
            raise ReplayError("the log begins with an event, not an input", code="log-headless")
        else:
            turn.append(record)
    if turn:
        yield turn[0], turn


def _difference(
    recorded: Record | None, decided: Record | None, context: tuple[Record, ...], cause: Record
) -> Difference:
    found = recorded or decided
    assert found is not None
    parts: tuple[tuple[str, str, str], ...] = ()
    if recorded is not None and decided is not None:
        if recorded.type != decided.type:
            parts = (("type", recorded.type, decided.type),)
        else:
            parts = tuple(_fields("", recorded, decided))
    return Difference(found.seq, recorded, decided, parts, context, cause)


def _fields(name: str, one: object, other: object) -> Iterator[tuple[str, str, str]]:
    if one == other:
        return
    prefix = f"{name}." if name else ""
    if is_dataclass(one) and is_dataclass(other) and type(one) is type(other):
        for field in fields(one):
            label = name if field.name == "body" else prefix + field.name
            yield from _fields(label, getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for index, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _fields(f"{prefix}{index}", mine, theirs)
    else:
        yield name, _shown(one), _shown(other)


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, str | int | float) else repr(value)
    return text if len(text) <= 200 else text[:197] + "…"


def _line(record: Record) -> str:
    text = encode_body(record.body).data.decode()
    data = text if len(text) <= 300 else text[:297] + "…"
    return f"{record.seq} ({record.cause}) {record.actor} {record.type} {data}"


def _document(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "seq": record.seq,
        "at": record.at,
        "cause": record.cause,
        "actor": record.actor,
        "type": record.type,
        "data": msgspec.json.decode(encode_body(record.body).data),
    }


def read_jsonl(path: Path) -> Iterator[Record]:
    """Yield the records of a log exported as one JSON object a line.

    Raises:
        ReplayError: the file cannot be read.
        CodecError: a line is no record.
    """
    try:
        with path.open("rb") as file:
            yield from import_jsonl(file)
    except OSError as error:
        raise ReplayError(f"{path} cannot be read: {error.strerror}") from error
