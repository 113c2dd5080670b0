"""``/api/v1/contacts/{id}/…``: messages, files and typing marks of a contact; canned replies."""

from __future__ import annotations

import asyncio
import secrets
from typing import Annotated

import msgspec
from aiohttp import BodyPartReader, web

from acd.app.centre import Centre
from acd.app.file_names import file_name
from acd.app.messages import MessageDocument, message_document
from acd.app.replies import Reply
from acd.app.typing import TypingMarks
from acd.core.contact import Contact
from acd.core.ids import AgentName, ContactId
from acd.core.inputs import SendMessage
from acd.core.message import Author
from acd.ports.intake import Attachment, AttachmentInfo, IntakeStore
from acd.ports.messages import MessageStore
from acd.ports.store import Role
from acd.web.auth import WHO
from acd.web.errors import ApiError
from acd.web.files import download
from acd.web.routes import route

PAGE = 200
LARGEST_PAGE = 500
LARGEST_FILE = 10 * 1024 * 1024
LONGEST_NAME = 200
UPLOAD_SECONDS = 60.0


class MessagesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which messages to list.

    Attributes:
        after: only those whose ``seq`` is above; the way to the next page.
        limit: at most so many.
    """

    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class MessageList(msgspec.Struct):
    """A contact's messages, oldest first."""

    messages: list[MessageDocument]


class MessageBody(msgspec.Struct, forbid_unknown_fields=True):
    """What an agent writes.

    Attributes:
        key: the client's own id of it: sent again, it is the same message.
        attachments: ids of files uploaded before, by the same agent.
    """

    key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,64}$")]
    text: Annotated[str, msgspec.Meta(max_length=64 * 1024)]
    attachments: Annotated[tuple[str, ...], msgspec.Meta(max_length=10)] = ()


class DraftDocument(msgspec.Struct, forbid_unknown_fields=True):
    """What an agent has begun to write; empty for nothing."""

    text: Annotated[str, msgspec.Meta(max_length=64 * 1024)]


class ReplyList(msgspec.Struct):
    """Texts that agents may use as they are."""

    replies: tuple[Reply, ...]


class Messages:
    """What agents read and write."""

    def __init__(
        self,
        centre: Centre,
        messages: MessageStore,
        intake: IntakeStore,
        typing: TypingMarks,
        replies: tuple[Reply, ...],
    ) -> None:
        self._centre = centre
        self._messages = messages
        self._intake = intake
        self._typing = typing
        self._replies = replies

    @route("GET", "/api/v1/contacts/{id}/messages", Role.AGENT)
    async def messages(
        self, request: web.Request, id: ContactId, query: MessagesQuery
    ) -> MessageList:
        """List a contact's messages, oldest first."""
        found = await self._messages.contact_messages(id, after=query.after, limit=query.limit)
        is_begun = bool(found) or id in self._centre.state.contacts  # perhaps not in the store yet
        if not is_begun and await self._centre.contact_store.contact(id) is None:
            raise ApiError(f"there is no contact {id!r}", code="contact-unknown")
        return MessageList([message_document(stored) for stored in found])

    @route("POST", "/api/v1/contacts/{id}/messages", Role.AGENT)
    async def write(self, request: web.Request, id: ContactId, body: MessageBody) -> None:
        """Write to the customer of a contact that the agent works on.

        The message comes back over the live feed and in the list. A key that is known is a repeat
        and changes nothing.
        """
        contact = self._open(id)
        agent = _agent_of(request)
        if not body.text.strip() and not body.attachments:
            raise ApiError("there is nothing to send")
        infos = await self._intake.attachment_infos(body.attachments, f"agent:{agent}")
        if set(infos) != set(body.attachments):
            raise ApiError("a file is not there, or another's", code="attachment-unknown")
        cause = SendMessage(contact.id, agent, body.key, body.text, body.attachments)
        refused = await self._centre.ask(cause, request[WHO].actor)
        if refused is not None and refused.code != "message-known":
            raise ApiError(refused.message, code=refused.code)

    @route(
        "POST", "/api/v1/contacts/{id}/attachments", Role.AGENT,
        answer=AttachmentInfo, takes="multipart/form-data",
    )  # fmt: skip
    async def attach(self, request: web.Request, id: ContactId) -> AttachmentInfo:
        """Upload one file, to be named in a message."""
        self._open(id)
        agent = _agent_of(request)
        attachment = await _uploaded(request)
        await self._intake.add_attachment(attachment, f"agent:{agent}")
        return attachment.info

    @route("GET", "/api/v1/attachments/{id}", Role.AGENT, answer=bytes,
           media="application/octet-stream")  # fmt: skip
    async def attachment(self, request: web.Request, id: str) -> web.Response:
        """Download a file."""
        found = await self._intake.attachment(id)
        if found is None:
            raise ApiError(f"there is no file {id!r}", code="not-found")
        return download(found)

    @route("POST", "/api/v1/contacts/{id}/typing", Role.AGENT)
    async def typing(self, request: web.Request, id: ContactId) -> None:
        """Say that the agent is typing; counts for five seconds."""
        contact = self._open(id)
        if request[WHO].is_self(contact.agent):
            self._typing.mark(contact.id, Author.AGENT)

    @route("GET", "/api/v1/contacts/{id}/draft", Role.AGENT)
    async def draft(self, request: web.Request, id: ContactId) -> DraftDocument:
        """Return what the agent has begun to write to a contact."""
        return DraftDocument(await self._messages.draft(id, _agent_of(request)))

    @route("PUT", "/api/v1/contacts/{id}/draft", Role.AGENT)
    async def keep_draft(self, request: web.Request, id: ContactId, body: DraftDocument) -> None:
        """Keep what the agent has begun to write to an open contact; an empty text forgets it."""
        agent = _agent_of(request)
        if body.text:
            self._open(id)
        await self._messages.save_draft(id, agent, body.text)

    @route("GET", "/api/v1/replies", Role.AGENT)
    async def replies(self, request: web.Request) -> ReplyList:
        """List the canned replies."""
        return ReplyList(self._replies)

    def _open(self, id: ContactId) -> Contact:
        contact = self._centre.state.contacts.get(id)
        if contact is None:
            raise ApiError(f"there is no open contact {id!r}", code="contact-unknown")
        return contact


def _agent_of(request: web.Request) -> AgentName:
    agent = request[WHO].agent
    if agent is None:
        raise ApiError("only agents write to customers", code="not-yours")
    return agent


async def _uploaded(request: web.Request) -> Attachment:
    if request.content_type != "multipart/form-data":
        raise ApiError("a file is sent as multipart/form-data")
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            return await _read_upload(request)
    except TimeoutError:
        raise ApiError("the file took too long to arrive", code="body-too-slow") from None


async def _read_upload(request: web.Request) -> Attachment:
    try:
        part = await (await request.multipart()).next()
    except (ValueError, AssertionError) as error:  # no boundary, or broken headers
        raise ApiError(f"the body cannot be read: {error}") from None
    if not isinstance(part, BodyPartReader) or not part.filename:
        raise ApiError("the first part must be a file with a name")
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > LARGEST_FILE:
            raise ApiError("the file is too large", code="file-too-large")
    if not content:
        raise ApiError("the file is empty")
    name = file_name(part.filename)
    media = part.headers.get("Content-Type", "")[:LONGEST_NAME]
    return Attachment(f"a-{secrets.token_hex(16)}", name, media, len(content), bytes(content))
