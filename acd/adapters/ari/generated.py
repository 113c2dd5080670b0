"""Typed ARI operations, models and events.

Made by ``tools/generate_ari.py`` from the descriptions that Asterisk ships; do not edit.
Fields unknown to this version are ignored when decoding.
Descriptions: sha256 07b104a3df1513b73a078c6b1fdc115d24283608bddc897d14d2a566421f417e
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar
from urllib.parse import quote

import msgspec

from acd.adapters.ari.errors import AriError

T = TypeVar("T")
Query = Sequence[tuple[str, str]]


class Transport(Protocol):
    """What carries operations to Asterisk."""

    async def request(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        """Perform one operation.

        Args:
            method: HTTP method.
            path: path below ``/ari/``, percent-encoded.
            query: parameters, not encoded.
            body: JSON text.

        Returns:
            The body of the reply, empty if it has none.

        Raises:
            AriError: Asterisk answered with a status of 400 or more.
            AriUnavailable: no answer came.
        """
        ...

    async def download(self, path: str) -> bytes:
        """Fetch a binary body, which only plain HTTP can carry."""
        ...


def _segment(text: str) -> str:
    return quote(text, safe="")


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _read(decoder: msgspec.json.Decoder[T], reply: bytes) -> T:
    try:
        return decoder.decode(reply)
    except msgspec.MsgspecError as error:
        # Seen for a channel whose Call-ID is no UTF-8: 200 with the body "null".
        raise AriError(200, "ari-unreadable", f"ARI reply not understood: {error}") from error


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of everything that ARI describes."""


class Message(Model, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base type for errors and events."""

    asterisk_id: str | None = None
    """The unique ID for the Asterisk instance that raised this event."""


class Event(Message, frozen=True, kw_only=True):
    """Base type for asynchronous events from Asterisk."""

    application: str
    """Name of the application receiving the event."""

    timestamp: str
    """Time at which this event was created."""


class MissingParams(Message, frozen=True, kw_only=True):
    """Error event sent when required params are missing."""

    params: list[str]
    """A list of the missing parameters."""


class Application(Model, frozen=True, kw_only=True):
    """Details of a Stasis application."""

    name: str
    """Name of this application."""

    channel_ids: list[str]
    """Id's for channels subscribed to."""

    bridge_ids: list[str]
    """Id's for bridges subscribed to."""

    endpoint_ids: list[str]
    """{tech}/{resource} for endpoints subscribed to."""

    device_names: list[str]
    """Names of the devices subscribed to."""

    events_allowed: list[dict[str, Any]]
    """Event types sent to the application."""

    events_disallowed: list[dict[str, Any]]
    """Event types not sent to the application."""


class BuildInfo(Model, frozen=True, kw_only=True):
    """Info about how Asterisk was built."""

    os: str
    """OS Asterisk was built on."""

    kernel: str
    """Kernel version Asterisk was built on."""

    options: str
    """Compile time options, or empty string if default."""

    machine: str
    """Machine architecture (x86_64, i686, ppc, etc.)."""

    date: str
    """Date and time when Asterisk was built."""

    user: str
    """Username that build Asterisk."""


class SystemInfo(Model, frozen=True, kw_only=True):
    """Info about Asterisk."""

    version: str
    """Asterisk version."""

    entity_id: str


class SetId(Model, frozen=True, kw_only=True):
    """Effective user/group id."""

    user: str
    """Effective user id."""

    group: str
    """Effective group id."""


class ConfigInfo(Model, frozen=True, kw_only=True):
    """Info about Asterisk configuration."""

    name: str
    """Asterisk system name."""

    default_language: str
    """Default language for media playback."""

    max_channels: int | None = None
    """Maximum number of simultaneous channels."""

    max_open_files: int | None = None
    """Maximum number of open file handles (files, sockets)."""

    max_load: float | None = None
    """Maximum load avg on system."""

    setid: SetId
    """Effective user/group id for running Asterisk."""


class StatusInfo(Model, frozen=True, kw_only=True):
    """Info about Asterisk status."""

    startup_time: str
    """Time when Asterisk was started."""

    last_reload_time: str
    """Time when Asterisk was last reloaded."""


class AsteriskInfo(Model, frozen=True, kw_only=True):
    """Asterisk system information."""

    build: BuildInfo | None = None
    """Info about how Asterisk was built."""

    system: SystemInfo | None = None
    """Info about the system running Asterisk."""

    config: ConfigInfo | None = None
    """Info about Asterisk configuration."""

    status: StatusInfo | None = None
    """Info about Asterisk status."""


class AsteriskPing(Model, frozen=True, kw_only=True):
    """Asterisk ping information."""

    asterisk_id: str
    """Asterisk id info."""

    ping: str
    """Always string value is pong."""

    timestamp: str
    """The timestamp string of request received time."""


class Module(Model, frozen=True, kw_only=True):
    """Details of an Asterisk module."""

    name: str
    """The name of this module."""

    description: str
    """The description of this module."""

    use_count: int
    """The number of times this module is being used."""

    status: str
    """The running status of this module."""

    support_level: str
    """The support state of this module."""


class LogChannel(Model, frozen=True, kw_only=True):
    """Details of an Asterisk log channel."""

    channel: str
    """The log channel path."""

    type: str
    """Types of logs for the log channel."""

    status: str
    """Whether or not a log type is enabled."""

    configuration: str
    """The various log levels."""


class Variable(Model, frozen=True, kw_only=True):
    """The value of a channel variable."""

    value: str
    """The value of the variable requested."""


class Variables(Model, frozen=True, kw_only=True):
    """A dictionary of channel variables."""

    variables: dict[str, Any]
    """A dictionary of channel variables."""


class ConfigTuple(Model, frozen=True, kw_only=True):
    """A key/value pair that makes up part of a configuration object."""

    attribute: str
    """A configuration object attribute."""

    value: str
    """The value for the attribute."""


class Bridge(Model, frozen=True, kw_only=True):
    """The merging of media from one or more channels. Everyone on the bridge receives the same
    audio.
    """

    id: str
    """Unique identifier for this bridge."""

    technology: str
    """Name of the current bridging technology."""

    bridge_type: str
    """Type of bridge technology."""

    bridge_class: str
    """Bridging class."""

    creator: str
    """Entity that created the bridge."""

    name: str
    """Name the creator gave the bridge."""

    channels: list[str]
    """Ids of channels participating in this bridge."""

    video_mode: str | None = None
    """The video mode the bridge is using. One of 'none', 'talker', 'sfu', or 'single'."""

    video_source_id: str | None = None
    """The ID of the channel that is the source of video in this bridge, if one exists."""

    creationtime: str
    """Timestamp when bridge was created."""

    bridgevars: dict[str, Any] | None = None
    """Bridge variables."""


class Dialed(Model, frozen=True, kw_only=True):
    """Dialed channel information."""


class DialplanCEP(Model, frozen=True, kw_only=True):
    """Dialplan location (context/extension/priority)."""

    context: str
    """Context in the dialplan."""

    exten: str
    """Extension in the dialplan."""

    priority: int
    """Priority in the dialplan."""

    app_name: str
    """Name of current dialplan application."""

    app_data: str
    """Parameter of current dialplan application."""


class CallerID(Model, frozen=True, kw_only=True):
    """Caller identification."""

    name: str

    number: str


class RTPstat(Model, frozen=True, kw_only=True):
    """A statistics of a RTP."""

    txcount: int
    """Number of packets transmitted."""

    rxcount: int
    """Number of packets received."""

    txjitter: float | None = None
    """Jitter on transmitted packets."""

    rxjitter: float | None = None
    """Jitter on received packets."""

    remote_maxjitter: float | None = None
    """Maximum jitter on remote side."""

    remote_minjitter: float | None = None
    """Minimum jitter on remote side."""

    remote_normdevjitter: float | None = None
    """Average jitter on remote side."""

    remote_stdevjitter: float | None = None
    """Standard deviation jitter on remote side."""

    local_maxjitter: float | None = None
    """Maximum jitter on local side."""

    local_minjitter: float | None = None
    """Minimum jitter on local side."""

    local_normdevjitter: float | None = None
    """Average jitter on local side."""

    local_stdevjitter: float | None = None
    """Standard deviation jitter on local side."""

    txploss: int
    """Number of transmitted packets lost."""

    rxploss: int
    """Number of received packets lost."""

    remote_maxrxploss: float | None = None
    """Maximum number of packets lost on remote side."""

    remote_minrxploss: float | None = None
    """Minimum number of packets lost on remote side."""

    remote_normdevrxploss: float | None = None
    """Average number of packets lost on remote side."""

    remote_stdevrxploss: float | None = None
    """Standard deviation packets lost on remote side."""

    local_maxrxploss: float | None = None
    """Maximum number of packets lost on local side."""

    local_minrxploss: float | None = None
    """Minimum number of packets lost on local side."""

    local_normdevrxploss: float | None = None
    """Average number of packets lost on local side."""

    local_stdevrxploss: float | None = None
    """Standard deviation packets lost on local side."""

    rtt: float | None = None
    """Total round trip time."""

    maxrtt: float | None = None
    """Maximum round trip time."""

    minrtt: float | None = None
    """Minimum round trip time."""

    normdevrtt: float | None = None
    """Average round trip time."""

    stdevrtt: float | None = None
    """Standard deviation round trip time."""

    local_ssrc: int
    """Our SSRC."""

    remote_ssrc: int
    """Their SSRC."""

    txoctetcount: int
    """Number of octets transmitted."""

    rxoctetcount: int
    """Number of octets received."""

    channel_uniqueid: str
    """The Asterisk channel's unique ID that owns this instance."""


class Channel(Model, frozen=True, kw_only=True):
    """A specific communication connection between Asterisk and an Endpoint."""

    id: str
    """Unique identifier of the channel. This is the same as the Uniqueid field in AMI."""

    protocol_id: str
    """Protocol id from underlying channel driver (i.e. Call-ID for chan_pjsip; will be empty if not
    applicable or not implemented by driver).
    """

    name: str
    """Name of the channel (i.e. SIP/foo-0000a7e3)."""

    state: str

    caller: CallerID

    connected: CallerID

    accountcode: str

    dialplan: DialplanCEP
    """Current location in the dialplan."""

    creationtime: str
    """Timestamp when channel was created."""

    language: str
    """The default spoken language."""

    channelvars: dict[str, Any] | None = None
    """Channel variables."""

    caller_rdnis: str | None = None
    """The Caller ID RDNIS."""

    tenantid: str | None = None
    """The Tenant ID for the channel."""


class DeviceState(Model, frozen=True, kw_only=True):
    """Represents the state of a device."""

    name: str
    """Name of the device."""

    state: str
    """Device's state."""


class Endpoint(Model, frozen=True, kw_only=True):
    """An external device that may offer/accept calls to/from Asterisk. Unlike most resources, which
    have a single unique identifier, an endpoint is uniquely identified by the technology/resource
    pair.
    """

    technology: str
    """Technology of the endpoint."""

    resource: str
    """Identifier of the endpoint, specific to the given technology."""

    state: str | None = None
    """Endpoint's state."""

    channel_ids: list[str]
    """Id's of channels associated with this endpoint."""


class TextMessage(Model, frozen=True, kw_only=True):
    """A text message."""

    from_: str = msgspec.field(name="from")
    """A technology specific URI specifying the source of the message. For pjsip technology, any SIP
    URI can be specified. For xmpp, the URI must correspond to the client connection being used to
    send the message.
    """

    to: str
    """A technology specific URI specifying the destination of the message. Valid technologies
    include pjsip, and xmp. The destination of a message should be an endpoint.
    """

    body: str
    """The text of the message."""

    variables: dict[str, Any] | None = None
    """Technology specific key/value pairs (JSON object) associated with the message."""


class ContactInfo(Model, frozen=True, kw_only=True):
    """Detailed information about a contact on an endpoint."""

    uri: str
    """The location of the contact."""

    contact_status: str
    """The current status of the contact."""

    aor: str
    """The Address of Record this contact belongs to."""

    roundtrip_usec: str | None = None
    """Current round trip time, in microseconds, for the contact."""


class Peer(Model, frozen=True, kw_only=True):
    """Detailed information about a remote peer that communicates with Asterisk."""

    peer_status: str
    """The current state of the peer. Note that the values of the status are dependent on the
    underlying peer technology.
    """

    cause: str | None = None
    """An optional reason associated with the change in peer_status."""

    address: str | None = None
    """The IP address of the peer."""

    port: str | None = None
    """The port of the peer."""

    time: str | None = None
    """The last known time the peer was contacted."""


class DeviceStateChanged(Event, frozen=True, kw_only=True):
    """Notification that a device state has changed."""

    device_state: DeviceState
    """Device state object."""


class PlaybackStarted(Event, frozen=True, kw_only=True):
    """Event showing the start of a media playback operation."""

    playback: Playback
    """Playback control object."""


class PlaybackContinuing(Event, frozen=True, kw_only=True):
    """Event showing the continuation of a media playback operation from one media URI to the next
    in the list.
    """

    playback: Playback
    """Playback control object."""


class PlaybackFinished(Event, frozen=True, kw_only=True):
    """Event showing the completion of a media playback operation."""

    playback: Playback
    """Playback control object."""


class RecordingStarted(Event, frozen=True, kw_only=True):
    """Event showing the start of a recording operation."""

    recording: LiveRecording
    """Recording control object."""


class RecordingFinished(Event, frozen=True, kw_only=True):
    """Event showing the completion of a recording operation."""

    recording: LiveRecording
    """Recording control object."""


class RecordingFailed(Event, frozen=True, kw_only=True):
    """Event showing failure of a recording operation."""

    recording: LiveRecording
    """Recording control object."""


class ApplicationMoveFailed(Event, frozen=True, kw_only=True):
    """Notification that trying to move a channel to another Stasis application failed."""

    channel: Channel

    destination: str

    args: list[str]
    """Arguments to the application."""


class ApplicationRegistered(Event, frozen=True, kw_only=True):
    """Notification that a Stasis app has been registered."""


class ApplicationUnregistered(Event, frozen=True, kw_only=True):
    """Notification that a Stasis app has been unregistered."""


class ApplicationReplaced(Event, frozen=True, kw_only=True):
    """Notification that another WebSocket has taken over for an application. An application may
    only be subscribed to by a single WebSocket at a time. If multiple WebSockets attempt to
    subscribe to the same application, the newer WebSocket wins, and the older one receives this
    event.
    """


class BridgeCreated(Event, frozen=True, kw_only=True):
    """Notification that a bridge has been created."""

    bridge: Bridge


class BridgeDestroyed(Event, frozen=True, kw_only=True):
    """Notification that a bridge has been destroyed."""

    bridge: Bridge


class BridgeMerged(Event, frozen=True, kw_only=True):
    """Notification that one bridge has merged into another."""

    bridge: Bridge

    bridge_from: Bridge


class BridgeVideoSourceChanged(Event, frozen=True, kw_only=True):
    """Notification that the source of video in a bridge has changed."""

    bridge: Bridge

    old_video_source_id: str | None = None


class BridgeBlindTransfer(Event, frozen=True, kw_only=True):
    """Notification that a blind transfer has occurred."""

    channel: Channel
    """The channel performing the blind transfer."""

    replace_channel: Channel | None = None
    """The channel that is replacing transferer when the transferee(s) can not be transferred
    directly.
    """

    transferee: Channel | None = None
    """The channel that is being transferred."""

    exten: str
    """The extension transferred to."""

    context: str
    """The context transferred to."""

    result: str
    """The result of the transfer attempt."""

    is_external: bool
    """Whether the transfer was externally initiated or not."""

    bridge: Bridge | None = None
    """The bridge being transferred."""


class BridgeAttendedTransfer(Event, frozen=True, kw_only=True):
    """Notification that an attended transfer has occurred."""

    transferer_first_leg: Channel
    """First leg of the transferer."""

    transferer_second_leg: Channel
    """Second leg of the transferer."""

    replace_channel: Channel | None = None
    """The channel that is replacing transferer_first_leg in the swap."""

    transferee: Channel | None = None
    """The channel that is being transferred."""

    transfer_target: Channel | None = None
    """The channel that is being transferred to."""

    result: str
    """The result of the transfer attempt."""

    is_external: bool
    """Whether the transfer was externally initiated or not."""

    transferer_first_leg_bridge: Bridge | None = None
    """Bridge the transferer first leg is in."""

    transferer_second_leg_bridge: Bridge | None = None
    """Bridge the transferer second leg is in."""

    destination_type: str
    """How the transfer was accomplished."""

    destination_bridge: str | None = None
    """Bridge that survived the merge result."""

    destination_application: str | None = None
    """Application that has been transferred into."""

    destination_link_first_leg: Channel | None = None
    """First leg of a link transfer result."""

    destination_link_second_leg: Channel | None = None
    """Second leg of a link transfer result."""

    destination_threeway_channel: Channel | None = None
    """Transferer channel that survived the threeway result."""

    destination_threeway_bridge: Bridge | None = None
    """Bridge that survived the threeway result."""


class ChannelCreated(Event, frozen=True, kw_only=True):
    """Notification that a channel has been created."""

    channel: Channel


class ChannelDestroyed(Event, frozen=True, kw_only=True):
    """Notification that a channel has been destroyed."""

    cause: int
    """Integer representation of the cause of the hangup."""

    cause_txt: str
    """Text representation of the cause of the hangup."""

    tech_cause: int | None = None
    """Integer representation of the technology-specific off-nominal cause of the hangup."""

    channel: Channel


class ChannelEnteredBridge(Event, frozen=True, kw_only=True):
    """Notification that a channel has entered a bridge."""

    bridge: Bridge

    channel: Channel | None = None


class ChannelLeftBridge(Event, frozen=True, kw_only=True):
    """Notification that a channel has left a bridge."""

    bridge: Bridge

    channel: Channel


class ChannelStateChange(Event, frozen=True, kw_only=True):
    """Notification of a channel's state change."""

    channel: Channel


class ChannelDtmfReceived(Event, frozen=True, kw_only=True):
    """DTMF received on a channel. This event is sent when the DTMF ends. There is no notification
    about the start of DTMF.
    """

    digit: str
    """DTMF digit received (0-9, A-E, # or *)."""

    duration_ms: int
    """Number of milliseconds DTMF was received."""

    channel: Channel
    """The channel on which DTMF was received."""


class ChannelDialplan(Event, frozen=True, kw_only=True):
    """Channel changed location in the dialplan."""

    channel: Channel
    """The channel that changed dialplan location."""

    dialplan_app: str
    """The application about to be executed."""

    dialplan_app_data: str
    """The data to be passed to the application."""


class ChannelCallerId(Event, frozen=True, kw_only=True):
    """Channel changed Caller ID."""

    caller_presentation: int
    """The integer representation of the Caller Presentation value."""

    caller_presentation_txt: str
    """The text representation of the Caller Presentation value."""

    channel: Channel
    """The channel that changed Caller ID."""


class ChannelUserevent(Event, frozen=True, kw_only=True):
    """User-generated event with additional user-defined fields in the object."""

    eventname: str
    """The name of the user event."""

    channel: Channel | None = None
    """A channel that is signaled with the user event."""

    bridge: Bridge | None = None
    """A bridge that is signaled with the user event."""

    endpoint: Endpoint | None = None
    """A endpoint that is signaled with the user event."""

    userevent: dict[str, Any]
    """Custom Userevent data."""


class ChannelHangupRequest(Event, frozen=True, kw_only=True):
    """A hangup was requested on the channel."""

    cause: int | None = None
    """Integer representation of the cause of the hangup."""

    tech_cause: int | None = None
    """Integer representation of the technology-specific off-nominal cause of the hangup."""

    soft: bool | None = None
    """Whether the hangup request was a soft hangup request."""

    channel: Channel
    """The channel on which the hangup was requested."""


class ChannelVarset(Event, frozen=True, kw_only=True):
    """Channel variable changed."""

    variable: str
    """The variable that changed."""

    value: str
    """The new value of the variable."""

    channel: Channel | None = None
    """The channel on which the variable was set. If missing, the variable is a global variable."""


class ChannelHold(Event, frozen=True, kw_only=True):
    """A channel initiated a media hold."""

    channel: Channel
    """The channel that initiated the hold event."""

    musicclass: str | None = None
    """The music on hold class that the initiator requested."""


class ChannelUnhold(Event, frozen=True, kw_only=True):
    """A channel initiated a media unhold."""

    channel: Channel
    """The channel that initiated the unhold event."""


class ChannelToneDetected(Event, frozen=True, kw_only=True):
    """Tone was detected on the channel."""

    channel: Channel
    """The channel the tone was detected on."""


class ChannelTalkingStarted(Event, frozen=True, kw_only=True):
    """Talking was detected on the channel."""

    channel: Channel
    """The channel on which talking started."""


class ChannelTalkingFinished(Event, frozen=True, kw_only=True):
    """Talking is no longer detected on the channel."""

    channel: Channel
    """The channel on which talking completed."""

    duration: int
    """The length of time, in milliseconds, that talking was detected on the channel."""


class ContactStatusChange(Event, frozen=True, kw_only=True):
    """The state of a contact on an endpoint has changed."""

    endpoint: Endpoint

    contact_info: ContactInfo


class PeerStatusChange(Event, frozen=True, kw_only=True):
    """The state of a peer associated with an endpoint has changed."""

    endpoint: Endpoint

    peer: Peer


class EndpointStateChange(Event, frozen=True, kw_only=True):
    """Endpoint state changed."""

    endpoint: Endpoint


class Dial(Event, frozen=True, kw_only=True):
    """Dialing state has changed."""

    caller: Channel | None = None
    """The calling channel."""

    peer: Channel
    """The dialed channel."""

    forward: str | None = None
    """Forwarding target requested by the original dialed channel."""

    forwarded: Channel | None = None
    """Channel that the caller has been forwarded to."""

    dialstring: str | None = None
    """The dial string for calling the peer channel."""

    dialstatus: str
    """Current status of the dialing attempt to the peer."""


class StasisEnd(Event, frozen=True, kw_only=True):
    """Notification that a channel has left a Stasis application."""

    channel: Channel


class StasisStart(Event, frozen=True, kw_only=True):
    """Notification that a channel has entered a Stasis application."""

    args: list[str]
    """Arguments to the application."""

    channel: Channel

    replace_channel: Channel | None = None


class TextMessageReceived(Event, frozen=True, kw_only=True):
    """A text message was received from an endpoint."""

    message: TextMessage

    endpoint: Endpoint | None = None


class ChannelConnectedLine(Event, frozen=True, kw_only=True):
    """Channel changed Connected Line."""

    channel: Channel
    """The channel whose connected line has changed."""


class ChannelTransfer(Event, frozen=True, kw_only=True):
    """transfer on a channel."""

    state: str | None = None
    """Transfer State."""

    refer_to: ReferTo
    """Refer-To information with optionally both affected channels."""

    referred_by: ReferredBy
    """Referred-By SIP Header according rfc3892."""


class ReferTo(Model, frozen=True, kw_only=True):
    """transfer destination requested by transferee."""

    requested_destination: RequiredDestination

    destination_channel: Channel | None = None
    """The Channel Object, that is to be replaced."""

    connected_channel: Channel | None = None
    """Channel, connected to the to be replaced channel."""

    bridge: Bridge | None = None
    """Bridge connecting both destination channels."""


class ReferredBy(Model, frozen=True, kw_only=True):
    """transfer destination requested by transferee."""

    source_channel: Channel
    """The channel on which the refer was received."""

    connected_channel: Channel | None = None
    """Channel, Connected to the channel, receiving the transfer request on."""

    bridge: Bridge | None = None
    """Bridge connecting both Channels."""


class RequiredDestination(Model, frozen=True, kw_only=True):
    """Information about the requested destination."""

    protocol_id: str | None = None
    """the requested protocol-id by the referee in case of SIP channel, this is a SIP Call ID,
    Mutually exclusive to destination.
    """

    destination: str | None = None
    """Destination User Part. Only for Blind transfer. Mutually exclusive to protocol_id."""

    additional_protocol_params: list[AdditionalParam] | None = None
    """List of additional protocol specific information."""


class AdditionalParam(Model, frozen=True, kw_only=True):
    """Protocol specific additional parameter."""

    parameter_name: str
    """Name of the parameter."""

    parameter_value: str
    """Value of the parameter."""


class RESTHeader(Model, frozen=True, kw_only=True):
    """REST over Websocket header."""

    name: str
    """Header name."""

    value: str
    """Header value."""


class RESTQueryStringParameter(Model, frozen=True, kw_only=True):
    """REST over Websocket Query String Parameter."""

    name: str
    """Parameter name."""

    value: str
    """Parameter value."""


class RESTRequest(Model, frozen=True, kw_only=True):
    """REST over Websocket Request."""

    type: str
    """Message type. Must be 'RESTRequest'."""

    transaction_id: str
    """Opaque transaction id. Can be any valid string. Will be returned in any response to this
    request.
    """

    request_id: str
    """Opaque request id. Can be any valid string. Will be returned in any response to this request.
    """

    method: str
    """HTTP method (GET, PUT, POST, DELETE, etc.)."""

    uri: str
    """Resource URI with optional query string parameters."""

    content_type: str | None = None
    """The Content-Type of the message body."""

    query_strings: list[RESTQueryStringParameter] | None = None
    """Request query string parameters."""

    message_body: str | None = None
    """Request message body. Only content types application/json and
    application/x-www-form-urlencoded are supported.
    """


class RESTResponse(Event, frozen=True, kw_only=True):
    """REST over Websocket Response."""

    transaction_id: str
    """Opaque transaction id. Will be whatever was specified on the original request."""

    request_id: str
    """Opaque request id. Will be whatever was specified on the original request."""

    status_code: int
    """HTTP status code."""

    reason_phrase: str
    """HTTP reason phrase."""

    uri: str
    """Original request resource URI."""

    content_type: str | None = None
    """The Content-Type of the message body."""

    message_body: str | None = None
    """Response message body."""


class CallBroadcast(Event, frozen=True, kw_only=True):
    """Notification that a channel is being broadcast to ARI applications for claiming."""

    channel: Channel
    """The channel being broadcast."""

    caller: str | None = None
    """The caller ID number."""

    called: str | None = None
    """The called number."""


class CallClaimed(Event, frozen=True, kw_only=True):
    """Notification that a broadcast channel has been successfully claimed by an ARI application."""

    channel: Channel
    """The channel that was claimed."""

    winner_app: str
    """The name of the ARI application that claimed the channel."""


class Mailbox(Model, frozen=True, kw_only=True):
    """Represents the state of a mailbox."""

    name: str
    """Name of the mailbox."""

    old_messages: int
    """Count of old messages in the mailbox."""

    new_messages: int
    """Count of new messages in the mailbox."""


class Playback(Model, frozen=True, kw_only=True):
    """Object representing the playback of media to a channel."""

    id: str
    """ID for this playback operation."""

    media_uri: str
    """The URI for the media currently being played back."""

    next_media_uri: str | None = None
    """If a list of URIs is being played, the next media URI to be played back."""

    target_uri: str
    """URI for the channel or bridge to play the media on."""

    language: str | None = None
    """For media types that support multiple languages, the language requested for playback."""

    state: str
    """Current state of the playback operation."""


class StoredRecording(Model, frozen=True, kw_only=True):
    """A past recording that may be played back."""

    name: str

    format: str


class LiveRecording(Model, frozen=True, kw_only=True):
    """A recording that is in progress."""

    name: str
    """Base name for the recording."""

    format: str
    """Recording format (wav, gsm, etc.)."""

    target_uri: str
    """URI for the channel or bridge being recorded."""

    state: str

    duration: int | None = None
    """Duration in seconds of the recording."""

    talking_duration: int | None = None
    """Duration of talking, in seconds, detected in the recording. This is only available if the
    recording was initiated with a non-zero maxSilenceSeconds.
    """

    silence_duration: int | None = None
    """Duration of silence, in seconds, detected in the recording. This is only available if the
    recording was initiated with a non-zero maxSilenceSeconds.
    """

    cause: str | None = None
    """Cause for recording failure if failed."""


class FormatLangPair(Model, frozen=True, kw_only=True):
    """Identifies the format and language of a sound file."""

    language: str

    format: str


class Sound(Model, frozen=True, kw_only=True):
    """A media file that may be played back."""

    id: str
    """Sound's identifier."""

    text: str | None = None
    """Text description of the sound, usually the words spoken."""

    formats: list[FormatLangPair]
    """The formats and languages in which this sound is available."""


AnyEvent = (
    ApplicationMoveFailed
    | ApplicationRegistered
    | ApplicationReplaced
    | ApplicationUnregistered
    | BridgeAttendedTransfer
    | BridgeBlindTransfer
    | BridgeCreated
    | BridgeDestroyed
    | BridgeMerged
    | BridgeVideoSourceChanged
    | CallBroadcast
    | CallClaimed
    | ChannelCallerId
    | ChannelConnectedLine
    | ChannelCreated
    | ChannelDestroyed
    | ChannelDialplan
    | ChannelDtmfReceived
    | ChannelEnteredBridge
    | ChannelHangupRequest
    | ChannelHold
    | ChannelLeftBridge
    | ChannelStateChange
    | ChannelTalkingFinished
    | ChannelTalkingStarted
    | ChannelToneDetected
    | ChannelTransfer
    | ChannelUnhold
    | ChannelUserevent
    | ChannelVarset
    | ContactStatusChange
    | DeviceStateChanged
    | Dial
    | EndpointStateChange
    | PeerStatusChange
    | PlaybackContinuing
    | PlaybackFinished
    | PlaybackStarted
    | RecordingFailed
    | RecordingFinished
    | RecordingStarted
    | StasisEnd
    | StasisStart
    | TextMessageReceived
)
AnyMessage = AnyEvent | MissingParams | RESTResponse

_APPLICATION = msgspec.json.Decoder(Application)
_ASTERISK_INFO = msgspec.json.Decoder(AsteriskInfo)
_ASTERISK_PING = msgspec.json.Decoder(AsteriskPing)
_BRIDGE = msgspec.json.Decoder(Bridge)
_CHANNEL = msgspec.json.Decoder(Channel)
_DEVICE_STATE = msgspec.json.Decoder(DeviceState)
_ENDPOINT = msgspec.json.Decoder(Endpoint)
_APPLICATION_LIST = msgspec.json.Decoder(list[Application])
_BRIDGE_LIST = msgspec.json.Decoder(list[Bridge])
_CHANNEL_LIST = msgspec.json.Decoder(list[Channel])
_CONFIG_TUPLE_LIST = msgspec.json.Decoder(list[ConfigTuple])
_DEVICE_STATE_LIST = msgspec.json.Decoder(list[DeviceState])
_ENDPOINT_LIST = msgspec.json.Decoder(list[Endpoint])
_LOG_CHANNEL_LIST = msgspec.json.Decoder(list[LogChannel])
_MAILBOX_LIST = msgspec.json.Decoder(list[Mailbox])
_MODULE_LIST = msgspec.json.Decoder(list[Module])
_SOUND_LIST = msgspec.json.Decoder(list[Sound])
_STORED_RECORDING_LIST = msgspec.json.Decoder(list[StoredRecording])
_LIVE_RECORDING = msgspec.json.Decoder(LiveRecording)
_MAILBOX = msgspec.json.Decoder(Mailbox)
_MODULE = msgspec.json.Decoder(Module)
_PLAYBACK = msgspec.json.Decoder(Playback)
_RT_PSTAT = msgspec.json.Decoder(RTPstat)
_SOUND = msgspec.json.Decoder(Sound)
_STORED_RECORDING = msgspec.json.Decoder(StoredRecording)
_VARIABLE = msgspec.json.Decoder(Variable)
_VARIABLES = msgspec.json.Decoder(Variables)


class ApplicationsOperations:
    """Operations below ``/applications``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[Application]:
        """List all applications.

        Since 13.0.0.
        """
        return _read(_APPLICATION_LIST, await self._transport.request(
            "GET",
            "applications",
        ))

    async def get(
        self,
        application_name: str,
    ) -> Application:
        """Get details of an application.

        Since 13.0.0.

        Args:
            application_name: Application's name.

        Raises:
            AriError: 404 Application does not exist.
        """
        return _read(_APPLICATION, await self._transport.request(
            "GET",
            f"applications/{_segment(application_name)}",
        ))

    async def subscribe(
        self,
        application_name: str,
        *,
        event_source: Sequence[str],
    ) -> Application:
        """Subscribe an application to a event source.

        Returns the state of the application after the subscriptions have changed. Since 13.0.0.

        Args:
            application_name: Application's name.
            event_source: URI for event source (channel:{channelId}, bridge:{bridgeId},
                endpoint:{tech}[/{resource}], deviceState:{deviceName}.

        Raises:
            AriError: 400 Missing parameter; 404 Application does not exist; 422 Event source does
                not exist.
        """
        query: list[tuple[str, str]] = [("eventSource", ",".join(event_source))]
        return _read(_APPLICATION, await self._transport.request(
            "POST",
            f"applications/{_segment(application_name)}/subscription",
            query,
        ))

    async def unsubscribe(
        self,
        application_name: str,
        *,
        event_source: Sequence[str],
    ) -> Application:
        """Unsubscribe an application from an event source.

        Returns the state of the application after the subscriptions have changed. Since 13.0.0.

        Args:
            application_name: Application's name.
            event_source: URI for event source (channel:{channelId}, bridge:{bridgeId},
                endpoint:{tech}[/{resource}], deviceState:{deviceName}.

        Raises:
            AriError: 400 Missing parameter; event source scheme not recognized; 404 Application
                does not exist; 409 Application not subscribed to event source; 422 Event source
                does not exist.
        """
        query: list[tuple[str, str]] = [("eventSource", ",".join(event_source))]
        return _read(_APPLICATION, await self._transport.request(
            "DELETE",
            f"applications/{_segment(application_name)}/subscription",
            query,
        ))

    async def filter(
        self,
        application_name: str,
        *,
        filter_: Mapping[str, Any] | None = None,
    ) -> Application:
        """Filter application events types.

        Allowed and/or disallowed event type filtering can be done. The body (parameter) should
        specify a JSON key/value object that describes the type of event filtering needed. One, or
        both of the following keys can be designated: "allowed" - Specifies an allowed list of event
        types "disallowed" - Specifies a disallowed list of event types Further, each of those key's
        value should be a JSON array that holds zero, or more JSON key/value objects. Each of these
        objects must contain the following key with an associated value: "type" - The type name of
        the event to filter The value must be the string name (case sensitive) of the event type
        that needs filtering. For example: { "allowed": [ { "type": "StasisStart" }, { "type":
        "StasisEnd" } ] } As this specifies only an allowed list, then only those two event type
        messages are sent to the application. No other event messages are sent. The following rules
        apply: * If the body is empty, both the allowed and disallowed filters are set empty. * If
        both list types are given then both are set to their respective values (note, specifying an
        empty array for a given type sets that type to empty). * If only one list type is given then
        only that type is set. The other type is not updated. * An empty "allowed" list means all
        events are allowed. * An empty "disallowed" list means no events are disallowed. *
        Disallowed events take precedence over allowed events if the event type is specified in both
        lists. Since 13.26.0, 16.3.0.

        Args:
            application_name: Application's name.
            filter_: Specify which event types to allow/disallow.

        Raises:
            AriError: 400 Bad request; 404 Application does not exist.
        """
        payload = msgspec.json.encode(filter_) if filter_ is not None else None
        return _read(_APPLICATION, await self._transport.request(
            "PUT",
            f"applications/{_segment(application_name)}/eventFilter",
            body=payload,
        ))


class AsteriskOperations:
    """Operations below ``/asterisk``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get_object(
        self,
        config_class: str,
        object_type: str,
        id_: str,
    ) -> list[ConfigTuple]:
        """Retrieve a dynamic configuration object.

        Since 13.5.0.

        Args:
            config_class: The configuration class containing dynamic configuration objects.
            object_type: The type of configuration object to retrieve.
            id_: The unique identifier of the object to retrieve.

        Raises:
            AriError: 404 {configClass|objectType|id} not found.
        """
        return _read(_CONFIG_TUPLE_LIST, await self._transport.request(
            "GET",
            f"asterisk/config/dynamic/{_segment(config_class)}/{_segment(object_type)}/{_segment(id_)}",
        ))

    async def update_object(
        self,
        config_class: str,
        object_type: str,
        id_: str,
        *,
        fields: Sequence[Mapping[str, str]] | None = None,
    ) -> list[ConfigTuple]:
        """Create or update a dynamic configuration object.

        Since 13.5.0.

        Args:
            config_class: The configuration class containing dynamic configuration objects.
            object_type: The type of configuration object to create or update.
            id_: The unique identifier of the object to create or update.
            fields: The body object should have a value that is a list of ConfigTuples, which
                provide the fields to update. Ex. [ { "attribute": "directmedia", "value": "false" }
                ].

        Raises:
            AriError: 400 Bad request body; 403 Could not create or update object; 404
                {configClass|objectType} not found.
        """
        payload = msgspec.json.encode({"fields": fields}) if fields else None
        return _read(_CONFIG_TUPLE_LIST, await self._transport.request(
            "PUT",
            f"asterisk/config/dynamic/{_segment(config_class)}/{_segment(object_type)}/{_segment(id_)}",
            body=payload,
        ))

    async def delete_object(
        self,
        config_class: str,
        object_type: str,
        id_: str,
    ) -> None:
        """Delete a dynamic configuration object.

        Since 13.5.0.

        Args:
            config_class: The configuration class containing dynamic configuration objects.
            object_type: The type of configuration object to delete.
            id_: The unique identifier of the object to delete.

        Raises:
            AriError: 403 Could not delete object; 404 {configClass|objectType|id} not found.
        """
        await self._transport.request(
            "DELETE",
            f"asterisk/config/dynamic/{_segment(config_class)}/{_segment(object_type)}/{_segment(id_)}",
        )

    async def get_info(
        self,
        *,
        only: Sequence[Literal["build", "system", "config", "status"]] | None = None,
    ) -> AsteriskInfo:
        """Gets Asterisk system information.

        Since 12.0.0.

        Args:
            only: Filter information returned.
        """
        query: list[tuple[str, str]] = []
        if only is not None:
            query.append(("only", ",".join(only)))
        return _read(_ASTERISK_INFO, await self._transport.request(
            "GET",
            "asterisk/info",
            query,
        ))

    async def ping(
        self,
    ) -> AsteriskPing:
        """Response pong message.

        Since 13.25.0, 16.2.0.
        """
        return _read(_ASTERISK_PING, await self._transport.request(
            "GET",
            "asterisk/ping",
        ))

    async def list_modules(
        self,
    ) -> list[Module]:
        """List Asterisk modules.

        Since 13.5.0.
        """
        return _read(_MODULE_LIST, await self._transport.request(
            "GET",
            "asterisk/modules",
        ))

    async def get_module(
        self,
        module_name: str,
    ) -> Module:
        """Get Asterisk module information.

        Since 13.5.0.

        Args:
            module_name: Module's name.

        Raises:
            AriError: 404 Module could not be found in running modules; 409 Module information could
                not be retrieved.
        """
        return _read(_MODULE, await self._transport.request(
            "GET",
            f"asterisk/modules/{_segment(module_name)}",
        ))

    async def load_module(
        self,
        module_name: str,
    ) -> None:
        """Load an Asterisk module.

        Since 13.5.0.

        Args:
            module_name: Module's name.

        Raises:
            AriError: 409 Module could not be loaded.
        """
        await self._transport.request(
            "POST",
            f"asterisk/modules/{_segment(module_name)}",
        )

    async def unload_module(
        self,
        module_name: str,
    ) -> None:
        """Unload an Asterisk module.

        Since 13.5.0.

        Args:
            module_name: Module's name.

        Raises:
            AriError: 404 Module not found in running modules; 409 Module could not be unloaded.
        """
        await self._transport.request(
            "DELETE",
            f"asterisk/modules/{_segment(module_name)}",
        )

    async def reload_module(
        self,
        module_name: str,
    ) -> None:
        """Reload an Asterisk module.

        Since 13.5.0.

        Args:
            module_name: Module's name.

        Raises:
            AriError: 404 Module not found in running modules; 409 Module could not be reloaded.
        """
        await self._transport.request(
            "PUT",
            f"asterisk/modules/{_segment(module_name)}",
        )

    async def list_log_channels(
        self,
    ) -> list[LogChannel]:
        """Gets Asterisk log channel information.

        Since 13.6.0.
        """
        return _read(_LOG_CHANNEL_LIST, await self._transport.request(
            "GET",
            "asterisk/logging",
        ))

    async def add_log(
        self,
        log_channel_name: str,
        *,
        configuration: str,
    ) -> None:
        """Adds a log channel.

        Since 13.6.0.

        Args:
            log_channel_name: The log channel to add.
            configuration: levels of the log channel.

        Raises:
            AriError: 400 Bad request body; 409 Log channel could not be created.
        """
        query: list[tuple[str, str]] = [("configuration", configuration)]
        await self._transport.request(
            "POST",
            f"asterisk/logging/{_segment(log_channel_name)}",
            query,
        )

    async def delete_log(
        self,
        log_channel_name: str,
    ) -> None:
        """Deletes a log channel.

        Since 13.6.0.

        Args:
            log_channel_name: Log channels name.

        Raises:
            AriError: 404 Log channel does not exist.
        """
        await self._transport.request(
            "DELETE",
            f"asterisk/logging/{_segment(log_channel_name)}",
        )

    async def rotate_log(
        self,
        log_channel_name: str,
    ) -> None:
        """Rotates a log channel.

        Since 13.6.0.

        Args:
            log_channel_name: Log channel's name.

        Raises:
            AriError: 404 Log channel does not exist.
        """
        await self._transport.request(
            "PUT",
            f"asterisk/logging/{_segment(log_channel_name)}/rotate",
        )

    async def get_global_var(
        self,
        *,
        variable: str,
    ) -> Variable:
        """Get the value of a global variable.

        Since 12.0.0.

        Args:
            variable: The variable to get.

        Raises:
            AriError: 400 Missing variable parameter.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        return _read(_VARIABLE, await self._transport.request(
            "GET",
            "asterisk/variable",
            query,
        ))

    async def set_global_var(
        self,
        *,
        variable: str,
        value: str | None = None,
    ) -> None:
        """Set the value of a global variable.

        Since 12.0.0.

        Args:
            variable: The variable to set.
            value: The value to set the variable to.

        Raises:
            AriError: 400 Missing variable parameter.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        if value is not None:
            query.append(("value", value))
        await self._transport.request(
            "POST",
            "asterisk/variable",
            query,
        )


class BridgesOperations:
    """Operations below ``/bridges``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[Bridge]:
        """List all active bridges in Asterisk.

        Since 12.0.0.
        """
        return _read(_BRIDGE_LIST, await self._transport.request(
            "GET",
            "bridges",
        ))

    async def create(
        self,
        *,
        type_: str | None = None,
        bridge_id: str | None = None,
        name: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Bridge:
        """Create a new bridge.

        This bridge persists until it has been shut down, or Asterisk has been shut down. Since
        12.0.0.

        Args:
            type_: Comma separated list of bridge type attributes (mixing, holding, dtmf_events,
                proxy_media, video_sfu, video_single, sdp_label).
            bridge_id: Unique ID to give to the bridge being created.
            name: Name to give to the bridge being created.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the bridge on creation. Each variable is an object containing "value" (string)
                and optional "report_events" (boolean) to include updates for that variable in
                bridge events (defaults to false). Ex. { "name": "SupportBridge", "variables": {
                "Bridge_State": { "value": "WaitingForAgent", "report_events": true } } }.

        Raises:
            AriError: 409 Bridge with the same bridgeId already exists.
        """
        query: list[tuple[str, str]] = []
        if type_ is not None:
            query.append(("type", type_))
        if bridge_id is not None:
            query.append(("bridgeId", bridge_id))
        if name is not None:
            query.append(("name", name))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_BRIDGE, await self._transport.request(
            "POST",
            "bridges",
            query,
            body=payload,
        ))

    async def create_with_id(
        self,
        bridge_id: str,
        *,
        type_: str | None = None,
        name: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Bridge:
        """Create a new bridge.

        This bridge persists until it has been shut down, or Asterisk has been shut down. Since
        12.2.0.

        Args:
            bridge_id: Unique ID to give to the bridge being created.
            type_: Comma separated list of bridge type attributes (mixing, holding, dtmf_events,
                proxy_media, video_sfu, video_single, sdp_label) to set.
            name: Set the name of the bridge.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the bridge on creation. Each variable is an object containing "value" (string)
                and optional "report_events" (boolean) to include updates for that variable in
                bridge events (defaults to false). Ex. { "name": "SupportBridge", "variables": {
                "Bridge_State": { "value": "WaitingForAgent", "report_events": true } } }.

        Raises:
            AriError: 409 Bridge with the same bridgeId already exists.
        """
        query: list[tuple[str, str]] = []
        if type_ is not None:
            query.append(("type", type_))
        if name is not None:
            query.append(("name", name))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_BRIDGE, await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}",
            query,
            body=payload,
        ))

    async def get(
        self,
        bridge_id: str,
    ) -> Bridge:
        """Get bridge details.

        Since 12.0.0.

        Args:
            bridge_id: Bridge's id.

        Raises:
            AriError: 404 Bridge not found.
        """
        return _read(_BRIDGE, await self._transport.request(
            "GET",
            f"bridges/{_segment(bridge_id)}",
        ))

    async def destroy(
        self,
        bridge_id: str,
    ) -> None:
        """Shut down a bridge.

        If any channels are in this bridge, they will be removed and resume whatever they were doing
        beforehand. Since 12.0.0.

        Args:
            bridge_id: Bridge's id.

        Raises:
            AriError: 404 Bridge not found.
        """
        await self._transport.request(
            "DELETE",
            f"bridges/{_segment(bridge_id)}",
        )

    async def get_bridge_var(
        self,
        bridge_id: str,
        *,
        variable: str,
    ) -> Variable:
        """Get the value of a bridge variable or function.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            bridge_id: Bridge's id.
            variable: The bridge variable or function to get.

        Raises:
            AriError: 400 Missing variable parameter; 404 Bridge or variable not found; 409 Bridge
                not in a Stasis application.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        return _read(_VARIABLE, await self._transport.request(
            "GET",
            f"bridges/{_segment(bridge_id)}/variable",
            query,
        ))

    async def set_bridge_var(
        self,
        bridge_id: str,
        *,
        variable: str,
        value: str | None = None,
        report_events: bool | None = None,
    ) -> None:
        """Set the value of a bridge variable or function.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            bridge_id: Bridge's id.
            variable: The bridge variable or function to set.
            value: The value to set the variable to.
            report_events: Whether this variable should be included in bridge events. Defaults to
                false. Asterisk's default: False.

        Raises:
            AriError: 400 Missing variable parameter; 404 Bridge not found; 409 Bridge not in a
                Stasis application.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        if value is not None:
            query.append(("value", value))
        if report_events is not None:
            query.append(("report_events", _flag(report_events)))
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/variable",
            query,
        )

    async def get_bridge_vars(
        self,
        bridge_id: str,
        *,
        variables: Sequence[str],
    ) -> Variables:
        """Get the value of multiple bridge variables or functions.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            bridge_id: Bridge's id.
            variables: The bridge variables or functions to get.

        Raises:
            AriError: 400 Missing variables parameter; 404 Bridge or variable not found; 409 Bridge
                not in a Stasis application.
        """
        query: list[tuple[str, str]] = [("variables", ",".join(variables))]
        return _read(_VARIABLES, await self._transport.request(
            "GET",
            f"bridges/{_segment(bridge_id)}/variables",
            query,
        ))

    async def set_bridge_vars(
        self,
        bridge_id: str,
        *,
        variables: Mapping[str, Any],
    ) -> None:
        """Set the values of multiple bridge variables or functions.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            bridge_id: Bridge's id.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the bridge. Each variable value may be either a string or an object containing
                "value" (string) and optional "report_events" (boolean) to include updates for that
                variable in bridge events (defaults to false). Ex. { "variables": { "Bridge_State":
                "WaitingForAgent", "Support_Level": { "value": "Premium", "report_events": true } }
                }.

        Raises:
            AriError: 400 Missing variables parameter; 404 Bridge not found; 409 Bridge not in a
                Stasis application.
        """
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/variables",
            body=payload,
        )

    async def add_channel(
        self,
        bridge_id: str,
        *,
        channel: Sequence[str],
        role: str | None = None,
        absorb_dtmf: bool | None = None,
        mute: bool | None = None,
        inhibit_connected_line_updates: bool | None = None,
    ) -> None:
        """Add a channel to a bridge.

        Since 12.0.0.

        Args:
            bridge_id: Bridge's id.
            channel: Ids of channels to add to bridge.
            role: Channel's role in the bridge.
            absorb_dtmf: Absorb DTMF coming from this channel, preventing it to pass through to the
                bridge. Asterisk's default: False.
            mute: Mute audio from this channel, preventing it to pass through to the bridge.
                Asterisk's default: False.
            inhibit_connected_line_updates: Do not present the identity of the newly connected
                channel to other bridge members. Asterisk's default: False.

        Raises:
            AriError: 400 Channel not found; 404 Bridge not found; 409 Bridge not in Stasis
                application; Channel currently recording; 422 Channel not in Stasis application.
        """
        query: list[tuple[str, str]] = [("channel", ",".join(channel))]
        if role is not None:
            query.append(("role", role))
        if absorb_dtmf is not None:
            query.append(("absorbDTMF", _flag(absorb_dtmf)))
        if mute is not None:
            query.append(("mute", _flag(mute)))
        if inhibit_connected_line_updates is not None:
            query.append(("inhibitConnectedLineUpdates", _flag(inhibit_connected_line_updates)))
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/addChannel",
            query,
        )

    async def remove_channel(
        self,
        bridge_id: str,
        *,
        channel: Sequence[str],
    ) -> None:
        """Remove a channel from a bridge.

        Since 12.0.0.

        Args:
            bridge_id: Bridge's id.
            channel: Ids of channels to remove from bridge.

        Raises:
            AriError: 400 Channel not found; 404 Bridge not found; 409 Bridge not in Stasis
                application; 422 Channel not in this bridge.
        """
        query: list[tuple[str, str]] = [("channel", ",".join(channel))]
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/removeChannel",
            query,
        )

    async def set_video_source(
        self,
        bridge_id: str,
        channel_id: str,
    ) -> None:
        """Set a channel as the video source in a multi-party mixing bridge. This operation has no
        effect on bridges with two or fewer participants.

        Since 13.13.0, 14.2.0.

        Args:
            bridge_id: Bridge's id.
            channel_id: Channel's id.

        Raises:
            AriError: 404 Bridge or Channel not found; 409 Channel not in Stasis application; 422
                Channel not in this Bridge.
        """
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/videoSource/{_segment(channel_id)}",
        )

    async def clear_video_source(
        self,
        bridge_id: str,
    ) -> None:
        """Removes any explicit video source in a multi-party mixing bridge. This operation has no
        effect on bridges with two or fewer participants. When no explicit video source is set, talk
        detection will be used to determine the active video stream.

        Since 13.13.0, 14.2.0.

        Args:
            bridge_id: Bridge's id.

        Raises:
            AriError: 404 Bridge not found.
        """
        await self._transport.request(
            "DELETE",
            f"bridges/{_segment(bridge_id)}/videoSource",
        )

    async def start_moh(
        self,
        bridge_id: str,
        *,
        moh_class: str | None = None,
    ) -> None:
        """Play music on hold to a bridge or change the MOH class that is playing.

        Since 12.0.0.

        Args:
            bridge_id: Bridge's id.
            moh_class: Channel's id.

        Raises:
            AriError: 404 Bridge not found; 409 Bridge not in Stasis application.
        """
        query: list[tuple[str, str]] = []
        if moh_class is not None:
            query.append(("mohClass", moh_class))
        await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/moh",
            query,
        )

    async def stop_moh(
        self,
        bridge_id: str,
    ) -> None:
        """Stop playing music on hold to a bridge.

        This will only stop music on hold being played via POST bridges/{bridgeId}/moh. Since
        12.0.0.

        Args:
            bridge_id: Bridge's id.

        Raises:
            AriError: 404 Bridge not found; 409 Bridge not in Stasis application.
        """
        await self._transport.request(
            "DELETE",
            f"bridges/{_segment(bridge_id)}/moh",
        )

    async def play(
        self,
        bridge_id: str,
        *,
        media: Sequence[str],
        announcer_format: str | None = None,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
        playback_id: str | None = None,
    ) -> Playback:
        """Start playback of media on a bridge.

        The media URI may be any of a number of URI's. Currently sound:, recording:, number:,
        digits:, characters:, and tone: URI's are supported. This operation creates a playback
        resource that can be used to control the playback of media (pause, rewind, fast forward,
        etc.). Since 12.0.0.

        Args:
            bridge_id: Bridge's id.
            media: Media URIs to play.
            announcer_format: Format of the 'Anouncer' channel attached to the bridge. Defaults to
                the format of the channel in the bridge with the highest sampe rate.
            lang: For sounds, selects language for sound.
            offsetms: Number of milliseconds to skip before playing. Only applies to the first URI
                if multiple media URIs are specified. Asterisk's default: 0.
            skipms: Number of milliseconds to skip for forward/reverse operations. Asterisk's
                default: 3000.
            playback_id: Playback Id.

        Raises:
            AriError: 404 Bridge not found; 409 Bridge not in a Stasis application; 422 The format
                specified is unknown on this system.
        """
        query: list[tuple[str, str]] = [("media", ",".join(media))]
        if announcer_format is not None:
            query.append(("announcer_format", announcer_format))
        if lang is not None:
            query.append(("lang", lang))
        if offsetms is not None:
            query.append(("offsetms", str(offsetms)))
        if skipms is not None:
            query.append(("skipms", str(skipms)))
        if playback_id is not None:
            query.append(("playbackId", playback_id))
        return _read(_PLAYBACK, await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/play",
            query,
        ))

    async def play_with_id(
        self,
        bridge_id: str,
        playback_id: str,
        *,
        media: Sequence[str],
        announcer_format: str | None = None,
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
    ) -> Playback:
        """Start playback of media on a bridge.

        The media URI may be any of a number of URI's. Currently sound:, recording:, number:,
        digits:, characters:, and tone: URI's are supported. This operation creates a playback
        resource that can be used to control the playback of media (pause, rewind, fast forward,
        etc.). Since 12.3.0.

        Args:
            bridge_id: Bridge's id.
            playback_id: Playback ID.
            media: Media URIs to play.
            announcer_format: Format of the 'Anouncer' channel attached to the bridge. Defaults to
                the format of the channel in the bridge with the highest sampe rate.
            lang: For sounds, selects language for sound.
            offsetms: Number of milliseconds to skip before playing. Only applies to the first URI
                if multiple media URIs are specified. Asterisk's default: 0.
            skipms: Number of milliseconds to skip for forward/reverse operations. Asterisk's
                default: 3000.

        Raises:
            AriError: 404 Bridge not found; 409 Bridge not in a Stasis application; 422 The format
                specified is unknown on this system.
        """
        query: list[tuple[str, str]] = [("media", ",".join(media))]
        if announcer_format is not None:
            query.append(("announcer_format", announcer_format))
        if lang is not None:
            query.append(("lang", lang))
        if offsetms is not None:
            query.append(("offsetms", str(offsetms)))
        if skipms is not None:
            query.append(("skipms", str(skipms)))
        return _read(_PLAYBACK, await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/play/{_segment(playback_id)}",
            query,
        ))

    async def record(
        self,
        bridge_id: str,
        *,
        name: str,
        format_: str,
        recorder_format: str | None = None,
        max_duration_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: Literal["fail", "overwrite", "append"] | None = None,
        beep: bool | None = None,
        terminate_on: Literal["none", "any", "*", "#"] | None = None,
    ) -> LiveRecording:
        """Start a recording.

        This records the mixed audio from all channels participating in this bridge. Since 12.0.0.

        Args:
            bridge_id: Bridge's id.
            name: Recording's filename.
            format_: Format to encode audio in.
            recorder_format: Format of the 'Recorder' channel attached to the bridge. Defaults to
                the same format as the 'format' parameter.
            max_duration_seconds: Maximum duration of the recording, in seconds. 0 for no limit.
                Asterisk's default: 0.
            max_silence_seconds: Maximum duration of silence, in seconds. 0 for no limit. Asterisk's
                default: 0.
            if_exists: Action to take if a recording with the same name already exists. Asterisk's
                default: fail.
            beep: Play beep when recording begins. Asterisk's default: False.
            terminate_on: DTMF input to terminate recording. Asterisk's default: none.

        Raises:
            AriError: 400 Invalid parameters; 404 Bridge not found; 409 Bridge is not in a Stasis
                application; A recording with the same name already exists on the system and can not
                be overwritten because it is in progress or ifExists=fail; 422 The format specified
                is unknown on this system.
        """
        query: list[tuple[str, str]] = [("name", name), ("format", format_)]
        if recorder_format is not None:
            query.append(("recorder_format", recorder_format))
        if max_duration_seconds is not None:
            query.append(("maxDurationSeconds", str(max_duration_seconds)))
        if max_silence_seconds is not None:
            query.append(("maxSilenceSeconds", str(max_silence_seconds)))
        if if_exists is not None:
            query.append(("ifExists", if_exists))
        if beep is not None:
            query.append(("beep", _flag(beep)))
        if terminate_on is not None:
            query.append(("terminateOn", terminate_on))
        return _read(_LIVE_RECORDING, await self._transport.request(
            "POST",
            f"bridges/{_segment(bridge_id)}/record",
            query,
        ))


class ChannelsOperations:
    """Operations below ``/channels``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[Channel]:
        """List all active channels in Asterisk.

        Since 12.0.0.
        """
        return _read(_CHANNEL_LIST, await self._transport.request(
            "GET",
            "channels",
        ))

    async def originate(
        self,
        *,
        endpoint: str,
        extension: str | None = None,
        context: str | None = None,
        priority: int | None = None,
        label: str | None = None,
        app: str | None = None,
        app_args: str | None = None,
        caller_id: str | None = None,
        timeout: int | None = None,
        variables: Mapping[str, Any] | None = None,
        channel_id: str | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
    ) -> Channel:
        """Create a new channel (originate).

        The new channel is created immediately and a snapshot of it returned. If a Stasis
        application is provided it will be automatically subscribed to the originated channel for
        further events and updates. Since 12.0.0.

        Args:
            endpoint: Endpoint to call.
            extension: The extension to dial after the endpoint answers. Mutually exclusive with
                'app'.
            context: The context to dial after the endpoint answers. If omitted, uses 'default'.
                Mutually exclusive with 'app'.
            priority: The priority to dial after the endpoint answers. If omitted, uses 1. Mutually
                exclusive with 'app'.
            label: The label to dial after the endpoint answers. Will supersede 'priority' if
                provided. Mutually exclusive with 'app'.
            app: The application that is subscribed to the originated channel. When the channel is
                answered, it will be passed to this Stasis application. Mutually exclusive with
                'context', 'extension', 'priority', and 'label'.
            app_args: The application arguments to pass to the Stasis application provided by 'app'.
                Mutually exclusive with 'context', 'extension', 'priority', and 'label'.
            caller_id: CallerID to use when dialing the endpoint or extension.
            timeout: Timeout (in seconds) before giving up dialing, or -1 for no timeout. Asterisk's
                default: 30.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the channel on creation. Each variable value may be either a string or an object
                containing "value" (string) and optional "report_events" (boolean) to include
                updates for that variable in channel events (defaults to false). Other keys in the
                body object are interpreted as query parameters. Ex. { "endpoint": "SIP/Alice",
                "variables": { "CALLERID(name)": "Alice", "Call_State": { "value":
                "WaitingForAgent", "report_events": true } } }.
            channel_id: The unique id to assign the channel on creation.
            other_channel_id: The unique id to assign the second channel when using local channels.
            originator: The unique id of the channel which is originating this one.
            formats: The format name capability list to use if originator is not specified. Ex.
                "ulaw,slin16". Format names can be found with "core show codecs".

        Raises:
            AriError: 400 Invalid parameters for originating a channel; 409 Channel with given
                unique ID already exists.
        """
        query: list[tuple[str, str]] = [("endpoint", endpoint)]
        if extension is not None:
            query.append(("extension", extension))
        if context is not None:
            query.append(("context", context))
        if priority is not None:
            query.append(("priority", str(priority)))
        if label is not None:
            query.append(("label", label))
        if app is not None:
            query.append(("app", app))
        if app_args is not None:
            query.append(("appArgs", app_args))
        if caller_id is not None:
            query.append(("callerId", caller_id))
        if timeout is not None:
            query.append(("timeout", str(timeout)))
        if channel_id is not None:
            query.append(("channelId", channel_id))
        if other_channel_id is not None:
            query.append(("otherChannelId", other_channel_id))
        if originator is not None:
            query.append(("originator", originator))
        if formats is not None:
            query.append(("formats", formats))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            "channels",
            query,
            body=payload,
        ))

    async def create(
        self,
        *,
        endpoint: str,
        app: str,
        app_args: str | None = None,
        channel_id: str | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> Channel:
        """Create channel.

        Since 14.0.0.

        Args:
            endpoint: Endpoint for channel communication.
            app: Stasis Application to place channel into.
            app_args: The application arguments to pass to the Stasis application provided by 'app'.
                Mutually exclusive with 'context', 'extension', 'priority', and 'label'.
            channel_id: The unique id to assign the channel on creation.
            other_channel_id: The unique id to assign the second channel when using local channels.
            originator: Unique ID of the calling channel.
            formats: The format name capability list to use if originator is not specified. Ex.
                "ulaw,slin16". Format names can be found with "core show codecs".
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the channel on creation. Each variable value may be either a string or an object
                containing "value" (string) and optional "report_events" (boolean) to include
                updates for that variable in channel events (defaults to false). Other keys in the
                body object are interpreted as query parameters. Ex. { "endpoint": "SIP/Alice",
                "variables": { "CALLERID(name)": "Alice", "Call_State": { "value":
                "WaitingForAgent", "report_events": true } } }.

        Raises:
            AriError: 409 Channel with given unique ID already exists.
        """
        query: list[tuple[str, str]] = [("endpoint", endpoint), ("app", app)]
        if app_args is not None:
            query.append(("appArgs", app_args))
        if channel_id is not None:
            query.append(("channelId", channel_id))
        if other_channel_id is not None:
            query.append(("otherChannelId", other_channel_id))
        if originator is not None:
            query.append(("originator", originator))
        if formats is not None:
            query.append(("formats", formats))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            "channels/create",
            query,
            body=payload,
        ))

    async def get(
        self,
        channel_id: str,
    ) -> Channel:
        """Channel details.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found.
        """
        return _read(_CHANNEL, await self._transport.request(
            "GET",
            f"channels/{_segment(channel_id)}",
        ))

    async def originate_with_id(
        self,
        channel_id: str,
        *,
        endpoint: str,
        extension: str | None = None,
        context: str | None = None,
        priority: int | None = None,
        label: str | None = None,
        app: str | None = None,
        app_args: str | None = None,
        caller_id: str | None = None,
        timeout: int | None = None,
        variables: Mapping[str, Any] | None = None,
        other_channel_id: str | None = None,
        originator: str | None = None,
        formats: str | None = None,
    ) -> Channel:
        """Create a new channel (originate with id).

        The new channel is created immediately and a snapshot of it returned. If a Stasis
        application is provided it will be automatically subscribed to the originated channel for
        further events and updates. Since 12.2.0.

        Args:
            channel_id: The unique id to assign the channel on creation.
            endpoint: Endpoint to call.
            extension: The extension to dial after the endpoint answers. Mutually exclusive with
                'app'.
            context: The context to dial after the endpoint answers. If omitted, uses 'default'.
                Mutually exclusive with 'app'.
            priority: The priority to dial after the endpoint answers. If omitted, uses 1. Mutually
                exclusive with 'app'.
            label: The label to dial after the endpoint answers. Will supersede 'priority' if
                provided. Mutually exclusive with 'app'.
            app: The application that is subscribed to the originated channel. When the channel is
                answered, it will be passed to this Stasis application. Mutually exclusive with
                'context', 'extension', 'priority', and 'label'.
            app_args: The application arguments to pass to the Stasis application provided by 'app'.
                Mutually exclusive with 'context', 'extension', 'priority', and 'label'.
            caller_id: CallerID to use when dialing the endpoint or extension.
            timeout: Timeout (in seconds) before giving up dialing, or -1 for no timeout. Asterisk's
                default: 30.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the channel on creation. Each variable value may be either a string or an object
                containing "value" (string) and optional "report_events" (boolean) to include
                updates for that variable in channel events (defaults to false). Other keys in the
                body object are interpreted as query parameters. Ex. { "endpoint": "SIP/Alice",
                "variables": { "CALLERID(name)": "Alice", "Call_State": { "value":
                "WaitingForAgent", "report_events": true } } }.
            other_channel_id: The unique id to assign the second channel when using local channels.
            originator: The unique id of the channel which is originating this one.
            formats: The format name capability list to use if originator is not specified. Ex.
                "ulaw,slin16". Format names can be found with "core show codecs".

        Raises:
            AriError: 400 Invalid parameters for originating a channel; 409 Channel with given
                unique ID already exists.
        """
        query: list[tuple[str, str]] = [("endpoint", endpoint)]
        if extension is not None:
            query.append(("extension", extension))
        if context is not None:
            query.append(("context", context))
        if priority is not None:
            query.append(("priority", str(priority)))
        if label is not None:
            query.append(("label", label))
        if app is not None:
            query.append(("app", app))
        if app_args is not None:
            query.append(("appArgs", app_args))
        if caller_id is not None:
            query.append(("callerId", caller_id))
        if timeout is not None:
            query.append(("timeout", str(timeout)))
        if other_channel_id is not None:
            query.append(("otherChannelId", other_channel_id))
        if originator is not None:
            query.append(("originator", originator))
        if formats is not None:
            query.append(("formats", formats))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}",
            query,
            body=payload,
        ))

    async def hangup(
        self,
        channel_id: str,
        *,
        reason_code: str | None = None,
        reason: Literal[
            "normal",
            "busy",
            "congestion",
            "no_answer",
            "timeout",
            "rejected",
            "unallocated",
            "normal_unspecified",
            "number_incomplete",
            "codec_mismatch",
            "interworking",
            "failure",
            "answered_elsewhere",
        ] | None = None,
    ) -> None:
        """Delete (i.e. hangup) a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            reason_code: The reason code for hanging up the channel for detail use. Mutually
                exclusive with 'reason'. See detail hangup codes at here.
                https://docs.asterisk.org/Configuration/Miscellaneous/Hangup-Cause-Mappings/.
            reason: Reason for hanging up the channel for simple use. Mutually exclusive with
                'reason_code'.

        Raises:
            AriError: 400 Invalid reason for hangup provided; 404 Channel not found.
        """
        query: list[tuple[str, str]] = []
        if reason_code is not None:
            query.append(("reason_code", reason_code))
        if reason is not None:
            query.append(("reason", reason))
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}",
            query,
        )

    async def continue_in_dialplan(
        self,
        channel_id: str,
        *,
        context: str | None = None,
        extension: str | None = None,
        priority: int | None = None,
        label: str | None = None,
    ) -> None:
        """Exit application; continue execution in the dialplan.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            context: The context to continue to.
            extension: The extension to continue to.
            priority: The priority to continue to.
            label: The label to continue to - will supersede 'priority' if both are provided.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = []
        if context is not None:
            query.append(("context", context))
        if extension is not None:
            query.append(("extension", extension))
        if priority is not None:
            query.append(("priority", str(priority)))
        if label is not None:
            query.append(("label", label))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/continue",
            query,
        )

    async def move(
        self,
        channel_id: str,
        *,
        app: str,
        app_args: str | None = None,
    ) -> None:
        """Move the channel from one Stasis application to another.

        Since 13.26.0, 16.3.0.

        Args:
            channel_id: Channel's id.
            app: The channel will be passed to this Stasis application.
            app_args: The application arguments to pass to the Stasis application provided by 'app'.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application.
        """
        query: list[tuple[str, str]] = [("app", app)]
        if app_args is not None:
            query.append(("appArgs", app_args))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/move",
            query,
        )

    async def redirect(
        self,
        channel_id: str,
        *,
        endpoint: str,
    ) -> None:
        """Redirect the channel to a different location.

        Since 13.3.0.

        Args:
            channel_id: Channel's id.
            endpoint: The endpoint to redirect the channel to.

        Raises:
            AriError: 400 Endpoint parameter not provided; 404 Channel or endpoint not found; 409
                Channel not in a Stasis application; 422 Endpoint is not the same type as the
                channel; 412 Channel in invalid state.
        """
        query: list[tuple[str, str]] = [("endpoint", endpoint)]
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/redirect",
            query,
        )

    async def answer(
        self,
        channel_id: str,
    ) -> None:
        """Answer a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/answer",
        )

    async def ring(
        self,
        channel_id: str,
    ) -> None:
        """Indicate ringing to a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/ring",
        )

    async def ring_stop(
        self,
        channel_id: str,
    ) -> None:
        """Stop ringing indication on a channel if locally generated.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}/ring",
        )

    async def progress(
        self,
        channel_id: str,
    ) -> None:
        """Indicate progress on a channel.

        Since 22.6.0, 21.11.0, 20.16.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/progress",
        )

    async def send_dtmf(
        self,
        channel_id: str,
        *,
        dtmf: str | None = None,
        before: int | None = None,
        between: int | None = None,
        duration: int | None = None,
        after: int | None = None,
    ) -> None:
        """Send provided DTMF to a given channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            dtmf: DTMF To send.
            before: Amount of time to wait before DTMF digits (specified in milliseconds) start.
                Asterisk's default: 0.
            between: Amount of time in between DTMF digits (specified in milliseconds). Asterisk's
                default: 100.
            duration: Length of each DTMF digit (specified in milliseconds). Asterisk's default:
                100.
            after: Amount of time to wait after DTMF digits (specified in milliseconds) end.
                Asterisk's default: 0.

        Raises:
            AriError: 400 DTMF is required; 404 Channel not found; 409 Channel not in a Stasis
                application; 412 Channel in invalid state.
        """
        query: list[tuple[str, str]] = []
        if dtmf is not None:
            query.append(("dtmf", dtmf))
        if before is not None:
            query.append(("before", str(before)))
        if between is not None:
            query.append(("between", str(between)))
        if duration is not None:
            query.append(("duration", str(duration)))
        if after is not None:
            query.append(("after", str(after)))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/dtmf",
            query,
        )

    async def mute(
        self,
        channel_id: str,
        *,
        direction: Literal["both", "in", "out"] | None = None,
    ) -> None:
        """Mute a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            direction: Direction in which to mute audio. Asterisk's default: both.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = []
        if direction is not None:
            query.append(("direction", direction))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/mute",
            query,
        )

    async def unmute(
        self,
        channel_id: str,
        *,
        direction: Literal["both", "in", "out"] | None = None,
    ) -> None:
        """Unmute a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            direction: Direction in which to unmute audio. Asterisk's default: both.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = []
        if direction is not None:
            query.append(("direction", direction))
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}/mute",
            query,
        )

    async def hold(
        self,
        channel_id: str,
    ) -> None:
        """Hold a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/hold",
        )

    async def unhold(
        self,
        channel_id: str,
    ) -> None:
        """Remove a channel from hold.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}/hold",
        )

    async def start_moh(
        self,
        channel_id: str,
        *,
        moh_class: str | None = None,
    ) -> None:
        """Play music on hold to a channel.

        Using media operations such as /play on a channel playing MOH in this manner will suspend
        MOH without resuming automatically. If continuing music on hold is desired, the stasis
        application must reinitiate music on hold. Since 12.0.0.

        Args:
            channel_id: Channel's id.
            moh_class: Music on hold class to use.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = []
        if moh_class is not None:
            query.append(("mohClass", moh_class))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/moh",
            query,
        )

    async def stop_moh(
        self,
        channel_id: str,
    ) -> None:
        """Stop playing music on hold to a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}/moh",
        )

    async def start_silence(
        self,
        channel_id: str,
    ) -> None:
        """Play silence to a channel.

        Using media operations such as /play on a channel playing silence in this manner will
        suspend silence without resuming automatically. Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/silence",
        )

    async def stop_silence(
        self,
        channel_id: str,
    ) -> None:
        """Stop playing silence to a channel.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        await self._transport.request(
            "DELETE",
            f"channels/{_segment(channel_id)}/silence",
        )

    async def play(
        self,
        channel_id: str,
        *,
        media: Sequence[str],
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
        playback_id: str | None = None,
    ) -> Playback:
        """Start playback of media.

        The media URI may be any of a number of URI's. Currently sound:, recording:, number:,
        digits:, characters:, and tone: URI's are supported. This operation creates a playback
        resource that can be used to control the playback of media (pause, rewind, fast forward,
        etc.). Since 12.0.0.

        Args:
            channel_id: Channel's id.
            media: Media URIs to play.
            lang: For sounds, selects language for sound.
            offsetms: Number of milliseconds to skip before playing. Only applies to the first URI
                if multiple media URIs are specified.
            skipms: Number of milliseconds to skip for forward/reverse operations. Asterisk's
                default: 3000.
            playback_id: Playback ID.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = [("media", ",".join(media))]
        if lang is not None:
            query.append(("lang", lang))
        if offsetms is not None:
            query.append(("offsetms", str(offsetms)))
        if skipms is not None:
            query.append(("skipms", str(skipms)))
        if playback_id is not None:
            query.append(("playbackId", playback_id))
        return _read(_PLAYBACK, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/play",
            query,
        ))

    async def play_with_id(
        self,
        channel_id: str,
        playback_id: str,
        *,
        media: Sequence[str],
        lang: str | None = None,
        offsetms: int | None = None,
        skipms: int | None = None,
    ) -> Playback:
        """Start playback of media and specify the playbackId.

        The media URI may be any of a number of URI's. Currently sound:, recording:, number:,
        digits:, characters:, and tone: URI's are supported. This operation creates a playback
        resource that can be used to control the playback of media (pause, rewind, fast forward,
        etc.). Since 12.2.0.

        Args:
            channel_id: Channel's id.
            playback_id: Playback ID.
            media: Media URIs to play.
            lang: For sounds, selects language for sound.
            offsetms: Number of milliseconds to skip before playing. Only applies to the first URI
                if multiple media URIs are specified.
            skipms: Number of milliseconds to skip for forward/reverse operations. Asterisk's
                default: 3000.

        Raises:
            AriError: 404 Channel not found; 409 Channel not in a Stasis application; 412 Channel in
                invalid state.
        """
        query: list[tuple[str, str]] = [("media", ",".join(media))]
        if lang is not None:
            query.append(("lang", lang))
        if offsetms is not None:
            query.append(("offsetms", str(offsetms)))
        if skipms is not None:
            query.append(("skipms", str(skipms)))
        return _read(_PLAYBACK, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/play/{_segment(playback_id)}",
            query,
        ))

    async def record(
        self,
        channel_id: str,
        *,
        name: str,
        format_: str,
        max_duration_seconds: int | None = None,
        max_silence_seconds: int | None = None,
        if_exists: Literal["fail", "overwrite", "append"] | None = None,
        beep: bool | None = None,
        terminate_on: Literal["none", "any", "*", "#"] | None = None,
    ) -> LiveRecording:
        """Start a recording.

        Record audio from a channel. Note that this will not capture audio sent to the channel. The
        bridge itself has a record feature if that's what you want. Since 12.0.0.

        Args:
            channel_id: Channel's id.
            name: Recording's filename.
            format_: Format to encode audio in.
            max_duration_seconds: Maximum duration of the recording, in seconds. 0 for no limit.
                Asterisk's default: 0.
            max_silence_seconds: Maximum duration of silence, in seconds. 0 for no limit. Asterisk's
                default: 0.
            if_exists: Action to take if a recording with the same name already exists. Asterisk's
                default: fail.
            beep: Play beep when recording begins. Asterisk's default: False.
            terminate_on: DTMF input to terminate recording. Asterisk's default: none.

        Raises:
            AriError: 400 Invalid parameters; 404 Channel not found; 409 Channel is not in a Stasis
                application; the channel is currently bridged with other channels; A recording with
                the same name already exists on the system and can not be overwritten because it is
                in progress or ifExists=fail; 422 The format specified is unknown on this system.
        """
        query: list[tuple[str, str]] = [("name", name), ("format", format_)]
        if max_duration_seconds is not None:
            query.append(("maxDurationSeconds", str(max_duration_seconds)))
        if max_silence_seconds is not None:
            query.append(("maxSilenceSeconds", str(max_silence_seconds)))
        if if_exists is not None:
            query.append(("ifExists", if_exists))
        if beep is not None:
            query.append(("beep", _flag(beep)))
        if terminate_on is not None:
            query.append(("terminateOn", terminate_on))
        return _read(_LIVE_RECORDING, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/record",
            query,
        ))

    async def get_channel_var(
        self,
        channel_id: str,
        *,
        variable: str,
    ) -> Variable:
        """Get the value of a channel variable or function.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            variable: The channel variable or function to get.

        Raises:
            AriError: 400 Missing variable parameter; 404 Channel or variable not found; 409 Channel
                not in a Stasis application.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        return _read(_VARIABLE, await self._transport.request(
            "GET",
            f"channels/{_segment(channel_id)}/variable",
            query,
        ))

    async def set_channel_var(
        self,
        channel_id: str,
        *,
        variable: str,
        value: str | None = None,
        report_events: bool | None = None,
    ) -> None:
        """Set the value of a channel variable or function.

        Since 12.0.0.

        Args:
            channel_id: Channel's id.
            variable: The channel variable or function to set.
            value: The value to set the variable to.
            report_events: Whether this variable should be included in channel events. Defaults to
                false. Asterisk's default: False.

        Raises:
            AriError: 400 Missing variable parameter; 404 Channel not found; 409 Channel not in a
                Stasis application.
        """
        query: list[tuple[str, str]] = [("variable", variable)]
        if value is not None:
            query.append(("value", value))
        if report_events is not None:
            query.append(("report_events", _flag(report_events)))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/variable",
            query,
        )

    async def get_channel_vars(
        self,
        channel_id: str,
        *,
        variables: Sequence[str],
    ) -> Variables:
        """Get the value of multiple channel variables or functions.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            channel_id: Channel's id.
            variables: The channel variables or functions to get.

        Raises:
            AriError: 400 Missing variables parameter; 404 Channel or variable not found; 409
                Channel not in a Stasis application.
        """
        query: list[tuple[str, str]] = [("variables", ",".join(variables))]
        return _read(_VARIABLES, await self._transport.request(
            "GET",
            f"channels/{_segment(channel_id)}/variables",
            query,
        ))

    async def set_channel_vars(
        self,
        channel_id: str,
        *,
        variables: Mapping[str, Any],
    ) -> None:
        """Set the values of multiple channel variables or functions.

        Since 20.20.0, 22.10.0, 23.4.0.

        Args:
            channel_id: Channel's id.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the channel. Each variable value may be either a string or an object containing
                "value" (string) and optional "report_events" (boolean) to include updates for that
                variable in channel events (defaults to false). Ex. { "variables": {
                "CALLERID(name)": "Alice", "Call_State": { "value": "WaitingForAgent",
                "report_events": true } } }.

        Raises:
            AriError: 400 Missing variables parameter; 404 Channel not found; 409 Channel not in a
                Stasis application.
        """
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/variables",
            body=payload,
        )

    async def snoop_channel(
        self,
        channel_id: str,
        *,
        app: str,
        spy: Literal["none", "both", "out", "in"] | None = None,
        whisper: Literal["none", "both", "out", "in"] | None = None,
        app_args: str | None = None,
        snoop_id: str | None = None,
    ) -> Channel:
        """Start snooping.

        Snoop (spy/whisper) on a specific channel. Since 12.0.0.

        Args:
            channel_id: Channel's id.
            app: Application the snooping channel is placed into.
            spy: Direction of audio to spy on. Asterisk's default: none.
            whisper: Direction of audio to whisper into. Asterisk's default: none.
            app_args: The application arguments to pass to the Stasis application.
            snoop_id: Unique ID to assign to snooping channel.

        Raises:
            AriError: 400 Invalid parameters; 404 Channel not found.
        """
        query: list[tuple[str, str]] = [("app", app)]
        if spy is not None:
            query.append(("spy", spy))
        if whisper is not None:
            query.append(("whisper", whisper))
        if app_args is not None:
            query.append(("appArgs", app_args))
        if snoop_id is not None:
            query.append(("snoopId", snoop_id))
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/snoop",
            query,
        ))

    async def snoop_channel_with_id(
        self,
        channel_id: str,
        snoop_id: str,
        *,
        app: str,
        spy: Literal["none", "both", "out", "in"] | None = None,
        whisper: Literal["none", "both", "out", "in"] | None = None,
        app_args: str | None = None,
    ) -> Channel:
        """Start snooping.

        Snoop (spy/whisper) on a specific channel. Since 12.2.0.

        Args:
            channel_id: Channel's id.
            snoop_id: Unique ID to assign to snooping channel.
            app: Application the snooping channel is placed into.
            spy: Direction of audio to spy on. Asterisk's default: none.
            whisper: Direction of audio to whisper into. Asterisk's default: none.
            app_args: The application arguments to pass to the Stasis application.

        Raises:
            AriError: 400 Invalid parameters; 404 Channel not found.
        """
        query: list[tuple[str, str]] = [("app", app)]
        if spy is not None:
            query.append(("spy", spy))
        if whisper is not None:
            query.append(("whisper", whisper))
        if app_args is not None:
            query.append(("appArgs", app_args))
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/snoop/{_segment(snoop_id)}",
            query,
        ))

    async def dial(
        self,
        channel_id: str,
        *,
        caller: str | None = None,
        timeout: int | None = None,
    ) -> None:
        """Dial a created channel.

        Since 14.0.0.

        Args:
            channel_id: Channel's id.
            caller: Channel ID of caller.
            timeout: Dial timeout. Asterisk's default: 0.

        Raises:
            AriError: 404 Channel cannot be found; 409 Channel cannot be dialed.
        """
        query: list[tuple[str, str]] = []
        if caller is not None:
            query.append(("caller", caller))
        if timeout is not None:
            query.append(("timeout", str(timeout)))
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/dial",
            query,
        )

    async def rtpstatistics(
        self,
        channel_id: str,
    ) -> RTPstat:
        """RTP stats on a channel.

        Since 13.27.0, 16.4.0.

        Args:
            channel_id: Channel's id.

        Raises:
            AriError: 404 Channel cannot be found.
        """
        return _read(_RT_PSTAT, await self._transport.request(
            "GET",
            f"channels/{_segment(channel_id)}/rtp_statistics",
        ))

    async def external_media(
        self,
        *,
        app: str,
        format_: str,
        channel_id: str | None = None,
        variables: Mapping[str, Any] | None = None,
        external_host: str | None = None,
        encapsulation: Literal["rtp", "audiosocket", "none"] | None = None,
        transport: Literal["udp", "tcp", "websocket"] | None = None,
        connection_type: Literal["client", "server"] | None = None,
        direction: Literal["both"] | None = None,
        data: str | None = None,
        transport_data: str | None = None,
    ) -> Channel:
        """Start an External Media session.

        Create a channel to an External Media source/sink. The combination of transport and
        encapsulation will select one of chan_rtp(udp/rtp), chan_audiosocket(tcp/audiosocket) or
        chan_websocket(websocket/none) channel drivers. Since 16.6.0, 17.1.0.

        Args:
            app: Stasis Application to place channel into.
            format_: Format to encode audio in.
            channel_id: The unique id to assign the channel on creation.
            variables: The "variables" key in the body object holds variable key/value pairs to set
                on the channel on creation. Each variable value may be either a string or an object
                containing "value" (string) and optional "report_events" (boolean) to include
                updates for that variable in channel events (defaults to false). Other keys in the
                body object are interpreted as query parameters. Ex. { "endpoint": "SIP/Alice",
                "variables": { "CALLERID(name)": "Alice", "Call_State": { "value":
                "WaitingForAgent", "report_events": true } } }.
            external_host: Hostname/ip:port or websocket_client connection ID of external host. May
                be empty for a websocket server connection.
            encapsulation: Payload encapsulation protocol. Must be 'none' for the websocket
                transport. Asterisk's default: rtp.
            transport: Transport protocol. Asterisk's default: udp.
            connection_type: Connection type (client/server). 'server' is only valid for the
                websocket transport. Asterisk's default: client.
            direction: External media direction. Asterisk's default: both.
            data: An arbitrary data field.
            transport_data: Transport-specific data. For websocket this is appended to the
                dialstring.

        Raises:
            AriError: 400 Invalid parameters; 409 Channel is not in a Stasis application; Channel is
                already bridged.
        """
        query: list[tuple[str, str]] = [("app", app), ("format", format_)]
        if channel_id is not None:
            query.append(("channelId", channel_id))
        if external_host is not None:
            query.append(("external_host", external_host))
        if encapsulation is not None:
            query.append(("encapsulation", encapsulation))
        if transport is not None:
            query.append(("transport", transport))
        if connection_type is not None:
            query.append(("connection_type", connection_type))
        if direction is not None:
            query.append(("direction", direction))
        if data is not None:
            query.append(("data", data))
        if transport_data is not None:
            query.append(("transport_data", transport_data))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        return _read(_CHANNEL, await self._transport.request(
            "POST",
            "channels/externalMedia",
            query,
            body=payload,
        ))

    async def transfer_progress(
        self,
        channel_id: str,
        *,
        states: str,
    ) -> None:
        """Inform the channel about the progress of the attended/blind transfer.

        Since 22.3.0, 21.8.0, 20.13.0.

        Args:
            channel_id: Channel's id.
            states: The state of the progress.

        Raises:
            AriError: 400 Endpoint parameter not provided; 404 Channel or endpoint not found; 409
                Channel not in a Stasis application; 412 Channel in invalid state.
        """
        query: list[tuple[str, str]] = [("states", states)]
        await self._transport.request(
            "POST",
            f"channels/{_segment(channel_id)}/transfer_progress",
            query,
        )


class DeviceStatesOperations:
    """Operations below ``/deviceStates``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[DeviceState]:
        """List all ARI controlled device states.

        Since 12.0.0.
        """
        return _read(_DEVICE_STATE_LIST, await self._transport.request(
            "GET",
            "deviceStates",
        ))

    async def get(
        self,
        device_name: str,
    ) -> DeviceState:
        """Retrieve the current state of a device.

        Since 12.0.0.

        Args:
            device_name: Name of the device.
        """
        return _read(_DEVICE_STATE, await self._transport.request(
            "GET",
            f"deviceStates/{_segment(device_name)}",
        ))

    async def update(
        self,
        device_name: str,
        *,
        device_state: Literal[
            "NOT_INUSE",
            "INUSE",
            "BUSY",
            "INVALID",
            "UNAVAILABLE",
            "RINGING",
            "RINGINUSE",
            "ONHOLD",
        ],
    ) -> None:
        """Change the state of a device controlled by ARI. (Note - implicitly creates the device
        state).

        Since 12.0.0.

        Args:
            device_name: Name of the device.
            device_state: Device state value.

        Raises:
            AriError: 404 Device name is missing; 409 Uncontrolled device specified.
        """
        query: list[tuple[str, str]] = [("deviceState", device_state)]
        await self._transport.request(
            "PUT",
            f"deviceStates/{_segment(device_name)}",
            query,
        )

    async def delete(
        self,
        device_name: str,
    ) -> None:
        """Destroy a device-state controlled by ARI.

        Since 12.0.0.

        Args:
            device_name: Name of the device.

        Raises:
            AriError: 404 Device name is missing; 409 Uncontrolled device specified.
        """
        await self._transport.request(
            "DELETE",
            f"deviceStates/{_segment(device_name)}",
        )


class EndpointsOperations:
    """Operations below ``/endpoints``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[Endpoint]:
        """List all endpoints.

        Since 12.0.0.
        """
        return _read(_ENDPOINT_LIST, await self._transport.request(
            "GET",
            "endpoints",
        ))

    async def send_message(
        self,
        *,
        to: str,
        from_: str,
        body: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Send a message to some technology URI or endpoint.

        Since 13.0.0.

        Args:
            to: The endpoint resource or technology specific URI to send the message to. Valid
                resources are pjsip, and xmpp.
            from_: The endpoint resource or technology specific identity to send this message from.
                Valid resources are pjsip, and xmpp.
            body: The body of the message.
            variables: Not described.

        Raises:
            AriError: 400 Invalid parameters for sending a message; 404 Endpoint not found.
        """
        query: list[tuple[str, str]] = [("to", to), ("from", from_)]
        if body is not None:
            query.append(("body", body))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "PUT",
            "endpoints/sendMessage",
            query,
            body=payload,
        )

    async def refer(
        self,
        *,
        to: str,
        from_: str,
        refer_to: str,
        to_self: bool | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Refer an endpoint or technology URI to some technology URI or endpoint.

        Since 18.20.0, 20.5.0.

        Args:
            to: The endpoint resource or technology specific URI that should be referred to
                somewhere. Valid resource is pjsip.
            from_: The endpoint resource or technology specific identity to refer from.
            refer_to: The endpoint resource or technology specific URI to refer to.
            to_self: If true and "refer_to" refers to an Asterisk endpoint, the "refer_to" value is
                set to point to this Asterisk endpoint - so the referee is referred to Asterisk.
                Otherwise, use the contact URI associated with the endpoint. Asterisk's default:
                False.
            variables: The "variables" key in the body object holds technology specific key/value
                pairs to append to the message. These can be interpreted and used by the various
                resource types; for example, the pjsip resource type will add the key/value pairs as
                SIP headers. The "display_name" key is used by the PJSIP technology. Its value will
                be prepended as a display name to the Refer-To URI.

        Raises:
            AriError: 400 Invalid parameters for referring; 404 Endpoint not found.
        """
        query: list[tuple[str, str]] = [("to", to), ("from", from_), ("refer_to", refer_to)]
        if to_self is not None:
            query.append(("to_self", _flag(to_self)))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "POST",
            "endpoints/refer",
            query,
            body=payload,
        )

    async def list_by_tech(
        self,
        tech: str,
    ) -> list[Endpoint]:
        """List available endoints for a given endpoint technology.

        Since 12.0.0.

        Args:
            tech: Technology of the endpoints (pjsip,iax2,...).

        Raises:
            AriError: 404 Endpoints not found.
        """
        return _read(_ENDPOINT_LIST, await self._transport.request(
            "GET",
            f"endpoints/{_segment(tech)}",
        ))

    async def get(
        self,
        tech: str,
        resource: str,
    ) -> Endpoint:
        """Details for an endpoint.

        Since 12.0.0.

        Args:
            tech: Technology of the endpoint.
            resource: ID of the endpoint.

        Raises:
            AriError: 400 Invalid parameters for sending a message; 404 Endpoints not found.
        """
        return _read(_ENDPOINT, await self._transport.request(
            "GET",
            f"endpoints/{_segment(tech)}/{_segment(resource)}",
        ))

    async def send_message_to_endpoint(
        self,
        tech: str,
        resource: str,
        *,
        from_: str,
        body: str | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Send a message to some endpoint in a technology.

        Since 13.0.0.

        Args:
            tech: Technology of the endpoint.
            resource: ID of the endpoint.
            from_: The endpoint resource or technology specific identity to send this message from.
                Valid resources are pjsip and xmpp.
            body: The body of the message.
            variables: Not described.

        Raises:
            AriError: 400 Invalid parameters for sending a message; 404 Endpoint not found.
        """
        query: list[tuple[str, str]] = [("from", from_)]
        if body is not None:
            query.append(("body", body))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "PUT",
            f"endpoints/{_segment(tech)}/{_segment(resource)}/sendMessage",
            query,
            body=payload,
        )

    async def refer_to_endpoint(
        self,
        tech: str,
        resource: str,
        *,
        from_: str,
        refer_to: str,
        to_self: bool | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Refer an endpoint or technology URI to some technology URI or endpoint.

        Since 18.20.0, 20.5.0.

        Args:
            tech: Technology of the endpoint.
            resource: ID of the endpoint.
            from_: The endpoint resource or technology specific identity to refer from.
            refer_to: The endpoint resource or technology specific URI to refer to.
            to_self: If true and "refer_to" refers to an Asterisk endpoint, the "refer_to" value is
                set to point to this Asterisk endpoint - so the referee is referred to Asterisk.
                Otherwise, use the contact URI associated with the endpoint. Asterisk's default:
                False.
            variables: The "variables" key in the body object holds technology specific key/value
                pairs to append to the message. These can be interpreted and used by the various
                resource types; for example, the pjsip resource type will add the key/value pairs as
                SIP headers,.

        Raises:
            AriError: 400 Invalid parameters for referring; 404 Endpoint not found.
        """
        query: list[tuple[str, str]] = [("from", from_), ("refer_to", refer_to)]
        if to_self is not None:
            query.append(("to_self", _flag(to_self)))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "POST",
            f"endpoints/{_segment(tech)}/{_segment(resource)}/refer",
            query,
            body=payload,
        )


class EventsOperations:
    """Operations below ``/events``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def user_event(
        self,
        event_name: str,
        *,
        application: str,
        source: Sequence[str] | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Generate a user event.

        Since 12.3.0.

        Args:
            event_name: Event name.
            application: The name of the application that will receive this event.
            source: URI for event source (channel:{channelId}, bridge:{bridgeId},
                endpoint:{tech}/{resource}, deviceState:{deviceName}.
            variables: The "variables" key in the body object holds custom key/value pairs to add to
                the user event. Ex. { "variables": { "key": "value" } }.

        Raises:
            AriError: 404 Application does not exist; 422 Event source not found; 400 Invalid even
                tsource URI or userevent data.
        """
        query: list[tuple[str, str]] = [("application", application)]
        if source is not None:
            query.append(("source", ",".join(source)))
        payload = msgspec.json.encode({"variables": variables}) if variables else None
        await self._transport.request(
            "POST",
            f"events/user/{_segment(event_name)}",
            query,
            body=payload,
        )

    async def claim_channel(
        self,
        *,
        channel_id: str,
        application: str,
    ) -> None:
        """Claim a broadcast channel for this application.

        Atomically claims a channel that is in broadcast state. Only the first claim succeeds. Since
        20.17.0, 22.7.0, 23.1.0.

        Args:
            channel_id: The ID of the channel to claim.
            application: The name of the application claiming the channel.

        Raises:
            AriError: 404 Channel not found or not in broadcast state; 409 Channel has already been
                claimed by another application.
        """
        query: list[tuple[str, str]] = [("channelId", channel_id), ("application", application)]
        await self._transport.request(
            "POST",
            "events/claim",
            query,
        )


class MailboxesOperations:
    """Operations below ``/mailboxes``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
    ) -> list[Mailbox]:
        """List all mailboxes.

        Since 12.1.0.
        """
        return _read(_MAILBOX_LIST, await self._transport.request(
            "GET",
            "mailboxes",
        ))

    async def get(
        self,
        mailbox_name: str,
    ) -> Mailbox:
        """Retrieve the current state of a mailbox.

        Since 12.1.0.

        Args:
            mailbox_name: Name of the mailbox.

        Raises:
            AriError: 404 Mailbox not found.
        """
        return _read(_MAILBOX, await self._transport.request(
            "GET",
            f"mailboxes/{_segment(mailbox_name)}",
        ))

    async def update(
        self,
        mailbox_name: str,
        *,
        old_messages: int,
        new_messages: int,
    ) -> None:
        """Change the state of a mailbox. (Note - implicitly creates the mailbox).

        Since 12.1.0.

        Args:
            mailbox_name: Name of the mailbox.
            old_messages: Count of old messages in the mailbox.
            new_messages: Count of new messages in the mailbox.

        Raises:
            AriError: 404 Mailbox not found.
        """
        query: list[tuple[str, str]] = [
            ("oldMessages", str(old_messages)),
            ("newMessages", str(new_messages)),
        ]
        await self._transport.request(
            "PUT",
            f"mailboxes/{_segment(mailbox_name)}",
            query,
        )

    async def delete(
        self,
        mailbox_name: str,
    ) -> None:
        """Destroy a mailbox.

        Since 12.1.0.

        Args:
            mailbox_name: Name of the mailbox.

        Raises:
            AriError: 404 Mailbox not found.
        """
        await self._transport.request(
            "DELETE",
            f"mailboxes/{_segment(mailbox_name)}",
        )


class PlaybacksOperations:
    """Operations below ``/playbacks``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(
        self,
        playback_id: str,
    ) -> Playback:
        """Get a playback's details.

        Since 12.0.0.

        Args:
            playback_id: Playback's id.

        Raises:
            AriError: 404 The playback cannot be found.
        """
        return _read(_PLAYBACK, await self._transport.request(
            "GET",
            f"playbacks/{_segment(playback_id)}",
        ))

    async def stop(
        self,
        playback_id: str,
    ) -> None:
        """Stop a playback.

        Since 12.0.0.

        Args:
            playback_id: Playback's id.

        Raises:
            AriError: 404 The playback cannot be found.
        """
        await self._transport.request(
            "DELETE",
            f"playbacks/{_segment(playback_id)}",
        )

    async def control(
        self,
        playback_id: str,
        *,
        operation: Literal["restart", "pause", "unpause", "reverse", "forward"],
    ) -> None:
        """Control a playback.

        Since 12.0.0.

        Args:
            playback_id: Playback's id.
            operation: Operation to perform on the playback.

        Raises:
            AriError: 400 The provided operation parameter was invalid; 404 The playback cannot be
                found; 409 The operation cannot be performed in the playback's current state.
        """
        query: list[tuple[str, str]] = [("operation", operation)]
        await self._transport.request(
            "POST",
            f"playbacks/{_segment(playback_id)}/control",
            query,
        )


class RecordingsOperations:
    """Operations below ``/recordings``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_stored(
        self,
    ) -> list[StoredRecording]:
        """List recordings that are complete.

        Since 12.0.0.
        """
        return _read(_STORED_RECORDING_LIST, await self._transport.request(
            "GET",
            "recordings/stored",
        ))

    async def get_stored(
        self,
        recording_name: str,
    ) -> StoredRecording:
        """Get a stored recording's details.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found.
        """
        return _read(_STORED_RECORDING, await self._transport.request(
            "GET",
            f"recordings/stored/{_segment(recording_name)}",
        ))

    async def delete_stored(
        self,
        recording_name: str,
    ) -> None:
        """Delete a stored recording.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found.
        """
        await self._transport.request(
            "DELETE",
            f"recordings/stored/{_segment(recording_name)}",
        )

    async def get_stored_file(
        self,
        recording_name: str,
    ) -> bytes:
        """Get the file associated with the stored recording.

        Since 14.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 403 The recording file could not be opened; 404 Recording not found.
        """
        return await self._transport.download(f"recordings/stored/{_segment(recording_name)}/file")

    async def copy_stored(
        self,
        recording_name: str,
        *,
        destination_recording_name: str,
    ) -> StoredRecording:
        """Copy a stored recording.

        Since 12.5.0.

        Args:
            recording_name: The name of the recording to copy.
            destination_recording_name: The destination name of the recording.

        Raises:
            AriError: 404 Recording not found; 409 A recording with the same name already exists on
                the system.
        """
        query: list[tuple[str, str]] = [("destinationRecordingName", destination_recording_name)]
        return _read(_STORED_RECORDING, await self._transport.request(
            "POST",
            f"recordings/stored/{_segment(recording_name)}/copy",
            query,
        ))

    async def get_live(
        self,
        recording_name: str,
    ) -> LiveRecording:
        """List live recordings.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found.
        """
        return _read(_LIVE_RECORDING, await self._transport.request(
            "GET",
            f"recordings/live/{_segment(recording_name)}",
        ))

    async def cancel(
        self,
        recording_name: str,
    ) -> None:
        """Stop a live recording and discard it.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found.
        """
        await self._transport.request(
            "DELETE",
            f"recordings/live/{_segment(recording_name)}",
        )

    async def stop(
        self,
        recording_name: str,
    ) -> None:
        """Stop a live recording and store it.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found.
        """
        await self._transport.request(
            "POST",
            f"recordings/live/{_segment(recording_name)}/stop",
        )

    async def pause(
        self,
        recording_name: str,
    ) -> None:
        """Pause a live recording.

        Pausing a recording suspends silence detection, which will be restarted when the recording
        is unpaused. Paused time is not included in the accounting for maxDurationSeconds. Since
        12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found; 409 Recording not in session.
        """
        await self._transport.request(
            "POST",
            f"recordings/live/{_segment(recording_name)}/pause",
        )

    async def unpause(
        self,
        recording_name: str,
    ) -> None:
        """Unpause a live recording.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found; 409 Recording not in session.
        """
        await self._transport.request(
            "DELETE",
            f"recordings/live/{_segment(recording_name)}/pause",
        )

    async def mute(
        self,
        recording_name: str,
    ) -> None:
        """Mute a live recording.

        Muting a recording suspends silence detection, which will be restarted when the recording is
        unmuted. Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found; 409 Recording not in session.
        """
        await self._transport.request(
            "POST",
            f"recordings/live/{_segment(recording_name)}/mute",
        )

    async def unmute(
        self,
        recording_name: str,
    ) -> None:
        """Unmute a live recording.

        Since 12.0.0.

        Args:
            recording_name: The name of the recording.

        Raises:
            AriError: 404 Recording not found; 409 Recording not in session.
        """
        await self._transport.request(
            "DELETE",
            f"recordings/live/{_segment(recording_name)}/mute",
        )


class SoundsOperations:
    """Operations below ``/sounds``."""

    __slots__ = ("_transport",)

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(
        self,
        *,
        lang: str | None = None,
        format_: str | None = None,
    ) -> list[Sound]:
        """List all sounds.

        Since 12.0.0.

        Args:
            lang: Lookup sound for a specific language.
            format_: Lookup sound in a specific format.
        """
        query: list[tuple[str, str]] = []
        if lang is not None:
            query.append(("lang", lang))
        if format_ is not None:
            query.append(("format", format_))
        return _read(_SOUND_LIST, await self._transport.request(
            "GET",
            "sounds",
            query,
        ))

    async def get(
        self,
        sound_id: str,
    ) -> Sound:
        """Get a sound's details.

        Since 12.0.0.

        Args:
            sound_id: Sound's id.
        """
        return _read(_SOUND, await self._transport.request(
            "GET",
            f"sounds/{_segment(sound_id)}",
        ))


class Operations:
    """All of ARI over one transport."""

    def __init__(self, transport: Transport) -> None:
        self.applications = ApplicationsOperations(transport)
        self.asterisk = AsteriskOperations(transport)
        self.bridges = BridgesOperations(transport)
        self.channels = ChannelsOperations(transport)
        self.device_states = DeviceStatesOperations(transport)
        self.endpoints = EndpointsOperations(transport)
        self.events = EventsOperations(transport)
        self.mailboxes = MailboxesOperations(transport)
        self.playbacks = PlaybacksOperations(transport)
        self.recordings = RecordingsOperations(transport)
        self.sounds = SoundsOperations(transport)
