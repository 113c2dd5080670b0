"""A customer: a person or firm known by identities, and how those are written in one way.

Two spellings of one identity must compare equal, or one person is two customers; two identities
must never be taken for one, or a stranger is shown somebody's history. In doubt they differ:
merging two customers is a click, telling two mixed ones apart again is not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from acd.core.value import value


class IdentityKind(StrEnum):
    """What an identity is."""

    NUMBER = "number"  # of a telephone
    ADDRESS = "address"  # of mail
    HANDLE = "handle"  # whatever else a network calls a person


@value(frozen=True, slots=True)
class Identity:
    """What a customer is known by.

    Attributes:
        text: normalised: two spellings of one thing are one text, see :func:`identity_of`.
    """

    kind: IdentityKind
    text: str


LONGEST_ADDRESS = 254
"""Octets of an address that SMTP can carry (RFC 5321 section 4.5.3.1.3, without brackets)."""

LONGEST_HANDLE = 200

LEAST_DIGITS, MOST_DIGITS = 2, 20
"""E.164 allows 15; what carriers signal of national and private plans is longer at times."""

_SCHEME = re.compile(r"(?:tel|sips?|sms|callto):", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"(?<=[0-9])\(0\)")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/\u2010-\u2015\u2212]+")
_NUMBER = re.compile(rf"\+?[0-9]{{{LEAST_DIGITS},{MOST_DIGITS}}}")
_TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def number_of(text: str) -> str | None:
    """Return a telephone number as it is kept, or None for what is none, such as ``anonymous``.

    ``+`` and digits for an international number (E.123, RFC 3966), digits alone for what only
    means something inside a country or a telephone system. No country is guessed: that a national
    and an international number are one is for people to say, by merging. A leading ``00``, the
    prefix that ITU-T E.164 recommends and that begins no national number, is read as ``+``.

    >>> number_of("+44 (0)20 7946-0018"), number_of("tel:0044-20-7946-0018;ext=5")
    ('+442079460018', '+442079460018')
    >>> number_of("020 7946 0018"), number_of("Anonymous")
    ('02079460018', None)
    """
    bare = _SCHEME.sub("", unicodedata.normalize("NFKC", text).strip(), count=1)
    bare = bare.partition(";")[0].partition("@")[0]
    bare = "".join(_digit(character) for character in bare)
    compact = _BETWEEN_DIGITS.sub("", _TRUNK_ZERO.sub("", re.sub(r"\s+", "", bare)))
    if compact.startswith("00"):
        compact = "+" + compact[2:]
    return compact if _NUMBER.fullmatch(compact) else None


def _digit(character: str) -> str:
    """Return a decimal digit of any script as 0-9, anything else as it is."""
    place = unicodedata.decimal(character, None)
    return character if place is None else str(place)


def address_of(text: str) -> str | None:
    """Return a mail address as it is kept, or None for what is none.

    Only the letters A-Z are lowered. The standard leaves case to the receiver (RFC 5321 section
    2.4), who in practice ignores it; but folding all of Unicode would make ``ſ`` (the long s) an
    ``s``, and so a stranger's address somebody else's. Domains are kept in their ASCII form (RFC
    5891), so both spellings of an international one are the same.

    >>> address_of(" <Zoe@Example.ORG> "), address_of("zoe"), address_of("zoe@bücher.example")
    ('zoe@example.org', None, 'zoe@xn--bcher-kva.example')
    """
    bare = unicodedata.normalize("NFC", text).strip()
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1].strip()
    bare = bare.removeprefix("mailto:")
    local, at, domain = bare.rpartition("@")
    domain = _domain(domain.rstrip("."))
    if not at or not local or not domain or not _is_plain(local):
        return None
    found = f"{local.translate(_TO_LOWER)}@{domain}"
    return found if len(found.encode(errors="replace")) <= LONGEST_ADDRESS else None


def _domain(text: str) -> str:
    if not _is_plain(text) or "@" in text:
        return ""
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return ""
    return text.translate(_TO_LOWER)


def handle_of(text: str) -> str | None:
    """Return a handle as it is kept, or None: its own case, since networks differ on it.

    >>> handle_of(" telegram:Zoe "), handle_of("")
    ('telegram:Zoe', None)
    """
    bare = unicodedata.normalize("NFC", text).strip()
    fits = 0 < len(bare) <= LONGEST_HANDLE and _is_plain(bare)
    return bare if fits else None


def _is_plain(text: str) -> bool:
    """Whether there is no space, no control and no lone surrogate in it; empty is plain."""
    return not any(character.isspace() or not character.isprintable() for character in text)


_READERS = {
    IdentityKind.NUMBER: number_of,
    IdentityKind.ADDRESS: address_of,
    IdentityKind.HANDLE: handle_of,
}


def identity_of(text: str, kinds: Sequence[IdentityKind]) -> Identity | None:
    """Return the identity that ``text`` is, the first of ``kinds`` that it can be, or None.

    >>> identity_of("Zoe@example.org", (IdentityKind.ADDRESS, IdentityKind.HANDLE)).text
    'zoe@example.org'
    """
    for kind in kinds:
        found = _READERS[kind](text)
        if found is not None:
            return Identity(kind, found)
    return None
