"""A process that parses mails and can do nothing else: `python -m acd.gateways.mail.child`.

What a stranger sends decides how long a parser takes and how much memory it wants. So it works
where that hurts nobody: once warm it can open neither files nor sockets, start nothing and write
nothing but answers; each mail has its seconds of CPU, and its memory has an end. The kernel
enforces all of that.

On its standard input: one octet (what to do), eight (length), the mail. On its standard output:
eight octets (length), the answer.
"""

from __future__ import annotations

import encodings
import importlib
import math
import os
import pkgutil
import resource
import signal
import struct
import sys
import time
from typing import BinaryIO

import msgspec

from acd.gateways.mail.decode import TooComplex, decode, decode_header_only
from acd.gateways.mail.parsed import Parsed, Unreadable
from acd.gateways.mail.text import without_quotes

CPU_SECONDS = 5
QUOTES_CPU_SECONDS = 1.0
MEMORY = 256 * 1024 * 1024

WHOLE, HEADER_TOO_SLOW, HEADER_PARSER_FAILED, HEADER_TOO_LARGE = range(4)
HEADER_ONLY = {
    HEADER_TOO_SLOW: Unreadable.TOO_SLOW,
    HEADER_PARSER_FAILED: Unreadable.PARSER_FAILED,
    HEADER_TOO_LARGE: Unreadable.TOO_LARGE,
}
ASK = struct.Struct(">BQ")
ANSWER = struct.Struct(">Q")


def main() -> None:
    """Answer until the input ends."""
    _load_codecs()
    decode(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n> x\n--b\nContent-Type: text/html"
           b"\n\n<p>warm\n--b--\n")  # fmt: skip
    _shut_in()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    encoder = msgspec.msgpack.Encoder()
    while head := source.read(ASK.size):
        what, length = ASK.unpack(head)
        raw = source.read(length)
        _allow_cpu()
        answer = encoder.encode(_answer(what, raw))
        del raw
        try:
            _write(sink, answer)
        except BrokenPipeError:
            os._exit(0)  # the engine has died; nobody is left who would read of it


def _answer(what: int, raw: bytes) -> Parsed:
    if what in HEADER_ONLY:
        return decode_header_only(raw, HEADER_ONLY[what])
    try:
        return decode(raw, _without_quotes)
    except (TooComplex, RecursionError):
        return decode_header_only(raw, Unreadable.TOO_COMPLEX)
    except Exception:  # whatever a parser raises on rubbish, the mail is kept and shown as such
        return decode_header_only(raw, Unreadable.PARSER_FAILED)


class _TooLong(Exception):
    """Looking for quotations took too long."""


def _without_quotes(text: str) -> str:
    """Cut quotations, unless that takes a second: the patterns are no match for some texts."""

    def stop(_number: int, _frame: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, QUOTES_CPU_SECONDS)
    try:
        return without_quotes(text)
    except _TooLong:
        return text
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _write(sink: BinaryIO, answer: bytes) -> None:
    sink.write(ANSWER.pack(len(answer)))
    sink.write(answer)
    sink.flush()


def _load_codecs() -> None:
    """Load every codec now: they are files, and there will be no more files."""
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in ("mbcs", "oem"):  # Windows only
            importlib.import_module(f"encodings.{module.name}")


def _shut_in() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # No process of our own: where the kernel lets root have more, files and sockets still lack.
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _allow_cpu() -> None:
    """Let the kernel kill us when this mail takes too long."""
    limit = math.ceil(time.process_time()) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
