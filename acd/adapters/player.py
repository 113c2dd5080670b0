"""The machine's loudspeaker, where it has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

CARDS = Path("/proc/asound/cards")

_SPARE_SECONDS = 10.0


def play(file: Path, seconds: float) -> bool:
    """Play a WAV file to its end; return whether anything could play it.

    Args:
        file: the sound.
        seconds: how long it lasts.
    """
    return any(_plays((*command, str(file)), seconds) for command in _players(os.environ))


def _players(environment: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Iterate over the programs whose sound server or card is there, the likeliest first."""
    runtime = Path(environment.get("XDG_RUNTIME_DIR") or "/nowhere")
    wanted = (
        ((runtime / "pipewire-0").exists(), ("pw-play",)),
        ("PULSE_SERVER" in environment or (runtime / "pulse/native").exists(), ("paplay",)),
        (_has_card(), ("aplay", "-q")),
    )
    for is_there, command in wanted:
        if is_there and (program := shutil.which(command[0])):
            yield (program, *command[1:])


def _has_card() -> bool:
    try:
        return "[" in CARDS.read_text()  # each card has its name in brackets
    except OSError:
        return False


def _plays(command: tuple[str, ...], seconds: float) -> bool:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=seconds + _SPARE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
