"""Node ``send``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.channel import Channel
from acd.core.customer import address_of, handle_of, number_of
from acd.core.flows import Prompt, SendNotice, Signal
from acd.flow.kinds import Exit, OneOf, Prompts, Template, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.template import fill
from acd.flow.visit import Visit
from acd.flow.wording import Wording, worded

_RECIPIENTS = {
    Channel.MAIL: address_of,
    Channel.SMS: number_of,
    Channel.MESSAGING: handle_of,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Write to the customer, or to somebody else, by mail, SMS or a messaging network.

    It goes out whatever becomes of the contact, from the first address of the settings that the
    channel has, and is tried again for a day. What is written is a `text` of the node or the
    written wording of prompts, in the contact's language. To write into the customer's own chat
    or mail use `say` and `play`.
    """

    to: str = key(
        OneOf("channel", words=tuple(channel.value for channel in _RECIPIENTS)), "how it is sent"
    )
    address: str = key(
        Template(),
        "whom to: a mail address, a number, or as the network names people",
        default="{ani}",
    )
    subject: Mapping[str, str] | None = key(Wording(), "subject of a mail", default=None)
    text: Mapping[str, str] | None = key(Wording(), "what is written", default=None)
    prompt: tuple[str, ...] | None = key(Prompts(), "… or prompts that say it", default=None)
    next: str = key(node(Exit.AT_ONCE), "where the caller goes")
    on_fail: str | None = key(
        node(Exit.AT_ONCE), "… when that is no address, or there is nothing to write", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when it is not clear what is written."""
        if (self.text is None) == (self.prompt is None):
            return 'give either "text" or "prompt"'
        return "only a mail has a subject" if self.subject and self.to != "mail" else None


def enter(keys: Send, visit: Visit) -> Entry:
    """Send."""
    channel = Channel(keys.to)
    recipient = _RECIPIENTS[channel](fill(keys.address, visit.values))
    text = _text(keys, visit)
    if recipient is None or not text.strip():
        return FAIL
    subject = "" if keys.subject is None else worded(keys.subject, visit.language)
    visit.actions.append(SendNotice(channel, recipient, fill(subject, visit.values), text))
    return Go(keys.next)


def _text(keys: Send, visit: Visit) -> str:
    if keys.text is not None:
        return fill(worded(keys.text, visit.language), visit.values)
    prompts = [Prompt("key", name) for name in keys.prompt or ()]
    return visit.site.text_of(prompts, visit.language)


def signal(keys: Send, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("send", Send, enter, signal)
