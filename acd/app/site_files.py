"""The files of a version: read from a directory at once, written out again, compared."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from acd.core.errors import AcdError

LARGEST_FILE = 50_000_000  # bytes: half an hour of sound at 16 kHz
LARGEST_SITE = 500_000_000

_PATTERNS = ("*.toml", "prompts/*.toml", "stories/*.toml", "asterisk/*.conf", "sounds/**/*")
_FOLDERS = {"prompts": ".toml", "stories": ".toml", "asterisk": ".conf"}
_CONTEXT_LINES = 3
_COMPARABLE_LINES = 20_000
"""More are shown as replaced: comparing takes a second for so many, and grows with their square."""


class SiteFilesError(AcdError):
    """Files cannot be published, whatever is in them.

    Codes: ``file-too-large``, ``file-name-invalid``, ``file-unreadable``.
    """

    code = "file-unreadable"


@dataclass(frozen=True, slots=True)
class FileText:
    """A file as it is compared.

    Attributes:
        digest: SHA-256 of its content.
        size: in bytes.
        text: its content; None if that is no text.
    """

    digest: str
    size: int
    text: str | None


@dataclass(frozen=True, slots=True)
class FileDifference:
    """What is different in a file.

    Attributes:
        path: relative to the directory of dialplans.
        change: what became of it.
        text: unified diff; empty where a file is no text.
    """

    path: str
    change: Literal["added", "removed", "changed"]
    text: str


def read_directory(directory: Path) -> dict[str, bytes]:
    """Return what is published of a directory: path relative to it to content, in order.

    Raises:
        SiteFilesError: a file cannot be read, or is too large.
    """
    try:
        if not directory.is_dir():
            raise SiteFilesError(
                f"there is no directory {directory}",
                hint="dialplans are looked for there: go to the directory that holds it, or name "
                "another in acd.toml (site.directory) or ACD_SITE_DIRECTORY",
            )
        paths = {
            path
            for one in _PATTERNS
            for path in directory.glob(one)
            if path.is_file() and not path.name.startswith(".")  # an editor's own, .DS_Store …
        }
    except (OSError, ValueError) as error:
        raise SiteFilesError(f"{directory} cannot be read: {error}") from None
    files: dict[str, bytes] = {}
    left = LARGEST_SITE
    for path in sorted(paths):
        name = path.relative_to(directory).as_posix()
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise SiteFilesError(f"{name} cannot be read: {error.strerror}") from None
        left -= len(content)
        if len(content) > LARGEST_FILE or left < 0:
            raise SiteFilesError(
                f"{name} is too large",
                hint="at most 50 MB a file and 500 MB in all are published",
                code="file-too-large",
            )
        files[name] = content
    return files


def check_names(names: Iterable[str]) -> None:
    """Refuse names that do not belong to a site, or lead out of its directory.

    Raises:
        SiteFilesError: one does.
    """
    for name in names:
        path = PurePosixPath(name)
        is_plain = name.isprintable() and "\\" not in name and path.as_posix() == name
        if not is_plain or ".." in path.parts or path.is_absolute() or not _belongs(path):
            raise SiteFilesError(
                f"{name!r} does not belong to a site",
                hint=f"a site is made of {', '.join(_PATTERNS)}",
                code="file-name-invalid",
            )


def _belongs(path: PurePosixPath) -> bool:
    match path.parts:
        case [_]:
            return path.suffix == ".toml"
        case ["sounds", _, *_]:
            return True
        case [folder, _]:
            return path.suffix == _FOLDERS.get(folder)
        case _:
            return False


def write_directory(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new directory.

    Raises:
        OSError: they cannot be written, or it is there already.
    """
    directory.mkdir(parents=True)
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def as_text(content: bytes) -> FileText:
    """Return a file as it is compared."""
    text: str | None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and "\0" in text:
        text = None
    return FileText(hashlib.sha256(content).hexdigest(), len(content), text)


def differences(old: Mapping[str, FileText], new: Mapping[str, FileText]) -> list[FileDifference]:
    """Return what is different, by file, in the order of their paths."""
    found = []
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path), new.get(path)
        if before is None or after is None:
            found.append(
                FileDifference(
                    path, "removed" if after is None else "added", _diff(path, before, after)
                )
            )
        elif before.digest != after.digest:
            found.append(FileDifference(path, "changed", _diff(path, before, after)))
    return found


def _diff(path: str, before: FileText | None, after: FileText | None) -> str:
    texts = [("" if one is None else one.text) for one in (before, after)]
    if texts[0] is None or texts[1] is None:
        return ""
    old, new = (text.splitlines(keepends=True) for text in texts if text is not None)
    names = (
        "/dev/null" if before is None else f"old/{path}",
        "/dev/null" if after is None else f"new/{path}",
    )
    if min(len(old), len(new)) > _COMPARABLE_LINES:
        lines = _replaced(old, new, names)
    else:
        lines = difflib.unified_diff(old, new, *names, n=_CONTEXT_LINES)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _replaced(old: list[str], new: list[str], names: tuple[str, str]) -> Iterator[str]:
    """Give the diff of files that have nothing in common."""
    yield f"--- {names[0]}\n"
    yield f"+++ {names[1]}\n"
    yield f"@@ -1,{len(old)} +1,{len(new)} @@\n"
    yield from (f"-{line}" for line in old)
    yield from (f"+{line}" for line in new)
