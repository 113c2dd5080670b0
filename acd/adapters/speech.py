"""Text to speech with espeak-ng, made fit for the telephone by sox, cached by content.

A prompt is a key of the site or a text. What has been spoken once is a file; the file's name is a
hash of voice and text, so nothing is ever stale and a change of text makes a new file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import wave
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from acd.core.errors import AcdError
from acd.core.flows import Prompt
from acd.core.site import Site
from acd.ports.pbx import Sound

VOICES = {"en": "en-us", "es": "es", "it": "it", "pt": "pt-br", "ru": "ru"}
"""espeak-ng voice of a language; a language not listed is asked for by its own name."""

WORDS_A_MINUTE = "150"
SAMPLE_RATE = "8000"
PAUSE_SECONDS = "0.25"
"""Silence after each prompt: two in a row are two sentences."""

FILE_PREFIX = "file:"
SPEAK_SECONDS = 30.0
LONGEST_TEXT = 4000

Progress = Callable[[int, int], None]


class SpeechError(AcdError):
    """A prompt cannot be made into sound.

    Codes: ``no-speech-program``, ``speech-failed``, ``prompt-unknown``.
    """

    code = "speech-failed"


class EspeakSounds:
    """Makes and caches prompts.

    Args:
        espeak: words that start espeak-ng; empty when there is none.
        sox: words that start sox; empty when there is none.
        cache: directory of the files.
        recorded: directory of the site's own sound files.
        site: returns a site by version.
    """

    def __init__(
        self,
        espeak: Sequence[str],
        sox: Sequence[str],
        *,
        cache: Path,
        recorded: Path,
        site: Callable[[str], Site],
    ) -> None:
        self._espeak = tuple(espeak)
        self._sox = tuple(sox)
        self._cache = cache
        self._recorded = recorded
        self._site = site
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._speakers = asyncio.Semaphore(os.cpu_count() or 1)

    async def media(self, prompts: Sequence[Prompt], language: str, site: str) -> list[Sound]:
        """Return one sound for each prompt.

        Raises:
            SpeechError: a prompt is unknown or cannot be spoken.
        """
        files = [await self.file(prompt, language, self._site(site)) for prompt in prompts]
        return [Sound(str(file.with_suffix("")), _seconds(file)) for file in files]

    async def file(self, prompt: Prompt, language: str, site: Site) -> Path:
        """Return the sound file of a prompt, making it if needed.

        Raises:
            SpeechError: it is unknown or cannot be spoken.
        """
        text = prompt.value
        if prompt.kind == "key":
            found = _text_of(site, language, prompt.value)
            if found is None:
                raise SpeechError(
                    f"there is no prompt {prompt.value!r}",
                    hint=f"add it to prompts/{language}.toml",
                    code="prompt-unknown",
                )
            text = found
        if prompt.kind == "key" and text.startswith(FILE_PREFIX):
            return self._recorded / text.removeprefix(FILE_PREFIX)
        return await self._spoken(text[:LONGEST_TEXT], language)

    async def prepare(self, site: Site, progress: Progress | None = None) -> dict[str, Path]:
        """Make every prompt of a site; return ``language/key`` to file.

        Raises:
            SpeechError: one cannot be spoken.
        """
        wanted = [(lang, key) for lang, texts in site.prompts.items() for key in texts]
        done = 0

        async def make(language: str, key: str) -> Path:
            nonlocal done
            path = await self.file(Prompt("key", key), language, site)
            done += 1
            if progress is not None:
                progress(done, len(wanted))
            return path

        paths = await asyncio.gather(*(make(language, key) for language, key in wanted))
        return {f"{lang}/{key}": path for (lang, key), path in zip(wanted, paths, strict=True)}

    async def _spoken(self, text: str, language: str) -> Path:
        voice = VOICES.get(language, language)
        digest = hashlib.sha256(
            f"{voice}\0{WORDS_A_MINUTE}\0{PAUSE_SECONDS}\0{text}".encode()
        ).hexdigest()
        path = self._cache / f"{digest[:32]}.wav"
        if path.exists():
            return path
        task = self._making.get(path)
        if task is None:
            task = self._making[path] = asyncio.create_task(self._speak(text, voice, path))
            task.add_done_callback(lambda _: self._making.pop(path, None))
        await asyncio.shield(task)
        return path

    async def _speak(self, text: str, voice: str, path: Path) -> None:
        if not self._espeak or not self._sox:
            missing = "espeak-ng" if not self._espeak else "sox"
            raise SpeechError(
                f"{missing} is needed to speak prompts and was not found",
                hint=f"install it (apt-get install {missing}), or record every prompt as a file",
                code="no-speech-program",
            )
        self._cache.mkdir(parents=True, exist_ok=True)
        raw = path.with_suffix(".raw.wav")
        new = path.with_suffix(".new.wav")
        async with self._speakers:
            # The text goes in by standard input: as an argument it could pass for an option.
            await _run((*self._espeak, "-v", voice, "-s", WORDS_A_MINUTE, "-w", str(raw),
                        "--stdin"), text)  # fmt: skip
            await _run((*self._sox, str(raw), "-r", SAMPLE_RATE, "-c", "1", "-b", "16", str(new),
                        "gain", "-n", "-3", "pad", "0", PAUSE_SECONDS))  # fmt: skip
            raw.unlink()
            new.replace(path)


def _seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def _text_of(site: Site, language: str, key: str) -> str | None:
    for candidate in _languages(site, language):
        text = site.prompts[candidate].get(key)
        if text is not None:
            return text
    return None


def _languages(site: Site, language: str) -> Iterable[str]:
    """Return where to look for a prompt: its language first, then any other in order."""
    first = [language] if language in site.prompts else []
    return [*first, *(other for other in site.prompts if other != language)]


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
        process.kill()
        await process.wait()
        raise SpeechError("speaking a prompt took too long") from None
    if process.returncode != 0:
        words = problem.decode(errors="replace").strip().splitlines()
        raise SpeechError(f"a prompt could not be spoken: {words[-1] if words else 'no reason'}")
