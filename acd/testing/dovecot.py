"""A Dovecot of one's own for tests: an IMAP server with mailboxes, started from nothing."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from acd.core.errors import AcdError

START_SECONDS = 20.0
PASSWORD = "password-of-a-test"

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
ssl = no
disable_plaintext_auth = no
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
mail_location = maildir:{directory}/mail/%u
first_valid_uid = 1
mail_fsync = never
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


class DovecotMissing(AcdError):
    """No Dovecot is installed."""

    code = "dovecot-missing"


class Dovecot:
    """An IMAP server on loopback; every user's password is :data:`PASSWORD`.

    Attributes:
        directory: configuration and mail; removed by :meth:`remove`.
        port: of IMAP without TLS.
    """

    def __init__(self) -> None:
        # Not pytest's tmp_path: its parents are closed to the user that the mail belongs to.
        self.directory = Path(tempfile.mkdtemp(prefix="acd-dovecot-"))
        self.directory.chmod(0o755)
        self.port = _free_port()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = pwd.getpwnam("nobody" if os.geteuid() == 0 else _own_name())
        (self.directory / "mail").mkdir()
        self._own(self.directory / "mail")
        self._configure()

    def _configure(self) -> None:
        is_root = os.geteuid() == 0
        own = _own_name()
        text = _CONFIGURATION.format(
            directory=self.directory,
            port=self.port,
            password=PASSWORD,
            uid=self._owner.pw_uid,
            gid=self._owner.pw_gid,
            login_user="dovenull" if is_root else own,
            internal_user="dovecot" if is_root else own,
            internal_group="dovecot" if is_root else grp.getgrgid(os.getgid()).gr_name,
        )
        (self.directory / "dovecot.conf").write_text(text)

    def start(self) -> None:
        """Start it and wait until it greets."""
        program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise DovecotMissing("no Dovecot found", hint="apt-get install dovecot-imapd")
        (self.directory / "run" / "master.pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [program, "-F", "-c", str(self.directory / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._greets():
            if time.monotonic() > deadline or self._process.poll() is not None:
                log = self.directory / "log"
                said = log.read_text(errors="replace") if log.exists() else "nothing"
                raise TimeoutError(f"Dovecot does not start: {said[-1000:]}")
            time.sleep(0.02)

    def _greets(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), 1) as s,
        ):
            s.settimeout(2)
            return s.recv(4) == b"* OK"
        return False

    def kill(self) -> None:
        """End it as a crash does, its connections with it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it properly."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        family = _children(process.pid)
        process.send_signal(how)
        process.wait(START_SECONDS)
        for pid in family:  # those that outlive their master are ours all the same
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def remove(self) -> None:
        """End it and remove its mail."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def deliver(self, user: str, raw: bytes) -> Path:
        """Put a mail into a user's inbox, as a mail server does; return its file."""
        inbox = self.inbox(user)
        name = f"{time.time():.6f}.{os.getpid()}_{next(self._numbers)}.test"
        draft = inbox / "tmp" / name
        draft.write_bytes(raw)
        self._own(draft)
        return draft.rename(inbox / "new" / name)

    def inbox(self, user: str) -> Path:
        """Return the directory of a user's mail, made if needed."""
        inbox = self.directory / "mail" / user
        for folder in (inbox, *(inbox / name for name in ("cur", "new", "tmp"))):
            if not folder.exists():
                folder.mkdir()
                self._own(folder)
        return inbox

    def files(self, user: str) -> list[Path]:
        """Return the mails in a user's inbox."""
        inbox = self.inbox(user)
        return sorted([*(inbox / "new").iterdir(), *(inbox / "cur").iterdir()])

    def renumber(self, user: str) -> None:
        """Forget all uids: the next session sees another UIDVALIDITY. Stop the server before."""
        for path in self.inbox(user).glob("dovecot*"):
            path.unlink()

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(word) for word in found]


def _own_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """Give a started server, removed at the end."""
    server = Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.remove()
