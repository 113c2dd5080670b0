"""What an operator and the engine decide about one Asterisk; the rest is in the templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from acd.core.errors import AcdError
from acd.ports.phones import REALM as REALM
from acd.ports.phones import sip_digest as sip_digest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_HA1 = re.compile(r"[0-9a-f]{32}")
_SECRET = re.compile(r"[A-Za-z0-9_.~-]{16,128}")
_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]{1,100}")
_ADDRESS = re.compile(r"[0-9A-Za-z:.-]{1,64}(/[0-9.]{1,15})?")
GUEST = "web-guest"
"""The one SIP endpoint, and digest user, of every web page that calls."""

_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_RESERVED = frozenset({"global", "system", "caller", GUEST, "endpoint-base", "aor-base"})


class SettingError(AcdError):
    """A value cannot be used in Asterisk's configuration."""

    code = "asterisk-setting"


@dataclass(frozen=True, slots=True)
class AgentEndpoint:
    """An agent's phone: a SIP endpoint ``name`` and a browser endpoint ``name-web``.

    Attributes:
        name: SIP user, also the digest user of both endpoints.
        ha1: see `sip_digest`.
    """

    name: str
    ha1: str

    def __post_init__(self) -> None:
        _require(_NAME, self.name, "agent name")
        _require(_HA1, self.ha1, "agent digest")
        if self.name in _RESERVED or self.name.startswith("transport-"):
            raise SettingError(f"the agent name {self.name!r} is reserved", hint="choose another")


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier, recognised by the addresses it sends from.

    Attributes:
        name: endpoint name.
        match: addresses or networks. An agent's phone at such an address would count as the trunk.
        host: where it takes calls from us, ``host`` or ``host:port``; empty if it takes none.
    """

    name: str
    match: tuple[str, ...]
    host: str = ""

    def __post_init__(self) -> None:
        _require(_NAME, self.name, "trunk name")
        if self.name in _RESERVED or self.name.startswith("transport-"):
            raise SettingError(f"the trunk name {self.name!r} is reserved", hint="choose another")
        for address in self.match:
            _require(_ADDRESS, address, "trunk address")
        if self.host:
            _require(_HOST, self.host, "trunk host")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskSettings:
    """Everything that one rendered Asterisk depends on.

    Attributes:
        directory: where it lives (``<home>/asterisk``): configuration, spool, logs, run files.
        bind: address of every listening socket and of RTP.
        http_port: ARI and SIP over websocket.
        sip_port: SIP over UDP and TCP.
        ami_port: manager interface.
        rtp_start: first port of the RTP range.
        rtp_end: last port of the RTP range; a call leg takes two.
        ari_user: ARI user name.
        ari_password: its random secret.
        ami_user: AMI user name.
        ami_password: its random secret.
        caller_password: secret of the endpoint ``caller``, which may call as any number.
        systemname: prefix of all channel ids; distinct for each node.
        agents: agents' endpoints.
        trunks: carriers.
        ari_app: name of the Stasis application.
        lease_seconds: dead-man lease of a call in the engine's hands.
        fallback_seconds: how long a caller waits with music for an engine that is down.
        emergency_prompt: sound (path without extension) played before the fallback gives up.
        extra_modules: modules (without ``.so``) that the site's own dialplan needs.
        guest_password: secret of the endpoint of web pages.
        guest_numbers: what web pages may call; without any there is no such endpoint.
    """

    directory: Path
    http_port: int
    sip_port: int
    ami_port: int
    rtp_start: int
    rtp_end: int
    ari_password: str
    ami_password: str
    caller_password: str
    bind: str = "127.0.0.1"
    ari_user: str = "acd"
    ami_user: str = "acd"
    systemname: str = "acd"
    agents: tuple[AgentEndpoint, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    ari_app: str = "acd"
    lease_seconds: int = 15
    fallback_seconds: int = 120
    emergency_prompt: Path | None = None
    extra_modules: tuple[str, ...] = ()
    guest_password: str = ""
    guest_numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.ari_user, self.ami_user, self.systemname, self.ari_app):
            _require(_NAME, name, "name")
        for module in self.extra_modules:
            _require(_NAME, module, "module name")
        for number in self.guest_numbers:
            _require(_NUMBER, number, "number")
        if self.guest_numbers:
            _require(_SECRET, self.guest_password, "secret", shown=False)
        for secret in (self.ari_password, self.ami_password, self.caller_password):
            _require(_SECRET, secret, "secret", shown=False)
        for port in (self.http_port, self.sip_port, self.ami_port, self.rtp_start, self.rtp_end):
            if not 1024 <= port <= 65535:
                raise SettingError(f"port {port} is not between 1024 and 65535")
        if self.rtp_end - self.rtp_start < 3:
            raise SettingError("the RTP range is empty", hint="set rtp_end above rtp_start")
        names = [*(agent.name for agent in self.agents), *(trunk.name for trunk in self.trunks)]
        names += [f"{agent.name}-web" for agent in self.agents]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SettingError(f"endpoint name used twice: {', '.join(twice)}")

    @property
    def ari_url(self) -> str:
        """Base address of ARI, without a trailing slash."""
        return f"http://{self.bind}:{self.http_port}/ari"

    @property
    def recordings_dir(self) -> Path:
        """Where Asterisk stores recordings made through ARI."""
        return self.directory / "spool/recording"


def _require(pattern: re.Pattern[str], value: str, what: str, *, shown: bool = True) -> None:
    if not pattern.fullmatch(value):
        raise SettingError(
            f"{what} {value!r} cannot be used" if shown else f"the {what} cannot be used",
            hint=f"it must match {pattern.pattern}",
        )
