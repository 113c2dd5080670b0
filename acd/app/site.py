"""Read a directory of dialplans into a checked site: the file system's part of it."""

from __future__ import annotations

import hashlib
import io
import re
import wave
import zoneinfo
from collections.abc import Collection
from functools import cache
from pathlib import Path

from acd.app.holidays import public_holidays
from acd.core.site import Site
from acd.flow.check import NUMBERS
from acd.flow.load import LARGEST_FILE, Sound, load
from acd.flow.problems import Code, Problem, one_line

SOUNDS = "sounds"
STORIES = "stories"
PROMPTS = "prompts"
ASTERISK = "asterisk"

_RATES = {".wav": 8000, ".wav16": 16000}
"""Samples per second by suffix: Asterisk goes by the suffix and refuses a file of another rate."""

# Asterisk takes the names of several sounds in one text, separated by commas.
_PLAYABLE = re.compile(r"[A-Za-z0-9_./-]+")
_LARGEST_SOUND = 50_000_000  # bytes: half an hour at 16 kHz


def load_site(
    directory: Path, services: Collection[str] | None = None
) -> tuple[Site | None, list[Problem]]:
    """Return the site written in ``directory``, and everything that is wrong with it.

    Args:
        directory: holds ``numbers.toml``, ``queues.toml``, ``hours.toml``, flows, ``prompts/`` and
            ``sounds/``.
        services: names of the web services in the settings; None where nobody knows them.

    Returns:
        The site and no problem, or None and all problems in the order of files and lines.
    """
    if not directory.is_dir():
        return None, [
            Problem(
                NUMBERS,
                1,
                Code.MISSING_FILE.code,
                one_line(f"no directory {directory}"),
                "go to the directory that holds it, or name another",
            )
        ]
    files, problems = read_files(directory, "", PROMPTS)
    own, unreadable = read_files(directory, ASTERISK, suffix=".conf")
    files |= own
    problems += unreadable
    sounds, more = read_sounds(directory / SOUNDS)
    site, found = load(files, sounds, time_zones(), public_holidays(), services)
    problems = sorted({*problems, *more, *found})
    return (None if problems else site), problems


def read_files(
    directory: Path, *folders: str, suffix: str = ".toml"
) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the files in some folders of ``directory``, by path relative to it."""
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for folder in folders:
        for path in sorted((directory / folder).glob(f"*{suffix}")):
            if path.name.startswith("."):  # an editor's own: .#main.toml
                continue
            name = path.relative_to(directory).as_posix()
            try:
                with path.open("rb") as file:
                    # One more than allowed is enough to see that it is too large.
                    files[name] = file.read(LARGEST_FILE + 1)
            except OSError as error:
                problems.append(_unreadable(name, error))
    return files, problems


def read_sounds(directory: Path) -> tuple[dict[str, Sound], list[Problem]]:
    """Return what is known of the sound files below ``directory``, by path relative to it."""
    sounds: dict[str, Sound] = {}
    problems: list[Problem] = []
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        try:
            if path.name.startswith(".") or not path.is_file():
                continue
            if path.stat().st_size > _LARGEST_SOUND:
                sounds[name] = Sound("", "is larger than 50 MB")
                continue
            content = path.read_bytes()
        except OSError as error:
            problems.append(_unreadable(f"{SOUNDS}/{name}", error))
            continue
        sounds[name] = Sound(hashlib.blake2b(content).hexdigest(), defect(name, content))
    return sounds, problems


def _unreadable(name: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    return Problem(one_line(name), 1, Code.UNREADABLE_FILE.code, reason)


def defect(name: str, content: bytes) -> str:
    """Return why a recorded prompt cannot be played; empty if it can.

    Args:
        name: its path under ``sounds/``.
        content: the file.
    """
    rate_wanted = _RATES.get(Path(name).suffix)
    if rate_wanted is None or not _PLAYABLE.fullmatch(name):
        return "must be named .wav or .wav16, with letters, digits, _, - and . only"
    try:
        with wave.open(io.BytesIO(content)) as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            frames = sound.getnframes()
    except (wave.Error, EOFError, RuntimeError) as error:  # the last: chunks of impossible sizes
        return f"is not a PCM WAV file: {str(error) or 'it is damaged'}"
    if (channels, width, rate) != (1, 2, rate_wanted):
        return (
            f"has {channels} channel(s), {8 * width} bit, {rate} Hz: "
            f"it must be mono, 16 bit, {rate_wanted} Hz"
        )
    return "" if frames else "is silent: it has no samples"


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the time zones that this machine knows."""
    return frozenset(zoneinfo.available_timezones()) | {"UTC"}
