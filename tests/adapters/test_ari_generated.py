from __future__ import annotations

import importlib.util
import typing
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from acd.adapters.ari import generated
from acd.adapters.ari.errors import AriError, AriRequestTooLarge, is_gone
from acd.adapters.ari.generated import (
    AnyEvent,
    ChannelDtmfReceived,
    Operations,
    Query,
    RESTResponse,
    StasisStart,
)
from acd.adapters.ari.wire import (
    MAX_REQUEST_BYTES,
    UnknownEvent,
    decode_message,
    encode_request,
    reply_body,
)

pytestmark = pytest.mark.app

CHANNEL = {
    "id": "c1",
    "name": "PJSIP/ann-00000001",
    "state": "Up",
    "protocol_id": "call-id",
    "caller": {"name": "", "number": "100"},
    "connected": {"name": "", "number": ""},
    "accountcode": "",
    "dialplan": {"context": "in", "exten": "1", "priority": 1, "app_name": "", "app_data": ""},
    "creationtime": "2026-01-01T00:00:00.000+0000",
    "language": "en",
}
EVENT = {"application": "acd", "timestamp": "2026-01-01T00:00:00.000+0000", "asterisk_id": "x"}


class Tape:
    """Records requests and answers all of them alike."""

    def __init__(self, reply: bytes = b"") -> None:
        self.requests: list[tuple[str, str, list[tuple[str, str]], bytes | None]] = []
        self._reply = reply

    async def request(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        self.requests.append((method, path, list(query), body))
        return self._reply

    async def download(self, path: str) -> bytes:
        self.requests.append(("GET", path, [], None))
        return self._reply


def text(**fields: object) -> str:
    return msgspec.json.encode({**EVENT, **fields}).decode()


def test_an_event_becomes_its_type_and_fields_of_the_future_are_ignored() -> None:
    event = decode_message(
        text(type="StasisStart", args=["new"], channel={**CHANNEL, "colour": "red"}, mood="good")
    )
    assert isinstance(event, StasisStart)
    assert (event.channel.id, event.args, event.replace_channel) == ("c1", ["new"], None)
    with pytest.raises(AttributeError):
        event.args = []  # type: ignore[misc]


def test_every_event_of_the_union_is_told_apart_by_its_name() -> None:
    names = [member.__name__ for member in typing.get_args(AnyEvent)]
    assert len(names) == len(set(names)) == 44
    assert {"StasisStart", "StasisEnd", "ChannelDestroyed", "CallClaimed"} <= set(names)
    dtmf = decode_message(
        text(type="ChannelDtmfReceived", digit="5", duration_ms=100, channel=CHANNEL)
    )
    assert isinstance(dtmf, ChannelDtmfReceived)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (text(type="ChannelTeleported", channel=CHANNEL), "ChannelTeleported"),
        (text(type="StasisStart", args="not a list", channel=CHANNEL), "StasisStart"),
        ("{}", ""),
        ("[1]", ""),
        ("no json", ""),
        ('{"type": 7}', ""),
    ],
)
def test_what_cannot_be_decoded_is_kept_as_unknown(message: str, kind: str) -> None:
    event = decode_message(message)
    assert isinstance(event, UnknownEvent)
    assert (event.type, event.raw) == (kind, message)
    assert event.problem


async def test_an_operation_sends_what_was_given_and_nothing_else() -> None:
    tape = Tape(msgspec.json.encode(CHANNEL))
    channel = await Operations(tape).channels.originate_with_id(
        "a/b c", endpoint="PJSIP/ann", timeout=20, variables={"X": "1"}
    )
    assert channel.id == "c1"
    assert tape.requests == [
        (
            "POST",
            "channels/a%2Fb%20c",
            [("endpoint", "PJSIP/ann"), ("timeout", "20")],
            b'{"variables":{"X":"1"}}',
        )
    ]


async def test_empty_variables_are_left_out_but_an_empty_filter_is_sent() -> None:
    bridge = {
        "id": "b1",
        "technology": "simple_bridge",
        "bridge_type": "mixing",
        "bridge_class": "stasis",
        "creator": "Stasis",
        "name": "",
        "channels": [],
        "creationtime": "2026-01-01T00:00:00.000+0000",
    }
    tape = Tape(msgspec.json.encode(bridge))
    await Operations(tape).bridges.create_with_id("b1", type_="mixing", variables={})
    assert tape.requests[-1] == ("POST", "bridges/b1", [("type", "mixing")], None)

    application = {
        "name": "acd",
        "channel_ids": [],
        "bridge_ids": [],
        "endpoint_ids": [],
        "device_names": [],
        "events_allowed": [],
        "events_disallowed": [],
    }
    tape = Tape(msgspec.json.encode(application))
    await Operations(tape).applications.filter("acd", filter_={})
    assert tape.requests[-1] == ("PUT", "applications/acd/eventFilter", [], b"{}")


async def test_lists_and_flags_are_written_as_asterisk_reads_them() -> None:
    tape = Tape()
    bridges = Operations(tape).bridges
    await bridges.add_channel("b1", channel=["a", "b"], absorb_dtmf=True, mute=False)
    assert sorted(tape.requests[-1][2]) == [
        ("absorbDTMF", "true"),
        ("channel", "a,b"),
        ("mute", "false"),
    ]


async def test_a_reply_of_another_shape_is_an_error_of_ours() -> None:
    with pytest.raises(AriError) as unreadable:  # seen for a channel with a poisonous Call-ID
        await Operations(Tape(b"null")).channels.get("c1")
    assert (unreadable.value.status, unreadable.value.code) == (200, "ari-unreadable")
    assert not is_gone(unreadable.value)


def test_a_request_frame_carries_its_body_as_text_and_no_empty_fields() -> None:
    frame = msgspec.json.decode(encode_request("7", "PUT", "x", [("a", "ü&=")], b'{"b":1}'))
    assert frame == {
        "type": "RESTRequest",
        "transaction_id": "",
        "request_id": "7",
        "method": "PUT",
        "uri": "x",
        "content_type": "application/json",
        "query_strings": [{"name": "a", "value": "ü&="}],
        "message_body": '{"b":1}',
    }
    assert b"message_body" not in encode_request("7", "GET", "x")


def test_a_frame_stays_within_what_asterisk_can_take() -> None:
    room = MAX_REQUEST_BYTES - len(encode_request("1", "POST", "x", [("v", "")]))
    assert len(encode_request("1", "POST", "x", [("v", "a" * room)])) == MAX_REQUEST_BYTES
    with pytest.raises(AriRequestTooLarge):
        encode_request("1", "POST", "x", [("v", "a" * (room + 1))])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ari-refused"),
        (401, "ari-unauthorised"),
        (404, "ari-gone"),
        (409, "ari-conflict"),
        (500, "ari-refused"),
    ],
)
def test_a_refusal_has_a_code_and_asterisk_s_own_words(status: int, code: str) -> None:
    reply = decode_message(
        text(
            type="RESTResponse",
            transaction_id="",
            request_id="1",
            status_code=status,
            reason_phrase="Phrase",
            uri="x",
            message_body='{"message":"in its own words"}',
        )
    )
    assert isinstance(reply, RESTResponse)
    with pytest.raises(AriError, match="in its own words") as refused:
        reply_body(reply, "GET x")
    assert (refused.value.status, refused.value.code) == (status, code)
    assert is_gone(refused.value) == (status == 404)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "generate_ari.py"
    spec = importlib.util.spec_from_file_location("generate_ari", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("described", "python"),
    [
        ("absorbDTMF", "absorb_dtmf"),
        ("maxDurationSeconds", "max_duration_seconds"),
        ("continueInDialplan", "continue_in_dialplan"),
        ("reason_code", "reason_code"),
        ("deviceStates", "device_states"),
    ],
)
def test_names_become_python_names(generator: ModuleType, described: str, python: str) -> None:
    assert generator.snake(described) == python


def test_there_is_a_method_for_every_operation_the_engine_stands_on() -> None:
    names = {
        f"{name.removesuffix('Operations')}.{method}"
        for name, kind in vars(generated).items()
        if name.endswith("Operations")
        for method in vars(kind)
        if not method.startswith("_")
    }
    assert len(names) == 108  # all that are described but the websocket itself
    assert {"Channels.originate_with_id", "Bridges.add_channel", "Channels.list_all"} <= names
