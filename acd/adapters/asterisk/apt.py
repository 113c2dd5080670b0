"""Drive ``apt-get`` with a state of its own: nothing of the machine's package state is touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from acd.core.errors import AcdError

Progress = Callable[[str, float | None], None]
"""Called with a step in words and, when known, how much of it is done (0 to 1)."""

# Where apt writes and reads. An empty package status makes it fetch every dependency down to the C
# library, which is the point: the unpacked tree must not depend on the machine's release. Hooks of
# the machine are cleared (they tidy or index the machine's own state); its proxies stay in force.
_CONF = """\
Dir::State "{state}";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Etc::sourcelist "{state}/source.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{architecture}";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Check-Date "true";
Acquire::Check-Valid-Until "true";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
"""

_STATUS = re.compile(r"^(?:dlstatus|pmstatus):[^:]*:([0-9.]+):")
_UNREACHABLE = re.compile(
    r"Could not (?:resolve|connect)|Temporary failure|Connection (?:failed|timed out|refused)"
    r"|Unable to connect|Network is unreachable|No route to host|Failed to fetch"
)


class InstallError(AcdError):
    """The bundled Asterisk could not be installed."""

    code = "asterisk-install"


class ReleaseExpiredError(InstallError):
    """The mirror's list is properly signed, but its dates do not fit this machine's clock."""

    code = "asterisk-release-expired"


@dataclass(frozen=True, slots=True)
class Apt:
    """A private apt: lists, archives and configuration below ``state``.

    Attributes:
        state: directory it owns.
        lock: open descriptor handed to each child, so that a lock on it lasts as long as a child
            does, also when we are killed.
    """

    state: Path
    lock: int

    def prepare(self, source: str) -> None:
        """Write configuration and the one apt source (deb822)."""
        for part in ("lists/partial", "cache/archives/partial", "none/partial"):
            (self.state / part).mkdir(parents=True, exist_ok=True)
        (self.state / "status").touch()
        (self.state / "source.sources").write_text(source)
        architecture = self._output(["dpkg", "--print-architecture"]).strip()
        (self.state / "apt.conf").write_text(
            _CONF.format(state=self.state, architecture=architecture)
        )

    def update(self, progress: Progress, *, allow_expired: bool = False) -> None:
        """Fetch the lists and verify their signature.

        Raises:
            ReleaseExpiredError: signed, but past its ``Valid-Until``.
            InstallError: no network, no such suite, bad signature.
        """
        checks = ("Acquire::Check-Valid-Until=false", "Acquire::Check-Date=false")
        extra = [word for check in checks for word in ("-o", check)] if allow_expired else []
        self._get([*extra, "update"], "reading the package lists", progress)

    def download(self, packages: Sequence[str], progress: Progress) -> list[Path]:
        """Fetch packages and all they depend on; return the package files."""
        command = ["install", "--yes", "--download-only", *packages]
        # A killed run may have left packages of an older list; only what is wanted now is unpacked.
        # --print-uris leaves out what is there already: an empty archive directory shows all.
        unfetched = ["-o", f"Dir::Cache::archives={self.state}/none", "--print-uris"]
        plan = self._output([*self._command, *unfetched, *command])
        names = re.findall(r"^'\S+' (\S+\.deb) ", plan, re.MULTILINE)
        archives = self.state / "cache/archives"
        self._get(command, "downloading Asterisk", progress)
        return [archives / name for name in names]

    def candidate(self, package: str) -> str | None:
        """Return the version of ``package`` that the suite offers, if it does."""
        policy = self._output(["apt-cache", "-c", str(self._conf), "policy", package])
        found = re.search(r"^\s+Candidate: (\S+)", policy, re.MULTILINE)
        return found.group(1) if found and found.group(1) != "(none)" else None

    def unpack(self, archives: Sequence[Path], root: Path, progress: Progress) -> None:
        """Unpack package files into ``root``; no script of theirs is run."""
        root.mkdir(parents=True)

        def extract(archive: Path) -> None:
            self._output(["dpkg-deb", "--extract", str(archive), str(root)])

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for done, _ in enumerate(pool.map(extract, archives), start=1):
                progress("unpacking Asterisk", done / len(archives))

    @property
    def _conf(self) -> Path:
        return self.state / "apt.conf"

    @property
    def _command(self) -> list[str]:
        return ["apt-get", "-c", str(self._conf)]

    def _get(self, arguments: Sequence[str], step: str, progress: Progress) -> None:
        progress(step, None)
        log = self.state / "apt.log"
        reader, writer = os.pipe()
        with log.open("wb") as sink, os.fdopen(reader, errors="replace") as status:
            try:
                child = subprocess.Popen(
                    [*self._command, "-o", f"APT::Status-Fd={writer}", *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    pass_fds=(writer, self.lock),
                )
            finally:
                os.close(writer)
            for line in status:
                if matched := _STATUS.match(line):
                    progress(step, float(matched.group(1)) / 100)
            if child.wait() != 0:
                raise apt_failure(log.read_text(errors="replace"))
        progress(step, 1.0)

    def _output(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(),
            pass_fds=(self.lock,),
            check=False,
        )
        if done.returncode != 0:
            raise apt_failure(done.stderr)
        return done.stdout


def require_tools() -> None:
    """Raise `InstallError` unless the machine has apt-get and dpkg-deb."""
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg", "dpkg-deb")
               if shutil.which(tool) is None]  # fmt: skip
    if missing:
        raise InstallError(
            f"cannot install Asterisk: this machine has no {' and no '.join(missing)}",
            hint="install Asterisk 20 or newer yourself, or name a remote one in acd.toml",
            code="no-apt-get",
        )


def apt_failure(text: str) -> InstallError:
    """Turn what apt or dpkg wrote into the error a person is to see."""
    complaints = [line for line in text.splitlines() if line.startswith(("E:", "Err:", "dpkg"))]
    detail = (complaints or text.strip().splitlines() or ["no reason given"])[-1]
    if "is expired" in text or "is not valid yet" in text:
        return ReleaseExpiredError(
            f"the package list is out of date: {detail}",
            hint="check the machine's clock and its apt sources",
        )
    if re.search(r"No space left on device|enough free space", text):
        return no_space()
    if re.search(r"NO_PUBKEY|is not signed|BADSIG|EXPKEYSIG|Hash Sum mismatch", text):
        return InstallError(
            f"the package list could not be verified: {detail}",
            hint="update the package debian-archive-keyring",
            code="asterisk-signature",
        )
    if _UNREACHABLE.search(text):
        return InstallError(
            f"cannot reach the package mirror: {detail}",
            hint="check the network, or install Asterisk 20 or newer yourself",
            code="no-network",
        )
    return InstallError(f"apt failed: {detail}", hint="check the machine's apt sources")


def no_space() -> InstallError:
    """Return the error for a full disk."""
    return InstallError(
        "not enough disk space to install Asterisk",
        hint="it needs 700 MB while it installs and 350 MB after",
        code="no-disk-space",
    )


def _environment() -> dict[str, str]:
    """Keep the environment (proxies live there) but with messages in English, never a dialogue."""
    return dict(os.environ) | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
