"""Who performs what flows have done outside. A new kind of task is one more entry here."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from acd.adapters.http import AiohttpClient
from acd.app.dispatch import Dispatcher
from acd.app.lookups import Lookups, Notices, Secrets, no_secrets
from acd.app.services import Service, Services
from acd.app.tasks import Performer
from acd.bootstrap.mail import read_secret
from acd.config import ConfigError, ServiceSection, Settings
from acd.core.state import State
from acd.core.task import Lookup, Notify


class Outside:
    """Everything that is done for flows without a telephone line.

    Attributes:
        services: web services, and how often they were asked.
        performers: kind of task to who performs it.
    """

    def __init__(self, settings: Settings, secrets: Secrets = no_secrets) -> None:
        """Make the parts.

        Raises:
            ConfigError: a secret cannot be had.
        """
        self.services = Services(read_services(settings.services), AiohttpClient())
        self.performers: Mapping[type[Any], Performer] = {
            Lookup: Lookups(self.services, secrets),
            Notify: Notices(self.services),
        }

    def start(self, dispatcher: Dispatcher, state: State, stack: contextlib.AsyncExitStack) -> None:
        """Perform tasks from now on, first those that were under way when the engine ended.

        The loop that is told of them need not run yet.
        """
        stack.push_async_callback(dispatcher.stop)
        dispatcher.perform_with(self.performers)
        dispatcher.perform(tuple(state.errands.values()))


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
