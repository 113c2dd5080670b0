"""Performs what flows ask of web services: look-ups that are waited for, and errands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import structlog

from acd.app.delivery import GIVE_UP_SECONDS, PAUSES
from acd.app.services import NOT_FOUND, ServiceError, Services
from acd.app.tasks import Result
from acd.core.effects import PerformTask
from acd.core.ids import ContactId
from acd.core.task import Lookup, Notify
from acd.ports.http import HttpReply

log = structlog.get_logger()

LONGEST_VALUE = 1000
"""Characters of a value that is taken from an answer."""

NOTIFY_SECONDS = 10.0
"""How long one attempt at an errand may take."""

_LEAST_HIDDEN = 4

Secrets = Callable[[ContactId, str], str | None]
"""Returns what a customer entered as a secret, or None if they did not."""


def no_secrets(contact: ContactId, name: str) -> str | None:
    """Return None: nobody collects secrets."""
    return None


class Lookups:
    """Performs :class:`acd.core.task.Lookup`.

    Args:
        services: who is asked.
        secrets: knows what the engine does not. Secrets stand in the body only: a path is written
            down by every server on its way.
    """

    def __init__(self, services: Services, secrets: Secrets = no_secrets) -> None:
        self._services = services
        self._secrets = secrets

    async def perform(self, effect: PerformTask) -> Result:
        """Ask, and take from the answer what is wanted.

        Raises:
            ServiceError: it did not work, or the answer is not what it should be.
        """
        what = effect.what
        assert isinstance(what, Lookup)
        body, entered = None, self._entered(effect.contact, what.secrets)
        if what.method == "POST":
            body = json_of({**what.body, **entered})
        reply = await self._services.ask(
            what.service,
            what.method,
            what.path,
            body,
            key=effect.task,
            seconds=what.timeout_seconds,
        )
        if reply is None:
            return Result(NOT_FOUND)
        if not what.take:
            return Result()
        answer = document_of(reply)
        values = {name: taken(answer, path) for name, path in what.take.items()}
        return Result(values={n: without(text, entered.values()) for n, text in values.items()})

    def _entered(self, contact: ContactId, wanted: Mapping[str, str]) -> dict[str, str]:
        entered = {}
        for member, name in wanted.items():
            secret = self._secrets(contact, name)
            if secret is None:
                raise ServiceError("the secret is not there", code="secret-missing")
            entered[member] = secret
        return entered


def without(text: str, secrets: Iterable[str]) -> str:
    """Return what a service answered without the secrets that it was told, also taken apart.

    Services explain themselves: "card 4111 1111 1111 1111 was declined". Up to three digits are
    left: they are in too much that is no secret.

    >>> without("PIN 47-11 is wrong: 4711, not 47115", ["4711"])
    'PIN **** is wrong: ****, not ****5'
    """
    for secret in secrets:
        if len(secret) >= _LEAST_HIDDEN:
            text = re.sub("[ .-]?".join(map(re.escape, secret)), "*" * len(secret), text)
    return text


class Notices:
    """Performs :class:`acd.core.task.Notify`: at least once, and recognisable as one."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def perform(self, effect: PerformTask) -> Result:
        """Post until it is taken, with growing pauses.

        Raises:
            ServiceError: it never will be.
        """
        what = effect.what
        assert isinstance(what, Notify)
        body = json_of(what.body)
        clock = asyncio.get_running_loop().time
        until = clock() + GIVE_UP_SECONDS
        attempt = 0
        while True:
            try:
                reply = await self._services.ask(
                    what.service, "POST", what.path, body, key=effect.task, seconds=NOTIFY_SECONDS
                )
            except ServiceError as error:
                if not error.is_passing or clock() > until:
                    raise
            else:
                if reply is None:
                    raise ServiceError("there is nothing at this path", code="http-404")
                return Result()
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1


def json_of(members: Mapping[str, str]) -> bytes:
    """Return a JSON object; ``customer.id`` is the member ``id`` of the member ``customer``.

    >>> json_of({"customer.id": "7", "text": 'a "b"'})
    b'{"customer":{"id":"7"},"text":"a \\\\"b\\\\""}'
    """
    document: dict[str, Any] = {}
    for path, text in members.items():
        *outer, last = path.split(".")
        table = document
        for name in outer:
            table = table.setdefault(name, {})
        table[last] = text.encode(errors="replace").decode()  # half characters are no JSON
    return msgspec.json.encode(document)


def document_of(reply: HttpReply) -> object:
    """Return the JSON that an answer holds.

    Raises:
        ServiceError: it holds none (``answer-unexpected``).
    """
    if reply.type != "application/json" and not reply.type.endswith("+json"):
        raise ServiceError("the answer is not JSON by its type")
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise ServiceError("the answer is not JSON") from error


def taken(document: object, path: str) -> str:
    """Return a member of an answer as a text of limited length; empty if it is not there.

    Args:
        document: the answer.
        path: names of members and numbers of list items, from 0: ``orders.0.id``.

    Raises:
        ServiceError: it is a table or a list (``answer-unexpected``).

    >>> taken({"orders": [{"id": 7, "paid": True}]}, "orders.0.id")
    '7'
    """
    for name in path.split("."):
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isascii() and name.isdigit():
            document = document[int(name)] if int(name) < len(document) else None
        else:
            return ""
    match document:
        case None:
            return ""
        case bool():
            return "true" if document else "false"
        case int() | float():
            return str(document)[:LONGEST_VALUE]
        case str():
            shown = (c if c.isprintable() or c == "\n" else " " for c in document[:LONGEST_VALUE])
            return "".join(shown)
        case _:
            raise ServiceError(f"{path} is a table or a list, not a value")
