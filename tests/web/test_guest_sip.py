"""What a stranger's page may say to Asterisk, word by word."""

from __future__ import annotations

import pytest

from acd.web.guestcalls import clean_name
from acd.web.guestsip import Caller, Refused

pytestmark = pytest.mark.app

OFFER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"


def caller(call_id: str = "c1") -> Caller:
    return Caller("web0a1b2c3d4e5f", "300", "web-guest", call_id)


def message(first: str = "INVITE sip:300@acd.invalid SIP/2.0", body: str = "", **other: str) -> str:
    """Return a message as JsSIP writes it; headers in ``other`` replace it, or are left out."""
    headers = {
        "Via": "SIP/2.0/WS x.invalid;branch=z9hG4bK1",
        "Max-Forwards": "69",
        "To": "<sip:300@acd.invalid>",
        "From": '"María López" <sip:web0a1b2c3d4e5f@acd.invalid>;tag=abc1',
        "Call-ID": "c1",
        "CSeq": "1 INVITE",
        "Contact": "<sip:r4nd0m@x.invalid;transport=ws;ob>",
        "Content-Length": str(len(body.encode())),
    } | {name.replace("_", "-"): text for name, text in other.items()}
    if body:
        headers.setdefault("Content-Type", "application/sdp")
    lines = [f"{name}: {text}" for name, text in headers.items() if text != "left out"]
    return "\r\n".join((first, *lines)) + "\r\n\r\n" + body


GOOD = (
    message(),
    message(body=OFFER),
    message(Authorization='Digest username="web-guest", realm="asterisk", response="00"'),
    message("ACK sip:127.0.0.1:5060;transport=ws SIP/2.0", To="<sip:300@acd.invalid>;tag=as1"),
    message("BYE sip:300@127.0.0.1:5060 SIP/2.0", To="<sip:300@acd.invalid>;tag=as1"),
    message("CANCEL sip:300@acd.invalid SIP/2.0", Reason='SIP ;cause=200 ;text="Gone"'),
    message("SIP/2.0 200 OK", From="<sip:300@acd.invalid>;tag=as1", Record_Route="<sip:a;lr>"),
    message("SIP/2.0 405 "),
)


@pytest.mark.parametrize("text", GOOD)
def test_what_a_call_needs_passes(text: str):
    caller().check(text)


BAD = {
    "nothing": "",
    "keep-alive": "\r\n\r\n",
    "noise": "\x00" * 100,
    "a method": message("REGISTER sip:acd.invalid SIP/2.0"),
    "another method": message("REFER sip:300@acd.invalid SIP/2.0", Refer_To="<sip:1@a>"),
    "small letters": message("register sip:acd.invalid SIP/2.0"),
    "a number": message("INVITE sip:301@acd.invalid SIP/2.0"),
    "a code": message("INVITE sip:*10@acd.invalid SIP/2.0"),
    "no number": message("INVITE sip:acd.invalid SIP/2.0"),
    "an escaped number": message("INVITE sip:30%30@acd.invalid SIP/2.0"),
    "a number with more": message("INVITE sip:300;x=1@acd.invalid SIP/2.0"),
    "two users": message("INVITE sip:300@1001@acd.invalid SIP/2.0"),
    "another scheme": message("INVITE tel:300 SIP/2.0"),
    "within a call": message(To="<sip:300@acd.invalid>;tag=as1"),
    "another caller": message(From="<sip:1001@acd.invalid>;tag=1"),
    "two callers": message(From="<sip:web0a1b2c3d4e5f@a>;tag=1, <sip:1001@a>;tag=1"),
    "a caller in the name": message(From='"x\\" <sip:1001@a>" <sip:web0a1b2c3d4e5f@a>;tag=1'),
    "a long name": message(From=f'"{"x" * 61}" <sip:web0a1b2c3d4e5f@a>;tag=1'),
    "an agent's digest": message(Authorization='Digest username="1001", response="0"'),
    "two digests": message(Authorization='Digest username="web-guest", username="1001"'),
    "a digest unquoted": message(Authorization="Digest username=1001"),
    "another call": message(Call_ID="c2"),
    "another call's end": message("BYE sip:300@a SIP/2.0", Call_ID="c2"),
    "another call's answer": message("SIP/2.0 200 OK", Call_ID="c2"),
    "no caller": message(From="left out"),
    "no length": message(Content_Length="left out"),
    "a short form": message(f="<sip:1001@a>;tag=1"),
    "a header twice": message(from_="x").replace("from-:", "from:"),
    "a claim": message(P_Asserted_Identity="<sip:1001@a>"),
    "a way": message(Record_Route="<sip:198.51.100.1;lr>"),
    "a line that goes on": message(Supported="a\r\n b"),
    "a bare line end": message(Supported="a\nFrom: <sip:1001@a>;tag=1"),
    "a bare return": message(Supported="a\rFrom: <sip:1001@a>;tag=1"),
    "a second message": message(Content_Length="0", body=message()),
    "a message cut": message(Content_Length="999"),
    "a body of another kind": message(body="x", Content_Type="message/sipfrag"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(text: str):
    with pytest.raises(Refused):
        caller().check(text)


def test_a_ticket_is_for_one_call():
    one = caller("")
    with pytest.raises(Refused):
        one.check(message("BYE sip:300@a SIP/2.0"))
    one.check(message())
    one.check(message())  # again, with the digest
    with pytest.raises(Refused):
        one.check(message(Call_ID="c2"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("María  López-Núñez", "María López-Núñez"),
        ('"><script>\\;${EXTEN}\r\nX', "script EXTEN X"),
        ("x" * 100, "x" * 60),
        ("   ", ""),
    ],
)
def test_names_are_plain(given: str, kept: str):
    assert clean_name(given) == kept
