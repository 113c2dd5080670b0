"""The frames of an ARI websocket: pure, no socket here.

Asterisk sends events and the replies to REST requests over one socket, told apart by ``type``.
See "ARI REST over WebSocket" in the Asterisk documentation.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from acd.adapters.ari.errors import AriError, AriRequestTooLarge
from acd.adapters.ari.generated import (
    AnyEvent,
    AnyMessage,
    Query,
    RESTQueryStringParameter,
    RESTRequest,
    RESTResponse,
)

MAX_REQUEST_BYTES = 60_000
"""Asterisk hangs up on a frame over 65,535 bytes ("Cannot fit huge websocket frame")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """An event of a type, or of a shape, that this version does not know.

    It keeps its place among the others, so that a reader may count or ignore it.

    Attributes:
        type: what the event calls itself; empty if it does not say.
        problem: why it could not be decoded.
        raw: the whole message.
    """

    type: str
    problem: str
    raw: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, when it came and over which link.

    Attributes:
        at: monotonic seconds on the event loop's clock.
        epoch: number of the link that brought it.
        event: what happened.
    """

    at: float
    epoch: int
    event: AnyEvent | UnknownEvent


class _Envelope(msgspec.Struct):
    type: str = ""


class _Refusal(msgspec.Struct):
    message: str = ""
    error: str = ""


_MESSAGE: msgspec.json.Decoder[AnyMessage] = msgspec.json.Decoder(AnyMessage)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_REFUSAL = msgspec.json.Decoder(_Refusal)
_ENCODE = msgspec.json.Encoder().encode


def encode_request(
    request_id: str, method: str, path: str, query: Query = (), body: bytes | None = None
) -> bytes:
    """Make the frame of one REST request.

    Args:
        request_id: comes back in the reply.
        method: HTTP method.
        path: path below ``/ari/``, percent-encoded; Asterisk decodes it segment by segment.
        query: parameters, not encoded: Asterisk takes them as they are.
        body: JSON text.

    Raises:
        AriRequestTooLarge: the frame would exceed ``MAX_REQUEST_BYTES``.
    """
    frame = _ENCODE(
        RESTRequest(
            type="RESTRequest",
            transaction_id="",
            request_id=request_id,
            method=method,
            uri=path,
            query_strings=[RESTQueryStringParameter(name=n, value=v) for n, v in query] or None,
            content_type=None if body is None else "application/json",
            message_body=None if body is None else body.decode(),
        )
    )
    if len(frame) > MAX_REQUEST_BYTES:
        raise AriRequestTooLarge(
            f"ARI {method} {path}: request of {len(frame)} bytes, at most {MAX_REQUEST_BYTES}",
            hint="shorten the variables, or set them in several requests",
        )
    return frame


def decode_message(text: str) -> AnyMessage | UnknownEvent:
    """Read one message; total, because a message from the future must not stop the reader."""
    try:
        return _MESSAGE.decode(text)
    except msgspec.MsgspecError as error:
        problem = str(error)
    try:
        kind = _ENVELOPE.decode(text).type
    except msgspec.MsgspecError:
        kind = ""
    return UnknownEvent(type=kind, problem=problem, raw=text)


def reply_body(reply: RESTResponse, what: str) -> bytes:
    """Return the body of a reply.

    Raises:
        AriError: the status is 400 or more.
    """
    body = (reply.message_body or "").encode()
    if reply.status_code >= 400:
        raise refusal(reply.status_code, reply.reason_phrase, body, what)
    return body


def refusal(status: int, phrase: str, body: bytes, what: str) -> AriError:
    """Make the error for a refused request, with the reason that Asterisk gives, if any."""
    try:
        told = _REFUSAL.decode(body)
    except msgspec.MsgspecError:
        return AriError.from_reply(status, phrase, what)
    return AriError.from_reply(status, told.message or told.error or phrase, what)
