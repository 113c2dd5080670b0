"""A packet capture of one SIP port: when each message passed, by the kernel's clock.

Run as a program of its own (``python -m bench.capture PORT``), so that nothing the benchmark does
delays it and so that only it needs root. Needs ``CAP_NET_RAW``; see packet(7) and socket(7).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from acd.core.errors import AcdError

READY = b"capturing\n"
HEAD = struct.Struct("<dHHI")
"""Seconds since the epoch, source port, destination port, length of the payload that follows."""

_ETH_P_IP = 0x0800
_SO_ATTACH_FILTER = 26
_SO_TIMESTAMPNS = 35
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_BUFFER_BYTES = 8 << 20
_TIMESPEC = struct.Struct("@ll")
_INSTRUCTION = struct.Struct("HBBI")
_PATIENCE_SECONDS = 10.0


class CaptureError(AcdError):
    """Packets cannot be captured, or some were missed."""

    code = "bench-capture"


@dataclass(frozen=True, slots=True)
class Packet:
    """One UDP datagram.

    Attributes:
        at: seconds since the epoch.
        source: its UDP port.
        target: the UDP port it went to.
        payload: the datagram.
    """

    at: float
    source: int
    target: int
    payload: bytes


class Capture:
    """Captures while its context lasts; needs root, or ``sudo`` without a password.

    Attributes:
        packets: what was captured, once the context has ended.
    """

    def __init__(self, port: int) -> None:
        """Prepare for UDP port ``port`` on loopback."""
        self._port = port
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed at the exit)
        self._child: asyncio.subprocess.Process | None = None
        self.packets: list[Packet] = []

    async def __aenter__(self) -> Self:
        """Start capturing.

        Raises:
            CaptureError: it is not permitted.
        """
        become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self._child = await asyncio.create_subprocess_exec(
            *become_root,
            *(sys.executable, "-m", "bench.capture", str(self._port)),
            cwd=Path(__file__).parent.parent,
            stdin=asyncio.subprocess.PIPE,
            stdout=self._file,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self._child.stderr is not None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                first = await self._child.stderr.readline()
        except TimeoutError:
            first = b"nothing was heard of it"
        if first != READY:
            await self._end()
            raise CaptureError(
                f"cannot capture packets: {first.decode(errors='replace').strip()}",
                hint="run the benchmark as root, or leave the telephone part out with --only",
            )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        missed = await self._end()
        self._file.seek(0)
        self.packets = list(read(self._file))
        self._file.close()
        if missed:
            raise CaptureError(f"{missed} packets were missed", hint="run it again, alone")

    async def _end(self) -> int:
        """End the child; return how many packets it missed."""
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.close()  # the sign to end
        _, told = await self._child.communicate()
        words = told.split()
        return int(words[-1]) if words and words[-1].isdigit() else 0


def read(file: IO[bytes]) -> Iterator[Packet]:
    """Yield the packets of a file that the program has written."""
    while head := file.read(HEAD.size):
        at, source, target, length = HEAD.unpack(head)
        yield Packet(at, source, target, file.read(length))


def _filter(port: int) -> bytes:
    """Return a classic BPF program: UDP, unfragmented, to or from ``port``.

    RTP must stay in the kernel: waiting callers with music are thousands of packets a second.
    """
    accept, refuse = 9, 10
    program = [
        (0x30, 0, 0, 9),  # A = IP protocol
        (0x15, 0, refuse - 2, socket.IPPROTO_UDP),
        (0x28, 0, 0, 6),  # A = flags and fragment offset
        (0x45, refuse - 4, 0, 0x1FFF),
        (0xB1, 0, 0, 0),  # X = length of the IP header
        (0x48, 0, 0, 0),  # A = source port
        (0x15, accept - 7, 0, port),
        (0x48, 0, 0, 2),  # A = destination port
        (0x15, 0, refuse - 9, port),
        (0x06, 0, 0, 0xFFFF),  # accept
        (0x06, 0, 0, 0),  # refuse
    ]
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


def _open(port: int) -> socket.socket:
    sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    code = ctypes.create_string_buffer(_filter(port))
    count = (len(code) - 1) // _INSTRUCTION.size
    sniffer.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", count, ctypes.addressof(code))
    )
    sniffer.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    # On loopback a packet passes twice, out and in; a socket for one protocol sees only the second.
    sniffer.bind(("lo", _ETH_P_IP))  # packets come from now on, through the filter
    return sniffer


def _payload(packet: bytes) -> tuple[int, int, bytes]:
    start = 4 * (packet[0] & 0x0F)
    source, target, length = struct.unpack_from("!HHH", packet, start)
    return source, target, packet[start + 8 : start + length]


def main() -> None:
    """Write packets to standard output until standard input ends, then say how many were missed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # whoever started us ends us
    try:
        sniffer = _open(int(sys.argv[1]))
    except OSError as error:
        sys.exit(f"{error.strerror}")
    out = sys.stdout.buffer
    sys.stderr.buffer.write(READY)
    sys.stderr.flush()
    loop = asyncio.new_event_loop()

    def drain() -> None:
        with suppress(BlockingIOError):
            while True:
                packet, ancillary, _, _ = sniffer.recvmsg(65535, 64)
                seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
                source, target, payload = _payload(packet)
                at = seconds + nanoseconds / 1e9
                out.write(HEAD.pack(at, source, target, len(payload)) + payload)

    def finish() -> None:
        if not os.read(0, 1):
            drain()
            loop.stop()

    sniffer.setblocking(False)
    loop.add_reader(sniffer.fileno(), drain)
    loop.add_reader(0, finish)
    loop.run_forever()
    out.flush()
    statistics = sniffer.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
    _, missed = struct.unpack("@II", statistics)
    sys.stderr.write(f"missed {missed}\n")


if __name__ == "__main__":
    main()
