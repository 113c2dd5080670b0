"""A recogniser of English phrases: pocketsphinx, if the extra ``speech`` is installed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from acd.ports.recogniser import Heard, RecogniserError

log = structlog.get_logger()

RECOGNISE_SECONDS = 8.0
"""A process that takes longer is killed."""

AT_ONCE = 2
"""Utterances recognised side by side; others wait."""


class PocketRecogniser:
    """:class:`acd.ports.recogniser.Recogniser` that starts a process for each utterance."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._unknown: set[str] = set()

    @staticmethod
    def is_installed() -> bool:
        """Return whether there is a recogniser on this machine."""
        return importlib.util.find_spec("pocketsphinx") is not None

    def understands(self, language: str) -> bool:
        """Return whether it is English."""
        return language.partition("-")[0].lower() == "en"

    async def recognise(self, sound: Path, phrases: Sequence[str], language: str) -> Heard:
        """Recognise one of some English phrases.

        Raises:
            RecogniserError: the process failed, or took too long.
        """
        request = json.dumps({"sound": str(sound), "phrases": list(phrases)})
        async with self._free:
            answer = await _ask(request)
        for phrase in answer.get("unknown", ()):
            if phrase not in self._unknown:
                self._unknown.add(phrase)
                log.warning("a phrase has words that are in no dictionary", phrase=phrase)
        return Heard(
            answer.get("text", ""), answer.get("confidence", 0.0), answer.get("is_silent", False)
        )


async def _ask(request: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "acd.adapters.speech.hearing"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(RECOGNISE_SECONDS):
            answer, _ = await process.communicate(request.encode())
    except TimeoutError as error:
        raise RecogniserError("the recogniser took too long", code="recogniser-slow") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RecogniserError("the recogniser failed")
    result: dict[str, Any] = json.loads(answer)
    return result
