"""Find an Asterisk on this machine, or install one into a cache directory without root."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Literal

import structlog

from acd.adapters.asterisk.apt import (
    Apt,
    InstallError,
    Progress,
    ReleaseExpiredError,
    no_space,
    require_tools,
)
from acd.adapters.asterisk.program import (
    MINIMUM_VERSION,
    AsteriskProgram,
    minimal_environment,
    system_program,
    unpacked_program,
)
from acd.adapters.asterisk.sources import Mirror, machine_mirrors

log = structlog.get_logger(__name__)

Mode = Literal["auto", "system", "bundled"]

PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-en-gsm",
    "asterisk-moh-opsound-wav",
    "espeak-ng",
    "sox",
    "libsox-fmt-base",
)
SUITES = ("sid", "testing")
"""Suites to try in turn: Asterisk has not been in every stable release (Debian 12 has none)."""

RECIPE = 1
"""Raised when `PACKAGES` or the way of unpacking changes, so that older bundles are replaced."""

_NEEDED_BYTES = 700_000_000
_UNUSED = ("doc", "locale", "man", "X11", "perl")


def default_cache() -> Path:
    """Return the cache directory of this person (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "acd"


def at_hand(mode: Mode, cache: Path) -> AsteriskProgram | None:
    """Return an Asterisk that is on this machine already, as :func:`locate` would; else None."""
    found = system_program() if mode in {"auto", "system"} else None
    if found is not None or mode == "system":
        return found
    return find_bundle(cache)


def locate(mode: Mode, *, cache: Path, progress: Progress) -> AsteriskProgram:
    """Return an Asterisk that can be started; install one when needed. Blocks: run it in a thread.

    Args:
        mode: ``system`` takes the machine's own or fails; ``bundled`` takes the one below
            ``cache``, installing it once; ``auto`` prefers the machine's own.
        cache: directory shared by all homes of a person, see `default_cache`.
        progress: told about each step; the first call may take half a minute.

    Raises:
        InstallError: with code ``no-asterisk``, ``no-apt-get``, ``no-network``, ``no-disk-space``,
            ``asterisk-signature``, ``asterisk-release-expired`` or ``asterisk-install``.
    """
    if mode in {"auto", "system"}:
        program = system_program()
        if program is not None:
            return program
        if mode == "system":
            raise InstallError(
                f"this machine has no Asterisk {MINIMUM_VERSION} or newer",
                hint="install one, or let acd bring its own with asterisk.mode = 'bundled'",
                code="no-asterisk",
            )
    return find_bundle(cache) or install_bundle(cache, machine_mirrors(), progress)


def find_bundle(cache: Path) -> AsteriskProgram | None:
    """Return the newest complete bundle below ``cache``, if there is one."""
    manifests = sorted(
        (cache.resolve() / "asterisk").glob("*/manifest.json"), key=_release, reverse=True
    )
    for manifest in manifests:
        if json.loads(manifest.read_text())["recipe"] != RECIPE:
            continue
        program = unpacked_program(manifest.parent / "root")
        if program is not None:
            return program
    return None


def install_bundle(
    cache: Path, mirrors: list[Mirror], progress: Progress, *, suites: tuple[str, ...] = SUITES
) -> AsteriskProgram:
    """Download, verify and unpack Asterisk below ``cache``. Safe to kill and to run again.

    A bundle appears under its final name only when it is whole and has been seen to run; packages
    already downloaded are kept for the next try.

    Raises:
        InstallError: see `locate`.
    """
    require_tools()
    home = cache.resolve() / "asterisk"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _exclusive(home, progress) as lock:
            ready = find_bundle(cache)  # another process may have installed it while we waited
            if ready is not None:
                return ready
            for stale in home.glob(".new-*"):
                shutil.rmtree(stale)
            if shutil.disk_usage(home).free < _NEEDED_BYTES:
                raise no_space()
            return _install(home, Apt(home / ".apt", lock), mirrors, suites, progress)
    except OSError as error:
        if error.errno == ENOSPC:
            raise no_space() from error
        raise InstallError(
            f"cannot write {error.filename or home}: {error.strerror}",
            hint="name a writable cache directory with XDG_CACHE_HOME",
        ) from error


def _install(
    home: Path, apt: Apt, mirrors: list[Mirror], suites: tuple[str, ...], progress: Progress
) -> AsteriskProgram:
    suite = _select_suite(apt, mirrors, suites, progress)
    archives = apt.download(PACKAGES, progress)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
    root = new / "root"
    apt.unpack(archives, root, progress)
    for name in _UNUSED:
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    program = unpacked_program(root)
    if program is None:
        raise InstallError(
            "the unpacked Asterisk does not run on this machine",
            hint="is the cache directory on a disk mounted noexec? Name another by XDG_CACHE_HOME",
        )
    # Debian makes this link by update-alternatives, which only an installation as root runs.
    (program.data_dir / "sounds/en").symlink_to(program.sounds_dir.name)
    progress("preparing music on hold", None)
    _convert_music(program)
    manifest = {
        "recipe": RECIPE,
        "version": program.version,
        "suite": suite,
        "packages": [archive.name for archive in archives],
    }
    (new / "manifest.json").write_text(json.dumps(manifest, indent=1))
    # One directory for each version and recipe; what stands there can only be a broken bundle.
    final = home / f"{program.version}-r{RECIPE}"
    shutil.rmtree(final, ignore_errors=True)
    new.rename(final)
    shutil.rmtree(apt.state)
    installed = unpacked_program(final / "root")
    assert installed is not None, "it ran a moment ago under its temporary name"
    progress("Asterisk is installed", 1.0)
    return installed


def _select_suite(
    apt: Apt, mirrors: list[Mirror], suites: tuple[str, ...], progress: Progress
) -> str:
    """Point apt at the first mirror and suite that offer a recent Asterisk; return the suite.

    A list whose validity has run out is used only when nothing valid was found, and says so: the
    signature is still checked, but an attacker could hold back newer packages.
    """
    if not mirrors:
        raise InstallError(
            "no Debian mirror in this machine's apt sources",
            hint="acd brings its own Asterisk on Debian only; install Asterisk 20 or newer",
            code="no-mirror",
        )
    failure: InstallError | None = None
    for allow_expired in (False, True):
        if allow_expired and not isinstance(failure, ReleaseExpiredError):
            break
        for mirror in mirrors:
            for suite in suites:
                apt.prepare(mirror.deb822(suite))
                try:
                    if allow_expired:
                        log.warning("asterisk.release_expired", suite=suite)
                        progress(
                            "WARNING: the mirror's package list is out of date; its signature is"
                            " good, so it is used, but security updates may be missing",
                            None,
                        )
                    apt.update(progress, allow_expired=allow_expired)
                except ReleaseExpiredError as error:
                    failure = error
                    continue
                except InstallError as error:
                    failure = failure if isinstance(failure, ReleaseExpiredError) else error
                    continue
                version = apt.candidate("asterisk")
                if version and _major(version) >= MINIMUM_VERSION:
                    return suite
    raise failure or InstallError(
        f"the mirror offers no Asterisk {MINIMUM_VERSION} or newer",
        hint="install one yourself, or name a remote one in acd.toml",
        code="no-asterisk",
    )


def _major(package_version: str) -> int:
    """Return the first number of a Debian version, its epoch aside (``1:22.10.1+dfsg-1``)."""
    found = re.match(r"(?:\d+:)?(\d+)", package_version)
    return int(found.group(1)) if found else 0


def _convert_music(program: AsteriskProgram) -> None:
    """Store music on hold in the callers' codecs: transcoding costs a quarter more CPU a call."""
    for wave in sorted(program.moh_dir.glob("*.wav")):
        for kind, extension in (("ul", "ulaw"), ("al", "alaw")):
            target = wave.with_suffix(f".{extension}")
            subprocess.run(
                [*program.sox_argv, str(wave), "-t", kind, "-r", "8000", "-c", "1", str(target)],
                check=True,
                capture_output=True,
                env=minimal_environment(),
            )
        wave.unlink()


@contextmanager
def _exclusive(home: Path, progress: Progress) -> Iterator[int]:
    """Hold the installation lock of ``home``; yield its descriptor."""
    descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another installation to finish", None)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _release(manifest: Path) -> tuple[int, ...]:
    version = manifest.parent.name.split("-")[0]
    return tuple(int(part) for part in version.split(".") if part.isdigit())
