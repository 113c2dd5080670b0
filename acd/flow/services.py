"""What flows say to web services: a path and a JSON object, with values of contacts in them.

Values are hostile. In a path each is one piece of it: nothing in a value can be a slash, a
question mark or the way to a directory above. In a body each is one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from acd.flow.kinds import BAD, Plain, Ref, Text, To, wrong_type
from acd.flow.problems import At, Code, quoted
from acd.flow.template import fill, kinds, names

_NAMED = re.compile(r"\{[a-z][a-z0-9_]{0,63}\}")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_LONGEST_PATH = 4000  # characters of a filled path; servers take 8,000 and more

_MEMBER = re.compile(r"[A-Za-z0-9_@$-]{1,64}")
_MEMBER_PATH = re.compile(r"[A-Za-z0-9_@$-]{1,64}(\.[A-Za-z0-9_@$-]{1,64}){0,9}")
_SECRET = re.compile(r"\{secret\.([a-z][a-z0-9_]{0,63})\}")
_DEEPEST = 5

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class ServicePath(Text):
    """Path and query of a web address, with ``{attribute}`` in it."""

    label: str = "path and query with `{attribute}`"
    longest: int = 1000

    def read(self, raw: object, at: At) -> Any:
        """Read a path that begins with one slash and goes down only."""
        text = Text.read(self, raw, at)
        if text is BAD:
            return BAD
        if "://" in text:
            at.say(Code.BAD_VALUE, "no addresses in flows: name a service, and here its path")
            return BAD
        path, _, query = _NAMED.sub("x", text).partition("?")
        is_plain = _PATH.fullmatch(path) and _QUERY.fullmatch(query)
        if not is_plain or "//" in path or {".", ".."} & set(path.split("/")) or kinds(text):
            at.say(
                Code.BAD_VALUE,
                f"{quoted(text)} is no path such as /customers/{{ani}}?fields=tier",
            )
            return BAD
        return text

    def refs(self, value: Any) -> Iterator[Ref]:
        """The attributes it names."""
        for name in names(value):
            yield Ref(To.ATTRIBUTE, name)


def path_of(template: str, values: Mapping[str, str]) -> str | None:
    """Return a path with values in it; None when they would make another path of it.

    >>> path_of("/customers/{id}?q={id}", {"id": "a/b &c"})
    '/customers/a%2Fb%20%26c?q=a%2Fb%20%26c'
    >>> path_of("/customers/{id}/orders", {"id": ".."}) is path_of("/c/{id}", {}) is None
    True
    """
    encoded = {name: percent_encoded(values.get(name, "")) for name in names(template)}
    path, mark, query = template.partition("?")
    pieces = [(piece, _filled(piece, encoded)) for piece in path.split("/")]
    if any(names(piece) and filled in ("", ".", "..") for piece, filled in pieces):
        return None
    whole = "/".join(filled for _, filled in pieces) + mark + _filled(query, encoded)
    return whole if len(whole) <= _LONGEST_PATH else None


def _filled(template: str, encoded: Mapping[str, str]) -> str:
    return _NAMED.sub(lambda match: encoded[match[0][1:-1]], template)


def percent_encoded(text: str) -> str:
    """Return a text as it stands in any place of a path or query (RFC 3986, section 2.1)."""
    octets = text.encode(errors="replace")
    return "".join(chr(octet) if octet in _SAFE else f"%{octet:02X}" for octet in octets)


@dataclass(frozen=True, slots=True)
class Body(Plain):
    """A table that is sent as a JSON object; kept flat: ``customer.id`` to its text."""

    label: str = "table of member to text with `{attribute}`, `{secret.name}`, or table"

    def read(self, raw: object, at: At) -> Any:
        """Read into a dict of path to text."""
        flat: dict[str, Any] = {}
        is_good = self._read(raw, at, (), flat)
        return flat if is_good and BAD not in flat.values() else BAD

    def _read(self, raw: object, at: At, path: tuple[str, ...], flat: dict[str, Any]) -> bool:
        if not isinstance(raw, dict):
            wrong_type(at, "a table", raw)
            return False
        if not raw or len(path) >= _DEEPEST:
            at.say(Code.OUT_OF_RANGE, f"must hold something, in at most {_DEEPEST} tables")
            return False
        is_good = True
        for name, item in raw.items():
            if not _MEMBER.fullmatch(name):
                (at / name).say(Code.BAD_NAME, f"{quoted(name)} cannot be the name of a member")
                is_good = False
            elif isinstance(item, dict):
                is_good = self._read(item, at / name, (*path, name), flat) and is_good
            else:
                flat[".".join((*path, name))] = _member(item, at / name)
        return is_good

    def refs(self, value: Any) -> Iterator[Ref]:
        """The attributes of the texts, and the secrets, which are `secret.name`."""
        for path, template in value.items():
            secret = _SECRET.fullmatch(template)
            for name in (f"secret.{secret[1]}",) if secret else names(template):
                yield Ref(To.ATTRIBUTE, name, tuple(path.split(".")))


def _member(raw: object, at: At) -> Any:
    text = Text(shortest=0, longest=1000).read(raw, at)
    if text is BAD:
        return BAD
    if kinds(text) or ("{secret." in text and not _SECRET.fullmatch(text)):
        at.say(
            Code.BAD_VALUE, f"{quoted(text)}: {{secret.name}} stands alone, and no {{name:kind}}"
        )
        return BAD
    return text


def body_of(
    templates: Mapping[str, str], values: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the members of a body that are texts, and those that are secrets, to their names.

    >>> body_of({"id": "{id}", "pin": "{secret.pin}"}, {"id": "{secret.pin}"})
    ({'id': '{secret.pin}'}, {'pin': 'pin'})
    """
    texts, secrets = {}, {}
    for path, template in templates.items():
        if found := _SECRET.fullmatch(template):
            secrets[path] = found[1]
        else:
            texts[path] = fill(template, values)
    return texts, secrets


@dataclass(frozen=True, slots=True)
class MemberPath(Plain):
    """Where a value stands in a JSON document: ``customer.tier``, ``orders.0.id``."""

    label: str = "path into the answer"

    def read(self, raw: object, at: At) -> Any:
        """Read a path."""
        if not isinstance(raw, str):
            return wrong_type(at, 'a path such as "customer.tier"', raw)
        if not _MEMBER_PATH.fullmatch(raw):
            at.say(Code.BAD_VALUE, f"{quoted(raw)} is no path such as customer.tier or orders.0.id")
            return BAD
        return raw
