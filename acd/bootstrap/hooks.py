"""Webhooks as set up: their settings and their secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from acd.adapters.home import Home
from acd.config import ConfigError, Webhook
from acd.core.channel import Channel
from acd.gateways.webhook.formats import FORMATS, Secrets
from acd.gateways.webhook.gateway import Hook

SECRETS_FILE = "webhooks.json"
"""Name of a webhook to the secret that was made for it."""


def read_hooks(home: Home, given: Mapping[str, Webhook]) -> list[Hook]:
    """Return the webhooks; a secret that nobody has given is made, once, and kept in the home.

    Raises:
        HomeError: the home's secrets can be neither read nor written.
        ConfigError: a file that the settings name cannot be read, or is empty.
    """
    made: dict[str, str] = home.read(SECRETS_FILE) or {}
    missing = [name for name, told in given.items() if not told.secret_file and name not in made]
    if missing:
        made |= {name: secrets.token_urlsafe(32) for name in missing}
        home.write(SECRETS_FILE, made)
    return [
        Hook(
            name=name,
            channel=Channel(told.channel),
            address=told.address,
            format=FORMATS[told.format],
            secrets=Secrets(
                made[name] if told.secret_file is None else _read(told.secret_file),
                "" if told.token_file is None else _read(told.token_file),
            ),
            url=told.url,
            allow_private=told.allow_private,
        )
        for name, told in given.items()
    ]


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    if not text:
        raise ConfigError(f"{path} is empty", hint="write the secret into it")
    return text
