"""What an Asterisk on this machine consists of, and how its programs are called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MINIMUM_VERSION = 20
"""Oldest Asterisk release that carries every ARI operation and PJSIP option we use."""

_VERSION = re.compile(r"^Asterisk (?:certified[/-])?(\d+(?:\.\d+)*)", re.MULTILINE)
_CONF_DIRECTORY = re.compile(r"^\s*(astmoddir|astdatadir)\s*=>?\s*(\S+)", re.MULTILINE)
_SYSTEM_BIN = ("/usr/sbin", "/usr/local/sbin", "/opt/asterisk/sbin")


@dataclass(frozen=True, slots=True)
class AsteriskProgram:
    """An Asterisk that can be started, and the speech tools that come with it.

    Attributes:
        source: where it was found.
        version: release, such as ``22.10.1``.
        argv: words that start the asterisk binary; arguments are appended.
        modules_dir: directory of ``*.so`` modules (``astmoddir``).
        data_dir: directory with ``documentation/`` and ``rest-api/`` (``astdatadir``).
        sounds_dir: directory with the English core sounds (``beep`` and so on).
        moh_dir: directory with music on hold files.
        espeak_argv: words that start espeak-ng; empty when there is none.
        sox_argv: words that start sox; empty when there is none.
    """

    source: Literal["system", "bundled"]
    version: str
    argv: tuple[str, ...]
    modules_dir: Path
    data_dir: Path
    sounds_dir: Path
    moh_dir: Path
    espeak_argv: tuple[str, ...] = ()
    sox_argv: tuple[str, ...] = ()

    @property
    def major(self) -> int:
        """First number of the release."""
        return int(self.version.split(".")[0])

    def has_module(self, name: str) -> bool:
        """Tell whether the module file ``name`` (without ``.so``) is there."""
        return (self.modules_dir / f"{name}.so").is_file()


def minimal_environment() -> dict[str, str]:
    """Return the environment for Asterisk and its tools.

    An ARI user can read every variable with ``ENV()``, so nothing of the engine's own environment
    (which may hold secrets) is handed on.
    """
    keep = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    return keep | {name: os.environ[name] for name in ("TZ", "TMPDIR") if name in os.environ}


def probe_version(argv: Iterable[str]) -> str | None:
    """Return the release that ``asterisk -V`` prints, or None when it cannot be run."""
    try:
        done = subprocess.run(
            [*argv, "-V"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
            env=minimal_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stdout)
    return found.group(1) if found else None


def system_program(search_path: str | None = None) -> AsteriskProgram | None:
    """Describe the machine's own Asterisk, if it has one of release 20 or newer.

    Args:
        search_path: directories to look in, ``:`` separated; the usual ones when None.
    """
    if search_path is None:
        search_path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_SYSTEM_BIN))
    binary = shutil.which("asterisk", path=search_path)
    if binary is None:
        return None
    version = probe_version([binary])
    if version is None or int(version.split(".")[0]) < MINIMUM_VERSION:
        return None
    prefix = Path(binary).resolve().parent.parent
    named = _configured_directories()
    modules = _first_directory(
        named.get("astmoddir"),
        *prefix.glob("lib/*/asterisk/modules"),
        prefix / "lib64/asterisk/modules",
        prefix / "lib/asterisk/modules",
    )
    data = _first_directory(
        named.get("astdatadir"), prefix / "share/asterisk", Path("/var/lib/asterisk")
    )
    if modules is None or data is None:
        return None
    espeak, sox = shutil.which("espeak-ng"), shutil.which("sox")
    return AsteriskProgram(
        source="system",
        version=version,
        argv=(binary,),
        modules_dir=modules,
        data_dir=data,
        sounds_dir=find_sounds(data),
        moh_dir=data / "moh",
        espeak_argv=(espeak,) if espeak else (),
        sox_argv=(sox,) if sox else (),
    )


def unpacked_program(root: Path) -> AsteriskProgram | None:
    """Describe the Asterisk unpacked below ``root``; None when it does not run.

    Its programs are started through the tree's own dynamic loader, so they use the tree's C
    library and never the machine's older one. The sub-directory ``pulseaudio`` is outside the
    loader's default search and espeak-ng needs it.
    """
    loaders = sorted(root.glob("usr/lib/*/ld-linux*.so*"))
    if not loaders:
        return None
    loader = loaders[0]
    libraries = loader.parent
    through = (str(loader), "--library-path", f"{libraries}:{libraries}/pulseaudio")
    argv = (*through, str(root / "usr/sbin/asterisk"))
    version = probe_version(argv)
    if version is None:
        return None
    data = root / "usr/share/asterisk"
    espeak, sox = root / "usr/bin/espeak-ng", root / "usr/bin/sox"
    return AsteriskProgram(
        source="bundled",
        version=version,
        argv=argv,
        modules_dir=libraries / "asterisk/modules",
        data_dir=data,
        sounds_dir=find_sounds(data),
        moh_dir=data / "moh",
        espeak_argv=(*through, str(espeak), f"--path={libraries}") if espeak.exists() else (),
        sox_argv=(*through, str(sox)) if sox.exists() else (),
    )


def find_sounds(data_dir: Path) -> Path:
    """Return the directory of the English core sounds, which distributions name variously."""
    sounds = data_dir / "sounds"
    for candidate in (sounds / "en", *sorted(sounds.glob("en_*"))):
        if candidate.is_dir():
            return candidate
    return sounds


def _configured_directories() -> dict[str, Path]:
    try:
        text = Path("/etc/asterisk/asterisk.conf").read_text(errors="replace")
    except OSError:
        return {}
    return {name: Path(value) for name, value in _CONF_DIRECTORY.findall(text)}


def _first_directory(*candidates: Path | None) -> Path | None:
    return next((c for c in candidates if c is not None and c.is_dir()), None)
