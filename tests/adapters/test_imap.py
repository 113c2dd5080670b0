"""The end of an IMAP session, against a server that does not say goodbye."""

from __future__ import annotations

import asyncio

import pytest

from acd.adapters.imap import ImapMailbox

pytestmark = pytest.mark.app

ANSWERS = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    b"LOGIN": b"",
    b"SELECT": b"* OK [UIDVALIDITY 7] fine\r\n",
}


class Silent:
    """Lets everybody in, and has no answer to LOGOUT."""

    def __init__(self) -> None:
        self.is_asked_to_part = asyncio.Event()
        self.is_left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            tag, word, *_ = line.split()
            if word == b"LOGOUT":
                self.is_asked_to_part.set()
            else:
                writer.write(ANSWERS[word] + tag + b" OK\r\n")
        writer.close()
        self.is_left.set()


async def test_who_is_cancelled_while_signing_out_leaves_no_connection() -> None:
    silent = Silent()

    async def visit(port: int) -> None:
        async with ImapMailbox("127.0.0.1", port, "desk", "secret").open():
            pass

    async with await asyncio.start_server(silent.serve, "127.0.0.1", 0) as server:
        visitor = asyncio.create_task(visit(server.sockets[0].getsockname()[1]))
        async with asyncio.timeout(5):
            await silent.is_asked_to_part.wait()
            visitor.cancel()
            with pytest.raises(asyncio.CancelledError):
                await visitor
            await silent.is_left.wait()
