"""Schemas: dataclasses whose fields are the keys of a table, with their kinds and meanings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, TypeVar

from acd.flow.kinds import BAD, Kind, Plain, Ref, wrong_type
from acd.flow.problems import At, Code, did_you_mean, quoted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """What a schema says of one key.

    Attributes:
        kind: kind of its value.
        doc: what it means, for the reference.
    """

    kind: Kind
    doc: str


def key(kind: Kind, doc: str, *, default: Any = MISSING) -> Any:
    """Return the dataclass field of a key; without a default the key is required."""
    return field(default=default, metadata={"key": Key(kind, doc)})


def _once(find: Callable[[type[Any]], T]) -> Callable[[type[Any]], T]:
    """Find out something about each schema only once."""
    found: Callable[[Any], T] = cache(find)
    return found


@_once
def keys_of(schema: type[Any]) -> tuple[tuple[str, Key, Any], ...]:
    """Return name, key and default (``MISSING`` when required) of a schema's keys."""
    return tuple((item.name, item.metadata["key"], item.default) for item in fields(schema))


@_once
def _referring(schema: type[Any]) -> tuple[tuple[str, Kind], ...]:
    """Return name and kind of the keys whose values may refer to something."""
    return _that_say("refs", schema)


@_once
def _setting(schema: type[Any]) -> tuple[tuple[str, Kind], ...]:
    """Return name and kind of the keys whose values may set attributes."""
    return _that_say("sets", schema)


def _that_say(what: str, schema: type[Any]) -> tuple[tuple[str, Kind], ...]:
    nothing = getattr(Plain, what)
    kinds = ((name, spec.kind) for name, spec, _ in keys_of(schema))
    return tuple((name, kind) for name, kind in kinds if getattr(type(kind), what) is not nothing)


def read_schema(schema: type[Any], raw: object, at: At) -> Any:
    """Read a table into an instance of ``schema``; all its problems are reported.

    A schema may have a method ``contradiction() -> str | None`` that says why keys, each right by
    itself, do not go together.

    Args:
        schema: dataclass whose keys were made with :func:`key`.
        raw: the parsed table.
        at: where it stands.

    Returns:
        The instance, or :data:`BAD`.
    """
    if not isinstance(raw, dict):
        return wrong_type(at, "a table", raw)
    keys = keys_of(schema)
    values: dict[str, object] = {}
    if not raw.keys() <= (known := {name for name, _, _ in keys}):
        for name in raw:
            if name not in known:
                hint = did_you_mean(name, known)
                (at / name).say(Code.UNKNOWN_KEY, f"no key {quoted(name)} here{hint}")
                values[name] = BAD
    for name, spec, default in keys:
        if name in raw:
            values[name] = spec.kind.read(raw[name], at / name)
        elif default is MISSING:
            at.say(Code.MISSING_KEY, f'the key "{name}" is missing')
            values[name] = BAD
    if BAD in values.values():
        return BAD
    instance = schema(**values)
    contradiction = getattr(instance, "contradiction", None)
    if contradiction is not None and (message := contradiction()) is not None:
        at.say(Code.BAD_VALUE, message)
        return BAD
    return instance


@dataclass(frozen=True, slots=True)
class Record(Plain):
    """A table with a schema of its own."""

    schema: type[Any] = object

    def read(self, raw: object, at: At) -> Any:
        """Read into an instance of the schema."""
        return read_schema(self.schema, raw, at)

    def refs(self, value: Any) -> Iterator[Ref]:
        """What its keys refer to."""
        yield from refs_of(value)


def refs_of(value: Any) -> Iterator[Ref]:
    """Iterate over what an instance of a schema refers to, paths beginning with the key.

    A schema may have a method ``refs()`` for keys that mean something only together.
    """
    own = getattr(value, "refs", None)
    if own is not None:
        yield from own()
        return
    for name, kind in _referring(type(value)):
        item = getattr(value, name)
        if item is not None:
            for ref in kind.refs(item):
                yield Ref(ref.to, ref.name, (name, *ref.path), ref.exit)


def sets_of(value: Any) -> Iterator[str]:
    """Iterate over the attributes that an instance of a node's schema sets."""
    for name, kind in _setting(type(value)):
        item = getattr(value, name)
        if item is not None:
            yield from kind.sets(item)
