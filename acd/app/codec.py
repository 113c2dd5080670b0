"""How records and saved states are written down: JSON by msgspec, typed on the way back.

The text of a record is the truth a log is compared by, so it is stable byte for byte:
``encode(decode(text)) == text`` for every text this module wrote. Mappings keep their order, which
is the order the core iterates in; records hold no sets, whose order would depend on the hash seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from msgspec import inspect

from acd.core.errors import AcdError
from acd.core.events import Event
from acd.core.inputs import Input
from acd.core.record import EVENT_TYPES, INPUT_TYPES, Record
from acd.core.task import KINDS, Task
from acd.core.timers import Instant

T = TypeVar("T")
Document = dict[str, Any]
Upcaster = Callable[[Document], Document]


class CodecError(AcdError):
    """Something written down cannot be read back, or not be written.

    Codes: ``record-type-unknown``, ``record-version-unknown`` (a newer engine wrote it),
    ``record-unreadable``, ``record-unwritable``, ``snapshot-unreadable`` and ``snapshot-shape``
    (saved by an engine whose state had other fields: fold the log instead).
    """

    code = "record-unreadable"


class Encoded(NamedTuple):
    """A body as it is stored.

    Attributes:
        type: class name of the input or event.
        version: version of its fields.
        data: the fields as a JSON object, UTF-8.
    """

    type: str
    version: int
    data: bytes


BODY_TYPES: dict[str, type] = {**INPUT_TYPES, **EVENT_TYPES}
_VERSIONS: dict[str, int] = {
    name: cast("int", getattr(kind, "VERSION", 1)) for name, kind in BODY_TYPES.items()
}
_UPCASTERS: dict[tuple[str, int], Upcaster] = {}


def upcaster(name: str, version: int) -> Callable[[Upcaster], Upcaster]:
    """Register a function that turns the fields of version ``version`` into the next one's.

    It gets and returns the JSON object; records already written are never edited.
    """

    def register(function: Upcaster) -> Upcaster:
        _UPCASTERS[name, version] = function
        return function

    return register


def _read_task(wanted: type, raw: Any) -> Any:
    """Read a task back: msgspec has no unions of dataclasses, so each names its kind."""
    if wanted is not Task:
        return raw
    kind = KINDS.get(raw.get("kind", "")) if isinstance(raw, dict) else None
    if kind is None:
        raise ValueError("no such kind of task")
    return msgspec.convert(raw, kind)


_encoder = msgspec.json.Encoder()
_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(kind, dec_hook=_read_task) for name, kind in BODY_TYPES.items()
}


def _parts(info: inspect.Type) -> Iterator[inspect.Type]:
    yield info
    for name in ("types", "item_types"):
        for part in getattr(info, name, ()):
            yield from _parts(part)
    for name in ("item_type", "key_type", "value_type"):
        part = getattr(info, name, None)
        if part is not None:
            yield from _parts(part)
    if isinstance(info, inspect.DataclassType):
        for field in info.fields:
            yield from _parts(field.type)


def _settles_late(kind: type) -> bool:
    """Whether a value may change its text once by being read back: 20 in a float field is 20.0."""
    return any(
        isinstance(part, inspect.FloatType | inspect.AnyType | inspect.CustomType)
        for part in _parts(inspect.type_info(kind))
    )


_unsettled = frozenset(name for name, kind in BODY_TYPES.items() if _settles_late(kind))


def encode_body(body: Input | Event) -> Encoded:
    """Write an input or event down.

    Raises:
        CodecError: it holds what JSON cannot (an infinite number, half a character).
    """
    name = type(body).__name__
    try:
        data = _encoder.encode(body)
        if name in _unsettled:
            data = _encoder.encode(_decoders[name].decode(data))
    except (msgspec.MsgspecError, UnicodeError, OverflowError, TypeError) as error:
        raise CodecError(f"{name} cannot be written: {error}", code="record-unwritable") from error
    return Encoded(name, _VERSIONS[name], data)


def decode_body(name: str, version: int, data: bytes | str) -> Input | Event:
    """Read an input or event of type ``name``, lifting fields of an older version.

    Raises:
        CodecError: type or version are unknown, or the fields do not fit.
    """
    decoder = _decoders.get(name)
    if decoder is None:
        raise CodecError(
            f"the log holds a {name}, which this engine does not know",
            hint="open it with the engine version that wrote it, or a newer one",
            code="record-type-unknown",
        )
    current = _VERSIONS[name]
    try:
        if version == current:
            return cast("Input | Event", decoder.decode(data))
        document = _lift(name, version, current, msgspec.json.decode(data, type=Document))
        return cast("Input | Event", msgspec.convert(document, BODY_TYPES[name]))
    except (msgspec.MsgspecError, UnicodeError, LookupError) as error:
        raise CodecError(f"{name} cannot be read: {error}") from error


def _lift(name: str, version: int, current: int, document: Document) -> Document:
    for step in range(version, current):
        function = _UPCASTERS.get((name, step))
        if function is None:
            break
        document = function(document)
    else:
        if 0 < version < current:
            return document
    raise CodecError(
        f"the log holds version {version} of {name}, this engine knows {current}",
        hint="open it with the engine version that wrote it, or a newer one",
        code="record-version-unknown",
    )


# --- whole logs as text -------------------------------------------------------------------------


class _Line(msgspec.Struct):
    seq: int
    at: int
    cause: int
    actor: str
    type: str
    version: int
    data: msgspec.Raw


_line_decoder = msgspec.json.Decoder(_Line)


def export_jsonl(records: Iterable[Record]) -> Iterator[bytes]:
    """Yield one line of JSON a record, newline included: what ``acd replay`` reads."""
    for record in records:
        name, version, data = encode_body(record.body)
        line = _Line(
            record.seq, record.at, record.cause, record.actor, name, version, msgspec.Raw(data)
        )
        yield _encoder.encode(line) + b"\n"


def import_jsonl(lines: Iterable[bytes | str]) -> Iterator[Record]:
    """Yield the records of an exported log; empty lines are skipped.

    Raises:
        CodecError: a line is no record; the message says which.
    """
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = _line_decoder.decode(text)
            body = decode_body(line.type, line.version, bytes(line.data))
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise CodecError(f"line {number} is no record: {error}") from error
        except CodecError as error:
            raise CodecError(
                f"line {number}: {error.message}", hint=error.hint, code=error.code
            ) from error
        yield Record(line.seq, Instant(line.at), line.cause, line.actor, body)


# --- saved states -------------------------------------------------------------------------------


class _Saved(msgspec.Struct):
    shape: str
    value: msgspec.Raw


_shapes: dict[type, str] = {}
_state_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def shape(kind: type) -> str:
    """Return a short name for the fields of ``kind`` and of everything in it.

    Two engines with the same shape can read each other's snapshots; with another shape a field
    would silently get its default, so the snapshot is refused and the log folded instead.
    """
    if kind not in _shapes:
        schema = msgspec.json.schema(kind, schema_hook=lambda _: {"title": "any"})
        text = msgspec.json.encode(schema, order="sorted")
        _shapes[kind] = hashlib.blake2b(text, digest_size=8).hexdigest()
    return _shapes[kind]


def encode(value: object) -> bytes:
    """Write a state down: dataclasses of plain values. Sets are in no certain order.

    Raises:
        CodecError: something in it cannot be written.
    """
    try:
        saved = _Saved(shape(type(value)), msgspec.Raw(_encoder.encode(value)))
        return _encoder.encode(saved)
    except (TypeError, UnicodeError, OverflowError) as error:
        raise CodecError(
            f"{type(value).__name__} cannot be written: {error}", code="record-unwritable"
        ) from error


def decode(data: bytes, kind: type[T]) -> T:
    """Read a state that :func:`encode` wrote.

    Raises:
        CodecError: it is damaged, or was saved with other fields (``snapshot-shape``).
    """
    try:
        saved = msgspec.json.decode(data, type=_Saved)
        if saved.shape != shape(kind):
            raise CodecError(
                "the snapshot was saved by an engine with another state", code="snapshot-shape"
            )
        if kind not in _state_decoders:
            _state_decoders[kind] = msgspec.json.Decoder(kind, dec_hook=_read_task)
        return cast("T", _state_decoders[kind].decode(saved.value))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise CodecError(
            f"the snapshot cannot be read: {error}", code="snapshot-unreadable"
        ) from error
