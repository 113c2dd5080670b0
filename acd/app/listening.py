"""Performs :class:`acd.core.task.Listen`: records a few words, recognises them, forgets them."""

from __future__ import annotations

import structlog

from acd.app.tasks import Result
from acd.core.effects import PerformTask
from acd.core.ids import RecordingId, TaskId
from acd.core.task import Listen
from acd.ports.pbx import PbxError
from acd.ports.recogniser import Microphone, Recogniser
from acd.ports.recordings import RecordingStore

log = structlog.get_logger()

SILENT, UNAVAILABLE = "silent", "unavailable"


def utterance_of(task: TaskId) -> RecordingId:
    """Return the name of the recording of what is said in a task.

    >>> utterance_of(TaskId("t-7-abc"))
    'r-t-7-abc'
    """
    return RecordingId(f"r-{task}")


class Listening:
    """Listens to callers.

    Args:
        microphone: records them.
        recogniser: understands them; None when none is installed.
        recordings: where the recordings are.
        keeps: leave the recordings of what was recognised where they are.
    """

    def __init__(
        self,
        microphone: Microphone,
        recogniser: Recogniser | None,
        recordings: RecordingStore,
        *,
        keeps: bool = False,
    ) -> None:
        self._microphone = microphone
        self._recogniser = recogniser
        self._recordings = recordings
        self._keeps = keeps
        self._missed: set[str] = set()

    async def perform(self, effect: PerformTask) -> Result:
        """Record, recognise and delete; what was said is deleted however this ends.

        Raises:
            PbxError: it cannot be recorded.
            RecogniserError: it cannot be recognised.
        """
        what = effect.what
        assert isinstance(what, Listen)
        if self._recogniser is None or not self._recogniser.understands(what.language):
            self._miss(what.language)
            return Result(UNAVAILABLE)
        if effect.leg is None:
            return Result(UNAVAILABLE)
        microphone, recording = self._microphone, utterance_of(effect.task)
        is_kept = False
        try:
            await microphone.listen(effect.leg, recording, what.max_seconds, what.silence_seconds)
            sound = self._recordings.file_of(recording)
            if sound is None:
                return Result(SILENT)
            heard = await self._recogniser.recognise(sound, what.phrases, what.language)
            is_kept = self._keeps
        finally:
            if not is_kept:
                await _forget(microphone, recording)
        if heard.is_silent:
            return Result(SILENT)
        return Result(values={"text": heard.text, "confidence": f"{heard.confidence:.2f}"})

    def _miss(self, language: str) -> None:
        """Say once for each language that nobody understands it."""
        if language not in self._missed:
            self._missed.add(language)
            log.warning(
                "nobody here understands what callers say: keys only",
                language=language,
                hint="pip install 'acd[speech]' understands English",
            )


async def _forget(microphone: Microphone, recording: RecordingId) -> None:
    try:
        await microphone.discard(recording)
    except PbxError as error:
        log.warning("recording of an utterance not deleted", recording=recording, code=error.code)
