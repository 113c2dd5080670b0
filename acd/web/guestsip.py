"""SIP from a stranger's browser: what may pass on to Asterisk. Pure.

Asterisk sees every such message come from this machine, so whatever it believes of an address, or
of a name with a password that can be guessed, it would believe of strangers. What passes is
therefore only what a page of ours says during one call: listed methods and headers, one message in
a frame, from the caller we named to the number they may call. Everything else ends the connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REALM_HOST = "acd.invalid"
"""Domain of guests' addresses (RFC 2606): no server's."""

LARGEST_MESSAGE = 16 * 1024
"""Octets; an INVITE with its offer has about four thousand."""

_METHODS = frozenset({"INVITE", "ACK", "BYE", "CANCEL"})

_HEADERS = frozenset(
    {
        "accept", "allow", "authorization", "call-id", "contact", "content-length", "content-type",
        "cseq", "from", "max-forwards", "reason", "session-expires", "supported", "to",
        "user-agent", "via",
    }
)  # fmt: skip

_ANSWER_HEADERS = _HEADERS | {"record-route"}

_ONCE = ("from", "to", "call-id", "cseq", "content-length")

_REQUEST = re.compile(r"([A-Z]+) sip:(?:([^@\s;?]*)@)?[^@\s]+ SIP/2\.0")
_ANSWER = re.compile(r"SIP/2\.0 [1-6][0-9]{2}(?: .*)?")
_HEADER = re.compile(r"([A-Za-z-]+): ?(.*)")
_FROM = re.compile(r'(?:"[^"\\<>]{0,60}" )?<sip:([^@\s<>;?]+)@[^@\s<>?]+>;tag=[A-Za-z0-9]+')
_USER = re.compile(r'username="([^"\\]*)"')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Refused(ValueError):
    """A message that may not pass; the text says why."""


@dataclass(slots=True)
class Caller:
    """One call that a page may make.

    Attributes:
        name: user part of who calls, as we named them.
        number: what they may call.
        digest_user: whose secret they know.
        call_id: of their call, once it has begun.
    """

    name: str
    number: str
    digest_user: str
    call_id: str = ""

    def check(self, frame: str) -> None:
        """Let a message of the page pass.

        Raises:
            Refused: it may not.
        """
        head, _, body = frame.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        if any(_CONTROL.search(line) for line in (first, *lines)):
            raise Refused("a control character")
        request = _REQUEST.fullmatch(first)
        if request is None and not _ANSWER.fullmatch(first):
            raise Refused("neither a request nor an answer")
        headers = _read(lines, _HEADERS if request else _ANSWER_HEADERS)
        if headers["content-length"] != str(len(body.encode())):
            raise Refused("more or less than one message")
        if body and headers.get("content-type", "").lower() != "application/sdp":
            raise Refused("a body that is no offer")
        if request is not None:
            self._check_request(request[1], request[2] or "", headers)
        elif headers["call-id"] != self.call_id:
            raise Refused("another call")

    def _check_request(self, method: str, user: str, headers: dict[str, str]) -> None:
        if method not in _METHODS:
            raise Refused("a method that no call needs")
        sender = _FROM.fullmatch(headers["from"])
        if sender is None or sender[1] != self.name:
            raise Refused("from somebody else")
        if (given := headers.get("authorization")) is not None and (
            _USER.findall(given) != [self.digest_user] or given.lower().count("username") != 1
        ):
            raise Refused("somebody else's name")
        if method == "INVITE":
            if user != self.number or ";tag=" in headers["to"].lower():
                raise Refused("another number")
            self.call_id = self.call_id or headers["call-id"]
        if headers["call-id"] != self.call_id:
            raise Refused("another call")


def _read(lines: list[str], known: frozenset[str]) -> dict[str, str]:
    """Return the headers by name; of those that may come more than once, the last."""
    found: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        name = header[1].lower() if header else ""
        if header is None or name not in known:
            raise Refused("a header that no call needs")
        if name in found and name not in ("via", "record-route"):
            raise Refused("a header twice")
        found[name] = header[2]
    if any(name not in found for name in _ONCE):
        raise Refused("a header is missing")
    return found
