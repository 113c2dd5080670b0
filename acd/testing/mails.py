"""Mails as customers, machines and enemies write them."""

from __future__ import annotations

import base64
import io
import os
import random
import zipfile
from collections.abc import Iterator


def mail(
    text: str = "Where is my order?",
    *,
    sender: str = "Jo Doe <jo@example.org>",
    to: str = "support@example.org",
    subject: str = "My order",
    message_id: str = "<first@example.org>",
    **headers: str,
) -> bytes:
    """Return a plain mail; a header given as "" is left out, ``_`` in a name stands for ``-``."""
    fields = {"From": sender, "To": to, "Subject": subject, "Message-ID": message_id}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\n{text}\r\n".encode()


def _multipart(parts: Iterator[bytes] | list[bytes], subject: bytes = b"Parts") -> bytes:
    return (
        b"From: Jo Doe <jo@example.org>\r\nTo: support@example.org\r\nSubject: " + subject + b"\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
        + b"--b--\r\n"
    )


def _file(name: str, content: bytes) -> bytes:
    return (
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="' + name.encode() + b'"\r\n\r\n'
    ) + base64.encodebytes(content).replace(b"\n", b"\r\n")


_TEXT = b"Content-Type: text/plain\r\n\r\nHello"


def many_parts(count: int = 100_000) -> bytes:
    """Return a mail of very many parts."""
    return _multipart([_TEXT] * count)


def nested(depth: int = 1500) -> bytes:
    """Return a mail of parts in parts in parts."""
    head = mail("", MIME_Version="1.0").rstrip() + b"\r\n"
    inner = (
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(depth)
    )
    return head + b"".join(inner) + b"\r\nHello\r\n"


def many_addresses(count: int = 10_000) -> bytes:
    """Return a mail from and to a crowd."""
    crowd = ", ".join(f"a{number}@example.org" for number in range(count))
    return mail(sender=crowd, to=crowd)


def many_files(count: int = 200) -> bytes:
    """Return a mail with very many attachments."""
    return _multipart([_TEXT, *(_file(f"file-{number}.txt", b"x") for number in range(count))])


def zip_bomb(octets: int = 100_000_000) -> bytes:
    """Return a mail with a small archive of a large nothing."""
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("nothing", "w") as inside,
    ):
        for _ in range(octets // 1_000_000):
            inside.write(bytes(1_000_000))
    return _multipart([_TEXT, _file("bomb.zip", archive.getvalue())])


def large(octets: int = 25_000_000) -> bytes:
    """Return a mail of about this size, nearly all of it one attachment."""
    return _multipart([_TEXT, _file("large.bin", bytes(octets * 54 // 74))])


def deep_html(depth: int = 300_000) -> bytes:
    """Return a mail of tags in tags in tags."""
    return mail("<div>" * depth + "Hello", Content_Type="text/html")


def slow(depth: int = 150, lines: int = 1_000_000) -> bytes:
    """Return a mail that no parser gets through in time: each line may end any of its parts."""
    return nested(depth) + b"x\r\n" * lines


def slow_quotes() -> bytes:
    """Return a mail whose text the search for quotations would ponder for ever."""
    return mail("On a " * 200_000)


def garbage(octets: int = 100_000, seed: int = 1) -> bytes:
    """Return 8-bit noise."""
    return random.Random(seed).randbytes(octets)


HEADERS = (
    ("no id", {"message_id": ""}),
    ("malformed id", {"message_id": "no brackets, spaces"}),
    ("half an id", {"message_id": "<half"}),
    ("no sender", {"sender": ""}),
    ("empty sender", {"sender": "<>"}),
    ("two senders", {"sender": "jo@example.org, eve@example.org"}),
    ("a sender inside a name", {"sender": '"eve@example.org" <jo@example.org>'}),
    ("an encoded sender in a name", {"sender": "=?utf-8?q?eve=40example=2Eorg?= <jo@example.org>"}),
    ("a group", {"sender": "undisclosed-recipients:;"}),
    ("no subject", {"subject": ""}),
    ("an unknown charset", {"subject": "=?x-unknown?b?AAAA?="}),
    ("a broken encoded word", {"subject": "=?utf-8?b?!!!?="}),
    ("markup in the subject", {"subject": "<script>alert(1)</script>{{7*7}}${x}%s"}),
    ("a date of no calendar", {"Date": "Someday, 99 Foo 20266 99:99:99 +9999"}),
    ("a broken type", {"Content_Type": 'multipart/mixed; boundary="'}),
    ("no boundary", {"Content_Type": "multipart/mixed"}),
    ("an unknown encoding", {"Content_Transfer_Encoding": "x-rot13"}),
    ("broken base64", {"Content_Transfer_Encoding": "base64"}),
    ("an unknown charset of text", {"Content_Type": "text/plain; charset=x-none"}),
    ("an endless file name", {"Content_Disposition": "attachment; filename=" + "a" * 5000}),
    ("references without end", {"References": " ".join(f"<{n}@x>" for n in range(900))}),
)
"""What one odd header each looks like."""


def odd() -> Iterator[tuple[str, bytes]]:
    """Iterate over odd mails, each with what is odd about it; two hundred in all."""
    for what, headers in HEADERS:
        yield what, mail(f"This one: {what}", **headers)
    yield "nothing at all", b""
    yield "one line end", b"\r\n"
    yield "no header", b"Just text, no header.\r\n"
    yield "no body", b"From: jo@example.org"
    yield "bare line feeds", mail().replace(b"\r\n", b"\n")
    yield "raw UTF-8", mail("Grüße", subject="Grüße", sender="Jörg <jo@example.org>")
    yield "raw Latin-1", mail().replace(b"My order", "Grüße".encode("latin-1"))
    yield "NUL", mail("a\0b", subject="a\0b")
    for seed in range(200 - len(HEADERS) - 8):
        yield f"mutation {seed}", _mutated(seed)


def _mutated(seed: int) -> bytes:
    """Return a good mail with some octets replaced, removed or doubled."""
    chance = random.Random(seed)
    octets = bytearray(_multipart([_TEXT, _file("a.txt", b"hello")]))
    octets += b"X-Case: %d" % seed
    for _ in range(chance.randint(1, 40)):
        place = chance.randrange(len(octets))
        match chance.randrange(3):
            case 0:
                octets[place] = chance.randrange(256)
            case 1:
                del octets[place : place + chance.randrange(20)]
            case _:
                octets[place:place] = octets[place : place + chance.randrange(200)]
    return bytes(octets)


def numbered(count: int, tag: str = "") -> Iterator[bytes]:
    """Iterate over plain mails of as many customers."""
    tag = tag or os.urandom(4).hex()
    for number in range(count):
        yield mail(
            f"Message {number}",
            sender=f"Customer {number} <c{number}@example.org>",
            subject=f"Question {number}",
            message_id=f"<{tag}.{number}@example.org>",
        )
