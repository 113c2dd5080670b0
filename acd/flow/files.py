"""The files of a site that are not flows: numbers and queues; see also hours and prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from acd.core.channel import Channel
from acd.core.ids import QueueName
from acd.core.queue import Queue
from acd.core.site import DEFAULT_NUMBER, Number
from acd.core.strategy import STRATEGIES
from acd.flow.check import Named
from acd.flow.kinds import (
    BAD,
    Flag,
    Name,
    OneOf,
    Ref,
    Text,
    To,
    good_name,
    wrong_type,
)
from acd.flow.kinds import Number as NumberKind
from acd.flow.problems import At, Code, quoted
from acd.flow.schema import key, read_schema, refs_of

Raw = Mapping[str, object]

_ADDRESS = re.compile(r"\+?[0-9*#]{1,32}|[^\s@:]{1,64}@[^\s@:]{1,255}|[a-z]+:[^\s]{1,128}")
_BETWEEN = re.compile(r"[\s()./-]")
"""What people write between the digits of a number."""

_WHOLE = frozenset({DEFAULT_NUMBER, *Channel} - {Channel.VOICE})

# --- numbers.toml -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberKeys:
    """`"100" = "main"`, or with more to say `"100" = { flow = "main", language = "es" }`.

    An address of written contacts stands like a number: `"help@example.org"`, `"widget:site"`. The
    entry `chat`, `mail`, `sms` or `messaging` takes what comes over that channel to no address
    listed, `default` every number that is not.
    """

    flow: str = key(Name("flow", To.FLOW), "the flow that its callers enter")
    title: str = key(Text(), "what it is, for people", default="")
    language: str = key(Name("language", To.LANGUAGE), "language it begins in", default="en")


def read_numbers(raw: Raw, at: At) -> tuple[dict[str, Number], list[Named]]:
    """Return the numbers, and what they name and where."""
    numbers, named = {}, []
    for number, entry in raw.items():
        place = at / number
        if number not in _WHOLE and not _ADDRESS.fullmatch(number):
            bare = _BETWEEN.sub("", number)
            place.say(
                Code.BAD_NUMBER,
                f"{quoted(number)} is neither a number (+, digits, *, #) nor an address",
                f"write {quoted(bare)}" if _ADDRESS.fullmatch(bare) else "",
            )
        if not isinstance(entry, str | dict):
            wrong_type(place, "the name of a flow, or a table", entry)
            continue
        short = isinstance(entry, str)
        keys = read_schema(NumberKeys, {"flow": entry} if short else entry, place)
        if keys is BAD:
            continue
        numbers[number] = Number(keys.flow, keys.title, keys.language)
        named.append(Named(place, tuple(refs_of(keys))))
    return numbers, named


# --- queues.toml --------------------------------------------------------------------------------

_DEFAULTS = {item.name: item.default for item in fields(Queue)}
_SECONDS = NumberKind("seconds", 0, 86400)


def _queue_key(kind: Any, doc: str, name: str) -> Any:
    return key(kind, doc, default=_DEFAULTS[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueKeys:
    """One table per queue: `[support]`."""

    title: str = _queue_key(Text(), "name shown to people", "title")
    strategy: str = _queue_key(
        OneOf("strategy", tuple(sorted(STRATEGIES)), Code.UNKNOWN_STRATEGY),
        "which of several free agents is asked first",
        "strategy",
    )
    service_level_seconds: float = _queue_key(
        _SECONDS, "target within which a contact should be answered", "service_level_seconds"
    )
    hours: str | None = _queue_key(
        Name("calendar", To.CALENDAR),
        "calendar whose open time alone counts in that target for mail and the like",
        "hours",
    )
    short_abandon_seconds: float = _queue_key(
        _SECONDS, "who leaves sooner does not count as abandoned", "short_abandon_seconds"
    )
    offer_seconds: float = _queue_key(
        NumberKind("seconds", 1, 600), "how long an agent's phone rings", "offer_seconds"
    )
    wrapup_seconds: float = _queue_key(
        _SECONDS, "time for after-contact work; 0 for none", "wrapup_seconds"
    )
    max_waiting: int | None = _queue_key(
        NumberKind("whole number", 0, 1_000_000, whole=True),
        "how many may wait; without it any number",
        "max_waiting",
    )
    max_wait_seconds: float = _queue_key(
        NumberKind("seconds", 1, 86400), "longest wait before the flow goes on", "max_wait_seconds"
    )
    record: bool = _queue_key(Flag(), "record the talk", "record")
    music: str = _queue_key(Text(longest=64), "music class heard while waiting", "music")
    after: str | None = _queue_key(
        Name("flow", To.FLOW),
        "flow that customers enter when the agent has ended: a survey",
        "after",
    )


def read_queue(name: str, raw: object, at: At) -> Queue | None:
    """Return one queue, or None after reporting what is wrong with it."""
    good = good_name(name, "queue", at)
    keys = read_schema(QueueKeys, raw, at)
    if keys is BAD or not good:
        return None
    return Queue(QueueName(name), **{f.name: getattr(keys, f.name) for f in fields(keys)})


def read_queues(raw: Raw, at: At) -> tuple[dict[QueueName, Queue], list[Named]]:
    """Return the queues by name, and what they name and where."""
    queues, named = {}, []
    for name, table in raw.items():
        queue = read_queue(name, table, at / name)
        if queue is not None:
            queues[queue.name] = queue
            for to, key_name, other in (
                (To.CALENDAR, "hours", queue.hours),
                (To.FLOW, "after", queue.after),
            ):
                if other is not None:
                    named.append(Named(at / name, (Ref(to, other, (key_name,)),)))
    return queues, named
