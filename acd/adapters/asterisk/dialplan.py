"""The site's own dialplan in the home of an Asterisk, put in force without touching calls."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from acd.adapters.asterisk.process import AsteriskError
from acd.adapters.asterisk.render import write_atomically
from acd.adapters.asterisk.settings import SettingError
from acd.flow.dialplan import BACK, read_dialplan
from acd.flow.problems import Report

if TYPE_CHECKING:  # `acd check` has nothing to do with the network
    from acd.adapters.asterisk.run import AsteriskServer

INCLUDED = "site-dialplan.conf"
"""What ``extensions.conf`` includes: names the files of the version in force."""

_COPIES = "site-dialplan"


def write_dialplan(directory: Path, files: Mapping[str, str]) -> bool:
    """Write a version of the site's own dialplan where Asterisk reads it at its next (re)load.

    Each version has a directory of its own; naming another is one atomic step.

    Args:
        directory: of the Asterisk, as in :class:`AsteriskSettings`.
        files: name to text, checked (:func:`acd.flow.dialplan.read_dialplan`).

    Returns:
        Whether it is another version than the one that was there.

    Raises:
        SettingError: the directory cannot be written.
    """
    included = directory / "etc" / INCLUDED
    version = _version(files)
    text = _included(directory, files, version)
    try:
        if included.exists() and included.read_text() == text:
            return False
        copies = directory / "etc" / _COPIES / version
        copies.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(copies / name, content)
        write_atomically(included, text)
    except OSError as error:
        raise SettingError(
            f"cannot write {error.filename}: {error.strerror}", code="home-not-writable"
        ) from error
    return True


async def apply_dialplan(server: AsteriskServer, files: Mapping[str, str]) -> bool:
    """Put a version of the site's own dialplan in force; calls go on where they are.

    A call that is out in a site's context goes on there, at its place, in the new version.

    Args:
        server: the Asterisk, running.
        files: name to text, checked and best loaded dry before (:mod:`.dryload`).

    Returns:
        Whether anything had to be done.

    Raises:
        AsteriskError: Asterisk does not answer, or refuses.
        SettingError: its directory cannot be written.
    """
    directory = server.settings.directory
    included = directory / "etc" / INCLUDED
    before = included.read_text() if included.exists() else ""
    if not write_dialplan(directory, files):
        return False
    try:
        said = await server.rasterisk("dialplan reload")
        if "reloaded" not in said.lower():
            raise AsteriskError(f"the dialplan was not reloaded: {said.strip()}")
    except AsteriskError:
        # What it has read is unknown: a restart shall read the old one, the next change reload.
        write_atomically(included, f"{before}; not reloaded\n")
        raise
    forget_old(directory, files)
    return True


def forget_old(directory: Path, files: Mapping[str, str]) -> None:
    """Remove the copies of versions that are not in force."""
    for copies in (directory / "etc" / _COPIES).glob("*"):
        if copies.name != _version(files):
            shutil.rmtree(copies, ignore_errors=True)


def _version(files: Mapping[str, str]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0{files[name]}".encode())
    return digest.hexdigest()


def _included(directory: Path, files: Mapping[str, str], version: str) -> str:
    copies = directory / "etc" / _COPIES / version
    lines = [f"; Version {version}. Each context of the site falls back to {BACK}."]
    lines += [f'#include "{copies / name}"' for name in sorted(files)]
    _, dialplan = read_dialplan(
        {f"asterisk/{name}": text.encode() for name, text in files.items()}, Report()
    )
    for context in dialplan.contexts:
        lines += [f"[{context}](+)", f"include => {BACK}"]
    return "\n".join(lines) + "\n"
