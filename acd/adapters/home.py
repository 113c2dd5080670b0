"""The run directory: one engine at a time, its secrets and its ports."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from acd.core.errors import AcdError

DEMO_FILE = "demo.json"
PORTS_FILE = "ports.json"
MORE_PORTS_FILE = "more-ports.json"
ENGINE_FILE = "engine.json"
"""What the running engine leaves for the commands of its home; gone when it stops."""


class HomeError(AcdError):
    """The run directory cannot be used.

    Codes: ``home-in-use``, ``home-not-writable``, ``home-unreadable``, ``no-free-port``.
    """

    code = "home-not-writable"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What nobody chose and nobody needs to know; made at the first start.

    Attributes:
        seed: what ids are derived from.
        ari, ami: passwords between the engine and its Asterisk.
        caller: password of the SIP endpoint ``caller``, which may call from any number.
        guest: password of the SIP endpoint of web pages; every page is told its digest.
    """

    seed: str
    ari: str
    ami: str
    caller: str
    guest: str


class Home:
    """A run directory.

    Use it as a context manager to own it; reading from it needs no ownership.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Own the directory, making it if needed.

        Raises:
            HomeError: another engine owns it, or it cannot be written.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("a+")
        except OSError as error:
            raise not_writable(self.path, error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise HomeError(
                f"another `acd up` runs in {self.path} (process {owner})",
                hint="stop it, or name another home with --home",
                code="home-in-use",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def owner(self) -> str:
        """Return the process id of the engine that owns the directory; empty if none does."""
        try:
            with (self.path / "lock").open("r") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return lock.read().strip() or "unknown"
        except OSError:
            pass
        return ""

    def secrets(self) -> Secrets:
        """Return the secrets of this home, made once; those that an older one lacks are added."""
        found: dict[str, str] = self.read("secrets.json") or {}
        lacking = [one.name for one in fields(Secrets) if one.name not in found]
        if lacking:
            found |= {name: secrets.token_urlsafe(24) for name in lacking}
            self.write("secrets.json", found)
        return Secrets(**found)

    def ports(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """Return a port for each name: the one wanted, or a free one where 0 is wanted.

        A free one stays the home's: after a crash the engine has to find its Asterisk again, and
        phones their registrar.

        Raises:
            HomeError: no free port was found.
        """
        kept: dict[str, int] = self.read(PORTS_FILE) or {}
        chosen: dict[str, int] = {}
        for name, port in wanted.items():
            chosen[name] = port or kept.get(name) or _free_port(set(chosen.values()))
        if chosen != kept:
            self.write(PORTS_FILE, chosen)
        return chosen

    def port(self, name: str) -> int:
        """Return a port for something besides, a free one at first and then always the same.

        Raises:
            HomeError: no free port was found.
        """
        kept: dict[str, int] = self.read(MORE_PORTS_FILE) or {}
        if name not in kept:
            kept[name] = _free_port(set(kept.values()))
            self.write(MORE_PORTS_FILE, kept)
        return kept[name]

    def read(self, name: str) -> Any:
        """Return a JSON file of the home; None when there is none.

        Raises:
            HomeError: it cannot be read.
        """
        try:
            return json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise HomeError(
                f"cannot read {self.path / name}: {error}",
                hint="restore the file, or start with a new home",
                code="home-unreadable",
            ) from None

    def write(self, name: str, content: Any) -> None:
        """Write a JSON file of the home, for its owner's eyes only.

        Raises:
            HomeError: it cannot be written.
        """
        path = self.path / name
        new = path.with_suffix(".new")
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise not_writable(path, error) from None


def not_writable(path: Path, error: OSError) -> HomeError:
    """Return what a person is told when something of a home cannot be written."""
    return HomeError(
        f"cannot write {path}: {error.strerror}",
        hint="choose a home on a writable disk with free space (--home)",
    )


def _free_port(taken: set[int]) -> int:
    """Return a port free for TCP and UDP on loopback."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in taken:
                return port
    raise HomeError("no free port was found", hint="name the ports", code="no-free-port")
