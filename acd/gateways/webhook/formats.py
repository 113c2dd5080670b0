"""How events look on the wire, one class a format. Pure.

To join another provider, write a class with the five methods of :class:`Format` and name it in
:data:`FORMATS` and in :class:`acd.config.Webhook`. ``docs/webhooks.md`` maps both formats here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeVar

import msgspec

from acd.core.effects import Deliver
from acd.ports.gateway import WebhookError

LATE_SECONDS = 300.0
"""An event whose time stamp is further away than this may be a replay."""

SIGNATURE, TIMESTAMP = "x-acd-signature", "x-acd-timestamp"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a webhook's two sides know.

    Attributes:
        shared: signs events, or is sent with them.
        token: the provider's own, for posting to it; empty where it has none.
    """

    shared: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event that holds a message.

    Attributes:
        id: the provider's id of the event.
        thread: the conversation at the provider; messages of one belong together.
        sender, name: who wrote.
    """

    id: str
    thread: str
    sender: str
    name: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be posted."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Format(Protocol):
    """A provider's way to say things."""

    def check(self, secrets: Secrets, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Check that an event is the provider's; ``now`` is Unix time in seconds.

        Raises:
            WebhookError: it is not (``signature-invalid``), or too old (``timestamp-old``).
        """

    def decode(self, body: bytes) -> Incoming | None:
        """Return the message in an event; None if there is none that we take.

        Raises:
            WebhookError: it cannot be read (``event-invalid``).
        """

    def encode(self, secrets: Secrets, url: str, effect: Deliver, now: float) -> Posting:
        """Return what is posted to send a message."""

    def thread_to(self, recipient: str) -> str:
        """Return the conversation that we begin by writing to somebody; empty if we cannot."""

    def was_taken(self, body: bytes) -> bool:
        """Return whether an answer with a good status says that the message was taken."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body: HMAC-SHA-256 over ``timestamp.body``, in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


Event = TypeVar("Event")


def _decoded(body: bytes, decoder: msgspec.json.Decoder[Event]) -> Event:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise WebhookError(f"the event cannot be read: {error}") from None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _AcdEvent(msgspec.Struct, rename={"sender": "from"}):
    id: _Short
    sender: _Short
    text: str
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    thread: Annotated[str, msgspec.Meta(max_length=200)] = ""
    language: Annotated[str, msgspec.Meta(pattern=r"^([a-z]{2})?$")] = ""


class AcdFormat:
    """Our own, for whoever can choose: signed both ways."""

    _decoder = msgspec.json.Decoder(_AcdEvent)

    def check(self, secrets: Secrets, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Check ``X-ACD-Signature: sha256=…`` and ``X-ACD-Timestamp``; see :class:`Format`."""
        timestamp = headers.get(TIMESTAMP, "")
        given = headers.get(SIGNATURE, "").removeprefix("sha256=")
        if not _same(given, sign(secrets.shared, timestamp, body)):
            raise WebhookError("the event is not signed by you", code="signature-invalid")
        is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13
        if not is_number or abs(int(timestamp) - now) > LATE_SECONDS:
            raise WebhookError("the event's time stamp is too far away", code="timestamp-old")

    def decode(self, body: bytes) -> Incoming | None:
        """Return the message in an event; see :class:`Format`."""
        event = _decoded(body, self._decoder)
        thread = event.thread or event.sender
        return Incoming(event.id, thread, event.sender, event.name, event.text, event.language)

    def encode(self, secrets: Secrets, url: str, effect: Deliver, now: float) -> Posting:
        """Return the signed event; its ``id`` and ``Idempotency-Key`` stay in every repeat."""
        told = {
            "id": effect.message,
            "thread": effect.thread.rpartition(":")[2],
            "from": effect.address,
            "to": effect.recipient,
            "text": effect.text,
            "author": effect.author,
        }
        body = msgspec.json.encode(told)
        timestamp = str(int(now))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": effect.message,
            TIMESTAMP: timestamp,
            SIGNATURE: f"sha256={sign(secrets.shared, timestamp, body)}",
        }
        return Posting(url, body, headers)

    def thread_to(self, recipient: str) -> str:
        """Return the recipient: a conversation without a name of its own is that of its sender."""
        return recipient

    def was_taken(self, body: bytes) -> bool:
        """Return True: the status says it."""
        return True


class _Person(msgspec.Struct):
    id: int
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class _Conversation(msgspec.Struct):
    id: int


class _TelegramMessage(msgspec.Struct, rename={"sender": "from"}):
    chat: _Conversation
    sender: _Person | None = None
    text: str = ""
    caption: str = ""


class _Update(msgspec.Struct):
    update_id: int
    message: _TelegramMessage | None = None


class _TelegramAnswer(msgspec.Struct):
    ok: bool


class TelegramFormat:
    """Telegram's Bot API: https://core.telegram.org/bots/api#update and ``#sendmessage``.

    Events are not signed: ``setWebhook`` is given a secret that each carries in a header. They have
    no time stamp either; that an update counts once makes a replay harmless.
    """

    _decoder = msgspec.json.Decoder(_Update)
    _answer = msgspec.json.Decoder(_TelegramAnswer)

    def check(self, secrets: Secrets, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Check ``X-Telegram-Bot-Api-Secret-Token``; see :class:`Format`."""
        if not _same(headers.get("x-telegram-bot-api-secret-token", ""), secrets.shared):
            raise WebhookError("the event is not signed by you", code="signature-invalid")

    def decode(self, body: bytes) -> Incoming | None:
        """Return the message in an update; edits, joins and the like are none."""
        update = _decoded(body, self._decoder)
        message = update.message
        if message is None or message.sender is None:
            return None
        text = message.text or message.caption
        person = message.sender
        name = f"{person.first_name} {person.last_name}".strip() or person.username
        language = person.language_code[:2].lower()
        return Incoming(
            str(update.update_id), str(message.chat.id), f"telegram:{person.id}", name, text,
            language if language.isascii() and language.isalpha() else "",
        ) if text else None  # fmt: skip

    def encode(self, secrets: Secrets, url: str, effect: Deliver, now: float) -> Posting:
        """Return a ``sendMessage``; the token is part of its URL."""
        told = {"chat_id": int(effect.thread.rpartition(":")[2]), "text": effect.text}
        base = url or "https://api.telegram.org"
        return Posting(
            f"{base.rstrip('/')}/bot{secrets.token}/sendMessage",
            msgspec.json.encode(told),
            {"Content-Type": "application/json"},
        )

    def thread_to(self, recipient: str) -> str:
        """Return the chat with a person, which has their id; bots write only to who wrote first."""
        kind, _, person = recipient.partition(":")
        return person if kind == "telegram" and person.isascii() and person.isdigit() else ""

    def was_taken(self, body: bytes) -> bool:
        """Return what ``ok`` says."""
        try:
            return self._answer.decode(body).ok
        except msgspec.DecodeError:
            return False


FORMATS: Mapping[str, Format] = {"acd": AcdFormat(), "telegram": TelegramFormat()}
