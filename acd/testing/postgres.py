"""A PostgreSQL server of one's own for tests: started from nothing, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acd.core.errors import AcdError

START_SECONDS = 30.0


class PostgresMissing(AcdError):
    """No PostgreSQL server is installed."""

    code = "postgres-missing"


def programs() -> Path:
    """Return the directory of ``initdb`` and ``postgres``, the newest version's.

    Raises:
        PostgresMissing: there is none.
    """
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    elsewhere = shutil.which("initdb")
    if elsewhere is not None:
        return Path(elsewhere).resolve().parent
    raise PostgresMissing("no PostgreSQL server found", hint="apt-get install postgresql")


def _unprivileged() -> list[str]:
    """Return the words before a command that PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    user = _server_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


class Postgres:
    """A server on a socket in a directory of its own.

    Attributes:
        directory: data and socket; removed by :meth:`remove`.
        url: of its database, for :class:`acd.adapters.sql.engine.Database`.
    """

    def __init__(self) -> None:
        # Not pytest's tmp_path: its parents are closed to the user the server runs as.
        self.directory = Path(tempfile.mkdtemp(prefix="acd-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._create()

    @property
    def url(self) -> str:
        """URL of a database that exists from the start."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Return the URL of ``database``."""
        return f"postgresql://acd@/{database}?host={self.directory}"

    def _create(self) -> None:
        if os.geteuid() == 0:
            user = _server_user()
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self._run(
            "initdb",
            f"--pgdata={self.directory / 'data'}",
            "--username=acd",
            "--auth=trust",  # whoever reaches the socket; its directory is ours alone
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )

    def start(self) -> None:
        """Start the server and wait until it takes connections.

        After :meth:`kill` the remains of the old one may refuse a start for a moment: it is
        tried again until ``START_SECONDS`` have passed.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawn()
            if self._is_ready():
                return
            if time.monotonic() > deadline:
                log = (self.directory / "log").read_text(encoding="utf-8", errors="replace")
                raise TimeoutError(f"PostgreSQL does not start: {log[-1000:]}")
            time.sleep(0.05)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                [
                    *_unprivileged(),
                    str(programs() / "postgres"),
                    "-D",
                    str(self.directory / "data"),
                    "-k",
                    str(self.directory),
                    "-c",
                    "listen_addresses=",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
            )

    def _is_ready(self) -> bool:
        ready = subprocess.run(
            [str(programs() / "pg_isready"), "-q", "-h", str(self.directory), "-d", "postgres"],
            check=False,
        )
        return ready.returncode == 0

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        self._run("createdb", "-h", str(self.directory), "-U", "acd", name)
        return self.url_of(name)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*_unprivileged(), str(programs() / program), *arguments],
            check=True,
            capture_output=True,
            cwd="/",
        )

    def stop(self) -> None:
        """End the server, disconnecting everybody."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power failure would, its data left as they are."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(how)
            process.wait(START_SECONDS)

    def remove(self) -> None:
        """End the server without tidying up, and remove its data."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Give a started server, removed at the end."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
