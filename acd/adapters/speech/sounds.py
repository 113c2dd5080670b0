"""The sound files of prompts, cached by content.

What has been spoken once is a file; its name is a hash of voice and text, so nothing is ever stale
and a change of text makes a new file. What a site says is made before calls come. What is known
only in a call (names, numbers, amounts) is personal: those files go when nobody uses them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import time
import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from acd.adapters.speech.voices import (
    MAKING,
    PAUSE_SECONDS,
    WORDS_A_MINUTE,
    SpeechError,
    Voices,
    plain,
)
from acd.app.spoken import spoken
from acd.core.flows import Prompt
from acd.core.site import FILE_PREFIX, Site, joined
from acd.ports.pbx import Sound

SAID = "said"
"""Directory within the home's own of what was said in calls only."""

SAID_SECONDS = 600.0
"""How long such a file stays after its last use; no list of prompts lasts as long."""

SWEEP_SECONDS = 60.0

DAY_SECONDS = 86_400.0

UNUSED_SECONDS = 180 * DAY_SECONDS
"""How long a prompt stays after its last use; one that is wanted again is spoken again."""

Progress = Callable[[int, int], None]


class PromptSounds:
    """Makes and caches prompts.

    Args:
        voices: who speaks.
        cache: directory of the prompts, named by what they say and in which voice: homes may share
            it.
        said: directory of what is said in single calls, and removed after them.
        recorded: returns the directory of a site's own sound files.
        site: returns a site by version.
    """

    def __init__(
        self,
        voices: Voices,
        *,
        cache: Path,
        said: Path,
        recorded: Callable[[Site], Path],
        site: Callable[[str], Site],
    ) -> None:
        self._voices = voices
        self._cache = cache
        self._said = said
        self._recorded = recorded
        self._site = site
        self._swept = 0.0
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._speakers = asyncio.Semaphore(os.cpu_count() or 1)

    async def media(self, prompts: Sequence[Prompt], language: str, site: str) -> list[Sound]:
        """Return the sounds of prompts, in order.

        Texts and values in a row are one sound: they are parts of a sentence.

        Raises:
            SpeechError: a prompt is unknown, cannot be spoken, or its file is lost.
        """
        files = [
            await self.file(prompt, language, self._site(site))
            for prompt in _sentences(prompts, language)
        ]
        return [Sound(str(file.with_suffix("")), _seconds(file)) for file in files]

    async def file(self, prompt: Prompt, language: str, site: Site) -> Path:
        """Return the sound file of a prompt, making it if needed.

        Raises:
            SpeechError: it is unknown or cannot be spoken.
        """
        path, text, voice = self._plan(prompt, language, site)
        if text is None:
            return path
        is_said = prompt.kind != "key"
        if is_said:
            self._sweep()
        if _is_used(path, 0.0 if is_said else DAY_SECONDS):
            return path
        task = self._making.get(path)
        if task is None:
            task = self._making[path] = asyncio.create_task(self._speak(text, voice, path))
            task.add_done_callback(lambda _: self._making.pop(path, None))
        await asyncio.shield(task)
        return path

    def place(self, key: str, language: str, site: Site) -> Path:
        """Return where the sound of a prompt is, or will be once it is made.

        Raises:
            SpeechError: there is no such prompt.
        """
        return self._plan(Prompt("key", key), language, site)[0]

    async def prepare(self, site: Site, progress: Progress | None = None) -> dict[str, Path]:
        """Make every prompt of a site; return ``language/key`` to file.

        Args:
            site: the site.
            progress: told how many are there, and of how many.

        Raises:
            SpeechError: one cannot be spoken, or its file is lost; which, is said.
        """
        await asyncio.to_thread(self._sweep_cache)
        wanted = [(language, key) for language, texts in site.prompts.items() for key in texts]
        done = 0

        async def make(language: str, key: str) -> Path:
            nonlocal done
            try:
                path = await self.file(Prompt("key", key), language, site)
                if path.parent != self._cache:
                    _seconds(path)
            except SpeechError as error:
                where = f"prompt {key} in {language}"
                raise SpeechError(
                    f"{where}: {error.message}", hint=error.hint, code=error.code
                ) from None
            done += 1
            if progress is not None:
                progress(done, len(wanted))
            return path

        paths = await asyncio.gather(*(make(language, key) for language, key in wanted))
        return {f"{lang}/{key}": path for (lang, key), path in zip(wanted, paths, strict=True)}

    def _plan(self, prompt: Prompt, language: str, site: Site) -> tuple[Path, str | None, str]:
        """Return a prompt's file, and what to speak for it and in which voice if none recorded it.

        A prompt that its language lacks is heard in another one, from a voice of that.
        """
        folder, text = self._said, ""
        if prompt.kind == "key":
            home = site.home_of(prompt.value, language)
            if home is None:
                raise SpeechError(
                    f"there is no prompt {prompt.value!r}",
                    hint=f"add it to prompts/{language}.toml",
                    code="prompt-unknown",
                )
            language, folder, text = home, self._cache, site.prompts[home][prompt.value]
            if text.startswith(FILE_PREFIX):
                return self._recorded(site) / text.removeprefix(FILE_PREFIX), None, ""
        else:
            text = spoken(prompt, language)
        text, voice = plain(text), self._voices.of(language)
        content = f"{voice}\0{WORDS_A_MINUTE}\0{PAUSE_SECONDS}\0{text}"
        digest = hashlib.sha256(content.encode()).hexdigest()
        return folder / f"{digest[:32]}.wav", text, voice

    async def _speak(self, text: str, voice: str, path: Path) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            async with self._speakers:
                await self._voices.speak(text, voice, path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise SpeechError(f"its sound cannot be made in {path.parent}: {reason}") from None

    def _sweep(self) -> None:
        """Remove, once a minute at most, what was said in calls that are over."""
        now = time.time()
        if now < self._swept + SWEEP_SECONDS:
            return
        self._swept = now
        _remove(self._said.glob("*.wav"), now - SAID_SECONDS)

    def _sweep_cache(self) -> None:
        """Remove prompts that no home has used for long, and what somebody killed was making."""
        self._sweep()
        now = time.time()
        _remove(self._cache.glob("*.wav"), now - UNUSED_SECONDS)
        for folder in (self._cache, self._said):
            _remove(folder.glob(f"{MAKING}*"), now - SAID_SECONDS)


def _is_used(path: Path, after_seconds: float) -> bool:
    """Return whether a file is there; if so it is used now, as is noted after so long."""
    try:
        used = path.stat().st_mtime
    except OSError:
        return False
    if used <= time.time() - after_seconds:
        with contextlib.suppress(OSError):  # on a read-only disk it can be heard all the same
            os.utime(path)
    return True


def _remove(paths: Iterable[Path], before: float) -> None:
    for path in paths:
        with contextlib.suppress(OSError):  # another process sweeps as well
            if path.stat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _sentences(prompts: Sequence[Prompt], language: str) -> Iterator[Prompt]:
    for is_key, run in groupby(prompts, lambda prompt: prompt.kind == "key"):
        if is_key:
            yield from run
        else:
            yield Prompt("text", joined(spoken(prompt, language) for prompt in run))


def _seconds(path: Path) -> float:
    try:
        return seconds_of(path)
    except (OSError, EOFError, wave.Error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is damaged"
        raise SpeechError(f"its file {path.name} is lost: {reason}", code="prompt-lost") from None


def seconds_of(path: Path) -> float:
    """Return how long a WAV file lasts."""
    with wave.open(str(path), "rb") as sound:
        return sound.getnframes() / sound.getframerate()
