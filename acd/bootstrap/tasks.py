"""Who performs what flows have done outside. A new kind of task is one more entry here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from acd.adapters.ari.pbx import AriPbx
from acd.adapters.http import AiohttpClient
from acd.adapters.recordings import SUFFIX, RecordingFiles
from acd.adapters.speech.recogniser import PocketRecogniser
from acd.app.dispatch import Dispatcher
from acd.app.listening import Listening, utterance_of
from acd.app.lookups import Lookups, Notices, no_secrets
from acd.app.loop import Loop
from acd.app.secrets import Vault
from acd.app.services import Service, Services
from acd.app.tasks import Performer
from acd.bootstrap.mail import read_secret
from acd.config import ConfigError, ServiceSection, Settings
from acd.core.ids import TaskId
from acd.core.state import State
from acd.core.task import CollectSecret, Listen, Lookup, Notify


class Outside:
    """Everything that is done for flows without a telephone line.

    Attributes:
        services: web services, and how often they were asked.
        performers: kind of task to who performs it.
    """

    def __init__(self, settings: Settings, loop: Loop | None = None) -> None:
        """Make the parts.

        Args:
            settings: what there is.
            loop: where callers' keys are taken from that nobody may see; None where there are no
                callers.

        Raises:
            ConfigError: a secret cannot be had.
        """
        self._settings = settings
        vault = _vault(loop) if loop is not None else None
        secrets = vault.value_of if vault is not None else no_secrets
        self.services = Services(read_services(settings.services), AiohttpClient())
        self.performers: dict[type[Any], Performer] = {
            Lookup: Lookups(self.services, secrets),
            Notify: Notices(self.services),
        }
        if vault is not None:
            self.performers[CollectSecret] = vault

    def listen(self, dispatcher: Dispatcher, pbx: AriPbx, recordings: Path) -> None:
        """Listen to callers from now on, if a recogniser is installed."""
        recogniser = PocketRecogniser() if PocketRecogniser.is_installed() else None
        store, keeps = RecordingFiles(recordings), self._settings.speech.keep_utterances
        if not keeps:
            for left in recordings.glob(f"{utterance_of(TaskId('*'))}{SUFFIX}"):
                left.unlink(missing_ok=True)  # of an engine that was killed before it did
        dispatcher.perform_with({Listen: Listening(pbx, recogniser, store, keeps=keeps)})

    def start(self, dispatcher: Dispatcher, state: State, stack: contextlib.AsyncExitStack) -> None:
        """Perform tasks from now on, first those that were under way when the engine ended.

        The loop that is told of them need not run yet.
        """
        stack.push_async_callback(dispatcher.stop)
        dispatcher.perform_with(self.performers)
        dispatcher.perform(tuple(state.errands.values()))


def _vault(loop: Loop) -> Vault:
    """Return what takes hidden keys out of a loop's inputs from now on."""
    vault = Vault(
        lambda: loop.engine.state,
        lambda cause: loop.tell(cause, "vault"),
        asyncio.get_running_loop().time,
    )
    loop.divert = vault.takes
    loop.observe(vault.observe)
    return vault


def read_services(given: Mapping[str, ServiceSection]) -> list[Service]:
    """Return the services with their credentials.

    Raises:
        ConfigError: a file cannot be read, can be read by others, or holds no value of a header.
    """
    return [
        Service(name, told.url.rstrip("/"), _headers(name, told), told.allow_private)
        for name, told in given.items()
    ]


def _headers(name: str, told: ServiceSection) -> dict[str, str]:
    if told.secret_file is None:
        return {}
    key = f"services.{name}.secret"
    value = read_secret(key, told.secret_file, "")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{key}: {told.secret_file} must hold one line", hint="such as Bearer …")
    return {told.secret_header: value}
