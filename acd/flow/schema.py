"""Schemas: dataclasses whose fields are the keys of a table, with their kinds and meanings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from acd.flow.kinds import BAD, Kind, Plain, Ref, wrong_type
from acd.flow.problems import At, Code, did_you_mean, quoted


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


def keys_of(schema: type[Any]) -> Iterator[tuple[str, Key, Any]]:
    """Iterate over name, key and default (``MISSING`` when required) of a schema's keys."""
    for item in fields(schema):
        yield item.name, item.metadata["key"], item.default


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
    known = {name: (key.kind, default) for name, key, default in keys_of(schema)}
    values: dict[str, object] = {}
    for name in raw:
        if name not in known:
            (at / name).say(
                Code.UNKNOWN_KEY, f"no key {quoted(name)} here{did_you_mean(name, known)}"
            )
            values[name] = BAD
    for name, (kind, default) in known.items():
        if name in raw:
            values[name] = kind.read(raw[name], at / name)
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
    for name, spec, _ in keys_of(type(value)):
        item = getattr(value, name)
        if item is not None:
            for ref in spec.kind.refs(item):
                yield Ref(ref.to, ref.name, (name, *ref.path), ref.exit)


def sets_of(value: Any) -> Iterator[str]:
    """Iterate over the attributes that an instance of a node's schema sets."""
    for name, spec, _ in keys_of(type(value)):
        item = getattr(value, name)
        if item is not None:
            yield from spec.kind.sets(item)
