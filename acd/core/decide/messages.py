"""Written messages: what customers write comes in, what we write goes out."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import Contact, ContactState
from acd.core.decide.registry import decides
from acd.core.flows import Choice
from acd.core.ids import AgentName, MessageId
from acd.core.message import LONGEST_TEXT, Author
from acd.core.turn import Turn


def add_message(
    turn: Turn,
    contact: Contact,
    author: Author,
    text: str,
    *,
    agent: AgentName | None = None,
    intake: int = 0,
    key: str = "",
    attachments: tuple[str, ...] = (),
    choices: tuple[Choice, ...] = (),
) -> None:
    """Make a message part of a contact; what we wrote sets out to the customer."""
    message = MessageId(turn.mint("m"))
    turn.emit(
        e.MessageAdded(
            contact.id,
            message,
            author,
            agent,
            intake,
            key,
            text[:LONGEST_TEXT],
            attachments,
            choices,
        )
    )
    delivery = turn.state.outbox.get(message)
    if delivery is not None:
        turn.do(delivery)


def take_intake(turn: Turn, intake: int) -> bool:
    """Return whether a row of the intake is new, and note that it is worked off now.

    Rows are told in the order of their numbers, so one number says which have been.
    """
    if intake <= turn.state.intake:
        turn.refuse("intake-taken", "this row of the intake has been worked off already")
        return False
    turn.emit(e.IntakeTaken(intake))
    return True


@decides(i.SendMessage)
def message_sent(turn: Turn, cause: i.SendMessage) -> None:
    """An agent writes to the customer they work for."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None or contact.state is not ContactState.ACTIVE:
        turn.refuse("contact-not-active", "nobody works on this contact now")
    elif contact.agent != cause.agent:
        turn.refuse("contact-not-yours", "somebody else works on this contact")
    elif cause.key in contact.sent:
        turn.refuse("message-known", "this message has been sent already")
    elif not contact.thread:
        turn.refuse("contact-not-written", "nothing can be written to this customer here")
    else:
        add_message(
            turn,
            contact,
            Author.AGENT,
            cause.text,
            agent=cause.agent,
            key=cause.key,
            attachments=cause.attachments,
        )


@decides(i.MessageDelivered)
def message_delivered(turn: Turn, cause: i.MessageDelivered) -> None:
    """A message reached the customer's side."""
    _settle(turn, cause.message, "")


@decides(i.MessageUndeliverable)
def message_undeliverable(turn: Turn, cause: i.MessageUndeliverable) -> None:
    """A message will never arrive."""
    _settle(turn, cause.message, cause.code)


def _settle(turn: Turn, message: MessageId, failure: str) -> None:
    delivery = turn.state.outbox.get(message)
    if delivery is None:
        turn.refuse("message-settled", "this message is not under way")
    else:
        turn.emit(e.MessageSettled(delivery.contact, message, failure))
