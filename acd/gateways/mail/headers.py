"""Headers as they really come: encoded, raw UTF-8, raw anything, twice, or not at all.

The parser's policy is ``compat32``: the modern one takes seconds of CPU for a From line of 70 kB
(quadratic), and what it raises on malformed headers is different for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

LONGEST_HEADER = 20_000
"""Characters of one header that are looked at."""

MOST_RECIPIENTS = 100
MOST_REFERENCES = 50

_ADDRESS = re.compile(
    r"[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[^\s<>@,;:\"()\[\]\\\x00-\x1f\x7f]{1,253}"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]+"
)
"""Control characters, those that hide text or turn its direction (a false file suffix), and half
characters, which the library makes of ``\\ud83d`` between encoded words."""

_FOLD = re.compile(r"[\r\n]+(?=[ \t])")
"""Where a header goes on in the next line (RFC 5322, 2.2.3)."""

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}")


def one_line(text: str, limit: int = 500) -> str:
    """Return ``text`` as one line without characters that cannot be seen."""
    return " ".join(_UNSEEN.sub(" ", text[: 4 * limit]).split())[:limit]


def raw_header(message: Message, name: str) -> str:
    """Return a header's value as text, encoded words and all; the first one if there are more."""
    wanted = name.lower()
    for key, value in message._headers:  # type: ignore[attr-defined]  # get() makes objects of it
        if key.lower() == wanted:
            return _as_text(str(value)[:LONGEST_HEADER])
    return ""


def _as_text(value: str) -> str:
    """Return what the parser read as ASCII with surrogates: UTF-8 mostly, else Latin-1."""
    octets = value.encode("utf-8", "surrogateescape")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def decoded(value: str, limit: int = 500) -> str:
    """Return a header's value with its encoded words decoded (RFC 2047), as one line."""
    try:
        pieces = decode_header(_FOLD.sub("", value))
    except (HeaderParseError, ValueError):
        return one_line(value, limit)
    text = "".join(_piece(piece, charset) for piece, charset in pieces)
    return one_line(text, limit)


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if charset is None:  # decode_header turns plain text between encoded words into octets
        charset = "raw-unicode-escape"
    try:
        return piece.decode(charset, "replace")
    except (LookupError, UnicodeError):
        return piece.decode("latin-1")


def addresses(value: str) -> Iterator[tuple[str, str]]:
    """Iterate over name and address, in lower case, of an address header; malformed ones left out.

    Names are decoded after the line is taken apart: an encoded name that holds an address must
    not become one.
    """
    for name, address in getaddresses([value]):
        if _ADDRESS.fullmatch(address):
            yield decoded(name, 200), address.lower()


def is_address(text: str) -> bool:
    """Whether ``text`` is one address, and nothing that could be taken for more."""
    return _ADDRESS.fullmatch(text) is not None


def message_ids(value: str) -> tuple[str, ...]:
    """Return the well-formed message ids in a header, in order; of very many the ends."""
    found = tuple(dict.fromkeys(_MESSAGE_ID.findall(value)))
    if len(found) > MOST_REFERENCES:
        return (found[0], *found[1 - MOST_REFERENCES :])
    return found


def language(value: str) -> str:
    """Return the first language of a Content-Language header, or nothing."""
    found = _LANGUAGE.match(value.strip())
    return found[0].lower() if found else ""
